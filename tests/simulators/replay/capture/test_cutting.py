"""Frames are cut from any chunks, and found again after anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.capture.cutting import Cutter
from tests.simulators.replay.days import DIALECTS, INTERBANK, POS, bare, day

_FRAMES = [raw.frame for raw in day(6)]
_WHOLE = b"".join(POS.framing.prefix(len(frame)) + frame for frame in _FRAMES)


def _chunks(data: bytes, sizes: list[int]) -> list[bytes]:
    found, at = [], 0
    for size in sizes:
        found.append(data[at : at + size])
        at += size
    return [*found, data[at:]]


@given(st.lists(st.integers(1, 300), max_size=20))
def test_any_chunks_give_the_same_frames(sizes: list[int]) -> None:
    cutter = Cutter(DIALECTS["terminal"])
    found = [cut for chunk in _chunks(_WHOLE, sizes) for cut in cutter.feed(chunk)]
    assert [cut.frame for cut in found] == _FRAMES
    assert all(not cut.note for cut in found)
    assert cutter.rest == 0


@given(st.integers(1, len(_WHOLE) - 1), st.lists(st.integers(1, 300), max_size=10))
def test_a_start_in_the_middle_finds_the_next_frame_and_says_what_it_skipped(
    start: int, sizes: list[int]
) -> None:
    cutter = Cutter(DIALECTS["terminal"])
    cutter.lose("the capture starts within the connection")
    found = [cut for chunk in _chunks(_WHOLE[start:], sizes) for cut in cutter.feed(chunk)]
    ends = [sum(2 + len(frame) for frame in _FRAMES[:n]) for n in range(len(_FRAMES))]
    wanted = [frame for frame, end in zip(_FRAMES, ends, strict=True) if end >= start]
    assert [cut.frame for cut in found] == wanted
    if found:
        skipped = ends[len(_FRAMES) - len(wanted)] - start
        reason = "the capture starts within the connection"
        assert found[0].note == f"{reason}: {skipped} bytes skipped"


def test_rubbish_between_frames_is_skipped_and_counted() -> None:
    cutter = Cutter(DIALECTS["terminal"])
    one, two = (POS.framing.prefix(len(f)) + f for f in _FRAMES[:2])
    first, second = cutter.feed(one + b"\xff" * 37 + two)
    assert not first.note
    assert second.frame == _FRAMES[1]
    assert second.note.endswith("37 bytes skipped")
    assert "too long" in second.note


def test_keep_alives_are_no_frames() -> None:
    cutter = Cutter(DIALECTS["terminal"])
    assert [cut.frame for cut in cutter.feed(b"\0\0" * 3 + _WHOLE)] == _FRAMES


def test_prefixes_of_text() -> None:
    cutter = Cutter(DIALECTS["issuer"])
    frame = bare("interbank-withdrawal")
    whole = INTERBANK.framing.prefix(len(frame)) + frame
    found = cutter.feed(b"noise" + whole + whole[:9])
    assert [cut.frame for cut in found] == [frame]
    assert cutter.rest == 9


@given(st.binary(max_size=600))
def test_anything_is_cut_or_skipped_and_every_byte_accounted_for(data: bytes) -> None:
    cutter = Cutter(DIALECTS["terminal"])
    cutter.lose("")
    found = cutter.feed(data)
    if not found:
        assert cutter.skipped + cutter.rest == len(data)
