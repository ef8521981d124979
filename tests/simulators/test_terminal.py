"""The terminal actor: golden frames, and the rules that terminals keep."""

from __future__ import annotations

import pytest

from simulators.cards import Card
from simulators.chip import Chip
from simulators.installation import terminal_identity
from simulators.terminal import RESPONSE_MS, Terminal
from simulators.terminal_memory import (
    Entry,
    Habits,
    Job,
    Kind,
    Memory,
    Reverses,
    Uploaded,
    Verdict,
)
from simulators.terminals.debts import TRIES
from tests.simulators.acting import FRAMES, POS, answer_of, answered, at, said, signed_on_terminal
from tests.simulators.acting import withdrawal as withdraw

_TIMEOUT = RESPONSE_MS / 1000


def test_it_says_the_worked_examples_to_the_byte() -> None:
    terminal = Terminal(terminal_identity(), POS)
    terminal.connected(at())
    assert terminal.ask(Job(kind=Kind.SIGN_ON), at()) == [FRAMES["sign-on"]]
    terminal.received(answer_of("sign-on-response"), at(1))
    assert terminal.ask(withdraw(), at(2)) == [FRAMES["withdrawal"]]
    terminal.received(answer_of("withdrawal-response"), at(3))
    inquiry = Job(kind=Kind.BALANCE, card=Card(), code="01")
    assert terminal.ask(inquiry, at(4)) == [FRAMES["balance"]]
    terminal.received(answer_of("balance-response"), at(5))
    assert terminal.ask(Job(kind=Kind.REVERSAL, code="98"), at(6)) == [FRAMES["reversal"]]
    terminal.received(answer_of("reversal-response"), at(7))
    assert terminal.ask(Job(kind=Kind.ECHO), at(8)) == [FRAMES["echo"]]


def test_an_approval_prints_one_slip_and_deletes_the_reversal_record() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    assert [owed.stan for owed in terminal.memory.owed] == ["000002"]
    terminal.received(answer_of("withdrawal-response"), at(3))
    assert not terminal.memory.owed
    [slip] = terminal.memory.slips
    assert (slip.stan, slip.rrn, slip.amount_fen) == ("000002", "061809350002", 50_000)
    result = terminal.results[-1]
    assert (result.verdict, result.balance_fen) == (Verdict.APPROVED, 120_000)


def test_keys_with_a_wrong_check_value_are_not_taken() -> None:
    terminal = signed_on_terminal()
    before = terminal.memory.pik
    terminal.ask(Job(kind=Kind.SIGN_ON), at(2))
    keys = POS.hear(answer_of("sign-on-response")).get(62)
    changes: dict[int, str | None] = {11: "000002", 62: keys[:-1] + "E"}
    terminal.received(answered(terminal, "sign-on-response", changes), at(3))
    assert terminal.results[-1].verdict is Verdict.KEYS_WRONG
    assert terminal.memory.pik is before


def test_the_batch_of_the_sign_on_answer_is_adopted() -> None:
    assert signed_on_terminal().memory.batch == 2


def test_a_wrong_mac_prints_nothing_signs_on_and_reverses_with_a0() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    frame = answer_of("withdrawal-response")
    frame = frame[:-1] + bytes([frame[-1] ^ 1])
    terminal.received(frame, at(3))
    assert not terminal.memory.slips
    assert terminal.results[-1].verdict is Verdict.MAC_WRONG
    [sign_on] = said(terminal.ask(withdraw(), at(4)))
    assert sign_on.mti == "0800"
    answer = answered(terminal, "sign-on-response", {11: sign_on.get(11)})
    [reversal] = said(terminal.received(answer, at(5)))
    assert (reversal.mti, reversal.get(39), reversal.get(11)) == ("0400", "A0", "000002")


def test_an_approval_without_a_mac_is_not_believed() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answered(terminal, "withdrawal-response", {64: None}), at(3))
    assert not terminal.memory.slips
    assert terminal.memory.owed[0].reason == "A0"


@pytest.mark.parametrize("code", ["A0", "77", "99"])
def test_a_refusal_without_a_mac_asks_for_a_sign_on_and_no_reversal(code: str) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    changes: dict[int, str | None] = {39: code, 64: None, 38: None}
    terminal.received(answered(terminal, "withdrawal-response", changes), at(3))
    assert not terminal.memory.owed
    assert not terminal.memory.is_signed_on


@pytest.mark.parametrize("field", [3, 4, 41, 42])
def test_an_answer_that_does_not_echo_is_reversed(field: int) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    text = POS.hear(answer_of("withdrawal-response")).get(field)
    changes: dict[int, str | None] = {field: text[:-1] + "9"}
    terminal.received(answered(terminal, "withdrawal-response", changes), at(3))
    assert terminal.results[-1].verdict is Verdict.ANSWER_WRONG
    assert terminal.memory.owed[0].due_ns is not None


def test_an_answer_with_another_trace_number_is_not_for_this_request() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answered(terminal, "withdrawal-response", {11: "000009"}), at(3))
    assert not terminal.is_idle
    assert not terminal.memory.slips


def test_no_answer_is_reversed_before_the_next_transaction() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    assert terminal.expire(at(2 + _TIMEOUT)) == []
    assert terminal.ask(withdraw(), at(70)) == [FRAMES["reversal"]]
    [second] = said(terminal.received(answer_of("reversal-response"), at(71)))
    assert (second.mti, second.get(11)) == ("0200", "000003")


def test_a_stripe_tells_nothing_of_a_chip_and_has_its_own_application_class() -> None:
    terminal = signed_on_terminal()
    [frame] = terminal.ask(Job(kind=Kind.WITHDRAWAL, card=Card(), entry=Entry.STRIPE), at(2))
    [sent] = said([frame])
    assert (frame[7], sent.get(22), sent.get(35)[:19]) == (0x60, "021", Card().pan)
    assert not {23, 55} & sent.fields.keys()
    terminal.expire(at(2 + _TIMEOUT))
    [frame] = terminal.ask(Job(kind=Kind.REVERSAL), at(70))
    [reversal] = said([frame])
    assert (frame[7], reversal.get(22)) == (0x60, "021")
    assert not {23, 35, 55} & reversal.fields.keys()


@pytest.mark.parametrize("kind", [Kind.SETTLEMENT, Kind.RECONCILIATION, Kind.SIGN_OFF])
def test_no_answer_is_reversed_before_the_day_is_reconciled(kind: Kind) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.expire(at(2 + _TIMEOUT))
    assert terminal.ask(Job(kind=kind), at(70)) == [FRAMES["reversal"]]


def test_a_reversal_is_sent_three_times_and_then_left_to_reconciliation() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.expire(at(100))
    sent = terminal.ask(Job(kind=Kind.REVERSAL), at(100))
    for attempt in range(1, TRIES + 1):
        sent += terminal.expire(at(100 + attempt * _TIMEOUT))
    assert sent == [FRAMES["reversal"]] * TRIES
    assert not terminal.memory.owed
    assert [entry.stan for entry in terminal.memory.unresolved] == ["000002"]


@pytest.mark.parametrize("code", ["00", "12", "25"])
def test_clean_answers_end_a_reversal(code: str) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.expire(at(100))
    terminal.ask(Job(kind=Kind.REVERSAL), at(100))
    terminal.received(answered(terminal, "reversal-response", {39: code}), at(101))
    assert not terminal.memory.owed
    assert not terminal.memory.unresolved


def test_another_answer_to_a_reversal_is_left_to_reconciliation() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.expire(at(100))
    terminal.ask(Job(kind=Kind.REVERSAL), at(100))
    terminal.received(answered(terminal, "reversal-response", {39: "96"}), at(101))
    assert [entry.why for entry in terminal.memory.unresolved] == ["the reversal was answered 96"]


def test_a_loss_of_power_keeps_the_reversal_record_and_the_keys() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.lose_power(at(3))
    assert terminal.is_idle
    terminal.connected(at(60))
    assert terminal.ask(withdraw(), at(61)) == [FRAMES["reversal"]]


def test_a_lost_line_is_reversed_over_the_next_one() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.disconnected(at(3))
    assert terminal.results[-1].verdict is Verdict.LINE_LOST
    assert terminal.connected(at(4)) == []
    assert terminal.ask(Job(kind=Kind.REVERSAL), at(5)) == [FRAMES["reversal"]]


@pytest.mark.parametrize("code", ["98", "68", "94", "09"])
def test_an_answer_that_leaves_the_outcome_open_is_reversed(code: str) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answered(terminal, "withdrawal-response", {39: code, 38: None}), at(3))
    assert terminal.ask(Job(kind=Kind.REVERSAL), at(4)) == [FRAMES["reversal"]]


def test_it_repeats_the_same_bytes_as_often_as_its_habits_say() -> None:
    terminal = signed_on_terminal()
    sent = terminal.ask(withdraw(Habits(repeats=2, repeat_ms=500)), at(2))
    sent += terminal.expire(at(2.5)) + terminal.expire(at(3)) + terminal.expire(at(3.5))
    assert sent == [FRAMES["withdrawal"]] * 3


def test_a_refused_request_of_which_a_copy_is_out_is_reversed() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(Habits(repeats=1, repeat_ms=500)), at(2))
    terminal.expire(at(2.5))
    terminal.received(answered(terminal, "withdrawal-response", {39: "91", 38: None}), at(3))
    assert [owed.stan for owed in terminal.memory.owed] == ["000002"]


def test_an_approval_of_what_was_refused_before_is_reversed() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answered(terminal, "withdrawal-response", {39: "91", 38: None}), at(3))
    assert not terminal.memory.owed
    terminal.received(answer_of("withdrawal-response"), at(4))
    assert not terminal.memory.slips
    assert [owed.reason for owed in terminal.memory.owed] == ["06"]


def test_an_early_reversal_goes_out_while_the_original_is_in_flight() -> None:
    terminal = signed_on_terminal()
    habits = Habits(reverses=Reverses.EARLY, reversal_ms=700)
    terminal.ask(withdraw(habits), at(2))
    assert terminal.next_due_ns == at(2.7).elapsed_ns
    assert terminal.expire(at(2.7)) == [FRAMES["reversal"]]
    terminal.received(answer_of("withdrawal-response"), at(3))
    assert not terminal.memory.slips


def test_a_late_reversal_lets_other_transactions_pass() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(Habits(reverses=Reverses.LATE, reversal_ms=100_000)), at(2))
    terminal.expire(at(2 + _TIMEOUT))
    [other] = said(terminal.ask(withdraw(), at(70)))
    assert other.mti == "0200"
    terminal.received(answered(terminal, "withdrawal-response", {11: "000003"}), at(71))
    assert terminal.expire(at(161)) == []
    assert terminal.next_due_ns == at(162).elapsed_ns
    assert terminal.expire(at(162)) == [FRAMES["reversal"]]


def test_a_terminal_that_never_reverses_lists_the_withdrawal() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(Habits(reverses=Reverses.NEVER)), at(2))
    terminal.expire(at(100))
    assert [entry.amount_fen for entry in terminal.memory.unresolved] == [50_000]
    [next_request] = said(terminal.ask(withdraw(), at(101)))
    assert next_request.mti == "0200"


def test_an_old_batch_is_sent_where_the_habits_say_so() -> None:
    terminal = signed_on_terminal()
    [request] = said(terminal.ask(withdraw(Habits(uses_old_batch=True)), at(2)))
    assert request.get(60)[2:8] == "000001"


def test_the_header_can_ask_for_a_sign_on() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    frame = bytearray(answer_of("withdrawal-response"))
    frame[7] |= 0x03  # 处理要求: the low nibble of the header's third byte
    terminal.received(bytes(frame), at(3))
    assert terminal.memory.slips
    [sign_on] = said(terminal.ask(withdraw(), at(4)))
    assert sign_on.mti == "0800"


def test_a_job_without_a_session_is_dropped_when_the_sign_on_fails() -> None:
    terminal = Terminal(terminal_identity(), POS)
    terminal.connected(at())
    terminal.ask(withdraw(), at())
    terminal.expire(at(_TIMEOUT))
    verdicts = [(result.kind, result.verdict) for result in terminal.results]
    assert verdicts == [
        (Kind.SIGN_ON, Verdict.NO_ANSWER),
        (Kind.WITHDRAWAL, Verdict.NOT_DONE),
    ]
    assert terminal.is_idle


def test_a_remembered_withdrawal_of_another_process_is_reversed_the_same() -> None:
    terminal = Terminal(terminal_identity(), POS, Memory(stan=7))
    terminal.connected(at())
    terminal.ask(Job(kind=Kind.SIGN_ON), at())
    terminal.received(answered(terminal, "sign-on-response", {11: "000007"}), at(1))
    job = Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=50_000)
    said_last = Uploaded(fields={11: "000002", 60: "00000002203"})
    terminal.memory.uploads += [said_last, Uploaded(fields={11: "000003", 60: "00000002203"})]
    terminal.owe(job, "98", Memory(batch=2, stan=2), at(2))
    assert [each.fields[11] for each in terminal.memory.uploads] == ["000003"]
    assert terminal.ask(Job(kind=Kind.REVERSAL), at(3)) == [FRAMES["reversal"]]


def test_the_last_slip_can_be_voided_once() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answer_of("withdrawal-response"), at(3))
    [reversal] = said(terminal.ask(Job(kind=Kind.REVERSAL, code="06"), at(4)))
    assert reversal.get(39) == "06"
    terminal.received(answer_of("reversal-response"), at(5))
    assert (len(terminal.memory.slips), len(terminal.memory.voided)) == (0, 1)
    assert terminal.ask(Job(kind=Kind.REVERSAL, code="06"), at(6)) == []
    assert terminal.results[-1].verdict is Verdict.NOT_DONE


def test_a_card_refuses_nothing_that_was_paid_before_another_transaction() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answer_of("withdrawal-response"), at(3))
    [slip] = terminal.memory.slips
    terminal.ask(Job(kind=Kind.REFUND, card=Card(), amount_fen=100, of=slip), at(4))
    terminal.expire(at(64))
    assert terminal.ask(Job(kind=Kind.REVERSAL, code="06"), at(65)) == []
    assert terminal.results[-1].verdict is Verdict.NOT_DONE
    assert len(terminal.memory.slips) == 1


def test_what_cannot_be_read_is_ignored() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    assert terminal.received(answer_of("withdrawal-response")[:-9], at(3)) == []
    assert not terminal.is_idle


@pytest.mark.parametrize(
    ("remark", "fee_fen"), [("FEE 4.00", 400), ("FEE ", 0), ("FEE x", 0), ("THANK YOU", 0), ("", 0)]
)
def test_the_fee_of_the_answer_is_on_the_slip(remark: str, fee_fen: int) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    told = "CUP" + " " * 40 + remark.ljust(20)
    terminal.received(answered(terminal, "withdrawal-response", {63: told}), at(3))
    assert [slip.fee_fen for slip in terminal.memory.slips] == [fee_fen]
    assert terminal.results[-1].fee_fen == fee_fen


def test_a_card_that_refuses_the_issuers_cryptogram_has_the_approval_reversed() -> None:
    terminal = signed_on_terminal()
    card = Card(signs=True)
    job = Job(kind=Kind.WITHDRAWAL, card=card, amount_fen=50_000)
    (asked,) = said(terminal.ask(job, at(2)))
    chip = Chip(card.pan, card.sequence)
    wrong = chip.answer(asked.get(55), "00", is_wrong=True)
    terminal.received(answered(terminal, "withdrawal-response", {55: wrong}), at(3))
    assert terminal.results[-1].verdict is Verdict.CHIP_REFUSED
    assert not terminal.memory.slips
    (reversal,) = said(terminal.ask(Job(kind=Kind.REVERSAL), at(4)))
    assert (reversal.mti, reversal.get(39), reversal.get(11)) == ("0400", "06", asked.get(11))


def test_a_card_that_takes_the_issuers_cryptogram_pays() -> None:
    terminal = signed_on_terminal()
    card = Card(signs=True)
    job = Job(kind=Kind.WITHDRAWAL, card=card, amount_fen=50_000)
    (asked,) = said(terminal.ask(job, at(2)))
    right = Chip(card.pan, card.sequence).answer(asked.get(55), "00")
    terminal.received(answered(terminal, "withdrawal-response", {55: right}), at(3))
    assert terminal.results[-1].verdict is Verdict.APPROVED
    assert len(terminal.memory.slips) == 1


@pytest.mark.parametrize(("code", "is_open"), [("91", True), ("96", True), ("12", False)])
def test_an_advice_that_may_be_accepted_later_is_left_to_reconciliation(
    code: str,
    is_open: bool,
) -> None:
    """A copy of it was accepted three seconds after 91, and nobody knew where the money went."""
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answer_of("withdrawal-response"), at(3))
    [slip] = terminal.memory.slips
    refund = Job(kind=Kind.REFUND, card=Card(), amount_fen=100, of=slip)
    asked = POS.hear(POS.bare(terminal.ask(refund, at(4))[0]))
    fields = {n: asked.fields[n] for n in (3, 4, 11, 41, 42, 60)} | {39: code}
    told = POS.say(POS.framing.build_heads(), "0230", dict(sorted(fields.items())))
    terminal.received(POS.bare(told), at(5))
    assert [entry.stan for entry in terminal.memory.unresolved] == [asked.get(11)] * is_open
