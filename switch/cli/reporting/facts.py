"""What reports take from a folder (switch/cli): points, cards, names, and the calendar.

The registry's rows become plain facts; a file `holidays.toml` corrects the calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from switch.cli.outcome import stop
from switch.cli.registering.keeping import kept
from switch.config.installation import Installation
from switch.config.registry.changes import Place
from switch.config.registry.kinds import (
    CardsIssued,
    Inspection,
    Machine,
    PointRow,
    Qualification,
    State,
    Village,
)
from switch.settlement.calendar import Calendar
from switch.settlement.villages import PointFacts

HOLIDAYS: Final = "holidays.toml"
"""Corrects the calendar: `working` and `off` are lists of days."""
_CLAUSES: Final = 4


class _Corrections(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    working: list[date] = []
    off: list[date] = []


def calendar_of(folder: Path) -> Calendar:
    """Return China's calendar with the corrections of a folder; status 2 for a wrong file."""
    path = folder / HOLIDAYS
    if not path.exists():
        return Calendar()
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_Corrections)
    except (msgspec.MsgspecError, OSError) as error:
        stop(f"{path}: {error}")
    if found.format != 1:
        stop(f"{path}: format {found.format}, and this release reads 1")
    return Calendar({**dict.fromkeys(found.off, False), **dict.fromkeys(found.working, True)})


def state_of(folder: Path, installation: Installation) -> State | None:
    """Return the rows of a folder's registry, None where it has none."""
    changes = kept(Place(folder, installation.ledger, installation.ledger_url))
    return None if changes is None else changes.state


def points_of(state: State | None, installation: Installation) -> list[PointFacts]:
    """Return the service points with their visits and devices, in order of their merchants."""
    if state is None:
        return []
    villages = {key: row for key, row in state["village"].items() if isinstance(row, Village)}
    terminals: dict[str, list[str]] = {}
    for terminal in installation.configuration.terminals.values():
        terminals.setdefault(terminal.merchant, []).append(terminal.id)
    machines = {row.terminal: row for row in state["machine"].values() if isinstance(row, Machine)}
    visits: dict[str, list[date]] = {}
    for row in state["inspection"].values():
        if isinstance(row, Inspection):
            visits.setdefault(row.merchant, []).append(row.day)
    found = []
    for point in state["point"].values():
        if not isinstance(point, PointRow):
            continue
        own = tuple(sorted(terminals.get(point.merchant, ())))
        village = villages.get(point.village)
        found.append(
            PointFacts(
                merchant=point.merchant,
                name=point.name,
                village=village.name if village is not None else point.village,
                district=village.district if village is not None else "",
                open_from=point.open_from,
                agreement=point.agreement,
                agreement_until=point.agreement_until,
                is_whole=len(point.clauses) == _CLAUSES,
                visits=tuple(sorted(visits.get(point.merchant, ()))),
                terminals=own,
                owners=tuple(sorted({machines[t].owner for t in own if t in machines})),
            )
        )
    return sorted(found, key=lambda point: point.merchant)


def cards_of(state: State | None, day: date) -> dict[str, dict[str, int]]:
    """Return the cards issued by village and bank, as last recorded by a day."""
    if state is None:
        return {}
    latest: dict[tuple[str, str], CardsIssued] = {}
    names = {key: row.name for key, row in state["village"].items() if isinstance(row, Village)}
    for row in state["cards"].values():
        if isinstance(row, CardsIssued) and row.day <= day:
            place = (names.get(row.village, row.village), row.issuer)
            if place not in latest or latest[place].day < row.day:
                latest[place] = row
    found: dict[str, dict[str, int]] = {}
    for (village, issuer), row in latest.items():
        found.setdefault(village, {})[issuer] = row.cards
    return found


def lapsed_qualifications(state: State | None, day: date) -> list[str]:
    """Return the acquirers whose qualification is over by a day."""
    if state is None:
        return []
    rows = (row for row in state["qualification"].values() if isinstance(row, Qualification))
    return sorted(row.acquirer for row in rows if row.until_day is not None and row.until_day < day)


def bank_names(installation: Installation) -> Mapping[str, str]:
    """Return the names of issuers, acquirers and hosts of services by identifier."""
    configuration = installation.configuration
    hosts = (configuration.social_host, configuration.product_host)
    found = {host.id: host.name for host in hosts if host is not None}
    found |= {each.id: each.name for each in configuration.acquirers.values()}
    found |= {each.id: each.name for each in configuration.issuers.values()}
    return found
