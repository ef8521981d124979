"""Effects: none shows the bytes of a message."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from switch.core import effects
from switch.core.effects import Effect, SendToLink, SendToTerminal
from tests.switch.core.stage import FRAMES


def test_the_union_names_every_effect_of_the_module() -> None:
    defined = {
        thing
        for thing in vars(effects).values()
        if inspect.isclass(thing) and thing.__module__ == effects.__name__
    }
    assert defined == set(get_args(Effect))


@pytest.mark.parametrize(
    "effect",
    [SendToTerminal(1, FRAMES["withdrawal"]), SendToLink("bank", FRAMES["withdrawal"])],
)
def test_an_effect_shows_the_size_of_its_frame_only(effect: Effect) -> None:
    assert repr(effect).endswith(f"{len(FRAMES['withdrawal'])} bytes)")
