"""What a terminal says (simulators): the fields of its requests, by job.

DE 60.1 is the dedicated social-card type unless a job names another code.
"""

from __future__ import annotations

from typing import Final

import msgspec

from messages.crypto.keys import Pik, Tmk
from messages.crypto.pin import encode_pin_block
from simulators.cards import Card, reversal_chip
from simulators.terminal_memory import Job, Kind, Memory, Owed

WITHDRAWAL: Final = "70"
BALANCE: Final = "71"
"""DE 60.1 of the dedicated type: 助农取款 and its balance inquiry."""
_CASH: Final = "010000"
_INQUIRY: Final = "310000"
_BY_CHIP_WITH_PIN: Final = "051"
_LONGEST_PIN: Final = "12"
_YUAN: Final = "156"
_PAN_AND_3DES: Final = "2600000000000000"
_CHIP_TERMINAL: Final = "60"
"""DE 60.4 and 60.5: reads chips by contact and without; normal."""
_NETWORK: Final = {
    Kind.SIGN_ON: ("0800", "003"),
    Kind.SIGN_OFF: ("0820", "002"),
    Kind.ECHO: ("0820", "301"),
}
"""MTI and DE 60.3."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal is set up with: DE 41, DE 42, its master key, DE 63.1 of a sign-on."""

    id: str
    merchant: str
    master_key: Tmk
    operator: str = "01 "


def fields(job: Job, identity: Identity, memory: Memory, day: int) -> tuple[str, dict[int, str]]:
    """Return MTI and fields of a job's request, ascending, without its MAC; `day` is YYYYMMDD.

    ValueError for a financial job without a card, or before any sign-on.
    """
    if job.kind in _NETWORK:
        return _network(job, identity, memory)
    if job.card is None or memory.pik is None:
        raise ValueError(f"a {job.kind} needs a card and working keys")
    batch = memory.batch
    if job.habits.uses_old_batch:
        batch = batch - 1 or batch + 1
    financial = _financial(job, job.card, memory, memory.pik)
    financial |= {41: identity.id, 42: identity.merchant, 49: _YUAN}
    default = WITHDRAWAL if job.kind is Kind.WITHDRAWAL else BALANCE
    financial[60] = f"{job.code or default}{batch:06d}000{_CHIP_TERMINAL}"
    if job.kind is Kind.WITHDRAWAL:
        financial[55] = job.card.chip(identity.id, job.amount_fen, day, memory.stan)
    return "0200", dict(sorted(financial.items()))


def _network(job: Job, identity: Identity, memory: Memory) -> tuple[str, dict[int, str]]:
    mti, network_code = _NETWORK[job.kind]
    told = {} if job.kind is Kind.ECHO else {11: f"{memory.stan:06d}"}
    told |= {41: identity.id, 42: identity.merchant}
    told[60] = f"00{memory.batch:06d}{network_code}"
    if job.kind is Kind.SIGN_ON:
        told[63] = identity.operator
    return mti, told


def _financial(job: Job, card: Card, memory: Memory, pik: Pik) -> dict[int, str]:
    told = {
        2: card.pan,
        3: _CASH if job.kind is Kind.WITHDRAWAL else _INQUIRY,
        11: f"{memory.stan:06d}",
        14: card.expiry,
        22: _BY_CHIP_WITH_PIN,
        23: card.sequence,
        25: "00",
        26: _LONGEST_PIN,
        35: card.track_2,
        52: encode_pin_block(card.pin, card.pan, pik).hex().upper(),
        53: _PAN_AND_3DES,
    }
    if job.kind is Kind.WITHDRAWAL:
        told[4] = f"{job.amount_fen:012d}"
    return told


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
