"""What a terminal says (simulators): the fields of its requests, by job.

DE 60.1 is the dedicated social-card type unless a job names another code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from messages.crypto.keys import Pik, Tmk
from messages.crypto.track import encrypt_track
from messages.dialects.tlv import encode_text, text_item
from simulators.cards import Card, reversal_chip
from simulators.terminal_memory import Entry, Job, Kind, Memory, Owed, Slip
from simulators.terminals.services import INQUIRIES, SERVICES, payload, sums
from simulators.terminals.settling import counted, totals

WITHDRAWAL: Final = "70"
BALANCE: Final = "71"
"""DE 60.1 of the dedicated type: 助农取款 and its balance inquiry."""
BANK_SALE: Final = "22"
"""DE 60.1 of a sale that is none of the dedicated type."""
_BANK_VOID: Final = "23"


_Made = tuple[str, dict[int, str]]


class Codes(NamedTuple):
    """What tells one financial transaction from another: MTI, DE 3, DE 25, usual DE 60.1."""

    mti: str
    processing: str
    condition: str
    type: str


CODES: Final[Mapping[Kind, Codes]] = {
    Kind.WITHDRAWAL: Codes("0200", "010000", "00", WITHDRAWAL),
    Kind.BALANCE: Codes("0200", "310000", "00", BALANCE),
    Kind.SALE: Codes("0200", "000000", "00", "73"),
    Kind.PAYMENT: Codes("0200", "500000", "00", "72"),
    Kind.TRANSFER: Codes("0200", "470000", "00", "74"),
    Kind.REMITTANCE: Codes("0200", "480000", "00", "80"),
    Kind.VOID: Codes("0200", "200000", "00", "79"),
    Kind.REFUND: Codes("0220", "200000", "00", "25"),
    Kind.AUTHORISATION: Codes("0100", "030000", "06", "10"),
    Kind.AUTHORISATION_VOID: Codes("0100", "200000", "06", "11"),
    Kind.COMPLETION: Codes("0200", "000000", "06", "20"),
    Kind.COMPLETION_VOID: Codes("0200", "200000", "06", "21"),
    Kind.COMPLETION_ADVICE: Codes("0220", "000000", "06", "24"),
    Kind.SOCIAL_INQUIRY: Codes("0100", "900000", "00", "75"),
    Kind.BENEFIT_INQUIRY: Codes("0100", "930000", "00", "77"),
    Kind.CONTRIBUTION: Codes("0200", "910000", "00", "76"),
    Kind.MEDICAL: Codes("0200", "920000", "00", "76"),
    Kind.PRODUCT_INQUIRY: Codes("0100", "960000", "00", "81"),
    Kind.BOND: Codes("0200", "961000", "00", "82"),
    Kind.WEALTH: Codes("0200", "962000", "00", "82"),
    Kind.REMOTE_PURCHASE: Codes("0200", "963000", "00", "82"),
}
"""Every financial transaction of a terminal."""
_INQUIRIES: Final = INQUIRIES | {Kind.BALANCE, Kind.PRODUCT_INQUIRY}
CHANNELS: Final[Mapping[str, tuple[str, Mapping[Kind, str]]]] = {
    "atm": ("02", {Kind.WITHDRAWAL: "42", Kind.BALANCE: "01"}),
    "branch": ("00", {Kind.WITHDRAWAL: "42", Kind.BALANCE: "01"}),
    "netbank": ("00", {Kind.BALANCE: "01"}),
}
"""A bank's own channels: DE 25, and DE 60.1 where it is not that of a service point."""
REVERSIBLE: Final = frozenset(
    kind for kind, codes in CODES.items() if codes.mti != "0220" and kind not in _INQUIRIES
)
"""What a terminal stores a reversal record for before it asks."""
_SCRIPT_CODE: Final = "951"
"""DE 60.3 of a script result."""
_WITH_PIN: Final[Mapping[Entry, str]] = {
    Entry.CHIP: "051",
    Entry.STRIPE: "021",
    Entry.CONTACTLESS: "071",
}
"""DE 22, by how the card is read; a PIN is typed always."""
_OF_CHIP: Final = (23, 55)
"""What a stripe does not tell."""
_LONGEST_PIN: Final = "12"
_YUAN: Final = "156"
_PAN_AND_3DES: Final = "2600000000000000"
_ENCRYPTED_TRACK: Final = "2610000000000000"
_NO_TRACK: Final = frozenset({26, 35, 52, 53})
"""Neither track nor PIN: an advice tells of what was agreed already."""
_CHIP_TERMINAL, _COMPOSITE = "60", "90"
"""DE 60.4 and 60.5: reads chips by contact and without, or social applications too; normal."""
_PAYEE_NAME: Final = "测试收款人"
_LENGTH_SIZE: Final = 3
DOUBLE_LENGTH: Final = "003"
WITH_TRACK_KEY: Final = "004"
"""DE 60.3 of a sign-on: which working keys are asked for; with a track key, tracks are encrypted
under it."""
_NETWORK: Final = {
    Kind.SIGN_ON: ("0800", DOUBLE_LENGTH),
    Kind.SIGN_OFF: ("0820", "002"),
    Kind.ECHO: ("0820", "301"),
}
"""MTI and DE 60.3."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal is set up with: DE 41, DE 42, its master key, DE 63.1 of a sign-on.

    `sign_on` is DE 60.3 of a sign-on that no job asks for by another one.
    """

    id: str
    merchant: str
    master_key: Tmk
    operator: str = "01 "
    sign_on: str = DOUBLE_LENGTH


_SETTLING: Final = {
    Kind.SETTLEMENT: ("0500", "201"),
    Kind.UPLOAD: ("0320", "201"),
    Kind.BATCH_END: ("0320", "207"),
}
"""MTI and DE 60.3."""


def fields(job: Job, identity: Identity, memory: Memory, day: int) -> tuple[str, dict[int, str]]:
    """Return MTI and fields of a job's request, ascending, without its MAC; `day` is YYYYMMDD.

    ValueError for a financial job without a card, or before any sign-on.
    """
    maker = _WITHOUT_CARD.get(job.kind)
    if maker is not None:
        return maker(job, identity, memory)
    if job.card is None or memory.pik is None:
        raise ValueError(f"a {job.kind} needs a card and working keys")
    batch = memory.batch
    if job.habits.uses_old_batch:
        batch = batch - 1 or batch + 1
    financial = _financial(job, job.card, memory, memory.pik)
    financial |= {41: identity.id, 42: identity.merchant, 49: _YUAN}
    codes, slip = CODES[job.kind], job.of
    financial[60] = f"{job.code or _type(job, codes)}{batch:06d}000{_CHIP_TERMINAL}"
    if job.kind in SERVICES:
        financial[60] = f"{codes.type}{batch:06d}000{_COMPOSITE}"
        financial[62] = job.content
    if job.kind in REVERSIBLE:
        financial[55] = job.card.chip(identity.id, job.amount_fen, day, memory.stan)
    if job.payee is not None:
        financial[62] = payee_field(job.payee)
    if slip is not None:
        financial[37] = slip.rrn
        financial[61] = f"{slip.batch}{slip.stan}{slip.date}"
        if slip.authorisation:
            financial[38] = slip.authorisation
    if codes.mti == _ADVICE:
        financial = {n: text for n, text in financial.items() if n not in _NO_TRACK}
    left_out = _OF_CHIP if job.entry is Entry.STRIPE else ()
    return codes.mti, {n: text for n, text in sorted(financial.items()) if n not in left_out}


def payee_field(payee: Card) -> str:
    """Return DE 62 of a transfer as hexadecimal: B1 the account; the name (B2) is ours."""
    items = (
        text_item("B1", payee.pan.encode("ascii"), _LENGTH_SIZE),
        text_item("B2", _PAYEE_NAME.encode("gbk"), _LENGTH_SIZE),
    )
    return encode_text(items).hex().upper()


def _type(job: Job, codes: Codes) -> str:
    """Return DE 60.1: a void has the type of what it is a void of."""
    slip = job.of
    if job.channel and job.kind in (types := CHANNELS[job.channel][1]):
        return types[job.kind]
    is_of_the_bank = job.kind is Kind.VOID and slip is not None and slip.code == BANK_SALE
    return _BANK_VOID if is_of_the_bank else codes.type


def _network(job: Job, identity: Identity, memory: Memory) -> tuple[str, dict[int, str]]:
    mti, network_code = _NETWORK[job.kind]
    usual = identity.sign_on if job.kind is Kind.SIGN_ON else network_code
    network_code = job.code or usual
    told = {} if job.kind is Kind.ECHO else {11: f"{memory.stan:06d}"}
    told |= {41: identity.id, 42: identity.merchant}
    told[60] = f"00{memory.batch:06d}{network_code}"
    if job.kind is Kind.SIGN_ON:
        told[63] = identity.operator
    return mti, told


def _settling(job: Job, identity: Identity, memory: Memory) -> tuple[str, dict[int, str]]:
    mti, network_code = _SETTLING[job.kind]
    content = job.content or totals(counted(memory))
    told = {11: f"{memory.stan:06d}", 41: identity.id, 42: identity.merchant, 48: content}
    if job.kind is Kind.SETTLEMENT:
        told |= {49: _YUAN, 63: identity.operator}
    told[60] = f"00{memory.batch:06d}{network_code}"
    return mti, dict(sorted(told.items()))


def _reconciliation(job: Job, identity: Identity, memory: Memory) -> tuple[str, dict[int, str]]:
    content = job.content or payload({"S1": "REC", "S8": sums(memory.slips)})
    return "0500", {
        11: f"{memory.stan:06d}",
        41: identity.id,
        42: identity.merchant,
        60: f"78{memory.batch:06d}211",
        62: content,
    }


_WITHOUT_CARD: Final[Mapping[Kind, Callable[[Job, Identity, Memory], _Made]]] = {
    **dict.fromkeys(_NETWORK, _network),
    **dict.fromkeys(_SETTLING, _settling),
    Kind.RECONCILIATION: _reconciliation,
}


def _financial(job: Job, card: Card, memory: Memory, pik: Pik) -> dict[int, str]:
    told = {
        2: card.pan,
        3: CODES[job.kind].processing,
        11: f"{memory.stan:06d}",
        14: card.expiry,
        22: _WITH_PIN[job.entry],
        23: card.sequence,
        25: CHANNELS[job.channel][0] if job.channel else CODES[job.kind].condition,
        26: _LONGEST_PIN,
        35: card.track_2 if memory.tdk is None else encrypt_track(card.track_2, memory.tdk),
        52: card.pin_block(pik, card.pan).hex().upper(),
        53: _PAN_AND_3DES if memory.tdk is None else _ENCRYPTED_TRACK,
    }
    if job.kind not in _INQUIRIES:
        told[4] = f"{job.amount_fen:012d}"
    return told


def script_fields(card: Card, slip: Slip, identity: Identity, memory: Memory) -> dict[int, str]:
    """Return the fields of a 0620 without DE 22, DE 55 and MAC, about what a slip tells of."""
    codes = CODES[slip.kind]
    return {
        2: card.pan,
        3: codes.processing,
        11: f"{memory.stan:06d}",
        23: card.sequence,
        25: codes.condition,
        37: slip.rrn,
        41: identity.id,
        42: identity.merchant,
        49: _YUAN,
        60: f"00{memory.batch:06d}{_SCRIPT_CODE}",
        61: f"{slip.batch}{slip.stan}{slip.date}",
    }


_ADVICE: Final = "0220"
_REVERSAL: Final[tuple[int, ...]] = (2, 3, 4, 11, 14, 22, 23, 25, 41, 42, 49, 60)
"""What a reversal repeats of its original; neither track nor PIN block."""


def reversal_fields(owed: Owed) -> dict[int, str]:
    """Return the fields of the 0400 of a reversal record, ascending, without its MAC."""
    told: dict[int, str] = {
        number: owed.fields[number] for number in _REVERSAL if number in owed.fields
    }
    told[39] = owed.reason
    if chip := reversal_chip(owed.fields.get(55, "")):
        told[55] = chip
    return dict(sorted(told.items()))
