"""docs/explanation/states.md draws the table that the switch decides by."""

from __future__ import annotations

from switch.cli.books.words import STATES, both
from switch.core.transaction import COMMITTED, FINAL, HELD, TRANSITIONS, State
from tests.house.source import ROOT


def test_the_page_has_every_state_what_it_does_to_the_cap_and_what_may_follow() -> None:
    text = (ROOT / "docs" / "explanation" / "states.md").read_text("utf-8")
    have = [line for line in text.splitlines() if line.startswith("| `")]
    assert have == [
        f"| `{state.name}` | {both(STATES[state])} | {_amount(state)} | {_following(state)} |"
        for state in State
    ]


def _amount(state: State) -> str:
    named = (("held", HELD), ("used", COMMITTED), ("free", FINAL))
    return next((word for word, states in named if state in states), "-")


def _following(state: State) -> str:
    return ", ".join(f"`{each.name}`" for each in sorted(TRANSITIONS[state])) or "nothing"
