"""Institutions, cards and terminals as rows of the registry (switch/config/sections).

A row is a table of `banks.toml`, `cards.toml` or `terminals.toml` with who, when and why: the same
fields with the same bounds, read from texts as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import (
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from switch.config.files import (
    AcquirerEntry,
    GroupEntry,
    IssuerEntry,
    RangeEntry,
    TerminalEntry,
)
from switch.config.registry.fields import KEPT, Row, day, free, words

TerminalId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")]
_LEFT_OPEN: Final = 4
"""Digits that the prefix of a range leaves open at least."""
_LAX: Final = ConfigDict(extra="forbid", frozen=True, strict=False)
"""A cell of CSV is a text, whatever its field is."""


def _free(value: str | None, info: ValidationInfo) -> str | None:
    return None if value is None else free(value, info)


class GroupRow(Row, GroupEntry):
    """Institutions that are one bank."""

    model_config = _LAX

    _texts = field_validator("id", "name")(free)


class AcquirerRow(Row, AcquirerEntry):
    """An acquirer, and the classes of line that it registered."""

    model_config = _LAX

    _texts = field_validator("name", "group")(_free)
    _day = field_validator("other_cards_from", mode="before")(day)


class IssuerRow(Row, IssuerEntry):
    """An issuer, and the links to its host."""

    model_config = _LAX

    _texts = field_validator("name", "group")(_free)
    _words = field_validator("links", mode="before")(words)

    @field_validator("links")
    @classmethod
    def _free_links(cls, value: list[str], info: ValidationInfo) -> list[str]:
        return [free(each, info) for each in value]


class RangeRow(Row, RangeEntry):
    """Cards by their first digits and length: whose, and whether 金融社保卡."""

    model_config = _LAX

    KEY: ClassVar[tuple[str, ...]] = ("prefix", "length")

    @model_validator(mode="after")
    def _is_no_card(self, info: ValidationInfo) -> Self:
        """Refuse a range of so few cards that its prefix is a card number all but written out."""
        if info.context != KEPT and self.length - len(self.prefix) < _LEFT_OPEN:
            raise ValueError(f"prefix leaves fewer than {_LEFT_OPEN} digits open: that is a card")
        return self


class TerminalRow(Row, TerminalEntry):
    """A terminal; of its settlement card only what may be kept."""

    model_config = _LAX

    settlement_card: Annotated[
        str,
        StringConstraints(pattern=r"^([0-9]{13,19}|[0-9]{6}\*{3,9}[0-9]{4}/[0-9a-f]{32})?$"),
        Field(repr=False),
    ] = ""

    _texts = field_validator("place", "dialect")(free)
    _words = field_validator("transactions", mode="before")(words)

    @field_validator("transactions")
    @classmethod
    def _free_words(cls, value: list[str] | None, info: ValidationInfo) -> list[str] | None:
        return None if value is None else [free(each, info) for each in value]

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
