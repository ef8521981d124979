"""What fields of the registry's rows are made of (switch/config/registry): days, texts, words.

Rows come from CSV, TOML or the command line, so texts are read as what a field is.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationInfo,
)

from switch.config.registry.texts import no_card, one_line

KEPT: Final = "kept"
"""Context of rows of the history: texts of before are taken, since no line of it ever changes."""
NONE_OF: Final = "-"
"""A list with nothing in it, as a cell: an empty cell is a field that is not given."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def day(value: object) -> object:
    """Take only dates as they are written: pydantic would take 20140617 for seconds."""
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    raise ValueError("should be a day like 2014-06-17")


def words(value: object) -> object:
    """Take a list, or a text with words: that is what a cell of CSV can hold."""
    if isinstance(value, str):
        return [] if value == NONE_OF else value.split()
    return value


def free(value: str, info: ValidationInfo) -> str:
    """Refuse what would be kept and shown for ever: a card's number, unseen characters."""
    return value if info.context == KEPT else no_card(one_line(value))


Day = Annotated[date, BeforeValidator(day)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(free)]


class Row(BaseModel):
    """One row; its key is what the fields of `KEY` say, joined."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    KEY: ClassVar[tuple[str, ...]] = ("id",)

    @property
    def key(self) -> str:
        """What makes it this row and no other of its kind."""
        return self.key_of(self)

    @classmethod
    def key_of(cls, fields: object) -> str:
        """Return the key of what has the fields of such a row."""
        return "/".join(str(getattr(fields, name)) for name in cls.KEY)


def plain(row: Row) -> dict[str, Any]:
    """Return a row as JSON has it, its sets as sorted lists.

    What is empty is left out, unless a field that is not given would say something else.
    """
    found = row.model_dump(mode="json", exclude_none=True)
    fields = type(row).model_fields
    return {
        name: sorted(value) if isinstance(getattr(row, name), frozenset) else value
        for name, value in found.items()
        if value != [] or fields[name].default not in (frozenset(), (), [])
    }
