"""Promise: what a point may do with a card on a day is what the matrix in force then says.

Told from the drawn registry alone, day by day and row by row, without the switch's own index of
it. A copy of a request is held against the day and the registry of its own arrival; a refusal
names the stage, the day from which it would be open, and the clause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from simulators.checkers.finding import Finding
from simulators.world.history import History
from simulators.world.matrix.asking import Asked, Gate
from switch.core.configuration import Terminal
from switch.core.operations import Open
from switch.core.outcomes import Opened
from switch.core.social.payouts import TERMINAL
from switch.registry.snapshot import Registry
from switch.registry.stages import Stage

PROMISE = "what is done is what the matrix of its day and registry admits"
KINDS: Final[Mapping[tuple[str, str, str], str]] = {
    ("0200", "010000", "70"): "rural_withdrawal",
    ("0200", "310000", "71"): "social_balance_inquiry",
    ("0200", "500000", "72"): "bill_payment",
    ("0200", "000000", "73"): "social_sale",
    ("0200", "470000", "74"): "transfer",
    ("0200", "480000", "80"): "cash_remittance",
    ("0200", "200000", "79"): "social_void",
    ("0200", "000000", "22"): "sale",
    ("0200", "200000", "23"): "sale_void",
    ("0220", "200000", "25"): "refund",
    ("0100", "030000", "10"): "pre_authorisation",
    ("0100", "200000", "11"): "pre_authorisation_void",
    ("0200", "000000", "20"): "completion",
    ("0200", "200000", "21"): "completion_void",
    ("0220", "000000", "24"): "completion_advice",
    ("0100", "900000", "75"): "social_inquiry",
    ("0100", "930000", "77"): "benefit_inquiry",
    ("0200", "910000", "76"): "social_payment",
    ("0200", "920000", "76"): "medical_settlement",
    ("0100", "960000", "81"): "product_inquiry",
    ("0200", "961000", "82"): "bond_purchase",
    ("0200", "962000", "82"): "wealth_purchase",
    ("0200", "963000", "82"): "remote_purchase",
}
"""What a request is, by its MTI, DE 3 and DE 60.1."""
_COMPOSITE: Final = frozenset(
    kind for (_, _, of_60), kind in KINDS.items() if of_60 in {"75", "76", "77", "81", "82"}
)
"""What no plain POS serves."""
_NOT_QUALIFIED, _NOT_FOR_TERMINAL, _NOT_OPEN, _NOT_FOR_CARD = "58", "58", "40", "57"
"""DE 39 of what the registry refuses."""


class Refused(NamedTuple):
    """How a request must be refused: DE 39, the stages that may be named, the day, the clauses."""

    code: str
    stages: frozenset[str]
    from_day: int | None
    clauses: frozenset[str]


_Lack = tuple[str, str]
"""DE 39 and the clause of what is refused before any stage is asked for."""


class Judged(NamedTuple):
    """A copy of a request and how it must be refused; None where it is admitted."""

    asked: Asked
    refused: Refused | None


def check(history: History) -> Iterator[Finding]:
    """Yield what was opened against its matrix, and each refusal that the matrix does not give."""
    if history.gate is None:
        return
    copies: dict[tuple[str, str, str], list[Judged]] = {}
    for each in judged(history):
        copies.setdefault(each.asked.key, []).append(each)
    yield from _opened(history, copies)
    yield from _refused(history, copies)


def judged(history: History) -> list[Judged]:
    """Return every copy of a request with what the matrix says of it."""
    return history.once("stages", _judged)


def _judged(history: History) -> list[Judged]:
    gate = history.gate
    if gate is None:
        return []
    return [
        Judged(asked, verdict(history, asked, asked.registry, asked.day)) for asked in gate.asked
    ]


def _opened(
    history: History, copies: Mapping[tuple[str, str, str], list[Judged]]
) -> Iterator[Finding]:
    """Yield each transaction that was opened though no copy of it was admitted."""
    for applied in history.applied:
        operation = applied.operation
        if not isinstance(operation, Open) or not isinstance(applied.outcome, Opened):
            continue
        key, record = operation.key, operation.record
        if key.terminal == TERMINAL or operation.linked[1:]:
            continue
        known = copies.get((key.terminal, key.batch, key.stan), [])
        before = [each for each in known if each.asked.number < applied.number]
        if before and all(each.refused is not None for each in before):
            what = f"{record.kind} {record.rrn} was opened, and had to be refused"
            yield Finding(what, rrn=record.rrn, step=applied.step)


def _refused(
    history: History, copies: Mapping[tuple[str, str, str], list[Judged]]
) -> Iterator[Finding]:
    """Yield each refusal for a stage that no copy had to get, or not so."""
    for reported in history.reported:
        facts = reported.facts
        if reported.event != "declined" or "open_from" not in facts:
            continue
        place = facts["terminal"], facts["stan"]
        said = str(facts["code"]), str(facts["stage"]), facts["open_from"], str(facts["clause"])
        due = [
            each.refused
            for known in copies.values()
            for each in known
            if (each.asked.key[0], each.asked.key[2]) == place
            and each.asked.number < reported.number
        ]
        if not any(refused is not None and _is(said, refused) for refused in due):
            what = f"{place[0]} {place[1]} was refused with {said}, and should get {due}"
            yield Finding(what, step=reported.step)


def _is(said: tuple[str, str, object, str], refused: Refused) -> bool:
    code, stage, from_day, clause = said
    is_named = stage in refused.stages and clause in refused.clauses
    return is_named and code == refused.code and from_day == refused.from_day


# ---------------------------------------------------------------------------- the slow judgement


def verdict(history: History, asked: Asked, registry: Registry, day: int) -> Refused | None:
    """Return how a request had to be refused by a registry on a day, None where it is admitted."""
    kind = KINDS.get(asked.codes)
    terminal = history.configuration.terminals.get(asked.key[0])
    gate: Gate | None = history.gate
    if kind is None or terminal is None or gate is None:
        return None
    is_social = asked.pan not in gate.others
    place = kind, terminal, is_social, day, registry.change
    known: dict[tuple[object, ...], Refused | None] = history.verdicts
    if place not in known:
        known[place] = _worked_out(kind, terminal, registry, is_social=is_social, day=day)
    return known[place]


def _worked_out(
    kind: str, terminal: Terminal, registry: Registry, *, is_social: bool, day: int
) -> Refused | None:
    scopes = _scopes(terminal, registry)

    def opening(on: int, *, social: bool) -> list[Stage]:
        return [
            stage
            for stage in registry.stages
            if _speaks(stage, kind, terminal.channel, is_social=social)
            and _is_open(registry, stage, scopes, on)
        ]

    if registry.devices.get(terminal.id) == "pos" and kind in _COMPOSITE:
        never: _Lack | None = (_NOT_FOR_TERMINAL, "四(三)3")
    else:
        never = None
    lacks = _lacks(terminal, registry, day) or never
    if lacks is None and opening(day, social=is_social):
        return None
    by_card = not is_social and bool(opening(day, social=True))
    code, clause = lacks or ((_NOT_FOR_CARD, "四(四)2") if by_card else (_NOT_OPEN, ""))
    for later in sorted(day_ for day_ in _begins(registry, terminal) if day_ > day):
        stages = opening(later, social=is_social)
        if stages and (_lacks(terminal, registry, later) or never) is None:
            return _said(code, clause if lacks else "", later, stages)
    named = [s for s in registry.stages if _speaks(s, kind, terminal.channel, is_social=is_social)]
    if named:
        return _said(code, clause if lacks else "", None, named[:1])
    if clause:
        return Refused(code, frozenset({""}), None, frozenset({clause}))
    return Refused(_NOT_FOR_TERMINAL, frozenset({""}), None, frozenset({"四(二)"}))


def _said(code: str, clause: str, from_day: int | None, stages: list[Stage]) -> Refused:
    """Return a refusal that names one of some stages, and its clause where no other is said."""
    clauses = {clause} if clause else {stage.clause for stage in stages}
    return Refused(code, frozenset(s.id for s in stages), from_day, frozenset(clauses))


def _lacks(terminal: Terminal, registry: Registry, day: int) -> _Lack | None:
    """Return DE 39 and clause of what a village lacks on a day before any stage is asked for."""
    if terminal.channel != "rural":
        return None
    span = registry.qualifications.get(terminal.acquirer)
    if span is None or not span.from_day <= day <= span.until_day:
        return _NOT_QUALIFIED, "四(三)2"
    point = registry.points.get(terminal.merchant)
    if point is None or not point.is_eligible or point.open_from > day:
        return _NOT_FOR_TERMINAL, "四(三)1"
    agreed = point.agreed
    if agreed is None or not agreed.from_day <= day <= agreed.until_day:
        return _NOT_FOR_TERMINAL, "四(四)4"
    pilot = registry.pilots.get(point.district)
    if pilot is None or pilot > day:
        return _NOT_OPEN, "三"
    return None


def _scopes(terminal: Terminal, registry: Registry) -> frozenset[str]:
    """Return the scopes whose openings reach a terminal."""
    scopes = {"all", f"acquirer:{terminal.acquirer}"}
    if terminal.channel == "rural":
        point = registry.points.get(terminal.merchant)
        scopes |= {f"point:{terminal.merchant}", f"district:{point.district if point else ''}"}
    return frozenset(scopes)


def _speaks(stage: Stage, kind: str, channel: str, *, is_social: bool) -> bool:
    takes = stage.takes_social if is_social else stage.takes_other
    return takes and channel in stage.channels and kind in (stage.transactions or {kind})


def _is_open(registry: Registry, stage: Stage, scopes: frozenset[str], day: int) -> bool:
    if stage.open_from is not None and stage.open_from <= day:
        return True
    return any(
        each.stage == stage.id and each.scope in scopes and each.from_day <= day <= each.until_day
        for each in registry.openings
    )


def _begins(registry: Registry, terminal: Terminal) -> set[int]:
    """Return every day on which anything begins that could matter to a terminal."""
    days = {stage.open_from for stage in registry.stages if stage.open_from is not None}
    days |= {each.from_day for each in registry.openings}
    if (span := registry.qualifications.get(terminal.acquirer)) is not None:
        days.add(span.from_day)
    if (point := registry.points.get(terminal.merchant)) is not None:
        days.add(point.open_from)
        days |= {point.agreed.from_day} if point.agreed is not None else set()
    return days | {pilot for pilot in registry.pilots.values() if pilot is not None}
