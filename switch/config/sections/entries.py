"""What an installation's files have, as rows of the registry (switch/config/sections).

A history is kept for ever, so it may not have all that a file may.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from switch.config.faults import ConfigurationError, reason_of, shown
from switch.config.reading import Source, Sources
from switch.config.registry.fields import Row
from switch.config.sections.rows import FILE_OF, SECTIONS


def source_of(sources: Sources, kind: str) -> Source[Any]:
    """Return the file that has a kind as a section."""
    found: Source[Any] = getattr(sources, FILE_OF[kind])
    return found


def rows_of(sources: Sources, kinds: Collection[str]) -> Mapping[str, Sequence[Row]]:
    """Return the tables of these kinds as rows, in their order; kinds without any are left out.

    ConfigurationError where one is there twice, or has what a history may not keep.
    """
    rows: dict[str, list[Row]] = {}
    for kind, row in SECTIONS.items():
        source = source_of(sources, kind)
        entries = getattr(source.model, kind, ()) if kind in kinds else ()
        source.check_unique(kind, row.KEY[0], map(row.key_of, entries))
        for index, entry in enumerate(entries):
            try:
                rows.setdefault(kind, []).append(row.model_validate(entry.model_dump()))
            except ValidationError as error:
                for each in error.errors(include_url=False, include_input=False):
                    source.fault((kind, index, shown(each["loc"])), reason_of(each))
    if sources.faults:
        raise ConfigurationError(sources.faults)
    return rows
