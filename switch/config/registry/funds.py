"""Loading the funds of pay-outs (switch/config/registry): their names, and when they are open.

A packaged name, or a file of one's own, which has a `/`.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from switch.config.faults import ConfigurationError
from switch.config.files import Name, Text
from switch.config.reading import Source
from switch.core.configuration import Fund

KINDS: Final = frozenset({"benefit_payout", "subsidy_payout"})
"""The kinds of transaction that pay-outs are, for the stages of the registry."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FundEntry(_Model):
    """`[[fund]]`: one fund."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    en: Text
    zh: Text
    kind: Literal["benefit_payout", "subsidy_payout"]
    clause: Text
    open_from: date | None = None


class FundsFile(_Model):
    """A file of funds."""

    format: Literal[1]
    kind: Literal["funds"]
    name: Name
    title: list[Text]
    source: Text
    fund: Annotated[list[FundEntry], Field(min_length=1)]


def load_funds(name: str, folder: Path) -> dict[str, Fund]:
    """Return packaged funds, or those of a file, by code; ConfigurationError says what is wrong."""
    packaged = resources.files("specs") / "funds" / f"{name}.toml"
    path: Path | Traversable = folder / name if "/" in name else packaged
    source = Source(path, FundsFile)
    if source.model is not None:
        source.check_unique("fund", "code", (entry.code for entry in source.model.fund))
    if source.faults or source.model is None:
        raise ConfigurationError(source.faults)
    return {
        entry.code: Fund(
            code=entry.code,
            en=entry.en,
            zh=entry.zh,
            kind=entry.kind,
            clause=entry.clause,
            open_from=int(entry.open_from.strftime("%Y%m%d")) if entry.open_from else None,
        )
        for entry in source.model.fund
    }
