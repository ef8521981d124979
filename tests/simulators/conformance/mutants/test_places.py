"""Where fields stand in a message, and putting others there."""

from __future__ import annotations

from simulators.conformance.mutants.places import content, places, pos, swap
from tests.simulators.conformance import frames

_BODY = frames.WITHDRAWAL[13:]


def test_the_places_of_a_worked_frame() -> None:
    found = places(_BODY)
    assert _BODY[found[3].content : found[3].end].hex() == "010000"
    assert found[2].content - found[2].start == 1
    assert found[64].end == len(_BODY)
    assert places(_BODY[:-8]).keys() == found.keys()
    assert pos().name == "pos"


def test_a_field_is_swapped_and_one_that_is_not_there_changes_nothing() -> None:
    assert content(swap(_BODY, 22, b"\x00\x51"), 22) == b"\x00\x51"
    assert swap(_BODY, 62, b"x") == _BODY
    assert content(_BODY, 62) == b""
