"""Reversals that a terminal owes: how often, for how long, and that giving up is said."""

from __future__ import annotations

import pytest

from simulators.installation import terminal_identity
from simulators.terminal import RESPONSE_MS, Terminal
from simulators.terminal_memory import Job, Kind, Verdict
from simulators.terminals.debts import ReversalRules
from tests.simulators.acting import POS, answer_of, at, said, withdrawal

_TIMEOUT = RESPONSE_MS / 1000
_NEXT_DAY = 15 * 3600  # it is 09:30 at the start


def _owing(rules: ReversalRules) -> Terminal:
    """Return a terminal whose withdrawal was not answered."""
    terminal = Terminal(terminal_identity(), POS, rules=rules)
    terminal.connected(at())
    terminal.ask(Job(kind=Kind.SIGN_ON), at())
    terminal.received(answer_of("sign-on-response"), at(1))
    terminal.ask(withdrawal(), at(2))
    terminal.expire(at(2 + _TIMEOUT))
    return terminal


@pytest.mark.parametrize("tries", [1, 3, 5])
def test_a_reversal_is_given_up_after_so_many_tries_and_that_is_said(tries: int) -> None:
    terminal = _owing(ReversalRules(tries=tries))
    sent = terminal.ask(Job(kind=Kind.REVERSAL), at(100))
    for attempt in range(1, tries + 2):
        sent += terminal.expire(at(100 + attempt * _TIMEOUT))
    assert [heard.mti for heard in said(sent)] == ["0400"] * tries
    given_up = terminal.results[-1]
    assert (given_up.kind, given_up.verdict) == (Kind.REVERSAL, Verdict.GIVEN_UP)
    assert (given_up.stan, given_up.amount_fen) == ("000002", 50_000)
    assert [entry.why for entry in terminal.memory.unresolved] == ["the reversal was not answered"]


def test_a_record_of_an_earlier_day_is_not_sent_where_it_expires_with_its_day() -> None:
    terminal = _owing(ReversalRules(expires="day_end"))
    [first] = said(terminal.ask(withdrawal(), at(_NEXT_DAY)))
    assert first.mti == "0200"
    assert terminal.results[-1].verdict is Verdict.GIVEN_UP
    assert [entry.why for entry in terminal.memory.unresolved] == ["its day is over"]


def test_a_record_of_the_same_day_is_sent_whatever_expires() -> None:
    terminal = _owing(ReversalRules(expires="day_end"))
    [first] = said(terminal.ask(withdrawal(), at(12 * 3600)))
    assert first.mti == "0400"


def test_a_record_that_never_expires_is_sent_the_next_day() -> None:
    terminal = _owing(ReversalRules())
    [first] = said(terminal.ask(withdrawal(), at(_NEXT_DAY)))
    assert (first.mti, first.get(11)) == ("0400", "000002")
