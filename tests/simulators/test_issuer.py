"""The issuer actor: the worked interbank frames, its link, and its moods."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak, Pik, Zmk
from messages.crypto.pin import encode_pin_block
from simulators.cards import FIRST_PAN, Card, card_accepts
from simulators.chip import ChipCheck
from simulators.installation import ZMK, ZONE_MAK, ZONE_PIK
from simulators.issuer import Issuer, Temper
from tests.simulators.acting import FRAMES, INTERBANK, at, bank, heard_from_bank, request

_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def _moody(temper: Temper) -> Issuer:
    issuer = bank()
    issuer.temper = lambda _: temper
    return issuer


def test_the_worked_withdrawal_is_approved_with_balance_and_clearing_date() -> None:
    issuer = bank()
    [answer] = heard_from_bank(issuer.received(request(), at()))
    told = (answer.mti, answer.get(39), answer.get(54), answer.get(15))
    assert told == ("0210", "00", "1002156C000000120000", "0618")
    assert answer.get(38)
    assert INTERBANK.is_authentic(answer, INTERBANK.mac(Mak.from_hex(ZONE_MAK)))
    assert issuer.accounts.balance_fen(FIRST_PAN) == 120_000


def test_the_header_of_an_answer_has_the_addresses_swapped() -> None:
    [frame] = bank().received(request(), at())
    heads = INTERBANK.framing.read_heads(INTERBANK.bare(frame))["header"]
    assert (heads["destination"], heads["source"]) == ("99900000   ", "00010000   ")


def test_the_worked_reversal_gives_back_and_repeats_get_the_same_answer() -> None:
    issuer = bank()
    issuer.received(request(), at())
    reversal = request("interbank-reversal")
    answers = heard_from_bank(issuer.received(reversal, at(90)) + issuer.received(reversal, at(91)))
    assert [(answer.mti, answer.get(39)) for answer in answers] == [("0430", "00")] * 2
    assert issuer.accounts.balance_fen(FIRST_PAN) == 170_000
    assert [mti for mti, _ in issuer.heard_reversals] == ["0420", "0420"]


def test_a_reversal_of_an_unknown_original_is_25_and_the_late_original_is_refused() -> None:
    issuer = bank()
    [answer] = heard_from_bank(issuer.received(request("interbank-reversal"), at()))
    assert answer.get(39) == "25"
    [late] = heard_from_bank(issuer.received(request(), at(1)))
    assert late.get(39) == "22"
    assert issuer.accounts.balance_fen(FIRST_PAN) == 170_000


def test_the_same_request_twice_is_debited_once_and_answered_the_same() -> None:
    issuer = bank()
    assert issuer.received(request(), at()) == issuer.received(request(), at(5))
    assert len(issuer.accounts.movements) == 1


def test_the_same_trace_number_at_another_second_is_another_request() -> None:
    issuer = bank()
    issuer.received(request(), at())
    issuer.received(request(f7="0618093511"), at(1))
    assert len(issuer.accounts.movements) == 2


def test_a_wrong_mac_is_refused_and_books_nothing() -> None:
    issuer = bank()
    frame = request()
    [answer] = heard_from_bank(issuer.received(frame[:-1] + b"0", at()))
    assert answer.get(39) == "A0"
    assert issuer.refused_macs == 1
    assert not issuer.accounts.movements


def test_a_wrong_pin_and_a_broken_pin_block_are_told_apart() -> None:
    pik = Pik.from_hex(ZONE_PIK)
    wrong = encode_pin_block("654321", FIRST_PAN, pik).hex().upper()
    for block, code in ((wrong, "55"), ("0" * 16, "99")):
        [answer] = heard_from_bank(bank().received(request(f52=block), at()))
        assert answer.get(39) == code


def test_a_trusting_issuer_looks_at_neither_mac_nor_pin() -> None:
    issuer = bank()
    issuer.is_trusting = True
    frame = request(f52="0" * 16)
    [answer] = heard_from_bank(issuer.received(frame[:-1] + b"0", at()))
    assert answer.get(39) == "00"


def test_an_inquiry_tells_the_balance_and_moves_nothing() -> None:
    issuer = bank()
    heard = INTERBANK.hear(request())
    fields = {n: text for n, text in heard.fields.items() if n not in {4, 128}} | {3: "300000"}
    mac = INTERBANK.mac(Mak.from_hex(ZONE_MAK))
    heads = heard.frame[: INTERBANK.dialect.frame.head_size]
    frame = INTERBANK.bare(INTERBANK.say(heads, "0200", dict(sorted(fields.items())), mac))
    [answer] = heard_from_bank(issuer.received(frame, at()))
    assert (answer.get(39), answer.get(54)) == ("00", "1002156C000000170000")
    assert not issuer.accounts.movements


@pytest.mark.parametrize("code", ["001", "301"])
def test_sign_on_and_echo_are_answered(code: str) -> None:
    [answer] = heard_from_bank(bank().received(request("interbank-sign-on", f70=code), at()))
    assert (answer.mti, answer.get(39), answer.get(70)) == ("0830", "00", code)


def test_the_day_that_the_centre_begins_is_taken_and_a_request_with_a_day_keeps_it() -> None:
    issuer = bank()
    notice = {7: "0618235959", 11: "000009", 15: "0619", 33: "00010000", 70: "201", 100: "99910000"}
    for code in ("201", "202"):
        frame = INTERBANK.say(INTERBANK.framing.build_heads({}), "0820", {**notice, 70: code})
        [heard] = heard_from_bank(issuer.received(INTERBANK.bare(frame), at()))
        assert heard.mti == "0830"
        assert heard.fields == {**notice, 39: "00", 70: code}
    assert issuer.days_told == ["0619"]
    for sent, said in (({"f11": "000777"}, "0619"), ({"f11": "000778", "f15": "0618"}, "0618")):
        line = issuer.another_line()
        [answer] = heard_from_bank(line.received(request(**sent), at()))
        assert answer.get(15) == said


def test_another_network_code_is_refused() -> None:
    [answer] = heard_from_bank(bank().received(request("interbank-sign-on", f70="999"), at()))
    assert answer.get(39) == "12"


def test_the_worked_sign_on_is_read_as_it_stands() -> None:
    frame = INTERBANK.bare(FRAMES["interbank-sign-on"])
    [answer] = heard_from_bank(bank().received(frame, at()))
    assert answer.get(39) == "00"


@pytest.mark.parametrize(
    ("security", "kind"), [("1600000000000000", "PIK"), ("26" + "0" * 14, "MAK")]
)
def test_a_key_that_was_asked_for_comes_with_the_answer(security: str, kind: str) -> None:
    issuer = bank()
    frame = request("interbank-sign-on", f70="101", f53=security)
    answer, change = heard_from_bank(issuer.received(frame, at()))
    assert (answer.mti, answer.get(39)) == ("0830", "00")
    assert (change.mti, change.get(53)[:1]) == ("0800", "1" if kind == "PIK" else "2")


def _accept(issuer: Issuer, change: bytes, code: str = "00") -> None:
    heard = INTERBANK.hear(INTERBANK.bare(change))
    fields = {n: heard.fields[n] for n in (7, 11, 53, 70, 100)} | {39: code}
    heads = INTERBANK.framing.answer_heads(heard.frame)
    answer = INTERBANK.say(heads, "0810", dict(sorted(fields.items())))
    assert issuer.received(INTERBANK.bare(answer), at()) == []


def test_a_new_mak_is_used_once_it_is_accepted_and_the_old_one_is_still_believed() -> None:
    issuer = bank()
    change = issuer.change_key("MAK", _KEY, at())
    wrapped = bytes.fromhex(INTERBANK.hear(INTERBANK.bare(change)).get(48)[2:])
    assert Zmk.from_hex(ZMK).unwrap(Mak, wrapped) == Mak(_KEY)
    _accept(issuer, change)
    old, new = INTERBANK.mac(Mak.from_hex(ZONE_MAK)), INTERBANK.mac(Mak(_KEY))
    [answer] = heard_from_bank(issuer.received(request(), at()))
    assert INTERBANK.is_authentic(answer, old)
    fields = {n: text for n, text in INTERBANK.hear(request()).fields.items() if n != 128}
    heads = request()[: INTERBANK.dialect.frame.head_size]
    frame = INTERBANK.bare(INTERBANK.say(heads, "0200", {**fields, 11: "100009"}, new))
    [answer] = heard_from_bank(issuer.received(frame, at()))
    assert answer.get(39) == "00"
    assert INTERBANK.is_authentic(answer, new)


def test_a_key_is_believed_though_the_answer_to_its_change_was_lost() -> None:
    issuer = bank()
    issuer.change_key("PIK", _KEY, at())
    block = encode_pin_block(Card().pin, FIRST_PAN, Pik(_KEY)).hex().upper()
    [answer] = heard_from_bank(issuer.received(request(f52=block), at()))
    assert answer.get(39) == "00"


def test_a_refused_key_change_leaves_the_key_in_force() -> None:
    issuer = bank()
    _accept(issuer, issuer.change_key("MAK", _KEY, at()), "30")
    change = issuer.change_key("PIK", _KEY, at())
    heard = INTERBANK.hear(INTERBANK.bare(change))
    assert INTERBANK.is_authentic(heard, INTERBANK.mac(Mak.from_hex(ZONE_MAK)))


def test_a_silent_issuer_books_and_says_nothing() -> None:
    issuer = _moody(Temper(answers=0))
    assert issuer.received(request(), at()) == []
    assert len(issuer.accounts.movements) == 1


def test_a_deaf_issuer_books_nothing() -> None:
    issuer = _moody(Temper(ignores=True))
    assert issuer.received(request(), at()) == []
    assert not issuer.accounts.movements


def test_a_late_answer_comes_when_it_is_due() -> None:
    issuer = _moody(Temper(delay_ms=1_500))
    assert issuer.received(request(), at()) == []
    assert len(issuer.accounts.movements) == 1
    assert issuer.next_due_ns == at(1.5).elapsed_ns
    assert len(issuer.expire(at(1.5))) == 1
    assert issuer.next_due_ns is None


def test_a_thinking_issuer_books_later_and_a_reversal_may_come_first() -> None:
    issuer = bank()
    issuer.temper = lambda heard: Temper(think_ms=2_000 if heard.mti == "0200" else 0)
    issuer.received(request(), at())
    [reversal] = heard_from_bank(issuer.received(request("interbank-reversal"), at(1)))
    assert reversal.get(39) == "25"
    [late] = heard_from_bank(issuer.expire(at(2)))
    assert late.get(39) == "22"
    assert not issuer.accounts.movements


def test_what_becomes_due_while_disconnected_is_lost_but_booked() -> None:
    issuer = _moody(Temper(think_ms=1_000))
    issuer.received(request(), at())
    issuer.disconnected()
    assert issuer.expire(at(1)) == []
    assert len(issuer.accounts.movements) == 1


def test_moods_of_an_answer() -> None:
    mac = INTERBANK.mac(Mak.from_hex(ZONE_MAK))
    twice = heard_from_bank(_moody(Temper(answers=2)).received(request(), at()))
    assert [answer.get(11) for answer in twice] == ["100002"] * 2
    [shifted] = heard_from_bank(_moody(Temper(shifts_stan=True)).received(request(), at()))
    assert shifted.get(11) == "999999"
    [broken] = heard_from_bank(_moody(Temper(breaks_mac=True)).received(request(), at()))
    assert not INTERBANK.is_authentic(broken, mac)
    refusing = _moody(Temper(code="05"))
    [refused] = heard_from_bank(refusing.received(request(), at()))
    assert refused.get(39) == "05"
    assert not refusing.accounts.movements


def test_a_header_reject_has_a_code_in_the_header_and_no_field_39() -> None:
    [frame] = _moody(Temper(rejects_header=True)).received(request(), at())
    bare = INTERBANK.bare(frame)
    assert INTERBANK.framing.read_heads(bare)["header"]["reject-code"] == "99999"
    assert 39 not in INTERBANK.hear(bare).fields


@pytest.mark.parametrize("frame", [b"", request()[:60], request("interbank-sign-on") + b"x"])
def test_what_cannot_be_read_is_ignored(frame: bytes) -> None:
    assert bank().received(frame, at()) == []


def test_nothing_of_a_card_is_printed() -> None:
    issuer = bank()
    issuer.received(request(), at())
    assert FIRST_PAN not in repr(issuer) + repr(issuer.accounts) + repr(issuer.identity)


def test_the_fee_is_debited_with_the_amount_and_comes_back_with_the_reversal() -> None:
    issuer = bank(50_400)
    [answer] = heard_from_bank(issuer.received(request(f28="D00000400"), at()))
    assert (answer.get(39), answer.get(28)) == ("00", "D00000400")
    assert issuer.accounts.balance_fen(FIRST_PAN) == 0
    issuer.received(request("interbank-reversal"), at(90))
    assert issuer.accounts.balance_fen(FIRST_PAN) == 50_400


def test_a_balance_that_misses_the_sum_of_amount_and_fee_is_51() -> None:
    issuer = bank(50_399)
    [answer] = heard_from_bank(issuer.received(request(f28="D00000400"), at()))
    assert answer.get(39) == "51"
    assert issuer.accounts.balance_fen(FIRST_PAN) == 50_399


@pytest.mark.parametrize(
    ("check", "signs", "code"),
    [
        (ChipCheck.IGNORE, False, "00"),
        (ChipCheck.VERIFY, True, "00"),
        (ChipCheck.VERIFY, False, "A7"),
        (ChipCheck.WRONG, True, "00"),
    ],
)
def test_a_cryptogram_is_looked_at_as_the_bank_is_set_up(
    check: ChipCheck, signs: bool, code: str
) -> None:
    issuer = bank()
    issuer.chip_check = check
    card = Card(signs=signs)
    asked = card.chip("50010001", 50_000, 20140618, 7)
    (heard,) = heard_from_bank(issuer.received(request(f55=asked), at()))
    assert heard.get(39) == code
    assert bool(heard.get(55)) is (signs and check is not ChipCheck.IGNORE)
    if heard.get(55):
        assert card_accepts(card, asked, heard.get(55)) is (check is ChipCheck.VERIFY)
    assert issuer.accounts.balance_fen(card.pan) == 170_000 - (50_000 if code == "00" else 0)
