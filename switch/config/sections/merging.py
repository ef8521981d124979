"""Letting rows of the registry be the tables of a file (switch/config/sections).

A kind stands in one place: in its file, or, from the first row on, in the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from switch.config.faults import ConfigurationError, Fault
from switch.config.reading import Source, Sources
from switch.config.registry.changes import Change, Changes, Place, ReadChanges
from switch.config.registry.fields import Row
from switch.config.sections.rows import FILE_OF

_TWICE: Final = (
    "this kind is in the registry, so nothing may stand here: take it out, or let"
    " `jinbao registry adopt {kind}` bring it into the registry and take it out"
)


def owned_by(changes: Iterable[Change]) -> frozenset[str]:
    """Return the sections that a registry ever had a row of: they are its own for good."""
    return frozenset(kind for change in changes for kind in change.rows) & frozenset(FILE_OF)


def stands_twice(fault: Fault) -> bool:
    """Tell whether a fault is that of a kind in two places."""
    return any(fault.reason == _TWICE.format(kind=kind) for kind in FILE_OF)


class Merged(NamedTuple):
    """The files with the rows of the registry, the registry, and why it could not be read."""

    sources: Sources
    changes: Changes | None
    faults: list[Fault]


def merged(folder: Path, registry: ReadChanges) -> Merged:
    """Read a folder, and its registry from where `[ledger]` of its `jinbao.toml` leads."""
    sources = Sources(folder)
    main = sources.jinbao.model
    if main is None:
        return Merged(sources, None, [])
    try:
        changes = registry(Place(folder, folder / main.ledger.path, main.ledger.url))
    except ConfigurationError as error:
        return Merged(sources, None, error.faults)
    if changes is not None:
        merge(sources, changes.state, owned=owned_by(changes.changes))
    return Merged(sources, changes, [])


def merge(
    sources: Sources,
    state: Mapping[str, Mapping[str, Row]],
    taken: frozenset[str] = frozenset(),
    owned: frozenset[str] = frozenset(),
) -> None:
    """Put rows where the files are read as having them; what stands in both is a fault.

    Of the sections `taken` the files count as having nothing. Kinds that are `owned` are the
    registry's, though it may have no row of them any more.
    """
    for kind, file in FILE_OF.items():
        rows = state.get(kind, {})
        if not rows and kind not in taken | owned:
            continue
        source: Source[Any] = getattr(sources, file)
        if source.model is not None and getattr(source.model, kind) and kind not in taken:
            source.fault((kind, 0), _TWICE.format(kind=kind))
        source.take(kind, rows)
