"""What a terminal keeps: nothing of it is printed."""

from __future__ import annotations

from simulators.cards import FIRST_PAN
from simulators.terminal_memory import Owed, Reverses
from tests.simulators.acting import at, signed_on_terminal, withdrawal


def test_a_reversal_record_shows_no_card() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdrawal(), at(2))
    [owed] = terminal.memory.owed
    assert isinstance(owed, Owed)
    assert owed.reverses is Reverses.BY_THE_RULES
    shown = repr(owed) + repr(withdrawal()) + repr(terminal.memory) + repr(terminal.results)
    assert FIRST_PAN[6:15] not in shown
    assert "123456" not in repr(withdrawal()).replace(owed.shown_card, "")


def test_a_reversal_record_knows_stan_and_batch_of_its_original() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdrawal(), at(2))
    assert (terminal.memory.owed[0].stan, terminal.memory.owed[0].batch) == ("000002", "000002")
