"""Values: masks that leak no middle digit, whole fen, traces that wrap, answers to an MTI."""

from __future__ import annotations

import json
import pickle
from copy import copy, deepcopy
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.values import (
    Amount,
    Mti,
    Pan,
    Rrn,
    Stan,
    de4_from_fen,
    fen_from_de4,
    is_luhn_valid,
    mask_pan,
    next_stan,
    response_mti,
)

_PAN = "6219991234567890120"
_digits = st.text("0123456789", min_size=1, max_size=19)
_fen = st.integers(0, 999_999_999_999)
_amounts = st.integers(-(10**12), 10**12).map(Amount)


@given(st.text() | _digits | st.text("0123456789*=D ", min_size=12, max_size=24))
def test_a_mask_keeps_the_length_and_at_most_first_six_and_last_four(text: str) -> None:
    masked = mask_pan(text)
    assert len(masked) == len(text)
    if set(masked) - {"*"}:
        assert 13 <= len(text) <= 19
        assert text.isascii()
        assert text.isdigit()
        assert masked == text[:6] + "*" * (len(text) - 10) + text[-4:]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (_PAN, "621999*********0120"),
        ("6219991234567", "621999***4567"),
        ("621999123456", "************"),
        ("62199912345678901201", "*" * 20),
        ("6219991234567890120=4912", "*" * 24),
        (
            "\uff16\uff12\uff11\uff19\uff19\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
            "*" * 14,
        ),
        ("", ""),
    ],
)
def test_masks_fail_closed(text: str, masked: str) -> None:
    assert mask_pan(text) == masked


@given(_digits)
def test_every_text_of_a_pan_is_its_mask(digits: str) -> None:
    pan, masked = Pan(digits), mask_pan(digits)
    assert pan.masked == masked
    assert [str(pan), f"{pan}", f"{pan:>20}"] == [
        masked,
        masked,
        masked.rjust(20),
    ]
    assert repr(pan) == f"Pan({masked})"
    assert repr([pan]) == f"[Pan({masked})]"
    assert pan.reveal() == digits


def test_a_pan_is_not_serialized_and_not_changed() -> None:
    pan = Pan(_PAN)
    for encode in (pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError) as caught:
            encode(pan)
        assert "1234567890" not in str(caught.value)
    assert json.dumps({"pan": pan}, default=str) == '{"pan": "621999*********0120"}'
    for name in ("_digits", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(pan, name, "1")
        with pytest.raises(AttributeError, match="immutable"):
            delattr(pan, name)
    assert copy(pan) is pan
    assert deepcopy(pan) is pan


def test_pans_are_equal_by_value() -> None:
    assert Pan(_PAN) == Pan(_PAN)
    assert hash(Pan(_PAN)) == hash(Pan(_PAN))
    others: list[object] = [Pan(_PAN[:-1]), _PAN]
    assert Pan(_PAN) not in others


@pytest.mark.parametrize(
    "text", ["", _PAN + "3", "621999123456789012x", "\uff16\uff12\uff11\uff19\uff19\uff19", "62 19"]
)
def test_what_is_no_pan_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a PAN is 1 to 19 digits$"):
        Pan(text)


@given(_digits)
def test_exactly_one_check_digit_is_right(digits: str) -> None:
    assert sum(is_luhn_valid(digits + check) for check in "0123456789") == 1


def test_luhn_knows_the_test_card_and_refuses_what_is_no_number() -> None:
    assert Pan(_PAN).is_luhn_valid
    assert not Pan("6219991234567890121").is_luhn_valid
    assert not is_luhn_valid("")
    assert not is_luhn_valid("62x")


@given(_fen)
def test_amounts_come_back_from_de4_and_from_text(fen: int) -> None:
    amount = Amount(fen)
    assert Amount.from_de4(amount.to_de4()) == amount
    assert Amount.parse(str(amount)) == amount
    assert Amount.parse(f"-{amount}") == -amount
    assert fen_from_de4(de4_from_fen(fen)) == fen


def test_amounts_are_written_with_two_decimals() -> None:
    assert str(Amount.from_de4("000000050000")) == "500.00"
    assert f"{Amount(5):>6}" == "  0.05"
    assert str(Amount(-1_05)) == "-1.05"
    assert Amount.parse("500") == Amount(500_00)


@pytest.mark.parametrize(
    "text", ["", "5.0", "5.000", ".50", "1,000.00", "5e2", "\uff15", "+1", " 5"]
)
def test_other_ways_to_write_an_amount_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"500\.00"):
        Amount.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50000",
        "0000000500.0",
        "0000000500000",
        "\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10",
    ],
)
def test_what_is_no_de4_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="12 digits"):
        fen_from_de4(text)


@pytest.mark.parametrize("fen", [-1, 10**12])
def test_amounts_that_do_not_fit_de4_are_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="DE 4"):
        Amount(fen).to_de4()


@given(_amounts, _amounts)
def test_amounts_of_one_currency_count_as_their_fen(one: Amount, other: Amount) -> None:
    assert (one + other).fen == one.fen + other.fen
    assert (one - other).fen == one.fen - other.fen
    assert (one < other, one <= other) == (one.fen < other.fen, one.fen <= other.fen)
    assert (one > other, one >= other) == (one.fen > other.fen, one.fen >= other.fen)
    assert sum([one, other], start=Amount(0)) == one + other


def test_amounts_of_two_currencies_never_meet() -> None:
    yuan, dollars = Amount(1), Amount(1, "840")
    assert yuan != dollars
    for meet in (
        lambda: yuan + dollars,
        lambda: yuan - dollars,
        lambda: yuan < dollars,
        lambda: yuan <= dollars,
        lambda: yuan > dollars,
        lambda: yuan >= dollars,
    ):
        with pytest.raises(ValueError, match="156 and 840"):
            meet()
    with pytest.raises(TypeError, match="another amount"):
        yuan + cast("Amount", 1)


@pytest.mark.parametrize("fen", [1.0, "1", True, None])
def test_an_amount_is_whole_fen_only(fen: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        Amount(cast("int", fen))


@pytest.mark.parametrize("currency", ["", "CNY", "1560", "15\uff16"])
def test_a_currency_is_three_digits(currency: str) -> None:
    with pytest.raises(ValueError, match="3 digits"):
        Amount(1, currency)


@given(st.integers(1, 999_999))
def test_a_stan_is_followed_by_the_next_and_never_by_zero(number: int) -> None:
    successor = next_stan(number)
    assert successor == (1 if number == 999_999 else number + 1)
    assert Stan(number).successor() == Stan(successor)
    assert Stan.from_text(str(Stan(number))) == Stan(number)
    assert len(str(Stan(number))) == 6


@pytest.mark.parametrize("text", ["000000", "1", "1000000", "00000x", "00000\uff11"])
def test_what_is_no_stan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="STAN"):
        Stan.from_text(text)


def test_stan_zero_and_a_seventh_digit_do_not_exist() -> None:
    for number in (0, -1, 1_000_000):
        with pytest.raises(ValueError, match="000001 to 999999"):
            Stan(number)


def test_an_rrn_is_twelve_letters_and_digits() -> None:
    assert str(Rrn("061809350002")) == "061809350002"
    for text in ("", "06180935000", "0618093500021", "06180935 002", "\uff1061809350002"):
        with pytest.raises(ValueError, match="twelve"):
            Rrn(text)


@pytest.mark.parametrize(
    ("request_mti", "answer"),
    [
        ("0100", "0110"),
        ("0200", "0210"),
        ("0220", "0230"),
        ("0221", "0230"),
        ("0320", "0330"),
        ("0400", "0410"),
        ("0420", "0430"),
        ("0421", "0430"),
        ("0500", "0510"),
        ("0620", "0630"),
        ("0800", "0810"),
        ("0820", "0830"),
        ("0422", "0432"),
        ("0423", "0432"),
    ],
)
def test_every_request_has_its_answer(request_mti: str, answer: str) -> None:
    mti = Mti(request_mti)
    assert response_mti(request_mti) == answer
    assert mti.response() == Mti(answer)
    assert not mti.is_response
    assert mti.response().is_response
    assert not mti.response().is_repeat


@pytest.mark.parametrize("text", ["0210", "0430", "0280", "0209", "", "020", "02000", "02x0"])
def test_what_asks_for_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="MTI"):
        response_mti(text)


def test_a_repeat_says_so_and_stays_a_repeat() -> None:
    assert Mti("0420").repeat() == Mti("0421")
    assert Mti("0421").repeat() == Mti("0421")
    assert Mti("0421").is_repeat
    with pytest.raises(ValueError, match="response"):
        Mti("0430").repeat()


def test_the_digits_of_an_mti_have_their_names() -> None:
    mti = Mti("0421")
    assert (mti.version, mti.message_class, mti.function, mti.origin) == (0, 4, 2, 1)
    assert str(mti) == "0421"
    for text in ("", "042", "04210", "04\uff121"):
        with pytest.raises(ValueError, match="four digits"):
            Mti(text)
