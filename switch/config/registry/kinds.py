"""The kinds of rows of the registry (switch/config): every field, its type and its bounds.

Those of the installation's own files are in `switch.config.sections`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from switch.config.files import Institution
from switch.config.registry.fields import Day, Row, Text, free, words
from switch.config.sections.rows import SECTIONS, TerminalId


def _scope(value: str, info: ValidationInfo) -> str:
    """Refuse a card's number; a merchant's 15 digits may check like one by chance."""
    is_merchant = value.startswith("point:") and len(value) == len("point:999653080110001")
    return value if is_merchant else free(value, info)


Id = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"), AfterValidator(free)
]
Merchant = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{15}$")]
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
Documents = Annotated[frozenset[Document], BeforeValidator(words)]
Clauses = Annotated[frozenset[Clause], BeforeValidator(words)]
Parts = Annotated[frozenset[Part], BeforeValidator(words)]
Prefixes = Annotated[tuple[Prefix, ...], BeforeValidator(words)]


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

    KEY: ClassVar[tuple[str, ...]] = ("village", "issuer", "day")

    village: Id
    issuer: Institution
    day: Day
    cards: Annotated[int, Field(ge=0, le=100_000_000)]


class Qualification(Row):
    """助农取款 qualification of an acquirer: its number, its days, the documents of 四(三)2."""

    KEY: ClassVar[tuple[str, ...]] = ("acquirer",)

    acquirer: Institution
    number: Text
    from_day: Day
    until_day: Day | None = None
    documents: Documents


class Plan(Row):
    """An issuer's approved plan of 五(二): its parts, and the card ranges that it covers."""

    KEY: ClassVar[tuple[str, ...]] = ("issuer",)

    issuer: Institution
    approved: Day
    parts: Parts
    ranges: Prefixes = ()


class PointRow(Row):
    """A service point by its merchant number (DE 42), and the agreement with it."""

    KEY: ClassVar[tuple[str, ...]] = ("merchant",)

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

    KEY: ClassVar[tuple[str, ...]] = ("terminal",)

    terminal: TerminalId
    device: Literal["pos", "composite"]
    owner: Institution
    lead_bank: Institution | None = None
    installed: Day


class OpeningRow(Row):
    """A stage is open within a scope from a day on; `approval` is the letter that says so."""

    KEY: ClassVar[tuple[str, ...]] = ("stage", "scope", "from_day")

    stage: Id
    scope: Scope
    from_day: Day
    until_day: Day | None = None
    approval: Text | None = None


class TariffRow(Row):
    """An institution has the tariff of a file from a day on: packaged, or a path with a `/`."""

    KEY: ClassVar[tuple[str, ...]] = ("institution", "from_day")

    institution: Institution
    from_day: Day
    file: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,80}$"), AfterValidator(free)
    ]


class Inspection(Row):
    """A visit to a point (四(四)4: at least one a quarter)."""

    KEY: ClassVar[tuple[str, ...]] = ("merchant", "day")

    merchant: Merchant
    day: Day
    by: Text
    regular: bool = True
    finding: Text


class Training(Row):
    """A training of the people of a point."""

    KEY: ClassVar[tuple[str, ...]] = ("merchant", "day")

    merchant: Merchant
    day: Day
    by: Text
    subject: Text


KINDS: Final[Mapping[str, type[Row]]] = {
    **SECTIONS,
    "tariff": TariffRow,
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
DECIDING: Final = frozenset(KINDS) - frozenset(SECTIONS) - {"tariff"}
"""The kinds that say who may do what where: from the first such row on, a registry decides it."""

Table = dict[str, Row]
State = dict[str, Table]
"""Kind -> key -> row."""
