"""The whole configuration as one frozen, numbered snapshot.

Built by `switch.config` from files, or by hand in tests and worlds. A transaction keeps the
snapshot it began with; a change is an event, never a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from fees.quote import Case as FeeCase
from fees.quote import Tariffs
from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from messages.crypto.vault import Vault
from messages.dialects.dialect import Dialect
from routing.links import LinkClass
from routing.table import Case, Destination, Registration, Table, Way, build, without
from switch.registry.snapshot import Registry

_SHOWN = 6
WITHDRAWALS = "withdrawal"
"""The counter of 助农取款, which every cap is for that names none."""


class Channel(StrEnum):
    """What kind of place a terminal stands in; the value is what configuration files say."""

    RURAL = "rural"
    """助农服务点: a POS or a composite terminal in a village."""
    URBAN = "urban"
    """A bank's own channel: branch, ATM, self-service."""
    MERCHANT = "merchant"
    """Any other merchant's POS, hospitals included."""


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A registered terminal (DE 41): its merchant, its acquirer and its master key.

    `place` is DE 43 (40 characters), `category` DE 18 (MCC). `is_public_welfare` says that the
    merchant is known not to work for profit: a category alone does not say it. `transactions` are
    the kinds it may do, by identifier; None where nothing is said, and it may do all.
    `settlement_card` is the keyed hash of the card from which remittances are paid, empty for none.
    `type` is DE 60.2.5 of its interbank messages: 03 a POS, 01 an ATM, 06 a counter, 07 a net bank.
    `only_dialect` is the place of the one dialect that it may speak, None where it may speak all.
    """

    id: str
    merchant: str
    acquirer: str
    category: str
    place: str
    master_key: Tmk
    channel: Channel = Channel.RURAL
    is_public_welfare: bool = False
    is_in_city: bool = True
    transactions: frozenset[str] | None = None
    settlement_card: bytes = b""
    type: str = "03"
    only_dialect: int | None = None


class DownloadEntry(msgspec.Struct, frozen=True):
    """One page of a download: its id and its content, both in hexadecimal."""

    id: str
    content: str


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """What terminals fetch page by page, and its version.

    `asks` is the processing request that an answer's header has for a terminal with an older one;
    `status` (empty: none), `page` and `end` are DE 60.3 of its messages.
    """

    id: str
    version: int
    asks: str
    status: str
    page: str
    end: str
    entries: tuple[DownloadEntry, ...]


class CardRange(msgspec.Struct, frozen=True, kw_only=True):
    """The cards whose PAN begins with `prefix` and has `length` digits."""

    prefix: str
    length: int
    issuer: str
    is_social: bool
    is_debit: bool
    is_foreign: bool = False
    """Whether it counts as 外卡 in a terminal's totals."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One line to a host: its class, the addresses of its header, and the zone keys.

    `own_id` and `peer_id` are institution identifiers of at most 11 digits. `pik` and `mak` are the
    keys in force until the first key change, which comes under `zmk`.
    """

    name: str
    own_id: str
    peer_id: str
    zmk: Zmk
    pik: Pik
    mak: Mak
    link_class: LinkClass = LinkClass.BANK


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuing bank, its group (empty: none), and the links to its host, one of each class."""

    id: str
    name: str
    links: tuple[str, ...]
    group: str = ""
    is_in_city: bool = True


class Acquirer(msgspec.Struct, frozen=True, kw_only=True):
    """An acquiring bank, its group (empty: none), and the classes of line that it registered.

    `other_cards_from` is the day (YYYYMMDD) from which cards without social functions are admitted
    (notice 四(四)2), None while they are not. `alternate` is taken where `access` cannot be.
    """

    id: str
    name: str
    other_cards_from: int | None
    group: str = ""
    access: LinkClass = LinkClass.BANK
    alternate: LinkClass | None = None


class Fund(msgspec.Struct, frozen=True, kw_only=True):
    """What pay-outs are paid from: its code, name, kind of transaction and clause of the notice.

    `open_from` is the day (YYYYMMDD) from which it is paid out where there is no registry, None
    where only a registry opens it.
    """

    code: str
    en: str
    zh: str
    kind: str
    clause: str
    open_from: int | None = None


class Cap(msgspec.Struct, frozen=True):
    """The daily cap per card from a day (YYYYMMDD) on, inclusive, in fen; `rule` cites it.

    Each `counter` has caps of its own.
    """

    from_day: int
    limit_fen: int
    rule: str
    counter: str = WITHDRAWALS


class Timers(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take, in milliseconds.

    `answer_ms`: from a terminal's request to our answer at the latest (terminals wait 60 s).
    `issuer_ms`: what an issuer is given, `social_ms` what the social-security host is.
    `advice_retry_ms`: between repeats of a 0420, the last value for all that follow.
    `advice_expiry_ms`: then it becomes a manual case. `link_rest_ms`: how long a link is left alone
    after `link_failures` requests over it failed in a row.
    """

    answer_ms: int = 55_000
    issuer_ms: int = 45_000
    social_ms: int = 8_000
    advice_retry_ms: tuple[int, ...] = (1_000, 5_000, 15_000, 60_000, 300_000)
    advice_expiry_ms: int = 3 * 86_400_000
    echo_ms: int = 60_000
    sign_on_ms: int = 10_000
    lease_ms: int = 10_000
    old_key_ms: int = 300_000
    link_rest_ms: int = 30_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of everything that a peer could make grow."""

    transactions_in_flight: int = 20_000
    pending_per_link: int = 10_000
    sessions_in_memory: int = 100_000
    link_failures: int = 5


_Prefixes = tuple[int, dict[str, tuple[int, CardRange]]]
"""The digits of prefixes of one length, and each such prefix with its place and its range."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the core decides by. Maps are keyed by identifier; `caps` ascend by day.

    `centre` are the links to a clearing centre's node (profile `member`); with none, the switch
    itself plays the centre (`direct`). `routes` follows from the rest, whatever is given for it.
    With a `registry`, that says which cards and transactions are admitted where, and not
    `Acquirer.other_cards_from`.
    """

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
    tariffs: Tariffs
    mak_bytes: int = 8
    """Length of the working MAC keys that terminals get: 8 (single DES) or 16."""
    downloads: tuple[Download, ...] = ()
    """What terminals are asked to download, the first that they lack first."""
    other_terminal_dialects: tuple[Dialect, ...] = ()
    """What terminals speak besides `terminal_dialect`, told apart by what is before the MTI."""
    repeats_get_stored_answer: bool = False
    """Whether a repeat of a finished request gets its answer again; 94 otherwise."""
    is_cap_kept: bool = True
    """Whether we count what a card withdraws in a day; else its issuer does, and says 61 itself."""
    cap_per_acquirer: tuple[str, ...] = ()
    """Acquirers that have a count of their own, by place; withdrawals of all others count together.
    """
    groups: Mapping[str, str] = {}
    """Institution groups: identifier -> name. Acquirer and issuer of one group are on us."""
    centre: tuple[str, ...] = ()
    routes: Table = Table()
    registry: Registry | None = None
    cut_over: str = ""
    """hhmmss from which on a transaction belongs to the next clearing day; empty: midnight."""
    foreign: tuple[str, ...] = ()
    """How foreign cards begin, in the six digits that may be shown; follows from the ranges."""
    ranges: Mapping[int, tuple[_Prefixes, ...]] = {}
    """The card ranges by the length of a PAN; follow from `card_ranges`."""
    cases: dict[tuple[str, str, CardRange, int], FeeCase] = {}
    """What the fee tables were asked before: see `core.financial.pricing`."""
    funds: Mapping[str, Fund] = {}
    """What pay-outs are paid from, by code."""
    social_host: Issuer | None = None
    """The social-security host and its lines, None where there is none."""
    product_host: Issuer | None = None
    """The host of bonds, wealth products and remote purchases, None where there is none."""

    def __post_init__(self) -> None:
        """Work the routes out, so that they are never those of another configuration."""
        acquirers = {
            each.id: Registration(group=each.group, access=each.access, alternate=each.alternate)
            for each in self.acquirers.values()
        }
        issuers = {
            each.id: Destination(group=each.group, links=self._by_class(each.links))
            for each in self.issuers.values()
        }
        centre = Destination(links=self._by_class(self.centre)) if self.centre else None
        foreign = tuple(each.prefix[:_SHOWN] for each in self.card_ranges if each.is_foreign)
        msgspec.structs.force_setattr(self, "foreign", foreign)
        # Terminals may be others now: no two snapshots share what was worked out.
        msgspec.structs.force_setattr(self, "cases", {})
        msgspec.structs.force_setattr(self, "ranges", _by_length(self.card_ranges))
        hosts = [
            Destination(links=self._by_class(host.links)) if host is not None else None
            for host in (self.social_host, self.product_host)
        ]
        routes = build(acquirers, issuers, centre, *hosts)
        msgspec.structs.force_setattr(self, "routes", routes)

    def _by_class(self, links: tuple[str, ...]) -> dict[LinkClass, str]:
        return {self.links[name].link_class: name for name in links}

    def service_host(self, name: str) -> Issuer | None:
        """Return the host of services of that name: `social` or `products`."""
        return self.social_host if name == Case.SOCIAL else self.product_host

    @property
    def terminal_dialects(self) -> tuple[Dialect, ...]:
        """All that terminals speak, the usual one first."""
        return (self.terminal_dialect, *self.other_terminal_dialects)

    def way(self, acquirer: str, card: CardRange, day: int) -> Way:
        """Return the way from an acquirer to the issuer of a card on a day.

        With a registry, an issuer's lines of 金保专网 count from its plan's approval on, and for
        the cards that the plan covers (五(二)).
        """
        issuer = card.issuer
        way, registry = self.routes.way(acquirer, issuer), self.registry
        if registry is None or way.case is Case.MEMBER:
            return way
        if registry.is_connected(issuer, card.prefix, day):
            return way
        return without(way, LinkClass.JINBAO)

    def card_range(self, pan: str) -> CardRange | None:
        """Return the longest matching range, None for a card that nobody registered."""
        found = None
        for size, ranges in self.ranges.get(len(pan), ()):
            other = ranges.get(pan[:size])
            if other is not None and (found is None or other[0] < found[0]):
                found = other
        return None if found is None else found[1]

    def cap_on(self, day: int, counter: str = WITHDRAWALS) -> Cap | None:
        """Return the cap of a counter in force on a day, None before its first."""
        found = None
        for cap in self.caps:
            if cap.from_day <= day and cap.counter == counter:
                found = cap
        return found


def _by_length(card_ranges: tuple[CardRange, ...]) -> dict[int, tuple[_Prefixes, ...]]:
    """Return the ranges by the length of a PAN and of their prefix; of two alike the first."""
    found: dict[int, dict[int, dict[str, tuple[int, CardRange]]]] = {}
    for place, each in enumerate(card_ranges):
        prefixes = found.setdefault(each.length, {}).setdefault(len(each.prefix), {})
        prefixes.setdefault(each.prefix, (place, each))
    return {length: tuple(by_size.items()) for length, by_size in found.items()}
