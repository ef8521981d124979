"""From rows to the frozen registry that decides (switch/config/registry).

A registry that does not fit the rest of its folder refuses the folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from switch.config.faults import ConfigurationError, Fault, Wrong
from switch.config.reading import Models
from switch.config.registry.changes import Change, Changes
from switch.config.registry.checks import Around, wrong_rows
from switch.config.registry.kinds import (
    DECIDING,
    District,
    Machine,
    OpeningRow,
    Plan,
    PointRow,
    Qualification,
    State,
    Village,
)
from switch.config.registry.stages import Stages, load_stages, number_of
from switch.registry.snapshot import Connection, Point, Registry, Span
from switch.registry.stages import NO_END, Opening


def load_registry(
    folder: Path, models: Models, changes: Changes, transactions: frozenset[str]
) -> Registry:
    """Return the registry of an installation; ConfigurationError with all that is wrong with it."""
    stages = load_stages(models.jinbao.registry.stages, folder, transactions)
    wrong = wrong_rows(changes.state, around(models, stages), None)
    faults = [each.fault(changes.place) for each in wrong]
    faults += [
        each if isinstance(each, Fault) else each.fault(changes.place)
        for each in said_twice(folder, models, has_rows=bool(changes.state["acquirer"]))
    ]
    if faults:
        raise ConfigurationError(faults)
    return snapshot(changes.state, stages, changes.number)


def decides(changes: Iterable[Change]) -> bool:
    """Tell whether a registry says what may be done where: some row once was of such a kind.

    One that only has what the files had before lets all be as it was.
    """
    return any(kind in DECIDING for change in changes for kind in change.rows)


def said_twice(folder: Path, models: Models, *, has_rows: bool) -> Iterator[Fault | Wrong]:
    """Yield every acquirer that says what a registry that decides says by openings."""
    reason = "the registry says this here: record an opening of other-cards"
    for index, acquirer in enumerate(models.banks.acquirer):
        if acquirer.other_cards_from is None:
            continue
        if has_rows:
            yield Wrong("acquirer", acquirer.id, "other_cards_from", reason)
        else:
            key = f"acquirer[{index}].other_cards_from"
            yield Fault(str(folder / "banks.toml"), 0, key, reason)


def around(models: Models, stages: Stages) -> Around:
    """Return what rows may refer to."""
    banks = models.banks
    return Around(
        acquirers=frozenset(each.id for each in banks.acquirer),
        issuers=frozenset(each.id for each in banks.issuer),
        prefixes=frozenset(each.prefix for each in models.cards.range),
        terminals=frozenset(each.id for each in models.terminals.terminal),
        stages={stage.id: stage.needs_approval for stage in stages.stages},
        led_devices=stages.led_devices,
        open_from={
            stage.id: stage.open_from for stage in stages.stages if stage.open_from is not None
        },
        only_past=stages.only_past,
    )


def snapshot(state: State, stages: Stages, change: int) -> Registry:
    """Return good rows as what decides."""
    return Registry(
        change=change,
        stages=stages.stages,
        openings=tuple(
            Opening(
                stage=row.stage,
                scope=row.scope,
                from_day=number_of(row.from_day),
                until_day=_end(row.until_day),
            )
            for row in state["opening"].values()
            if isinstance(row, OpeningRow)
        ),
        points=_points(state, stages),
        devices={
            row.terminal: row.device
            for row in state["machine"].values()
            if isinstance(row, Machine)
        },
        composite_only=stages.composite_only,
        connections={
            row.issuer: Connection(number_of(row.approved), row.ranges)
            for row in state["plan"].values()
            if isinstance(row, Plan) and "jinbao_connection" in row.parts
        },
        pilots={
            row.id: None if row.pilot_from is None else number_of(row.pilot_from)
            for row in state["district"].values()
            if isinstance(row, District)
        },
        qualifications={
            row.acquirer: Span(number_of(row.from_day), _end(row.until_day))
            for row in state["qualification"].values()
            if isinstance(row, Qualification)
        },
    )


def _points(state: State, stages: Stages) -> Mapping[str, Point]:
    districts = {
        row.id: row.district for row in state["village"].values() if isinstance(row, Village)
    }
    return {
        row.merchant: Point(
            merchant=row.merchant,
            district=districts[row.village],
            is_eligible=row.category in stages.places,
            open_from=number_of(row.open_from),
            agreed=_span(row.agreement, row.agreement_until),
        )
        for row in state["point"].values()
        if isinstance(row, PointRow)
    }


def _span(from_day: date | None, until_day: date | None) -> Span | None:
    return None if from_day is None else Span(number_of(from_day), _end(until_day))


def _end(day: date | None) -> int:
    return NO_END if day is None else number_of(day)
