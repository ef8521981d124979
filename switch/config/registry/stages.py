"""Loading stages (switch/config/registry): what opens together, from a packaged or own file.

A stage that names a transaction which no terminal can send is a mistake, and told.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from switch.config.faults import ConfigurationError
from switch.config.files import Name, Text
from switch.config.reading import Source
from switch.config.registry.funds import KINDS
from switch.registry.stages import Stage

PAST: Final = ("inspection", "training", "cards", "plan", "machine")
"""The kinds of rows that tell of what has happened, where a file does not say."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StageEntry(_Model):
    """`[[stage]]`: what opens together."""

    id: Name
    en: Text
    zh: Text
    clause: Text
    channels: Annotated[list[Literal["rural", "urban", "merchant", "payout"]], Field(min_length=1)]
    cards: Annotated[list[Literal["social", "other"]], Field(min_length=1)]
    transactions: list[str] | None = None
    needs_approval: bool = False
    open_from: date | None = None


class StagesFile(_Model):
    """A file of stages, and what the notice asks of the registry's rows.

    `places` are the categories of points that take part, `led_devices` the devices that a lead bank
    must be named for, `only_past` the kinds of rows that tell of what has happened, and
    `composite_only` the transactions that a registered plain POS is refused.
    """

    format: Literal[1]
    kind: Literal["stages"]
    name: Name
    title: list[Text]
    source: Text
    places: list[Literal["health_centre", "village_clinic", "other"]]
    led_devices: list[Literal["pos", "composite"]] = ["composite"]
    only_past: list[Literal["inspection", "training", "cards", "plan", "machine"]] = list(PAST)
    composite_only: list[str] = []
    stage: Annotated[list[StageEntry], Field(min_length=1)]


class Stages(NamedTuple):
    """The stages of a file in its order, and what it asks of the registry's rows."""

    stages: tuple[Stage, ...]
    places: frozenset[str]
    led_devices: frozenset[str] = frozenset({"composite"})
    only_past: frozenset[str] = frozenset(PAST)
    composite_only: frozenset[str] = frozenset()


def number_of(day: date) -> int:
    """Return a day as YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day


def load_stages(name: str, folder: Path, transactions: frozenset[str]) -> Stages:
    """Return packaged stages, or those of a file; ConfigurationError says what is wrong.

    Stages may only name `transactions`, and pay-outs.
    """
    packaged = resources.files("specs") / "stages" / f"{name}.toml"
    path: Path | Traversable = folder / name if "/" in name else packaged
    source = Source(path, StagesFile)
    model = source.model
    if model is None:
        raise ConfigurationError(source.faults)
    source.check_unique("stage", "id", (entry.id for entry in model.stage))
    for index, entry in enumerate(model.stage):
        for each in entry.transactions or ():
            if each not in transactions | KINDS:
                reason = f"{each} is no transaction of the terminals' dialects"
                source.fault(("stage", index, "transactions"), reason)
    for each in model.composite_only:
        if each not in transactions:
            reason = f"{each} is no transaction of the terminals' dialects"
            source.fault(("composite_only",), reason)
    if source.faults:
        raise ConfigurationError(source.faults)
    return Stages(
        tuple(_stage(entry) for entry in model.stage),
        frozenset(model.places),
        frozenset(model.led_devices),
        frozenset(model.only_past),
        frozenset(model.composite_only),
    )


def _stage(entry: StageEntry) -> Stage:
    return Stage(
        id=entry.id,
        en=entry.en,
        zh=entry.zh,
        clause=entry.clause,
        channels=frozenset(entry.channels),
        transactions=None if entry.transactions is None else frozenset(entry.transactions),
        takes_social="social" in entry.cards,
        takes_other="other" in entry.cards,
        needs_approval=entry.needs_approval,
        open_from=None if entry.open_from is None else number_of(entry.open_from),
    )
