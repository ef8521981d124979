"""The whole configuration as one frozen, numbered snapshot.

Built by `switch.config` from files, or by hand in tests and worlds. A transaction keeps the
snapshot it began with; a change is an event, never a write.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from messages.crypto.vault import Vault
from messages.dialects.dialect import Dialect


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A registered terminal (DE 41): its merchant, its acquirer and its master key.

    `place` is DE 43 (40 characters), `category` DE 18 (MCC).
    """

    id: str
    merchant: str
    acquirer: str
    category: str
    place: str
    master_key: Tmk


class CardRange(msgspec.Struct, frozen=True, kw_only=True):
    """The cards whose PAN begins with `prefix` and has `length` digits."""

    prefix: str
    length: int
    issuer: str
    is_social: bool
    is_debit: bool


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The line to one issuer's host: addresses of its header, and the zone keys.

    `own_id` and `peer_id` are institution identifiers of at most 11 digits. `pik` and `mak` are the
    keys in force until the first key change, which comes under `zmk`.
    """

    name: str
    own_id: str
    peer_id: str
    zmk: Zmk
    pik: Pik
    mak: Mak


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuing bank and the link that leads to it."""

    id: str
    name: str
    link: str


class Acquirer(msgspec.Struct, frozen=True, kw_only=True):
    """An acquiring bank.

    `other_cards_from` is the day (YYYYMMDD) from which cards without social functions are admitted
    (notice 四(四)2), None while they are not.
    """

    id: str
    name: str
    other_cards_from: int | None


class Cap(msgspec.Struct, frozen=True):
    """The daily cap per card from a day (YYYYMMDD) on, inclusive, in fen; `rule` cites it."""

    from_day: int
    limit_fen: int
    rule: str


class Timers(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take, in milliseconds.

    `answer_ms`: from a terminal's request to our answer at the latest (terminals wait 60 s).
    `issuer_ms`: what an issuer is given. `advice_retry_ms`: between repeats of a 0420, the last
    value for all that follow. `advice_expiry_ms`: then it becomes a manual case.
    """

    answer_ms: int = 55_000
    issuer_ms: int = 45_000
    advice_retry_ms: tuple[int, ...] = (1_000, 5_000, 15_000, 60_000, 300_000)
    advice_expiry_ms: int = 3 * 86_400_000
    echo_ms: int = 60_000
    sign_on_ms: int = 10_000
    lease_ms: int = 10_000
    old_key_ms: int = 300_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of everything that a peer could make grow."""

    transactions_in_flight: int = 20_000
    pending_per_link: int = 10_000
    sessions_in_memory: int = 100_000


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the core decides by. Maps are keyed by identifier; `caps` ascend by day."""

    number: int
    terminal_dialect: Dialect
    issuer_dialect: Dialect
    terminals: Mapping[str, Terminal]
    merchants: frozenset[str]
    acquirers: Mapping[str, Acquirer]
    card_ranges: tuple[CardRange, ...]
    issuers: Mapping[str, Issuer]
    links: Mapping[str, Link]
    caps: tuple[Cap, ...]
    timers: Timers
    limits: Limits
    vault: Vault
    mak_bytes: int = 8
    """Length of the working MAC keys that terminals get: 8 (single DES) or 16."""
    repeats_get_stored_answer: bool = False
    """Whether a repeat of a finished request gets its answer again; 94 otherwise."""

    def card_range(self, pan: str) -> CardRange | None:
        """Return the longest matching range, None for a card that nobody registered."""
        size = len(pan)
        for found in self.card_ranges:
            if size == found.length and pan.startswith(found.prefix):
                return found
        return None

    def cap_on(self, day: int) -> Cap | None:
        """Return the cap in force on a day, None before the first."""
        found = None
        for cap in self.caps:
            if cap.from_day <= day:
                found = cap
        return found
