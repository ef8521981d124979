"""Dialects that share a listener: told apart by the value of one part before the MTI.

The parts that a frame begins with are the same in all; which values one of them may have is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, FrameFormat, HeadPart, Layout, Part

JOINT: Final = "+"
"""Between the names of dialects that are read as one: `pos+composite`."""


class Family:
    """Dialects in order; a frame of none of them counts as one of the first."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        """Find what tells them apart; ValueError where their frames are not alike but for that."""
        self.dialects = tuple(dialects)
        first = self.dialects[0]
        self.frame: FrameFormat = first.frame
        """How frames of all of them are cut: what any of them allows is allowed."""
        self._numbers: dict[bytes, int] = {}
        self._span = slice(0, 0)
        if len(self.dialects) > 1:
            shapes = {_shape(dialect.frame) for dialect in self.dialects}
            if len(shapes) > 1:
                raise ValueError(f"frames of {self._names()} are not alike")
            self._tell_apart()
            self.frame = _merged([dialect.frame for dialect in self.dialects])

    def which(self, frame: bytes) -> int:
        """Return the number of the dialect of a frame without its length prefix."""
        return self._numbers.get(frame[self._span], 0)

    def _tell_apart(self) -> None:
        for place, (start, end) in enumerate(_spans(self.dialects[0].frame)):
            allowed = [_parts(dialect.frame)[place].allowed for dialect in self.dialects]
            values = [value for each in allowed for value in each]
            is_whole = start % 2 == end % 2 == 0
            if all(allowed) and len(values) == len(set(values)) and is_whole:
                self._span = slice(start // 2, end // 2)
                part = _parts(self.dialects[0].frame)[place]
                self._numbers = {
                    _bytes(part, value): number
                    for number, each in enumerate(allowed)
                    for value in each
                }
                return
        raise ValueError(f"nothing before the MTI tells {self._names()} apart")

    def _names(self) -> str:
        return " and ".join(dialect.name for dialect in self.dialects)


def joined(dialects: Sequence[Dialect]) -> Dialect:
    """Return one dialect that reads the frames of several: the last one, with all their heads.

    ValueError where the last does not cover the others: another field, or a place it masks less.
    """
    last = dialects[-1]
    if len(dialects) == 1:
        return last
    family = Family(dialects)
    for other in dialects[:-1]:
        covers = other.fields == last.fields and all(
            [_masks(layout) for layout in layouts]
            == [_masks(layout) for layout in last.layouts.get(number, ())[: len(layouts)]]
            for number, layouts in other.layouts.items()
        )
        if not covers:
            raise ValueError(f"{last.name} does not cover {other.name}")
    name = JOINT.join(dialect.name for dialect in dialects)
    return msgspec.structs.replace(last, name=name, frame=family.frame)


def _masks(layout: Layout) -> object:
    """Return what a layout says of places and secrets, without the words and values for people."""
    tags = {tag: told.mask for tag, told in layout.tags.items()}
    return layout.kind, layout.when, _places(layout.parts), layout.repeat_from, tags


def _places(parts: Sequence[Part]) -> list[object]:
    return [(part.size, part.mask, _places(part.parts)) for part in parts]


def _parts(frame: FrameFormat) -> list[HeadPart]:
    return [part for head in frame.heads for part in head.parts]


def _shape(frame: FrameFormat) -> tuple[object, ...]:
    parts = tuple((part.name, part.size, part.encoding) for part in _parts(frame))
    return frame.length_bytes, frame.length_encoding, parts


def _spans(frame: FrameFormat) -> list[tuple[int, int]]:
    """Return where each part begins and ends, in half bytes."""
    spans, at = [], 0
    for part in _parts(frame):
        end = at + (part.size if part.encoding == "bcd" else 2 * part.size)
        spans.append((at, end))
        at = end
    return spans


def _bytes(part: HeadPart, value: str) -> bytes:
    return value.encode("ascii") if part.encoding == "ascii" else bytes.fromhex(value)


def _merged(frames: Sequence[FrameFormat]) -> FrameFormat:
    """Return a format that allows whatever one of them allows."""
    heads = []
    for heads_alike in zip(*(frame.heads for frame in frames), strict=True):
        parts = []
        for alike in zip(*(head.parts for head in heads_alike), strict=True):
            allowed: tuple[str, ...] = ()
            if all(part.allowed for part in alike):
                allowed = tuple(dict.fromkeys(v for part in alike for v in part.allowed))
            parts.append(msgspec.structs.replace(alike[0], allowed=allowed))
        heads.append(msgspec.structs.replace(heads_alike[0], parts=tuple(parts)))
    limit = max(frame.limit for frame in frames)
    return msgspec.structs.replace(frames[0], heads=tuple(heads), limit=limit)
