"""Segments come back in order, whatever the network did to them."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.capture.packets import Segment
from simulators.replay.capture.streams import FIN, MOST_WAITING, RST, SYN, Piece, Streams

_A, _B = ("10.0.0.1", 1), ("10.0.0.2", 2)
_ACK = 0x10


def _segments(content: bytes, size: int, first: int = 1_000) -> list[Segment]:
    made = [Segment(0, _A, _B, first % (1 << 32), SYN, b"")]
    for at in range(0, len(content), size):
        number = (first + 1 + at) % (1 << 32)
        made.append(Segment(at + 1, _A, _B, number, _ACK, content[at : at + size]))
    return made


def _pieces(segments: list[Segment]) -> list[Piece]:
    streams = Streams()
    found = [piece for segment in segments for piece in streams.take(segment)]
    return found + list(streams.flush())


def _joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.content for piece in pieces)


@given(
    content=st.binary(min_size=1, max_size=400),
    size=st.integers(1, 50),
    first=st.sampled_from([0, 1_000, (1 << 32) - 1, (1 << 32) - 60]),
    seed=st.integers(0, 2**32),
)
def test_shuffled_doubled_and_overlapping_segments_give_the_same_bytes(
    content: bytes, size: int, first: int, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    syn, *data = _segments(content, size, first)
    # Two neighbours sent again as one, as a sender does after a loss.
    again = [
        one._replace(content=one.content + other.content)
        for one, other in pairwise(data)
        if chance.random() < 0.3
    ]
    mixed = data + again + [each for each in data if chance.random() < 0.3]
    chance.shuffle(mixed)
    pieces = _pieces([syn, *mixed])
    assert _joined(pieces) == content
    assert all(piece.hole == 0 for piece in pieces)


def test_data_before_its_own_syn_waits_for_it() -> None:
    syn, *data = _segments(b"abcdef", 2)
    assert _joined(_pieces([data[1], syn, data[0], data[2]])) == b"abcdef"


def test_a_start_that_was_not_seen_is_told_and_early_reordering_mended() -> None:
    _, *data = _segments(bytes(range(200)), 10)
    pieces = _pieces([data[7], data[5], data[6], *data[8:]])
    assert pieces[0].hole == -1
    assert _joined(pieces) == bytes(range(50, 200))


def test_a_hole_is_passed_over_and_told() -> None:
    syn, *data = _segments(bytes(4_000), 10)
    lost = [syn, *data[:3], *data[5:]]
    pieces = _pieces(lost)
    assert [piece.hole for piece in pieces if piece.hole] == [20]
    assert len(_joined(pieces)) == 4_000 - 20
    assert len(data) - 5 > MOST_WAITING


def test_an_end_comes_after_all_data_and_frees_the_way() -> None:
    syn, *data = _segments(b"abcdef", 2)
    end = Segment(9, _A, _B, 1_007, FIN | _ACK, b"")
    pieces = _pieces([syn, data[0], end, data[2], data[1]])
    assert _joined(pieces) == b"abcdef"
    assert not pieces[0].ends
    again = _segments(b"new", 3, first=77)
    pieces = _pieces([syn, *data, end, *again])
    assert _joined(pieces) == b"abcdefnew"
    assert sum(piece.ends for piece in pieces) == 1


def test_a_reset_gives_what_was_there() -> None:
    syn, *data = _segments(b"abcdef", 2)
    reset = Segment(9, _A, _B, 1_007, RST, b"")
    assert _joined(_pieces([syn, data[0], data[2], reset])) == b"abef"


def test_two_ways_do_not_mix() -> None:
    syn, *data = _segments(b"abcdef", 2)
    back = [each._replace(source=_B, target=_A) for each in _segments(b"ABCDEF", 3, 5)]
    pieces = _pieces([syn, *back[:2], data[0], back[2], *data[1:]])
    assert _joined([piece for piece in pieces if piece.source == _A]) == b"abcdef"
    assert _joined([piece for piece in pieces if piece.source == _B]) == b"ABCDEF"
