"""The registry's changes in the ledger's database (switch/cli), read and written on either engine.

Whatever is on PostgreSQL is imported only where an installation asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import astuple

from switch.cli import load as on_demand
from switch.cli.outcome import stop
from switch.cli.registering.keeping import check_moved
from switch.cli.serving.folder import MAIN, main_of
from switch.config.faults import ConfigurationError, Fault, Lines
from switch.config.registry.changes import Changes, Place, Told, changes_of
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.registry.protocol import Entry, OvertakenError, RegistryStore
from switch.ledger.registry.reading import read_entries

if TYPE_CHECKING:
    from switch.ledger.registry.on_postgres import PostgresRegistry


def read(place: Place, *, is_checked: bool) -> Changes:
    """Return what is kept, which may be nothing. ConfigurationError.

    `is_checked`: a change that is not as it was written is refused.
    """
    try:
        if place.url:
            with closing(_shared(place.url)) as store:
                entries = store.entries(is_checked=is_checked)
        else:
            entries = read_entries(place.ledger, is_checked=is_checked)
    except (LedgerOpenError, LedgerFailed) as error:
        raise ConfigurationError([_fault(place, str(error))]) from None
    return changes_of(place.name, map(astuple, entries))


@contextmanager
def editing(folder: Path) -> Iterator[Changes]:
    """Have the changes of a folder, to which one can be added, whether a switch runs or not.

    Of two who add at one time the second is told. ConfigurationError where they are wrong.
    """
    place = place_of(folder)
    check_moved(folder)
    with writing(place) as store:
        yield changes_of(place.name, map(astuple, store.entries()), lambda told: add(store, [told]))


def place_of(folder: Path) -> Place:
    """Return where a folder has its registry."""
    ledger = main_of(folder).ledger
    return Place(folder, folder / ledger.path, ledger.url)


@contextmanager
def writing(place: Place) -> Iterator[RegistryStore]:
    """Open the store, whether a switch runs or not; what it cannot do ends with status 2."""
    store: RegistryStore
    try:
        store = _shared(place.url) if place.url else on_demand.sqlite_registry()(place.ledger)
        with closing(store):
            yield store
    except (LedgerOpenError, LedgerFailed) as error:
        stop(str(_fault(place, str(error))))


def add(store: RegistryStore, told: list[Told]) -> None:
    """Keep these, all or none; status 2 where somebody was quicker."""
    try:
        store.append([Entry(*each) for each in told])
    except OvertakenError as error:
        stop(f"{error}: somebody was quicker, and nothing of yours is changed; look, and try again")


def _shared(url: str) -> PostgresRegistry:
    """Connect. LedgerOpenError, LedgerFailed."""
    try:
        ledger, registry = on_demand.postgres_ledger(), on_demand.postgres_registry()
    except ImportError:
        raise LedgerOpenError(on_demand.NO_DRIVER) from None
    return registry(ledger(url, is_checked=False))


def _fault(place: Place, reason: str) -> Fault:
    """Return a fault at what leads to the ledger."""
    main = place.folder / MAIN
    key = ("ledger", "url") if place.url else ("ledger", "path")
    line = Lines(main.read_text("utf-8")).of(key)
    return Fault(str(main), line, ".".join(key), f"{place.name}: {reason}")
