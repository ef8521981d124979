"""Bytes of a connection are cut patiently: odd lengths are findings, floods and garbage end it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.hearing.lines import MOST_A_SECOND, STALL_NS, Cut, Cutter, Line
from tests.simulators.conformance import frames

_CUTTER = Cutter((load_dialect("pos"), load_dialect("composite")))


def _cuts(*chunks: bytes) -> list[Cut]:
    line = Line(number=1)
    return [cut for chunk in chunks for cut in _CUTTER.feed(line, chunk, 0)]


def _broken(cut: Cut) -> set[str]:
    return {j.check for j in cut.judgements if not j.ok}


@given(cuts=st.lists(st.integers(0, 404), max_size=6))
def test_any_chunking_gives_the_same_messages(cuts: list[int]) -> None:
    data = frames.SIGN_ON + b"\0\0" + frames.WITHDRAWAL + frames.ECHO
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    found = _cuts(*chunks)
    assert [c.what.mti for c in found if isinstance(c.what, Heard)] == ["0800", "0200", "0820"]
    assert not any(_broken(cut) for cut in found)


def test_a_length_that_counts_itself_is_found_when_the_rest_does_not_come() -> None:
    line = Line(number=1)
    frame = frames.ECHO[2:]
    assert not list(_CUTTER.feed(line, (len(frame) + 2).to_bytes(2) + frame, 0))
    assert line.stalls_ns == STALL_NS
    cut = _CUTTER.stalled(line)
    assert isinstance(cut.what, Heard)
    assert _broken(cut) == {"frame-length"}
    assert not cut.is_over


def test_a_length_that_is_too_small_is_found_from_what_follows() -> None:
    frame = frames.WITHDRAWAL[2:]
    (cut,) = _cuts((len(frame) - 8).to_bytes(2) + frame)
    assert isinstance(cut.what, Heard)
    assert _broken(cut) == {"frame-length"}


def test_a_length_with_its_low_byte_first_is_read_in_spite_of_it() -> None:
    frame = frames.ECHO[2:]
    (cut,) = _cuts(len(frame).to_bytes(2, "little") + frame)
    assert isinstance(cut.what, Heard)
    assert _broken(cut) == {"frame-length"}


@pytest.mark.parametrize(("place", "value", "check"), [(2, 0x68, "tpdu-id"), (7, 0x99, "class")])
def test_a_wrong_head_is_a_finding_and_the_message_is_read(
    place: int, value: int, check: str
) -> None:
    frame = bytearray(frames.ECHO)
    frame[place] = value
    (cut,) = _cuts(bytes(frame))
    assert _broken(cut) == {check}
    assert isinstance(cut.what, Heard)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 300, b"0052" + frames.ECHO])
def test_garbage_ends_its_connection(data: bytes) -> None:
    found = _cuts(data)
    if not found:
        line = Line(number=1)
        list(_CUTTER.feed(line, data, 0))
        found = [_CUTTER.stalled(line)]
    assert found[-1].is_over or found[-1].what is None


@given(data=st.binary(max_size=400))
def test_no_bytes_raise_anything(data: bytes) -> None:
    line = Line(number=1)
    for _ in _CUTTER.feed(line, data, 0):
        pass
    if line.held:
        _CUTTER.stalled(line)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"POST / HTTP/1.1", "--outer http"),
        (b"\x16\x03\x01\x02\x00\x01", "--tls-certificate"),
        (frames.ECHO[2:], "length before it is missing"),
        (b"0052" + frames.ECHO[2:], "4 ASCII digits (52)"),
    ],
)
def test_a_first_connection_that_sends_no_frame_is_told_what_it_may_be(
    data: bytes, words: str
) -> None:
    cut = _cuts(data)[-1]
    assert cut.what is None
    assert words in cut.why


def test_a_flood_ends_its_connection() -> None:
    found = _cuts(frames.ECHO * (MOST_A_SECOND + 1))
    assert found[-1].is_over
    assert "frames a second" in found[-1].why
