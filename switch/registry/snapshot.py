"""The registry as one frozen snapshot (switch/registry), and its verdict on a transaction.

In the countryside an acquirer must be qualified, a point registered and agreed with, its district
a pilot, and the stage open; in town only the stage counts. Days are YYYYMMDD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

import msgspec

from switch.registry.stages import EVERYWHERE, NO_END, Matrix, Opening, Stage, Window

MOST_VERDICTS = 65_536
"""Verdicts that are kept at hand."""
RURAL = "rural"
"""The channel of the service points of the notice."""
POS = "pos"
"""The device that serves nothing which only a composite one does."""


class Why(Enum):
    """What a verdict rests on, with the clause that says so."""

    OPEN = ""
    QUALIFICATION = "四(三)2"
    POINT = "四(三)1"
    AGREEMENT = "四(四)4"
    PILOT = "三"
    DEVICE = "四(三)3"
    STAGE = "四(二)"
    CARD = "四(四)2"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether, and why: the stage, the day from which it is or would be open, the clause.

    The day of a refusal is the first on which nothing would be against it any more; None where no
    such day is recorded.
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
    """The question: a kind of transaction, with a kind of card, at a merchant, on a day.

    `device` is what the registry knows of the terminal's, empty for nothing.
    """

    transaction: str
    channel: str
    merchant: str
    acquirer: str
    is_social: bool
    day: int
    device: str = ""


class Span(msgspec.Struct, frozen=True, gc=False):
    """Days from one to another, both inclusive."""

    from_day: int
    until_day: int

    def __contains__(self, day: int) -> bool:
        """Tell whether a day is one of them."""
        return self.from_day <= day <= self.until_day


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A service point by its merchant (DE 42): where it is, what it is, and since when.

    `is_eligible` says that it is a kind of place that the notice chose. `agreed` are the days of an
    agreement with all four clauses, None without one.
    """

    merchant: str
    district: str
    is_eligible: bool
    open_from: int
    agreed: Span | None


class Connection(msgspec.Struct, frozen=True, gc=False):
    """An issuer's plan of 金保专网: its approval, and the prefixes that it covers; () for all."""

    approved: int
    ranges: tuple[str, ...] = ()


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; `change` is the number of the last change that it contains."""

    change: int
    stages: tuple[Stage, ...]
    openings: tuple[Opening, ...] = ()
    points: Mapping[str, Point] = {}
    pilots: Mapping[str, int | None] = {}
    """District -> the day from which it is a pilot, None while it is none."""
    qualifications: Mapping[str, Span] = {}
    connections: Mapping[str, Connection] = {}
    """Issuer -> what its plan to be connected to 金保专网 says (五(二))."""
    devices: Mapping[str, str] = {}
    """Terminal -> what its device is, for those that are registered (四(三)3)."""
    composite_only: frozenset[str] = frozenset()
    """The transactions that a plain POS is refused."""
    matrix: Matrix = Matrix((), ())
    verdicts: dict[Asked, Verdict] = {}
    """Those that were given: a day asks the same few thousand questions again and again."""

    def __post_init__(self) -> None:
        """Work the matrix out, so that neither it nor a verdict is that of other rows."""
        msgspec.structs.force_setattr(self, "matrix", Matrix(self.stages, self.openings))
        msgspec.structs.force_setattr(self, "verdicts", {})

    def is_refused(self, device: str, transaction: str) -> bool:
        """Tell whether a terminal is registered as a plain POS, and this is not for one (58)."""
        return device == POS and transaction in self.composite_only

    def is_connected(self, issuer: str, prefix: str, day: int) -> bool:
        """Tell whether an issuer's plan of 金保专网 is approved, and covers such cards."""
        plan = self.connections.get(issuer)
        return (
            plan is not None
            and plan.approved <= day
            and (not plan.ranges or prefix.startswith(plan.ranges))
        )

    def judge(self, asked: Asked) -> Verdict:
        """Say whether it may be done; of several reasons the first, and the day after all."""
        verdict = self.verdicts.get(asked)
        if verdict is None:
            verdict = self._judged(asked)
            if len(self.verdicts) >= MOST_VERDICTS:
                self.verdicts.clear()
            self.verdicts[asked] = verdict
        return verdict

    def _judged(self, asked: Asked) -> Verdict:
        gates: tuple[_Gate, ...] = ()
        scopes: tuple[str, ...] = (EVERYWHERE, f"acquirer:{asked.acquirer}")
        if asked.channel == RURAL:
            point = self.points.get(asked.merchant)
            gates = tuple(self._gates(asked, point))
            district = point.district if point else ""
            scopes += (f"point:{asked.merchant}", f"district:{district}")
        if self.is_refused(asked.device, asked.transaction):
            gates += ((Why.DEVICE, None),)
        found = self._windows(asked, scopes, is_social=asked.is_social)
        day = asked.day
        why = next((gate for gate, span in gates if span is None or day not in span), None)
        if why is None:
            for window in found:
                if window.from_day <= day <= window.until_day:
                    return Verdict(Why.OPEN, window.stage.id, window.from_day, window.stage.clause)
            why = self._against(asked, scopes)
        stage = self.matrix.stage_for(asked.transaction, asked.channel, is_social=asked.is_social)
        from_day = None
        if (first := _first(day, gates, found)) is not None:
            from_day, stage = first[0], first[1].stage
        is_staged = stage is not None and why in _OF_STAGES
        clause = stage.clause if stage is not None and is_staged else why.value
        return Verdict(why, stage.id if stage is not None else "", from_day, clause)

    def _gates(self, asked: Asked, point: Point | None) -> Iterator[_Gate]:
        """Yield what must hold at a point before any stage counts, and on which days it does."""
        yield Why.QUALIFICATION, self.qualifications.get(asked.acquirer)
        if point is None or not point.is_eligible:
            yield Why.POINT, None
            return
        yield Why.POINT, Span(point.open_from, NO_END)
        yield Why.AGREEMENT, point.agreed
        pilot_from = self.pilots.get(point.district)
        yield Why.PILOT, None if pilot_from is None else Span(pilot_from, NO_END)

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


_Gate = tuple[Why, Span | None]
_OF_STAGES = frozenset({Why.STAGE, Why.CARD})
"""Refusals whose clause is that of the stage."""


def _first(day: int, gates: tuple[_Gate, ...], found: list[Window]) -> tuple[int, Window] | None:
    """Return the first day, from one on, on which all gates and a window are open together."""
    last = NO_END
    for _, span in gates:
        if span is None:
            return None
        day, last = max(day, span.from_day), min(last, span.until_day)
    both = ((max(day, window.from_day), window) for window in found)
    open_days = [each for each in both if each[0] <= min(last, each[1].until_day)]
    return min(open_days, key=lambda each: each[0], default=None)
