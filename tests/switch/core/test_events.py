"""Events: each is handled, and none shows what it carries."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from switch.core import events
from switch.core.errors import InvariantBroken
from switch.core.events import Event, KeysDrawn, LinkFrameReceived, TerminalFrameReceived
from switch.core.moment import Moment
from tests.switch.core.stage import FRAMES, MAK, PIK, Stage


def test_the_union_names_every_event_of_the_module() -> None:
    defined = {
        thing
        for thing in vars(events).values()
        if inspect.isclass(thing) and thing.__module__ == events.__name__
    }
    assert defined == set(get_args(Event))


def test_the_engine_handles_every_event() -> None:
    source = inspect.getsource(type(Stage().engine))
    assert [event.__name__ for event in get_args(Event) if event.__name__ not in source] == []


def test_what_is_no_event_breaks_an_invariant() -> None:
    with pytest.raises(InvariantBroken, match="no one handles object"):
        Stage().engine.handle(object(), Moment(0, 0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event",
    [
        TerminalFrameReceived(1, FRAMES["withdrawal"]),
        LinkFrameReceived("bank", FRAMES["interbank-withdrawal"]),
        KeysDrawn(1, bytes.fromhex(PIK), bytes.fromhex(MAK)),
    ],
)
def test_an_event_shows_sizes_and_no_bytes(event: Event) -> None:
    assert "x" not in repr(event).replace("Text", "")
    assert "bytes" in repr(event)
