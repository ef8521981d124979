"""Institutions, cards and terminals as rows of the registry (switch/config/sections).

A row is a table of `banks.toml`, `cards.toml` or `terminals.toml` with who, when and why: the same
fields with the same bounds, read from texts as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from switch.config.files import (
    AcquirerEntry,
    GroupEntry,
    IssuerEntry,
    RangeEntry,
    TerminalEntry,
)
from switch.config.registry.fields import KEPT, Row, day, free, words

TerminalId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")]
_LAX: Final = ConfigDict(extra="forbid", frozen=True, strict=False)
"""A cell of CSV is a text, whatever its field is."""


class GroupRow(Row, GroupEntry):
    """Institutions that are one bank."""

    model_config = _LAX

    _name = field_validator("name")(free)


class AcquirerRow(Row, AcquirerEntry):
    """An acquirer, and the classes of line that it registered."""

    model_config = _LAX

    _name = field_validator("name")(free)
    _day = field_validator("other_cards_from", mode="before")(day)


class IssuerRow(Row, IssuerEntry):
    """An issuer, and the links to its host."""

    model_config = _LAX

    _name = field_validator("name")(free)
    _words = field_validator("links", mode="before")(words)


class RangeRow(Row, RangeEntry):
    """Cards by their first digits and length: whose, and whether 金融社保卡."""

    model_config = _LAX

    KEY: ClassVar[tuple[str, ...]] = ("prefix", "length")


class TerminalRow(Row, TerminalEntry):
    """A terminal; of its settlement card only what may be kept."""

    model_config = _LAX

    settlement_card: Annotated[
        str,
        StringConstraints(pattern=r"^([0-9]{13,19}|[0-9]{6}\*+[0-9]{4}/[0-9a-f]{32})?$"),
        Field(repr=False),
    ] = ""

    _place = field_validator("place")(free)
    _words = field_validator("transactions", mode="before")(words)

    @field_validator("settlement_card")
    @classmethod
    def _never_kept(cls, value: str, info: ValidationInfo) -> str:
        """Refuse a history that has a whole card number, however it came there."""
        if info.context == KEPT and value.isdecimal():
            raise ValueError("is a whole card number, which is never kept in clear")
        return value


SECTIONS: Final[Mapping[str, type[Row]]] = {
    "group": GroupRow,
    "acquirer": AcquirerRow,
    "issuer": IssuerRow,
    "range": RangeRow,
    "terminal": TerminalRow,
}
"""Kind, which is the name of the section too -> its rows."""
FILE_OF: Final[Mapping[str, str]] = {
    "group": "banks",
    "acquirer": "banks",
    "issuer": "banks",
    "range": "cards",
    "terminal": "terminals",
}
"""Kind -> the file that has it as a section, without `.toml`."""
