"""Requests that are with an issuer, by match key: DE 7 + DE 11 on one link, never DE 11 alone.

DE 32 and DE 33 of an answer must be those that we sent; an answer that matches nothing is
explained with the nearest request and the field that differs, and never guessed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from switch.core.deadlines import Deadlines

RECENT: Final = 1_000
"""Answered and expired keys that are remembered, so that a late answer can be called late."""

_REPEATED_IF_THERE: Final = (37, 4, 41, 42)
"""Fields that an answer may leave out, and must not have otherwise than we sent them."""

Answered = Callable[[str, Mapping[int, str], bytes], None]


class Waiting(msgspec.Struct, gc=False):
    """One request with an issuer: what to do with its answer (MTI, texts, frame), and until when.

    `mti` is that of the expected answer, which must repeat those of `fields` that `echoed` names.
    """

    mti: str
    fields: Mapping[int, str]
    echoed: tuple[int, ...]
    then: Answered
    timed_out: Callable[[], None]
    due_ns: int

    def __repr__(self) -> str:
        return f"Waiting({self.mti}, due_ns={self.due_ns})"


class Pending:
    """The requests in flight on one link."""

    def __init__(self, wake_by: Callable[[int], None]) -> None:
        """Begin with none; `wake_by` is told every deadline."""
        self._waiting: dict[tuple[str, str], Waiting] = {}
        self._deadlines: Deadlines[tuple[str, str]] = Deadlines(wake_by)
        self._recent: OrderedDict[tuple[str, str], str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def has(self, transmission: str, stan: str) -> bool:
        """Tell whether this key (DE 7, DE 11) is in use."""
        return (transmission, stan) in self._waiting

    def add(self, transmission: str, stan: str, waiting: Waiting) -> None:
        """Expect an answer; one that repeats a message takes the place of its first."""
        key = (transmission, stan)
        self._waiting[key] = waiting
        self._deadlines.set(key, waiting.due_ns)

    def match(self, mti: str, texts: Mapping[int, str]) -> Waiting | None:
        """Return and forget the request that this answers; None when there is none."""
        key = (texts.get(7, ""), texts.get(11, ""))
        waiting = self._waiting.get(key)
        if waiting is None or waiting.mti != mti or _differing(waiting, texts):
            return None
        del self._waiting[key]
        self._deadlines.drop(key)
        self._remember(key, "answered")
        return waiting

    def explain(self, mti: str, texts: Mapping[int, str]) -> dict[str, object]:
        """Say of an answer that matched nothing: the nearest request, and what differs."""
        key = (texts.get(7, ""), texts.get(11, ""))
        if (why := self._recent.get(key)) is not None:
            return {"nearest": f"{key[0]} {key[1]}", "differs": f"it was {why} before"}
        waiting = self._waiting.get(key)
        if waiting is not None:
            differs = "mti" if waiting.mti != mti else f"F{_differing(waiting, texts)}"
            return {"nearest": f"{key[0]} {key[1]}", "differs": differs}
        for other in self._waiting:
            if other[1] == key[1]:
                return {"nearest": f"{other[0]} {other[1]}", "differs": "F7"}
            if other[0] == key[0]:
                return {"nearest": f"{other[0]} {other[1]}", "differs": "F11"}
        return {"nearest": "none", "differs": "all"}

    def next_due_ns(self) -> int:
        """Return the earliest deadline, NEVER where nothing is in flight."""
        return self._deadlines.next_ns()

    def expire(self, now_ns: int) -> None:
        """Give up every request whose deadline has come, the earliest first."""
        if not self._waiting:
            return
        for key in self._deadlines.expired(now_ns):
            waiting = self._waiting.pop(key)
            self._remember(key, "given up")
            waiting.timed_out()

    def _remember(self, key: tuple[str, str], why: str) -> None:
        self._recent[key] = why
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)


def _differing(waiting: Waiting, texts: Mapping[int, str]) -> int:
    """Return the first field that does not repeat what was sent, 0 for none."""
    fields, told, sent = waiting.fields, texts.get, waiting.fields.get
    for number in waiting.echoed:
        if told(number) != sent(number):
            return number
    # Two messages of one second differ in DE 11 alone: a host that answers the wrong one of them
    # is found by what it need not repeat, and does.
    for number in _REPEATED_IF_THERE:
        if number in texts and number in fields and texts[number] != fields[number]:
            return number
    return 0
