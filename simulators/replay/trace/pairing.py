"""Requests and answers of a trace put together (simulators/replay), and what is left over.

Streaming and bounded: a request that waits longer than very many others is given up unanswered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from messages.values import response_mti
from simulators.replay.trace.form import Frame, Summary

MOST_OPEN: Final = 100_000
"""Requests that wait for an answer at one time."""


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """A request and its answer; one of them is None where it is not in the trace."""

    request: Frame | None
    answer: Frame | None

    @property
    def latency_us(self) -> int | None:
        """How long the answer took."""
        if self.request is None or self.answer is None:
            return None
        return self.answer.at_us - self.request.at_us

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames that are there, the request first."""
        return tuple(each for each in (self.request, self.answer) if each is not None)

    @property
    def rrn(self) -> str:
        """The RRN that either of them names."""
        found = (each.summary.rrn for each in self.frames if each.summary is not None)
        return next((rrn for rrn in found if rrn), "")


Key = tuple[str, str, str, str, str, str]


def key_of_request(frame: Frame, summary: Summary) -> Key | None:
    """Return what the answer to a request will have; None where the frame asks nothing."""
    try:
        mti = response_mti(summary.mti)
    except ValueError:
        return None
    to = "peer" if frame.to == "switch" else "switch"
    return frame.side, frame.connection, to, mti, summary.stan, summary.terminal


def exchanges(frames: Iterable[Frame]) -> Iterator[Exchange]:
    """Yield the exchanges of a trace, each when its answer comes; the unanswered ones at the end.

    A frame that cannot be read is neither.
    """
    waiting: dict[Key, Frame] = {}
    for frame in frames:
        summary = frame.summary
        if summary is None:
            continue
        asked = key_of_request(frame, summary)
        if asked is None:
            key = (
                frame.side, frame.connection, frame.to, summary.mti, summary.stan,
                summary.terminal,
            )  # fmt: skip
            yield Exchange(waiting.pop(key, None), frame)
            continue
        if (repeated := waiting.pop(asked, None)) is not None:
            yield Exchange(repeated, None)
        waiting[asked] = frame
        if len(waiting) > MOST_OPEN:
            yield Exchange(waiting.pop(next(iter(waiting))), None)
    for frame in waiting.values():
        yield Exchange(frame, None)
