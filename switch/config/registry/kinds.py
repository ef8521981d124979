"""The kinds of rows of the registry (switch/config): every field, its type and its bounds.

Rows come from CSV, TOML or the command line, so texts are read as what a field is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from switch.config.files import Institution
from switch.config.registry.texts import no_card, one_line

KEPT: Final = "kept"
"""Context of rows of the history: texts of before are taken, since no line of it ever changes."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: object) -> object:
    """Take only dates as they are written: pydantic would take 20140617 for seconds."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("should be a day like 2014-06-17")


def _words(value: object) -> object:
    """Take a list, or a text with words: that is what a cell of CSV can hold."""
    return value.split() if isinstance(value, str) else value


def _free(value: str, info: ValidationInfo) -> str:
    """Refuse what would be kept and shown for ever: a card's number, unseen characters."""
    return value if info.context == KEPT else no_card(one_line(value))


def _scope(value: str, info: ValidationInfo) -> str:
    """Refuse a card's number; a merchant's 15 digits may check like one by chance."""
    is_merchant = value.startswith("point:") and len(value) == len("point:999653080110001")
    return value if is_merchant else _free(value, info)


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_free)]
Id = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"), AfterValidator(_free)
]
Merchant = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{15}$")]
TerminalId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")]
Scope = Annotated[
    str,
    StringConstraints(pattern=r"^(all|(district|acquirer|point):[A-Za-z0-9_-]{1,40})$"),
    AfterValidator(_scope),
]
Prefix = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
Document = Literal[
    "report", "card_rules", "procedure", "implementation", "risk_control", "agreement_sample"
]
"""四(三)2: what an application holds."""
Clause = Literal["cash_source", "errors", "disputes", "risk"]
"""四(四)4: what an agreement must settle."""
Part = Literal["service", "branches", "jinbao_connection", "schedule"]
"""五(二): what an issuer's plan holds."""
Documents = Annotated[frozenset[Document], BeforeValidator(_words)]
Clauses = Annotated[frozenset[Clause], BeforeValidator(_words)]
Parts = Annotated[frozenset[Part], BeforeValidator(_words)]
Prefixes = Annotated[tuple[Prefix, ...], BeforeValidator(_words)]


class Row(BaseModel):
    """One row; its key is what its kind's `KEY` fields say, joined."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def key(self) -> str:
        """What makes it this row and no other of its kind."""
        return "/".join(str(getattr(self, name)) for name in KEYS[type(self)])


class District(Row):
    """A district, and the day from which it is a pilot (三); without one it is none yet."""

    id: Id
    name: Text
    pilot_from: Day | None = None


class Village(Row):
    """A village or community of a district."""

    id: Id
    district: Id
    name: Text


class CardsIssued(Row):
    """How many social-security cards a bank had issued in a village on a day."""

    village: Id
    issuer: Institution
    day: Day
    cards: Annotated[int, Field(ge=0, le=100_000_000)]


class Qualification(Row):
    """助农取款 qualification of an acquirer: its number, its days, the documents of 四(三)2."""

    acquirer: Institution
    number: Text
    from_day: Day
    until_day: Day | None = None
    documents: Documents


class Plan(Row):
    """An issuer's approved plan of 五(二): its parts, and the card ranges that it covers."""

    issuer: Institution
    approved: Day
    parts: Parts
    ranges: Prefixes = ()


class PointRow(Row):
    """A service point by its merchant number (DE 42), and the agreement with it."""

    merchant: Merchant
    village: Id
    name: Text
    category: Literal["health_centre", "village_clinic", "other"]
    open_from: Day
    agreement: Day | None = None
    agreement_until: Day | None = None
    clauses: Clauses = frozenset()


class Machine(Row):
    """The device of a terminal: what it is, whose, and for a composite one the lead bank."""

    terminal: TerminalId
    device: Literal["pos", "composite"]
    owner: Institution
    lead_bank: Institution | None = None
    installed: Day


class OpeningRow(Row):
    """A stage is open within a scope from a day on; `approval` is the letter that says so."""

    stage: Id
    scope: Scope
    from_day: Day
    until_day: Day | None = None
    approval: Text | None = None


class Inspection(Row):
    """A visit to a point (四(四)4: at least one a quarter)."""

    merchant: Merchant
    day: Day
    by: Text
    regular: bool = True
    finding: Text


class Training(Row):
    """A training of the people of a point."""

    merchant: Merchant
    day: Day
    by: Text
    subject: Text


KINDS: Final[Mapping[str, type[Row]]] = {
    "district": District,
    "village": Village,
    "cards": CardsIssued,
    "qualification": Qualification,
    "plan": Plan,
    "point": PointRow,
    "machine": Machine,
    "opening": OpeningRow,
    "inspection": Inspection,
    "training": Training,
}
"""Kind -> its rows, in the order in which an export writes them."""
KEYS: Final[Mapping[type[Row], tuple[str, ...]]] = {
    District: ("id",),
    Village: ("id",),
    CardsIssued: ("village", "issuer", "day"),
    Qualification: ("acquirer",),
    Plan: ("issuer",),
    PointRow: ("merchant",),
    Machine: ("terminal",),
    OpeningRow: ("stage", "scope", "from_day"),
    Inspection: ("merchant", "day"),
    Training: ("merchant", "day"),
}

Table = dict[str, Row]
State = dict[str, Table]
"""Kind -> key -> row."""


def plain(row: Row) -> dict[str, Any]:
    """Return a row as JSON has it: fields that are empty are left out, sets are sorted lists."""
    found = row.model_dump(mode="json", exclude_none=True)
    return {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in found.items()
        if value != []
    }
