"""What a row of the registry must have because of another (switch/config/registry).

The whole registry is checked as it would be after a change, so that nothing is half right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple, TypeVar, get_args

from messages.masking import mask_numbers
from switch.config.faults import Wrong
from switch.config.registry.fields import Row
from switch.config.registry.kinds import (
    CardsIssued,
    Clause,
    Document,
    Inspection,
    Machine,
    OpeningRow,
    Part,
    Plan,
    PointRow,
    Qualification,
    State,
    TariffRow,
    Training,
    Village,
)
from switch.config.registry.stages import number_of
from switch.config.sections.rows import FILE_OF
from switch.registry.stages import EVERYWHERE

R = TypeVar("R", bound=Row)

_DOCUMENTS: Final = frozenset(get_args(Document))
_CLAUSES: Final = frozenset(get_args(Clause))
_PARTS: Final = frozenset(get_args(Part))


class Around(NamedTuple):
    """What the rest of the installation has: identifiers, and whether stages need an approval.

    `led_devices` must have a lead bank, rows of the kinds `only_past` no day to come. `open_from`
    has the days (YYYYMMDD) of stages that are open everywhere without a row.
    """

    acquirers: frozenset[str]
    issuers: frozenset[str]
    prefixes: frozenset[str]
    terminals: frozenset[str]
    stages: Mapping[str, bool]
    led_devices: frozenset[str] = frozenset({"composite"})
    only_past: frozenset[str] = frozenset({"inspection", "training", "cards", "plan", "machine"})
    open_from: Mapping[str, int] = {}


def wrong_rows(state: State, around: Around, today: date | None) -> Iterator[Wrong]:
    """Yield everything that is wrong with a state; `today` None looks at no day of today."""
    yield from _references(state, around)
    yield from _papers(state, around)
    yield from _openings(state, around)
    if today is not None:
        yield from _future(state, around, today)


def _rows(state: State, kind: str, of: type[R]) -> Iterator[R]:
    return (row for row in state[kind].values() if isinstance(row, of))


def _references(state: State, around: Around) -> Iterator[Wrong]:
    banks = around.acquirers | around.issuers
    known: dict[str, Callable[[str], bool]] = {
        "district": state["district"].__contains__,
        "village": state["village"].__contains__,
        "point": state["point"].__contains__,
        "acquirer": around.acquirers.__contains__,
        "issuer": around.issuers.__contains__,
        "institution": banks.__contains__,
        "terminal": around.terminals.__contains__,
    }
    for kind, key, field, value, what in (*_named(state), *_priced(state)):
        if not known[what](value):
            yield Wrong(kind, key, field, f"no {what}{_place(state, what)} is {value}")
    for plan in _rows(state, "plan", Plan):
        for prefix in plan.ranges:
            if prefix not in around.prefixes:
                place = "" if state["range"] else " of cards.toml"
                reason = f"no range{place} begins with {mask_numbers(prefix)}"
                yield Wrong("plan", plan.key, "ranges", reason)


def _place(state: State, what: str) -> str:
    """Return where such a thing would stand; nothing for what the registry itself has."""
    if what == "institution":
        return "" if state["acquirer"] and state["issuer"] else " in banks.toml"
    return "" if what not in FILE_OF or state[what] else f" in {FILE_OF[what]}.toml"


def _named(state: State) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield kind, key, field, value, and what the value should be, of every reference."""
    issuer, acquirer, bank = "issuer", "acquirer", "institution"
    for village in _rows(state, "village", Village):
        yield "village", village.key, "district", village.district, "district"
    for cards in _rows(state, "cards", CardsIssued):
        yield "cards", cards.key, "village", cards.village, "village"
        yield "cards", cards.key, "issuer", cards.issuer, issuer
    for held in _rows(state, "qualification", Qualification):
        yield "qualification", held.key, "acquirer", held.acquirer, acquirer
    for plan in _rows(state, "plan", Plan):
        yield "plan", plan.key, "issuer", plan.issuer, issuer
    for point in _rows(state, "point", PointRow):
        yield "point", point.key, "village", point.village, "village"
    for machine in _rows(state, "machine", Machine):
        yield "machine", machine.key, "terminal", machine.terminal, "terminal"
        yield "machine", machine.key, "owner", machine.owner, bank
        if machine.lead_bank is not None:
            yield "machine", machine.key, "lead_bank", machine.lead_bank, bank
    for visit in _rows(state, "inspection", Inspection):
        yield "inspection", visit.key, "merchant", visit.merchant, "point"
    for training in _rows(state, "training", Training):
        yield "training", training.key, "merchant", training.merchant, "point"


def _priced(state: State) -> Iterator[tuple[str, str, str, str, str]]:
    for tariff in _rows(state, "tariff", TariffRow):
        yield "tariff", tariff.key, "institution", tariff.institution, "institution"


def _papers(state: State, around: Around) -> Iterator[Wrong]:
    """Yield what lacks a part that the notice asks for."""
    for held in _rows(state, "qualification", Qualification):
        if missing := _DOCUMENTS - held.documents:
            reason = f"lacks {', '.join(sorted(missing))}: 四(三)2 asks for them"
            yield Wrong("qualification", held.key, "documents", reason)
        if held.until_day is not None and held.until_day < held.from_day:
            yield Wrong("qualification", held.key, "until_day", "is before from_day")
    for plan in _rows(state, "plan", Plan):
        if missing := _PARTS - plan.parts - {"jinbao_connection"}:
            reason = f"lacks {', '.join(sorted(missing))}: 五(二) asks for them"
            yield Wrong("plan", plan.key, "parts", reason)
    for point in _rows(state, "point", PointRow):
        missing = _CLAUSES - point.clauses
        if point.agreement is not None and missing:
            reason = f"lacks {', '.join(sorted(missing))}: 四(四)4 asks for them"
            yield Wrong("point", point.key, "clauses", reason)
        yield from _agreed_until(point)
    for machine in _rows(state, "machine", Machine):
        if machine.device in around.led_devices and machine.lead_bank is None:
            reason = f"is missing: 四(三)3 names a lead bank for {machine.device} terminals"
            yield Wrong("machine", machine.key, "lead_bank", reason)


def _agreed_until(point: PointRow) -> Iterator[Wrong]:
    """Yield an agreement that ends before it begins, or never began."""
    if point.agreement_until is None:
        return
    if point.agreement is None:
        yield Wrong("point", point.key, "agreement_until", "is given without agreement")
    elif point.agreement_until < point.agreement:
        yield Wrong("point", point.key, "agreement_until", "is before agreement")


def _openings(state: State, around: Around) -> Iterator[Wrong]:
    by_scope: dict[tuple[str, str], list[OpeningRow]] = {}
    for each in _rows(state, "opening", OpeningRow):
        by_scope.setdefault((each.stage, each.scope), []).append(each)
        needs_approval = around.stages.get(each.stage)
        if needs_approval is None:
            yield Wrong("opening", each.key, "stage", f"there is no stage {each.stage}")
        elif needs_approval and each.approval is None:
            yield Wrong("opening", each.key, "approval", f"{each.stage} needs one, 四(四)2")
        if each.until_day is not None and each.until_day < each.from_day:
            yield Wrong("opening", each.key, "until_day", "is before from_day")
        built_in = around.open_from.get(each.stage)
        if built_in is not None and _reaches(each, built_in):
            reason = f"overlaps: {each.stage} is open everywhere from {built_in} without a row"
            yield Wrong("opening", each.key, "from_day", reason)
        kind, _, name = each.scope.partition(":")
        known = around.acquirers if kind == "acquirer" else state.get(kind, {})
        if name and name not in known:
            yield Wrong("opening", each.key, "scope", f"there is no {kind} {name}")
    for openings in by_scope.values():
        openings.sort(key=lambda each: each.from_day)
        for before, after in pairwise(openings):
            if before.until_day is None or before.until_day >= after.from_day:
                reason = f"overlaps with {before.key}"
                yield Wrong("opening", after.key, "from_day", reason)


def _reaches(opening: OpeningRow, day: int) -> bool:
    """Tell whether an opening for every place holds on a day (YYYYMMDD) or after it."""
    until = opening.until_day
    return opening.scope == EVERYWHERE and (until is None or number_of(until) >= day)


def _future(state: State, around: Around, today: date) -> Iterator[Wrong]:
    """Yield what is said to have happened after today."""
    done: tuple[tuple[str, str], ...] = (
        ("inspection", "day"),
        ("training", "day"),
        ("cards", "day"),
        ("plan", "approved"),
        ("machine", "installed"),
    )
    for kind, field in done:
        for key, row in state[kind].items() if kind in around.only_past else ():
            day = getattr(row, field)
            if day > today:
                yield Wrong(kind, key, field, f"{day} is in the future")
