"""A terminal settles: its totals, every slip where they differ, and a new batch afterwards."""

from __future__ import annotations

import pytest

from simulators.terminal_memory import Job, Kind, Memory, Slip, Verdict
from simulators.terminals.settling import after, counted, is_balanced, results, totals
from tests.simulators.acting import FRAMES, POS, answer_of, answered, at, said, signed_on_terminal
from tests.simulators.acting import withdrawal as withdraw

_ZERO = "0" * 31


def _slip(stan: int, fen: int, kind: Kind = Kind.WITHDRAWAL, batch: str = "000002") -> Slip:
    return Slip(
        terminal="50010001",
        batch=batch,
        stan=f"{stan:06d}",
        rrn="",
        authorisation="",
        amount_fen=fen,
        shown_card="621999*********0120",
        date="",
        time="",
        kind=kind,
    )


def test_it_settles_as_in_the_worked_example() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdraw(), at(2))
    terminal.received(answer_of("withdrawal-response"), at(3))
    [asked] = said(terminal.ask(Job(kind=Kind.SETTLEMENT), at(4)))
    worked = POS.hear(POS.bare(FRAMES["settlement"]))
    assert asked.mti == worked.mti
    changed = {11, 60}
    assert {n: t for n, t in asked.fields.items() if n not in changed} == {
        n: t for n, t in worked.fields.items() if n not in changed
    }
    changes: dict[int, str | None] = {11: asked.get(11), 60: asked.get(60)}
    answer = answered(terminal, "settlement-response", changes)
    [end] = said(terminal.received(answer, at(5)))
    assert (end.mti, end.get(60)[8:11], end.get(48)) == ("0320", "207", "0000")
    assert (terminal.results[-1].verdict, terminal.results[-1].code) == (Verdict.APPROVED, "11")


def test_voids_and_refunds_count_on_the_other_side_and_other_batches_not_at_all() -> None:
    memory = Memory(batch=2)
    memory.slips += [
        _slip(1, 500),
        _slip(2, 80, Kind.SALE),
        _slip(3, 80, Kind.VOID),
        _slip(4, 30, Kind.REFUND),
        _slip(5, 900, Kind.AUTHORISATION),
        _slip(6, 700, batch="000001"),
    ]
    assert totals(counted(memory)) == f"{580:012d}002{110:012d}0020" + _ZERO


def test_transfers_and_remittances_are_debits() -> None:
    memory = Memory(batch=2)
    memory.slips += [_slip(1, 500, Kind.TRANSFER), _slip(2, 80, Kind.REMITTANCE)]
    assert totals(counted(memory)) == f"{580:012d}002{0:012d}0000" + _ZERO


def test_details_go_eight_at_a_time_and_show_no_more_than_the_slip() -> None:
    slips = [_slip(n, n) for n in range(1, 18)]
    steps = after("2".rjust(31, "0") + "1".rjust(31, "0"), slips)
    assert [job.kind for job in steps] == [Kind.UPLOAD] * 3 + [Kind.BATCH_END]
    assert [job.content[:2] for job in steps[:3]] == ["08", "08", "01"]
    assert [len(job.content) for job in steps[:3]] == [322, 322, 42]
    assert steps[-1].content == "0017"
    assert steps[2].content == "01" + "00" + "000017" + "06219990000000000120" + f"{17:012d}"


@pytest.mark.parametrize(("content", "told"), [("1", "11"), ("2", "21"), ("3", "31")])
def test_results_are_read_from_both_halves(content: str, told: str) -> None:
    said_ = content.rjust(31, "0") + "1".rjust(31, "0")
    assert results(said_) == told
    assert is_balanced(said_) is (told == "11")


def test_it_signs_on_again_after_the_end_of_its_batch() -> None:
    terminal = signed_on_terminal()
    terminal.ask(Job(kind=Kind.SETTLEMENT), at(4))
    [asked] = [terminal.results[0]]
    assert asked.kind is Kind.SIGN_ON
    answer = answered(terminal, "settlement-response", {11: "000002", 48: "1".rjust(31, "0") * 2})
    [end] = said(terminal.received(answer, at(5)))
    reply = POS.viewer.build("0330", {11: end.get(11), 39: "00", 41: end.get(41), 60: end.get(60)})
    heads = POS.framing.build_heads()
    terminal.received(heads + reply, at(6))
    assert not terminal.memory.is_signed_on
    [sign_on] = said(terminal.ask(withdraw(), at(7)))
    assert sign_on.mti == "0800"
