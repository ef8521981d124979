"""Cash at the counter: what its settlement card paid, fee and all, and nothing that it did not."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.cards import FIRST_PAN
from simulators.checkers.books.remittances import check
from simulators.terminal_memory import Kind, Unresolved
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making

_TERMINAL = "50010001"


def _legs(state: State, debit: State = State.APPROVED) -> list[Row]:
    """Return a remittance and its two legs; the debit is what the bank's books know."""
    parent = recording.row(state, cap=None)
    legs = [
        recording.row(each, stan=number, cap=None, linked=(parent.key,))
        for number, each in ((2, debit), (3, State.APPROVED))
    ]
    legs[1] = replace(legs[1], record=replace(legs[1].record, link_stan="000778"))
    named = replace(parent.record, kind="cash_remittance", link_stan="")
    return [replace(parent, record=named, linked=tuple(leg.key for leg in legs)), *legs]


def _history(*slips_fen: int, rows: list[Row] | None = None, withdraws: bool = True) -> History:
    history = recording.ended(
        rows=_legs(State.APPROVED) if rows is None else rows,
        issuers=[recording.side(recording.accounts(withdraws=withdraws))],
        memories=recording.memory(*slips_fen),
    )
    known = history.configuration
    settles = known.vault.card_hash(FIRST_PAN)
    one = replace(known.terminals[_TERMINAL], settlement_card=settles)
    history.configuration = replace(known, terminals={_TERMINAL: one})
    slips = history.end.memories[_TERMINAL].slips
    slips[:] = [replace(slip, kind=Kind.REMITTANCE) for slip in slips]
    return history


def test_the_planted_bug_is_seen_by_no_other_checker() -> None:
    assert recording.sees(check, "any-payer")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_cash_that_was_paid_on_is_good() -> None:
    assert not list(check(_history(50_000)))


def test_cash_that_stays_and_a_card_that_pays_for_nothing_are_seen() -> None:
    kept = _history(50_000, withdraws=False)
    assert list(check(kept)) == [f"the card of {_TERMINAL} paid 0 fen, 50000 came in"]
    assert list(check(_history())) == [f"the card of {_TERMINAL} paid 50000 fen, 0 came in"]


def test_a_fee_comes_in_with_the_cash() -> None:
    history = _history(50_000)
    slips = history.end.memories[_TERMINAL].slips
    slips[:] = [replace(slip, fee_fen=200) for slip in slips]
    assert "50200 came in" in next(check(history))


def test_what_a_terminal_lists_as_unknown_may_have_come_in() -> None:
    history = _history()
    key = making.opening(1).key
    history.end.memories[_TERMINAL].unresolved.append(
        Unresolved(
            terminal=key.terminal, batch=key.batch, stan=key.stan, amount_fen=50_000, why="silence"
        )
    )
    assert not list(check(history))


def test_where_a_person_has_to_look_at_a_leg_neither_side_counts() -> None:
    rows = _legs(State.REVERSING, State.REVERSAL_EXPIRED)
    assert not list(check(_history(rows=rows)))


def test_a_finding_names_the_first_remittance_whose_sides_differ() -> None:
    history = _history(50_000)
    slips = history.end.memories[_TERMINAL].slips
    slips.append(replace(slips[0], rrn="000000000009", stan="000009", amount_fen=700))
    [found] = check(history)
    assert found.rrn == "000000000009"


def test_a_debit_that_nothing_came_in_for_is_named_by_its_remittance() -> None:
    rows = _legs(State.APPROVED)
    parent = replace(rows[0], record=replace(rows[0].record, rrn="000000000007"))
    debit = replace(rows[1], record=replace(rows[1].record, rrn=recording.RRN))
    [found] = check(_history(rows=[parent, debit, rows[2]]))
    assert found.rrn == "000000000007"


def test_worlds_find_the_remittance_that_another_card_paid_for() -> None:
    found = [each for seed in range(8) for each in check(recording.world(seed, "any-payer"))]
    assert any(each.rrn for each in found)
