"""Records say what came, byte by byte, and hold no card data."""

from __future__ import annotations

import json

import pytest

from simulators.cards import FIRST_PAN, PIN, Card, fictional_card
from simulators.conformance.driving.trial import own_setup
from simulators.conformance.evidence.records import Recorder, masked_frame, when
from simulators.conformance.judging.happenings import Note
from simulators.installation import wires
from tests.simulators.conformance import frames
from tests.simulators.conformance.evidence.made import records
from tests.simulators.conformance.judging.talking import AT, heard


def test_a_masked_frame_is_the_frame_but_for_stars() -> None:
    shown = masked_frame(heard(frames.WITHDRAWAL), frames.WITHDRAWAL)
    whole = frames.WITHDRAWAL.hex().upper()
    assert len(shown) == len(whole)
    assert all(a in {b, "*"} for a, b in zip(shown, whole, strict=True))
    assert shown.count("*") > 60
    assert shown[:26] == whole[:26]
    assert shown[-16:] == whole[-16:]


def test_no_record_holds_a_card_a_track_or_a_pin_block() -> None:
    told = json.dumps(records()) + json.dumps(records("length-in-bytes"))
    for secret in (FIRST_PAN, FIRST_PAN[6:16], Card().track_2, f"{PIN}F", "4912220"):
        assert secret not in told


def test_what_was_broken_has_its_place() -> None:
    broken = [each for record in records() for each in record.get("broken", ())]
    assert broken
    assert {each["requirement"] for each in broken} == {"ENC-03"}
    assert all(each["field"] == "2" and each["offset"] > 20 for each in broken)


def test_times_are_those_of_shanghai() -> None:
    assert when(1_402_997_400_123) == "2014-06-17T17:30:00.123+08:00"


@pytest.mark.parametrize("number", [44, 48, 55, 61, 62, 63])
def test_a_card_number_in_any_field_is_masked(number: int) -> None:
    pan, wire = fictional_card(7).pan, wires()[0]
    text = f"0019{pan}"
    if wire.dialect.field(number).form == "binary":
        text = text.encode("ascii").hex().upper()
    fields = {**heard(frames.WITHDRAWAL).message.fields, number: text}
    frame = wire.say(wire.framing.build_heads(), "0200", dict(sorted(fields.items())), None)
    setup = own_setup()
    message = heard(frame)
    note = Note(number=2, at=AT, what="received", terminal="T", frame=frame, heard=message)
    told = json.dumps(Recorder(setup.dialects).record(note))
    assert f'"{number}": "' in told
    for secret in (pan, pan.encode("ascii").hex().upper()):
        assert secret not in told
