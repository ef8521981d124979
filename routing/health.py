"""The health of a line (routing): a breaker that opens after failures in a row, and tries again.

Time comes in as an argument. A failure counts only against the period in which its request was
sent, and each answer begins another one: a hundred requests that time out together open it once,
and a silence says nothing of a line over which something was answered since it began.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

_MS: Final = 1_000_000


class Health(Enum):
    """What a breaker lets through."""

    CLOSED = "closed"
    """Everything."""
    OPEN = "open"
    """Nothing, until it has rested."""
    HALF_OPEN = "half_open"
    """One request, whose outcome decides."""


class Limits(msgspec.Struct, frozen=True):
    """`failures` in a row open a breaker, which then rests for `rest_ms`."""

    failures: int = 5
    rest_ms: int = 30_000


class Breaker:
    """One line's breaker. Failures are silences and answers that cannot be used."""

    __slots__ = ("_failures", "_is_probing", "_limits", "_period", "_until_ns", "health")

    def __init__(self, limits: Limits) -> None:
        """Begin closed."""
        self.health = Health.CLOSED
        self._limits = limits
        self._failures = 0
        self._period = 0
        self._until_ns = 0
        self._is_probing = False

    def __repr__(self) -> str:
        return f"Breaker({self.health.value}, failures={self._failures})"

    def is_passable(self, now_ns: int) -> bool:
        """Tell whether a request may be sent now."""
        if self.health is Health.CLOSED:
            return True
        if self.health is Health.OPEN:
            return now_ns >= self._until_ns
        return not self._is_probing

    def sent(self, now_ns: int) -> int:
        """Note that a request is sent; return the period that its failure counts against.

        After the rest it is the probe: nothing else passes until its outcome is known.
        """
        if self.health is Health.OPEN and now_ns >= self._until_ns:
            self._become(Health.HALF_OPEN)
        if self.health is Health.HALF_OPEN:
            self._is_probing = True
        return self._period

    def answered(self) -> bool:
        """Note that the other end answers; return whether this closed the breaker."""
        if self.health is Health.CLOSED:
            self._failures = 0
            self._period += 1
            return False
        self._become(Health.CLOSED)
        return True

    def failed(self, period: int, now_ns: int) -> bool:
        """Note that a request sent in `period` failed; return whether this opened the breaker."""
        if period != self._period or self.health is Health.OPEN:
            return False
        self._failures += 1
        if self.health is Health.CLOSED and self._failures < self._limits.failures:
            return False
        self._become(Health.OPEN)
        self._until_ns = now_ns + self._limits.rest_ms * _MS
        return True

    def reset(self) -> None:
        """Begin anew, closed: this is another connection, of which nothing bad is known."""
        self._become(Health.CLOSED)

    def _become(self, health: Health) -> None:
        self.health = health
        self._period += 1
        self._failures = 0
        self._is_probing = False
