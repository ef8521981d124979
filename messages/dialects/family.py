"""Dialects that share a listener: told apart by the value of one part before the MTI.

The parts that a frame begins with are the same in all; which values one of them may have is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from messages.dialects.dialect import Dialect, FrameFormat, HeadPart


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
