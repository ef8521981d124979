"""The registry as one frozen snapshot (switch/registry), and its verdict on a transaction.

In the countryside an acquirer must be qualified, a point registered and agreed with, its district
a pilot, and the stage open; in town only the stage counts. Days are YYYYMMDD.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from switch.registry.stages import EVERYWHERE, Matrix, Opening, Stage, Window

MOST_VERDICTS = 65_536
"""Verdicts that are kept at hand."""
RURAL = "rural"
"""The channel of the service points of the notice."""


class Why(Enum):
    """What a verdict rests on, with the clause that says so."""

    OPEN = ""
    QUALIFICATION = "四(三)2"
    POINT = "四(三)1"
    AGREEMENT = "四(四)4"
    PILOT = "三"
    STAGE = "四(二)"
    CARD = "四(四)2"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether, and why: the stage, the day from which it is or would be open, the clause.

    `from_day` is None where no day is recorded.
    """

    why: Why
    stage: str
    from_day: int | None
    clause: str

    @property
    def is_open(self) -> bool:
        """Whether the transaction may be done."""
        return self.why is Why.OPEN


class Asked(msgspec.Struct, frozen=True, gc=False):
    """The question: a kind of transaction, with a kind of card, at a merchant, on a day."""

    transaction: str
    channel: str
    merchant: str
    acquirer: str
    is_social: bool
    day: int


class Span(msgspec.Struct, frozen=True, gc=False):
    """Days from one to another, both inclusive."""

    from_day: int
    until_day: int

    def __contains__(self, day: int) -> bool:
        """Tell whether a day is one of them."""
        return self.from_day <= day <= self.until_day


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A service point by its merchant (DE 42): where it is, what it is, and since when.

    `is_eligible` says that it is a kind of place that the notice chose. `agreed_from` is the day of
    an agreement with all four clauses, None without one.
    """

    merchant: str
    district: str
    is_eligible: bool
    open_from: int
    agreed_from: int | None


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `change` is the number of the last change that it contains."""

    change: int
    stages: tuple[Stage, ...]
    openings: tuple[Opening, ...] = ()
    points: Mapping[str, Point] = {}
    pilots: Mapping[str, int | None] = {}
    """District -> the day from which it is a pilot, None while it is none."""
    qualifications: Mapping[str, Span] = {}
    connections: Mapping[str, int] = {}
    """Issuer -> the day of approval of its plan to be connected to 金保专网 (五(二))."""
    matrix: Matrix = Matrix((), ())
    verdicts: dict[Asked, Verdict] = {}
    """Those that were given: a day asks the same few thousand questions again and again."""

    def __post_init__(self) -> None:
        """Work the matrix out, so that neither it nor a verdict is that of other rows."""
        msgspec.structs.force_setattr(self, "matrix", Matrix(self.stages, self.openings))
        msgspec.structs.force_setattr(self, "verdicts", {})

    def is_connected(self, issuer: str, day: int) -> bool:
        """Tell whether an issuer has an approved plan of its connection to 金保专网."""
        approved = self.connections.get(issuer)
        return approved is not None and approved <= day

    def judge(self, asked: Asked) -> Verdict:
        """Say whether a transaction may be done; of several reasons against it, the first."""
        verdict = self.verdicts.get(asked)
        if verdict is None:
            verdict = self._judged(asked)
            if len(self.verdicts) >= MOST_VERDICTS:
                self.verdicts.clear()
            self.verdicts[asked] = verdict
        return verdict

    def _judged(self, asked: Asked) -> Verdict:
        if asked.channel != RURAL:
            return self._staged(asked, (EVERYWHERE, f"acquirer:{asked.acquirer}"))
        point = self.points.get(asked.merchant)
        return self._at_point(asked, point) or self._staged(
            asked,
            (
                EVERYWHERE,
                f"acquirer:{asked.acquirer}",
                f"point:{asked.merchant}",
                f"district:{point.district if point else ''}",
            ),
        )

    def _at_point(self, asked: Asked, point: Point | None) -> Verdict | None:
        day = asked.day
        qualified = self.qualifications.get(asked.acquirer)
        if qualified is None or day not in qualified:
            later = qualified is not None and day < qualified.from_day
            return _no(Why.QUALIFICATION, qualified.from_day if qualified and later else None)
        if point is None or not point.is_eligible:
            return _no(Why.POINT, None)
        if day < point.open_from:
            return _no(Why.POINT, point.open_from)
        if point.agreed_from is None or day < point.agreed_from:
            return _no(Why.AGREEMENT, point.agreed_from)
        pilot_from = self.pilots.get(point.district)
        if pilot_from is None or day < pilot_from:
            return _no(Why.PILOT, pilot_from)
        return None

    def _staged(self, asked: Asked, scopes: tuple[str, ...]) -> Verdict:
        found = self._windows(asked, scopes, is_social=asked.is_social)
        day = asked.day
        for window in found:
            if window.from_day <= day <= window.until_day:
                return Verdict(Why.OPEN, window.stage.id, window.from_day, window.stage.clause)
        why = self._against(asked, scopes)
        coming = [window for window in found if window.from_day > day]
        if coming:
            first = min(coming, key=lambda window: window.from_day)
            return Verdict(why, first.stage.id, first.from_day, first.stage.clause)
        stage = self.matrix.stage_for(asked.transaction, asked.channel, is_social=asked.is_social)
        if stage is None:
            return Verdict(why, "", None, why.value)
        return Verdict(why, stage.id, None, stage.clause)

    def _against(self, asked: Asked, scopes: tuple[str, ...]) -> Why:
        """Return what is against it: the card, where another kind of card would do today."""
        if asked.is_social:
            return Why.STAGE
        others = self._windows(asked, scopes, is_social=True)
        would = any(each.from_day <= asked.day <= each.until_day for each in others)
        return Why.CARD if would else Why.STAGE

    def _windows(self, asked: Asked, scopes: tuple[str, ...], *, is_social: bool) -> list[Window]:
        windows = self.matrix.windows
        return [
            window
            for scope in scopes
            for window in windows(scope, asked.transaction, asked.channel, is_social=is_social)
        ]


def _no(why: Why, from_day: int | None) -> Verdict:
    return Verdict(why, "", from_day, why.value)
