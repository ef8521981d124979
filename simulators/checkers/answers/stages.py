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
_NOT_QUALIFIED, _NOT_FOR_TERMINAL, _NOT_OPEN, _NOT_FOR_CARD = "58", "58", "40", "57"
"""DE 39 of what the registry refuses."""


class Refused(NamedTuple):
    """How a request must be refused: DE 39, the stages that may be named, the day, the clauses."""

    code: str
    stages: frozenset[str]
    from_day: int | None
    clauses: frozenset[str]


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
    if terminal.channel == "rural":
        refused = _at_point(terminal, registry, day)
        if refused is not None:
            return refused
    scopes = _scopes(terminal, registry)

    def opening(on: int, *, social: bool) -> list[Stage]:
        return [
            stage
            for stage in registry.stages
            if _speaks(stage, kind, terminal.channel, is_social=social)
            and _is_open(registry, stage, scopes, on)
        ]

    if opening(day, social=is_social):
        return None
    by_card = not is_social and bool(opening(day, social=True))
    code = _NOT_FOR_CARD if by_card else _NOT_OPEN
    coming = sorted(day_ for day_ in _begins(registry) if day_ > day)
    for later in coming:
        stages = [
            stage
            for stage in opening(later, social=is_social)
            if later in _first_days(registry, stage, scopes)
        ]
        if stages:
            return Refused(
                code, frozenset(s.id for s in stages), later, frozenset(s.clause for s in stages)
            )
    for stage in registry.stages:
        if _speaks(stage, kind, terminal.channel, is_social=is_social):
            return Refused(code, frozenset({stage.id}), None, frozenset({stage.clause}))
    if by_card:
        return Refused(code, frozenset({""}), None, frozenset({"四(四)2"}))
    return Refused(_NOT_FOR_TERMINAL, frozenset({""}), None, frozenset({"四(二)"}))


def _at_point(terminal: Terminal, registry: Registry, day: int) -> Refused | None:
    """Hold a village against what must be there before any stage is asked for."""

    def no(code: str, clause: str, from_day: int | None) -> Refused:
        return Refused(code, frozenset({""}), from_day, frozenset({clause}))

    span = registry.qualifications.get(terminal.acquirer)
    if span is None or not span.from_day <= day <= span.until_day:
        is_early = span is not None and day < span.from_day
        from_day = span.from_day if span is not None and is_early else None
        return no(_NOT_QUALIFIED, "四(三)2", from_day)
    point = registry.points.get(terminal.merchant)
    if point is None or not point.is_eligible:
        return no(_NOT_FOR_TERMINAL, "四(三)1", None)
    if point.open_from > day:
        return no(_NOT_FOR_TERMINAL, "四(三)1", point.open_from)
    if point.agreed_from is None or point.agreed_from > day:
        return no(_NOT_FOR_TERMINAL, "四(四)4", point.agreed_from)
    pilot = registry.pilots.get(point.district)
    if pilot is None or pilot > day:
        return no(_NOT_OPEN, "三", pilot)
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


def _begins(registry: Registry) -> set[int]:
    """Return every day on which anything begins."""
    own = {stage.open_from for stage in registry.stages if stage.open_from is not None}
    return own | {each.from_day for each in registry.openings}


def _first_days(registry: Registry, stage: Stage, scopes: frozenset[str]) -> set[int]:
    """Return the days on which a stage begins to be open within some scopes."""
    own = {stage.open_from} if stage.open_from is not None else set()
    return own | {
        each.from_day
        for each in registry.openings
        if each.stage == stage.id and each.scope in scopes
    }
