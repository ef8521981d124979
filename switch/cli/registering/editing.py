"""Changing the registry (switch/cli): a change is checked as a whole before it is written.

What is wrong refuses all of it, with the line and the reason of each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from messages.dialects.loader import SpecError, load_dialect
from messages.masking import mask_numbers
from switch.cli.outcome import stop
from switch.config.faults import ConfigurationError, Fault
from switch.config.reading import Models, Sources
from switch.config.registry.building import around
from switch.config.registry.changes import Change, Changes, apply, change_to, editing
from switch.config.registry.checks import wrong_rows
from switch.config.registry.kinds import KINDS, Row, State
from switch.config.registry.stages import Stages, load_stages
from switch.core.moment import SHANGHAI
from switch.shell.clock import wall_ns

_NS_PER_S = 1_000_000_000


class Edit:
    """What somebody wants: rows, keys that go, who and why, and where rows were read."""

    def __init__(self, by: str, why: str) -> None:
        """Begin with nothing."""
        self.by, self.why = by, why
        self.rows: Mapping[str, Sequence[Row]] = {}
        self.removed: Mapping[str, list[str]] = {}
        self.file = ""
        self.lines: Mapping[tuple[str, str], int] = {}


def _models(folder: Path) -> Models:
    """Return the files of an installation; status 2 where they cannot be used."""
    if not folder.is_dir():
        stop(f"there is no folder {folder}")
    sources = Sources(folder)
    if sources.models is None:
        stop(f"{folder} cannot be used\n{ConfigurationError(sources.faults)}")
    return sources.models


def carry_out(folder: Path, edit: Edit) -> Change | None:
    """Write a change, None where there is nothing to change.

    ConfigurationError with everything that is wrong; then nothing is written.
    """
    models = _models(folder)
    stages = _stages(folder, models)
    now = datetime.fromtimestamp(wall_ns() // _NS_PER_S, UTC) + SHANGHAI
    told = (now.strftime("%Y-%m-%dT%H:%M:%S+08:00"), edit.by, edit.why)
    with editing(folder) as changes:
        _check_removed(changes, edit)
        change = change_to(changes, edit.rows, edit.removed, told)
        if not (change.rows or change.removed):
            return None
        after: State = {kind: dict(changes.state[kind]) for kind in KINDS}
        apply(after, change)
        faults = [
            Fault(
                edit.file or str(changes.path),
                edit.lines.get((wrong.kind, wrong.key), 0),
                f"{wrong.kind}.{wrong.key}.{wrong.field}",
                wrong.reason,
            )
            for wrong in wrong_rows(after, around(models, stages), now.date())
        ]
        if faults:
            raise ConfigurationError(faults)
        changes.append(change)
    return change


def _check_removed(changes: Changes, edit: Edit) -> None:
    for kind, keys in edit.removed.items():
        for key in keys:
            if key not in changes.state[kind]:
                reason = f"there is no {mask_numbers(key)}"
                raise ConfigurationError([Fault(str(changes.path), 0, kind, reason)])


def _stages(folder: Path, models: Models) -> Stages:
    """Return the stages; status 2 where they, or the dialects that they name, cannot be used."""
    names = models.jinbao.dialects.terminals
    try:
        dialects = [
            load_dialect(str(folder / name) if "/" in name else name)
            for name in ([names] if isinstance(names, str) else names)
        ]
        known = frozenset(rule.id for dialect in dialects for rule in dialect.transactions)
        return load_stages(models.jinbao.registry.stages, folder, known)
    except (SpecError, ConfigurationError) as error:
        stop(str(error))
