"""The written form of a dialect: what a file in specs/dialects may say, checked by pydantic.

Only shapes and single values are checked here; what needs the whole dialect (unknown
fields, overlapping transactions, unmapped reasons) is checked when it is compiled.
The reference for people who write such files is docs/spec-authoring.md.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FORMAT = 1
"""The file format that this release reads."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
FieldNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")]
Path = Annotated[str, StringConstraints(pattern=r"^(mti|[1-9][0-9]{0,2}(\.[0-9A-Za-z]+)*)$")]
MtiText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
MaskName = Literal["open", "pan", "secret", "by-layout"]
FeeName = Literal[
    "social_service", "sale", "preauthorisation", "inquiry", "withdrawal", "payment",
    "transfer", "remittance", "void", "refund", "none",
]  # fmt: skip
Words = tuple[str, str]
"""English and Chinese, in this order."""


class Strict(BaseModel):
    """A table of a spec file: no unknown key, no silent conversion, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartSpec(Strict):
    """A part of a layout; `size` counts digits or characters (bytes in a binary field)."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]+$", max_length=8)]
    size: Annotated[int, Field(ge=1, le=999)] | Literal["rest"]
    name: Name
    en: str
    zh: str
    mask: MaskName = "open"
    values: Name | dict[str, Words] | None = None
    parts: tuple[PartSpec, ...] = ()


class TagSpec(Strict):
    """A tag of a TLV layout."""

    en: str
    zh: str
    mask: MaskName = "open"
    values: Name | dict[str, Words] | None = None


class LayoutSpec(Strict):
    """How the content of one field divides when every condition in `when` holds."""

    id: Name
    field: FieldNumber
    kind: Literal["parts", "ber-tlv", "text-tlv"]
    when: dict[Path, tuple[str, ...]] = {}
    parts: tuple[PartSpec, ...] = ()
    repeat_from: Annotated[int, Field(ge=0)] | None = None
    tag_size: Annotated[int, Field(ge=1, le=4)] = 2
    length_size: Annotated[int, Field(ge=1, le=4)] = 3
    charset: Literal["ascii", "gbk"] = "gbk"
    tags: dict[str, TagSpec] = {}


class FieldSpec(Strict):
    """One data element: exactly one of `length` (fixed) and `max` with `prefix` (variable)."""

    name: Name
    en: str
    zh: str
    type: Literal["n", "z", "a", "an", "ans", "b", "x+n", "mac"]
    length: Annotated[int, Field(ge=1, le=999)] | None = None
    max: Annotated[int, Field(ge=1, le=9999)] | None = None
    prefix: Literal["LL", "LLL"] | None = None
    encoding: Literal["bcd", "ascii", "binary", "hex"] | None = None
    unit: Literal["digits", "bytes"] | None = None
    pad: Literal["left", "right"] = "right"
    pad_digit: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]$")] = "0"
    charset: Literal["ascii", "gbk"] = "ascii"
    mask: MaskName | None = None
    values: Name | dict[str, Words] | None = None

    @model_validator(mode="after")
    def _fixed_or_variable(self) -> FieldSpec:
        if (self.length is None) == (self.max is None):
            msg = "say either length (fixed) or max with prefix (variable)"
            raise ValueError(msg)
        if (self.max is None) != (self.prefix is None):
            msg = "max and prefix go together"
            raise ValueError(msg)
        if self.max is not None and self.max > 10 ** len(self.prefix or "") - 1:
            msg = f"max {self.max} does not fit a prefix {self.prefix}"
            raise ValueError(msg)
        if self.mask is None and (self.length or self.max or 0) >= LONG_ENOUGH_FOR_A_PAN:
            msg = "can hold 13 characters or more, so its mask must be said"
            raise ValueError(msg)
        return self


LONG_ENOUGH_FOR_A_PAN = 13
"""A PAN has 13 to 19 digits: a longer field has no default mask."""


class HeadPartSpec(Strict):
    """A part of the bytes before the MTI; `size` counts digits (bcd), characters or bytes."""

    name: Name
    size: Annotated[int, Field(ge=1, le=64)]
    encoding: Literal["bcd", "ascii", "binary"]
    en: str
    zh: str
    default: str | None = None
    allowed: tuple[str, ...] = ()
    values: Name | dict[str, Words] | None = None
    role: (
        Literal["destination", "source", "total-length", "reject-code", "processing-request"] | None
    ) = None


class HeadSpec(Strict):
    """A named run of parts before the MTI (TPDU, header); whole bytes."""

    name: Name
    en: str
    zh: str
    parts: Annotated[tuple[HeadPartSpec, ...], Field(min_length=1)]


class FrameSpec(Strict):
    """How a message travels on TCP: a length prefix, then the heads, then the message.

    The prefix counts everything after itself. `limit` is the longest frame in bytes, prefix
    not counted.
    """

    length_bytes: Annotated[int, Field(ge=1, le=8)]
    length_encoding: Literal["binary", "ascii", "bcd"]
    keep_alive: bool
    limit: Annotated[int, Field(ge=16, le=65_535)]
    head: tuple[HeadSpec, ...] = ()


class MacSpec(Strict):
    """Which bytes the MAC covers and where it stands.

    `covers = "message"`: from the MTI up to the MAC field. `covers = "elements"`: the named
    elements, joined; `elements` maps an MTI or `default` to a list of paths, where `90:20` is
    the first 20 characters of field 90, its prefix included. `without` names MTIs that carry none.
    """

    algorithm: Literal["pos-ecb", "x9.9", "x9.19", "sm4-ecb"]
    field: FieldNumber
    covers: Literal["message", "elements"]
    pad: Literal["zero", "space"] = "zero"
    elements: dict[str, tuple[str, ...]] = {}
    without: tuple[MtiText, ...] = ()


class MessageSpec(Strict):
    """How MTI, bitmap, prefixes and numbers are written."""

    mti: Literal["bcd", "ascii"]
    bitmap: Literal["binary", "hex"]
    highest_field: Literal[64, 128]
    prefix: Literal["bcd", "ascii", "binary"]
    numeric: Literal["bcd", "ascii"]
    binary: Literal["binary", "hex"] = "binary"
    mac: MacSpec | None = None


class PresenceSpec(Strict):
    """Which fields a kind of message carries, as `"2 3 4c 11"`: `c` marks a conditional field.

    What is not named is forbidden. `together` says which fields a present field asks for.
    """

    request: str
    response: str
    together: dict[FieldNumber, tuple[FieldNumber, ...]] = {}


class SocialSpec(Strict):
    """What a transaction is to a host of services: social security, or products.

    `inquiry`: the host alone answers it. `payment`: it has a bill there, and a debit of the card.
    `reconciliation`: counts and sums are compared. `services` are the service codes (S1) that a
    request may have, `needs` the tags that its payload must have; `any_of` one of these at least.
    """

    leg: Literal["inquiry", "payment", "reconciliation"]
    host: Literal["social", "products"] = "social"
    services: tuple[str, ...]
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()


class BusinessSpec(Strict):
    """What a switch must know of a transaction to carry it out; without it, it is not served.

    `interbank_code` is DE 3 on the issuer's side, `fee` what the transaction is in the fee tables;
    `special_fee_type` and `special_fee_level` mark the dedicated type there (DE 60.3.1, 60.3.2).
    Amounts in fen.

    What takes of another transaction names the kinds that it may take of (`originals`), and how its
    amount stands to the original's: the same, a part of it (parts add up), up to `most_percent`
    of it, or `none` for what only tells of it: no money moves and no fee is asked (`fee` `none`).

    `settles` is the side of a terminal's totals on which it counts (DE 48 of a 0500).

    What moves an amount from one card to another has a `credit_code`, DE 3 of its credit (its debit
    has `interbank_code`). Its amount counts to the day of a `counter` of its own, on the payer's or
    on the payee's card; `from_settlement_card`: the payer is the service point itself. What is of
    some channels only names them. What `opens_later` waits for its stage in a registry; without one
    only a terminal that names it does it.
    """

    interbank_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    fee: FeeName
    special_fee_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "00"
    special_fee_level: Annotated[str, StringConstraints(pattern=r"^[0-9]$")] = "0"
    counts_to_cap: bool = False
    needs_pin: bool = False
    allows_manual_entry: bool = True
    least_fen: Annotated[int, Field(ge=0)] = 0
    step_fen: Annotated[int, Field(ge=1)] = 1
    debit_only: bool = False
    originals: tuple[Name, ...] = ()
    original_amount: Literal["same", "part", "up-to", "none"] = "same"
    most_percent: Annotated[int, Field(ge=1, le=1_000)] = 100
    settles: Literal["debit", "credit", "none"] = "none"
    social: SocialSpec | None = None
    credit_code: Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")] = ""
    counter: Literal["", "transfer", "remittance"] = ""
    counts_on: Literal["payer", "payee"] = "payer"
    from_settlement_card: bool = False
    channels: tuple[Literal["rural", "urban", "merchant"], ...] = ()
    opens_later: bool = False


class TransactionSpec(Strict):
    """A transaction, known by its request MTI and the values of some fields.

    `refuse` is the reason with which every request of it is refused here.
    """

    id: Name
    en: str
    zh: str
    mti: MtiText
    match: dict[Path, tuple[str, ...] | str] = {}
    presence: Name
    reversal: Name | None = None
    reversal_mti: MtiText | None = None
    business: BusinessSpec | None = None
    refuse: Name | None = None
    note: str = ""


class ResponseCodeSpec(Strict):
    """A response code (DE 39): class A success, B retry, C final, D keep card, E system."""

    cls: Annotated[Literal["A", "B", "C", "D", "E"], Field(alias="class")]
    en: str
    zh: str
    action: str = ""
    action_zh: str = ""


class ReasonSpec(Strict):
    """The code and the words for one internal reason of a refusal."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")]
    en: str
    zh: str


class DialectSpec(Strict):
    """A whole dialect file after `extends` and `transaction_types` were merged in."""

    format: Literal[1]
    kind: Literal["dialect"]
    name: Name
    title: Words
    source: str
    frame: FrameSpec
    message: MessageSpec
    values: dict[Name, dict[str, Words]] = {}
    fields: dict[FieldNumber, FieldSpec]
    layouts: tuple[LayoutSpec, ...] = ()
    presence: dict[Name, PresenceSpec] = {}
    transactions: tuple[TransactionSpec, ...] = ()
    responses: dict[Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}$")], ResponseCodeSpec]
    default_response: ResponseCodeSpec
    reasons: dict[Name, ReasonSpec]


class TransactionTypesSpec(Strict):
    """A file of dedicated transaction types that a dialect can name in `transaction_types`."""

    format: Literal[1]
    kind: Literal["transaction-types"]
    name: Name
    title: Words
    source: str
    values: dict[Name, dict[str, Words]] = {}
    presence: dict[Name, PresenceSpec] = {}
    transactions: tuple[TransactionSpec, ...]
