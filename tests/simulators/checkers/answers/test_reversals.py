"""One 0420 per original: its repeats are the same message."""

from __future__ import annotations

from simulators.checkers.answers.reversals import check
from tests.simulators import recording

_FIRST = {
    4: "000000050000",
    7: "0618093612",
    11: "000778",
    37: "416900000001",
    41: "50010001",
    42: "999653080110001",
    60: "4021",
    90: "0200000777061809351200099900000000999000000",
}


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "second-reversal")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_repeats_of_one_message_are_one_reversal() -> None:
    side = recording.side(recording.accounts(), _FIRST, _FIRST, {**_FIRST, 60: "4021 again"})
    assert not list(check(recording.ended(issuers=[side])))


def test_another_number_or_reason_for_one_original_is_seen() -> None:
    for other in ({11: "000779"}, {7: "0618093613"}, {60: "4006"}):
        side = recording.side(recording.accounts(), _FIRST, {**_FIRST, **other})
        found = list(check(recording.ended(issuers=[side])))
        assert found == ["bank: 000777 was reversed by 2 messages"]
