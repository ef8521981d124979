"""What every verb that loads a folder reads its registry with (switch/cli).

The registry is in the ledger's database. What opens one is imported only where there is one, so
that a verb starts fast.
"""

from __future__ import annotations

from pathlib import Path

from switch.cli import load as on_demand
from switch.config.faults import ConfigurationError, Fault
from switch.config.registry.changes import Changes, Place
from switch.config.registry.history import old_file


def kept(place: Place) -> Changes | None:
    """Return what is kept, None where there is no registry; ConfigurationError for a wrong one."""
    check_moved(place.folder)
    return _read(place, is_checked=True)


def kept_as_is(place: Place) -> Changes | None:
    """Return the same without asking whether each change is as it was written."""
    return _read(place, is_checked=False)


def check_moved(folder: Path) -> None:
    """Raise ConfigurationError where a folder has its registry in a file, as before."""
    if (old := old_file(folder)) is not None:
        reason = "the ledger's database has the registry now: `jinbao registry restore` moves it"
        raise ConfigurationError([Fault(str(old), 0, "", reason)])


def _read(place: Place, *, is_checked: bool) -> Changes | None:
    if not place.url and not place.ledger.exists():
        return None
    changes = on_demand.read_registry()(place, is_checked=is_checked)
    return changes if changes.number else None
