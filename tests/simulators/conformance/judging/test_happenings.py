"""Events and effects never print what they carry."""

from __future__ import annotations

from simulators.conformance.judging.happenings import Note, Received, Send
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, heard


def test_frames_are_told_by_their_length() -> None:
    said = heard(frames.WITHDRAWAL)
    note = Note(number=1, at=AT, what="received", terminal="1", frame=frames.WITHDRAWAL, heard=said)
    printed = f"{Received(1, frames.WITHDRAWAL)} {Send(1, frames.WITHDRAWAL)} {note}"
    assert "bytes" in printed
    assert "62199912" not in printed
