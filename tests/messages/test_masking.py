"""Masks keep the length and fail closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.masking import (
    HIDDEN,
    Mask,
    allowed_for_field,
    allowed_for_tag,
    could_hold_pan,
    mask_numbers,
    mask_text,
)
from messages.values import is_luhn_valid

PAN = "6219991234567890120"


@given(text=st.text(max_size=60), mask=st.sampled_from([Mask.SECRET, Mask.BY_LAYOUT]))
def test_a_hidden_value_shows_its_length_only(text: str, mask: Mask) -> None:
    assert mask_text(text, mask) == HIDDEN * len(text)


@given(digits=st.text("0123456789", min_size=13, max_size=19))
def test_a_pan_shows_first_six_and_last_four(digits: str) -> None:
    shown = mask_text(digits, Mask.PAN)
    assert shown[:6] + shown[-4:] == digits[:6] + digits[-4:]
    assert set(shown[6:-4]) == {HIDDEN}


@given(text=st.text(max_size=12))
def test_what_cannot_be_a_pan_shows_nothing(text: str) -> None:
    assert mask_text(text, Mask.PAN) == HIDDEN * len(text)


def test_an_open_value_is_shown() -> None:
    assert mask_text("000000050000", Mask.OPEN) == "000000050000"


# ------------------------------------------------------------------- what no dialect may show


def test_no_dialect_may_open_the_places_of_card_data() -> None:
    assert allowed_for_field(2, "n") == {Mask.PAN, Mask.SECRET}
    assert {allowed_for_field(n, "ans") for n in (14, 35, 36, 45, 52, 96)} == {
        frozenset({Mask.SECRET})
    }
    assert allowed_for_field(63, "z") == {Mask.SECRET}
    assert allowed_for_tag("5A") == {Mask.PAN, Mask.SECRET}
    assert allowed_for_tag("57") == allowed_for_tag("5F24") == {Mask.SECRET}
    assert Mask.OPEN in allowed_for_field(4, "n") & allowed_for_tag("9F02")


# ------------------------------------------------------------------------------------ the net


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"card {PAN} ok", "card 621999*********0120 ok"),
        (f"{PAN}=4912220000000000", "621999*********0120=4912220000000000"),
        (PAN.zfill(24), "00000621999*********0120"),
        (f"{PAN}0", HIDDEN * 20),
        (f"1{PAN}", HIDDEN * 20),
        (f"x{PAN * 2}x", f"x{HIDDEN * 38}x"),
        ("16219991234567893", HIDDEN * 17),
        ("at 999653080110001", "at 999653080110001"),
        ("612345678901", "612345678901"),
        ("0" * 30, "0" * 30),
    ],
)
def test_numbers_that_could_be_a_pan_are_masked_in_any_text(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@given(
    st.text("0123456789", max_size=40),
    st.text("123456789", min_size=1, max_size=1),
    st.text("0123456789", min_size=14, max_size=17),
    st.text("0123456789", max_size=40),
)
def test_pan_in_a_run_of_digits_is_never_shown(
    before: str, first: str, middle: str, after: str
) -> None:
    pan = next(p for p in (f"{first}{middle}{n}" for n in range(10)) if is_luhn_valid(p))
    assert pan not in mask_numbers(f"{before}{pan}{after}")
    assert could_hold_pan(f"{before}{pan}{after}".encode())
    packed = f"{pan}{'F' * (len(pan) % 2)}"
    assert could_hold_pan(bytes.fromhex(packed))
    assert could_hold_pan(bytes.fromhex(f"A{pan}{'F' * (1 - len(pan) % 2)}"))


def test_serial_number_in_characters_is_no_packed_pan() -> None:
    assert is_luhn_valid(b"00500304".hex())
    assert not could_hold_pan(b"00500304")


@given(st.text("0123456789", min_size=20, max_size=60))
def test_long_run_is_hidden_exactly_if_some_window_of_it_could_be_a_pan(run: str) -> None:
    run = "9" + run  # a zero in front would not count
    windows = {
        run[at : at + size]
        for size in range(13, 20)
        for at in range(len(run) - size + 1)
        if run[at] != "0"
    }
    hidden = any(map(is_luhn_valid, windows))
    assert mask_numbers(run) == (HIDDEN * len(run) if hidden else run)
