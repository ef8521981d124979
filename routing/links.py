"""The two classes of line that an acquirer may register, and profiles of such lines (routing).

Notice 四(三)3: access is through 金保专网, which is free and unified, or by another route.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Final

import msgspec


class LinkClass(StrEnum):
    """A class of line; the value is what configuration files say."""

    JINBAO = "jinbao"
    """金保专网: village, district, city."""
    BANK = "bank"
    """A bank's own line."""


class Told(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    en: str
    zh: str


CLASS_WORDS: Final[dict[LinkClass, Told]] = {
    LinkClass.JINBAO: Told("the 金保 network", "金保专网"),
    LinkClass.BANK: Told("a bank link", "银行专线"),
}
"""What people call the classes."""


class Latency(msgspec.Struct, frozen=True):
    """How long a piece of data takes, one way, as quantiles in microseconds."""

    least_us: int
    p50_us: int
    p90_us: int
    p99_us: int
    most_us: int

    def at(self, share: float) -> int:
        """Return the quantile of a share in 0..1, straight between those that are given."""
        points = (
            (0.0, self.least_us),
            (0.5, self.p50_us),
            (0.9, self.p90_us),
            (0.99, self.p99_us),
            (1.0, self.most_us),
        )
        for (low, low_us), (high, high_us) in pairwise(points):
            if share <= high:
                return low_us + round((high_us - low_us) * (share - low) / (high - low))
        return self.most_us


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a path, with what it can carry in a second and what it adds to each piece."""

    name: str
    bandwidth_kbps: int
    latency: Latency
    jitter_us: int = 0


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """How often a path fails and for how long, on average.

    `is_cut`: connections are lost; otherwise what was sent waits until it is over.
    """

    is_cut: bool
    every_ms: int
    lasts_ms: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A path between two parties: its class, its hops in order from the first party, its outages.

    Hops are those of 金保专网 (village, district, city) or of a bank link.
    """

    name: str
    link_class: LinkClass
    words: Told
    hops: tuple[Hop, ...]
    outage: Outage | None = None
