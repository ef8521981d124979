"""Thresholds (simulators/load): `p99 < 200ms`, `declined_68 < 0.1%`, `lost == 0`, and the like.

One is a figure, perhaps of one kind of transaction (`withdrawal.p99`), a comparison, and a number
with its unit.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

import msgspec

_FORM: Final = re.compile(
    r"(?:(?P<kind>[a-z_]+)\.)?(?P<figure>[a-z]\w*(?:\.\d+)?)\s*(?P<how><=|>=|==|<|>)\s*"
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>us|ms|s|%|/s)?"
)
_HOW: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_LATENCY: Final = re.compile(r"p\d{1,2}(?:\.\d+)?|max|mean|added_p\d{1,2}(?:\.\d+)?")
_UNITS: Final = {"us": 0.001, "ms": 1.0, "s": 1_000.0}
COUNTS: Final = (
    "approved", "declined", "no_answer", "line_lost", "mac_wrong", "answer_wrong", "not_done",
    "dropped", "waited", "lost", "errors", "unresolved", "reversed",
)  # fmt: skip
"""Figures that are counts, or shares of the intended with a %; `declined_68` is one code's."""


class ThresholdError(ValueError):
    """A threshold that says nothing; it quotes it."""


class Threshold(msgspec.Struct, frozen=True):
    """One threshold: `limit` is in milliseconds, a share, a rate or a count."""

    text: str
    kind: str
    figure: str
    how: str
    limit: float
    is_share: bool

    @property
    def is_latency(self) -> bool:
        """Whether it speaks of milliseconds."""
        return _LATENCY.fullmatch(self.figure) is not None

    def holds(self, value: float) -> bool:
        """Tell whether a measured value keeps it."""
        return _HOW[self.how](value, self.limit)


class Judged(msgspec.Struct, frozen=True):
    """A threshold and what was measured."""

    text: str
    value: float
    shown: str
    is_kept: bool


def parse(text: str) -> Threshold:
    """Read a threshold. ThresholdError says what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ThresholdError(f"{text!r} is no threshold like 'p99 < 200ms' or 'lost == 0'")
    figure, unit, number = found["figure"], found["unit"] or "", float(found["number"])
    is_latency = _LATENCY.fullmatch(figure) is not None
    is_count = figure in COUNTS or re.fullmatch(r"(?:declined|code)_\w{2}", figure) is not None
    if not is_latency and not is_count and figure not in {"rate", "achieved"}:
        raise ThresholdError(f"{text!r}: no figure is called {figure!r}")
    if is_latency != (unit in _UNITS):
        needs = "needs ms, us or s" if is_latency else "is no time"
        raise ThresholdError(f"{text!r}: {figure} {needs}")
    if unit == "/s" and figure != "rate":
        raise ThresholdError(f"{text!r}: only the rate is a second")
    limit = number * _UNITS.get(unit, 1.0)
    if unit == "%":
        limit = number / 100
    return Threshold(
        text=text.strip(),
        kind=found["kind"] or "",
        figure=figure,
        how=found["how"],
        limit=limit,
        is_share=unit == "%",
    )
