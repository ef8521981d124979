"""Counters and waiting times of a running switch (switch/shell/watching): plain integers.

They are written on the hot path and read when somebody asks; nothing is formatted before that.
"""

from __future__ import annotations

from typing import Final

BUCKETS: Final = 36
"""The last bucket begins at 2^34 microseconds, which is more than four hours."""
_NS_PER_US: Final = 1_000


class Histogram:
    """Waiting times in buckets of powers of two.

    Bucket 0 is below 1 microsecond, bucket n from 2^(n-1) up to, but without, 2^n microseconds.
    """

    __slots__ = ("buckets", "total_us")

    def __init__(self) -> None:
        self.buckets = [0] * BUCKETS
        self.total_us = 0

    def record(self, wait_ns: int) -> None:
        """Count one wait; a negative one counts as none."""
        wait_us = wait_ns // _NS_PER_US if wait_ns > 0 else 0
        self.total_us += wait_us
        bucket = wait_us.bit_length()
        self.buckets[bucket if bucket < BUCKETS else -1] += 1

    @property
    def count(self) -> int:
        """How many waits were counted."""
        return sum(self.buckets)

    def quantile_us(self, share: float) -> int:
        """Return a bound in microseconds that at least `share` of the waits kept; 0 without any."""
        wanted = share * self.count
        seen = 0
        for bucket, count in enumerate(self.buckets):
            seen += count
            if count and seen >= wanted:
                return int(2**bucket)
        return 0

    def summary(self) -> dict[str, int]:
        """Return count, mean, and bounds of the median, 99 % and 99.9 %, in microseconds."""
        count = self.count
        return {
            "count": count,
            "mean_us": self.total_us // count if count else 0,
            "p50_us": self.quantile_us(0.5),
            "p99_us": self.quantile_us(0.99),
            "p999_us": self.quantile_us(0.999),
        }


class Counters:
    """How often things happened since the start; see `COUNTERS` for what each one counts."""

    __slots__ = (
        "accepted", "batches", "cut_unread", "frames_from_links", "frames_from_terminals",
        "frames_to_links", "frames_to_terminals", "half_frames", "issuer_wait", "ledger_wait",
        "links_connected", "links_lost", "log_lines_left_out", "operations", "paused_reads",
        "recorded_frames", "refused_connections", "refused_frames", "refused_peers",
        "undeliverable", "unrecorded_frames", "wall_jumps", "whole",
    )  # fmt: skip

    def __init__(self) -> None:
        self.accepted = 0
        self.batches = 0
        self.cut_unread = 0
        self.frames_from_links = 0
        self.frames_from_terminals = 0
        self.frames_to_links = 0
        self.frames_to_terminals = 0
        self.half_frames = 0
        self.links_connected = 0
        self.links_lost = 0
        self.log_lines_left_out = 0
        self.operations = 0
        self.paused_reads = 0
        self.recorded_frames = 0
        self.refused_connections = 0
        self.refused_frames = 0
        self.refused_peers = 0
        self.undeliverable = 0
        self.unrecorded_frames = 0
        self.wall_jumps = 0
        self.ledger_wait = Histogram()
        self.issuer_wait = Histogram()
        self.whole = Histogram()

    def plain(self) -> dict[str, int]:
        """Return every plain counter by name."""
        return {name: getattr(self, name) for name in COUNTERS}

    def waits(self) -> dict[str, Histogram]:
        """Return every histogram by name."""
        return {name: getattr(self, name) for name in WAITS}


COUNTERS: Final = {
    "accepted": "terminal connections accepted",
    "batches": "ledger batches committed",
    "cut_unread": "connections cut because their peer did not read",
    "frames_from_links": "frames received from issuers",
    "frames_from_terminals": "frames received from terminals",
    "frames_to_links": "frames sent to issuers",
    "frames_to_terminals": "frames sent to terminals",
    "half_frames": "connections closed in the middle of a frame that took too long",
    "links_connected": "connections to issuers made",
    "links_lost": "connections to issuers lost",
    "log_lines_left_out": "log lines over the limit of a second",
    "operations": "ledger operations decided",
    "paused_reads": "times that a terminal was not read because the ledger was behind",
    "recorded_frames": "frames written to the recording",
    "refused_connections": "terminal connections over the limit",
    "refused_frames": "connections closed because their bytes could not be framed",
    "refused_peers": "connections from peers that stopped the process before",
    "undeliverable": "frames for a connection that was gone",
    "unrecorded_frames": "frames that are not in the recording because it was behind or failed",
    "wall_jumps": "jumps of the wall clock",
}
"""Counter -> what it counts."""

WAITS: Final = {
    "ledger_wait": "from the wish to have an operation decided to its outcome",
    "issuer_wait": "from a frame sent on a quiet issuer link to the next one received",
    "whole": "from a terminal's frame to the answer, where only one was asked for",
}
"""Histogram -> what it measures."""
