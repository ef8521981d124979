"""The tariff files as models (switch/config): fee matrix, national prices, tariffs of banks.

What they mean is `fees`; here are their keys, types and bounds.
"""

from __future__ import annotations

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
    field_validator,
)

from fees.matrix import DIMENSIONS, PARTIES
from fees.tariff import (
    ACQUIRER_PRICES,
    FREE,
    ISSUER_PRICES,
    RATE_PRICES,
    Price,
    Step,
    make_price,
)

Category = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Fen = Annotated[int, Field(ge=0, le=999_999_999_999)]
Percent = Annotated[int, Field(ge=0, le=100)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,31}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=160)]
Title = Annotated[list[Line], Field(min_length=2, max_length=2)]
"""English and Chinese."""
BankId = Annotated[str, StringConstraints(pattern=r"^([0-9]{4,11}|\*)$")]
_FREE_WORD: Final = "free"
PRICE_NAMES: Final = frozenset(
    {
        _FREE_WORD,
        *(f"issuer.{name}" for name in (*ISSUER_PRICES, "standard")),
        *(f"acquirer.{name}" for name in ACQUIRER_PRICES),
        *(f"national.{name}" for name in (*RATE_PRICES, "farm_workers")),
    }
)
"""What a leg's price may be called in the matrix."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StepEntry(_Model):
    """A price, or one step of it."""

    up_to_fen: Fen | None = None
    fixed_fen: Fen = 0
    rate_ppm: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    least_fen: Fen = 0
    most_fen: Fen | None = None


def _steps(value: object) -> object:
    """Take `"free"` and a single table for lists of one step."""
    if value == _FREE_WORD:
        return [StepEntry()]
    return [value] if isinstance(value, Mapping) else value


def price_of(steps: list[StepEntry]) -> Price:
    """Return the price that a file states; ValueError where its steps do not fit together."""
    if steps == [StepEntry()]:
        return FREE
    return make_price([Step(**step.model_dump()) for step in steps])


def _fitting(steps: list[StepEntry]) -> list[StepEntry]:
    price_of(steps)
    return steps


PriceEntry = Annotated[list[StepEntry], BeforeValidator(_steps), AfterValidator(_fitting)]
"""`"free"`, one table, or a list of tables with ascending `up_to_fen`."""


class Selector(_Model):
    """Values by dimension; one that is left out is any."""

    transaction: list[str] | None = None
    card: list[str] | None = None
    side: list[str] | None = None
    city: list[str] | None = None
    channel: list[str] | None = None
    institution: list[str] | None = None

    @field_validator(*DIMENSIONS)
    @classmethod
    def _known(cls, values: list[str] | None, at: ValidationInfo) -> list[str] | None:
        allowed = DIMENSIONS[at.field_name or ""]
        unknown = [value for value in values or () if value not in allowed]
        if unknown or values == []:
            raise ValueError(f"should be some of {', '.join(allowed)}")
        return values

    @property
    def values_by_dimension(self) -> dict[str, frozenset[str]]:
        """The dimensions that are stated."""
        stated = ((name, getattr(self, name)) for name in DIMENSIONS)
        return {name: frozenset(values) for name, values in stated if values is not None}


class OptionEntries(_Model):
    """`[options]`: how the notice is read where it is open."""

    waiver_scope: Literal["all", "purchase_only"] = "all"
    waiver_urban: bool = True
    in_city: Literal["terminal", "terminal_and_card"] = "terminal"


class BoxOptions(_Model):
    """The options under which a box counts."""

    waiver_scope: Literal["all", "purchase_only"] | None = None
    waiver_urban: bool | None = None


class BoxEntry(Selector):
    """One of `boxes`: the cases that a rule covers."""

    option: BoxOptions = BoxOptions()


class PartEntry(Selector):
    """One of `parts`: a leg and the name of its price."""

    payer: str = "cardholder"
    payee: str
    price: str

    @field_validator("payer", "payee")
    @classmethod
    def _party(cls, value: str) -> str:
        if value not in PARTIES:
            raise ValueError(f"should be one of {', '.join(PARTIES)}")
        return value

    @field_validator("price")
    @classmethod
    def _price(cls, value: str) -> str:
        if value not in PRICE_NAMES:
            raise ValueError(f"there is no price {value}")
        return value


class RuleEntry(_Model):
    """`[[cardholder]]` or `[[interbank]]`: a row of table C or I."""

    id: Identifier
    en: Line
    zh: Line
    clause: Line
    boxes: Annotated[list[BoxEntry], Field(min_length=1)]
    not_under: list[Identifier] = []
    charges: Literal["priced", "refused", "returned", "returned_in_proportion"] = "priced"
    parts: list[PartEntry] = []
    ceiling: str = ""

    @field_validator("ceiling")
    @classmethod
    def _ceiling(cls, value: str) -> str:
        if value and value not in PRICE_NAMES:
            raise ValueError(f"there is no price {value}")
        return value


class _Titled(_Model):
    format: Literal[1]
    name: Identifier
    title: Title
    source: Line


class MatrixFile(_Titled):
    """A file of kind `fee-matrix`."""

    kind: Literal["fee-matrix"]
    welfare_categories: list[Category]
    options: OptionEntries = OptionEntries()
    cardholder: list[RuleEntry]
    interbank: list[RuleEntry]


class CeilingEntry(_Model):
    """`[[farm_workers]]`."""

    valid_from: date
    clause: Line
    price: PriceEntry


class ClassEntry(_Model):
    """`[[rates.class]]`: the legs of a purchase in one class of merchants."""

    id: Identifier
    title: Title
    categories: list[Category] = []
    issuer: PriceEntry
    issuer_credit: PriceEntry | None = None
    network: PriceEntry
    network_of_issuer: PriceEntry | None = None
    acquirer: PriceEntry | None = None
    """Left out: the acquirer's own price `purchase`."""


class RatesEntry(_Model):
    """`[[rates]]`."""

    model_config = ConfigDict(populate_by_name=False)

    valid_from: date
    clause: Line
    classes: Annotated[list[ClassEntry], Field(alias="class", min_length=1)]


class NationalFile(_Titled):
    """A file of kind `national-prices`."""

    kind: Literal["national-prices"]
    farm_workers: list[CeilingEntry] = []
    rates: list[RatesEntry] = []


class StandardEntry(Selector):
    """One of `standard`: a price in town by transaction, side and city."""

    price: PriceEntry

    @field_validator("card", "channel", "institution")
    @classmethod
    def _not_here(cls, values: list[str] | None) -> list[str] | None:
        if values is not None:
            raise ValueError("a standard tariff goes by transaction, side and city")
        return values


class IssuerPrices(_Model):
    """`[bank.as_issuer]`; a price that is left out is missing, not free."""

    withdrawal_out_of_city: PriceEntry | None = None
    withdrawal_off_us: PriceEntry | None = None
    payment: PriceEntry | None = None
    transfer: PriceEntry | None = None
    remittance: PriceEntry | None = None
    standard: list[StandardEntry] | None = None


class AcquirerPrices(_Model):
    """`[bank.as_acquirer]`; a price that is left out is missing, not free."""

    withdrawal_off_us: PriceEntry | None = None
    payment: PriceEntry | None = None
    welfare: PriceEntry | None = None
    purchase: PriceEntry | None = None
    withdrawal_network: PriceEntry | None = None
    withdrawal_acquirer: PriceEntry | None = None
    inquiry_network: PriceEntry | None = None
    inquiry_acquirer: PriceEntry | None = None
    payment_issuer: PriceEntry | None = None
    payment_network: PriceEntry | None = None
    payment_acquirer: PriceEntry | None = None
    transfer_issuer: PriceEntry | None = None
    transfer_network: PriceEntry | None = None
    transfer_acquirer: PriceEntry | None = None
    urban_network: PriceEntry | None = None
    urban_acquirer: PriceEntry | None = None


class Discounts(_Model):
    """`discount_percent`, by channel."""

    R: Percent = 0
    U: Percent = 0
    M: Percent = 0


class BankEntry(_Model):
    """`[[bank]]`: a bank's tariff from a day on; `*` is every bank without one of its own."""

    id: BankId
    valid_from: date
    refund: Literal["in_proportion", "none"] = "in_proportion"
    discount_percent: Discounts = Discounts()
    as_issuer: IssuerPrices = IssuerPrices()
    as_acquirer: AcquirerPrices = AcquirerPrices()


class BanksTariffFile(_Titled):
    """A file of kind `bank-tariffs`."""

    kind: Literal["bank-tariffs"]
    bank: Annotated[list[BankEntry], Field(min_length=1)]


TariffFile = MatrixFile | NationalFile | BanksTariffFile
KINDS: Final[Mapping[str, Any]] = {
    "fee-matrix": MatrixFile,
    "national-prices": NationalFile,
    "bank-tariffs": BanksTariffFile,
}
"""`kind` of a tariff file -> its model."""
