"""Loading an installation (switch/config): five files and the keys, checked against each other.

Everything that is wrong is found in one go, with file, line and key; nothing is half used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from fees.quote import Tariffs
from messages.crypto.keys import Mak, Pik, Tmk, WorkingKeys, Zmk
from messages.crypto.vault import Vault
from messages.crypto.wrapping import WrapError
from messages.dialects.dialect import Dialect
from messages.dialects.family import Family
from messages.dialects.loader import SpecError, load_dialect
from routing.links import LinkClass
from switch.config.checks import check_across, check_spoken
from switch.config.downloads import load_downloads
from switch.config.faults import ConfigurationError, Fault, Lines
from switch.config.files import (
    AcquirerEntry,
    IssuerEntry,
    JinbaoFile,
    ProductsFile,
    SocialFile,
    TerminalEntry,
    split_address,
)
from switch.config.keystore import Group, KeyStore
from switch.config.reading import Models, Sources
from switch.config.registry.building import decides, load_registry
from switch.config.registry.changes import Changes, ReadChanges, no_changes
from switch.config.registry.funds import load_funds
from switch.config.sections.following import Follow, follows_of
from switch.config.sections.merging import merged
from switch.config.tariffs import load_tariffs
from switch.core.configuration import (
    Acquirer,
    Cap,
    CardRange,
    Channel,
    Configuration,
    Download,
    Fund,
    Issuer,
    Limits,
    Link,
    Terminal,
    Timers,
)
from switch.registry.snapshot import Registry

KEYS: Final = "keys"
"""The folder of the keys."""
ZONE_ROLES: Final = ("zmk", "pik", "mak")
"""What each link has a box for, named `link.role`."""
VAULT_ROLES: Final = ("data", "hash")
"""The boxes of the vault: the key of card data at rest, and that of card hashes."""
TEST_PIK: Final = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"
"""The published PIN key that test installations hand out."""
TEST_MAKS: Final = {8: "2A4C6E80A2C4E608", 16: "2A4C6E80A2C4E6084F6D8BA9C7E50321"}
"""Published MAC keys by length, handed out with it."""
_PLACE_LENGTH: Final = 40
"""Characters of DE 43."""


class ListenAddress(NamedTuple):
    """Where terminals connect, and the class of line that they come over (empty: any)."""

    host: str
    port: int
    access: str = ""


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder describes: the core's snapshot, and what the shell is told.

    `connection_limits` are those that the files state, by the names of the shell's own limits.
    `ledger_url` leads to PostgreSQL; where it is empty, `ledger` is the file of an embedded ledger.
    """

    configuration: Configuration
    listen: tuple[ListenAddress, ...]
    link_addresses: Mapping[str, tuple[str, int]]
    ledger: Path
    ledger_url: str
    commit_in_thread: bool
    fill_ms: int
    """How often the embedded ledger's tables are brought up to its log."""
    fixed_keys: WorkingKeys | None
    connection_limits: Mapping[str, int]
    log: Path | None
    control: Path
    stops: Path
    subsidy_fen: int = 0
    """What an acquirer pays a service point for each rural withdrawal."""
    tariff_names: tuple[str, ...] = ()
    tariff_options: Mapping[str, str | bool] = {}
    tariff_follows: tuple[Follow, ...] = ()
    """What its tariffs were loaded from (`load_tariffs`)."""
    case_terms: Mapping[str, int] = {}
    """What the files state of `[cases]`, by the names there."""
    is_by_working_days: bool = False
    """Whether only working days count to the deadline of a case."""


def load(folder: Path, registry: ReadChanges = no_changes) -> Installation:
    """Return what `folder` describes; ConfigurationError with everything that is wrong.

    `registry` reads the registry, from where `[ledger]` of `jinbao.toml` leads.
    """
    sources, changes, faults = merged(folder, registry)
    made = None
    models = sources.models
    if models is not None:
        check_across(sources, models)
        building = _Building(folder, sources, models, changes)
        made = building.installation()
        faults = faults + building.faults
    faults = sources.faults + faults
    if changes is not None:
        faults += [wrong.fault(changes.place) for wrong in sources.wrong]
    if faults or made is None:
        raise ConfigurationError(faults)
    return made


class _Building:
    """Turns good files into values; what keys or dialects lack is a fault."""

    def __init__(
        self, folder: Path, sources: Sources, models: Models, changes: Changes | None
    ) -> None:
        self.faults: list[Fault] = []
        self._folder = folder
        self._sources = sources
        self._models = models
        self._changes = changes
        self._keys: KeyStore | None = None
        try:
            self._keys = KeyStore.open(folder / KEYS)
        except ConfigurationError as error:
            self.faults += error.faults

    def installation(self) -> Installation | None:
        """Return the installation; None or incomplete after faults."""
        main, banks = self._models.jinbao, self._models.banks
        configuration = self._configuration()
        if configuration is None:
            return None
        return Installation(
            configuration=configuration,
            listen=_listen(main),
            link_addresses={link.name: split_address(link.address) for link in banks.link},
            ledger=self._folder / main.ledger.path,
            ledger_url=main.ledger.url,
            commit_in_thread=main.ledger.commit == "thread",
            fill_ms=main.ledger.fill_ms,
            fixed_keys=_fixed_keys(main),
            connection_limits=main.connections.model_dump(exclude_none=True),
            log=self._folder / main.paths.log if main.paths.log else None,
            control=self._folder / main.paths.control,
            stops=self._folder / main.paths.stops,
            subsidy_fen=banks.clearing.subsidy_fen,
            tariff_names=tuple(self._models.jinbao.fees.tariffs),
            tariff_options=self._tariff_options(),
            tariff_follows=self._follows(),
            case_terms=banks.cases.model_dump(exclude={"days"}, exclude_none=True),
            is_by_working_days=banks.cases.days == "working",
        )

    def _configuration(self) -> Configuration | None:
        models, main, banks = self._models, self._models.jinbao, self._models.banks
        terminal_dialects = self._terminal_dialects(main.dialects.terminals)
        issuer_dialect = self._dialect("issuers", main.dialects.issuers)
        vault, links = self._vault(), self._links()
        terminals, tariffs = self._terminals(terminal_dialects, vault), self._tariffs()
        if not terminal_dialects or issuer_dialect is None or vault is None or tariffs is None:
            return None
        registry = self._registry(terminal_dialects)
        return Configuration(
            number=1,
            terminal_dialect=terminal_dialects[0],
            downloads=self._downloads(),
            other_terminal_dialects=terminal_dialects[1:],
            issuer_dialect=issuer_dialect,
            terminals=terminals,
            merchants=frozenset(entry.merchant for entry in models.terminals.terminal),
            acquirers={entry.id: _acquirer(entry) for entry in banks.acquirer},
            card_ranges=_card_ranges(models),
            issuers={entry.id: _issuer(entry, links) for entry in banks.issuer},
            links=links,
            groups={entry.id: entry.name for entry in banks.group},
            centre=_present(banks.clearing.links, links),
            cut_over=_cut_over(banks.clearing.cut_over),
            social_host=_host(banks.social, links),
            product_host=_host(banks.products, links),
            funds=self._funds(),
            caps=tuple(
                Cap(_number(entry.from_day), entry.limit_fen, entry.rule, entry.counter)
                for entry in models.caps.cap
            ),
            is_cap_kept=models.caps.kept_by == "switch",
            cap_per_acquirer=tuple(models.caps.per_acquirer),
            timers=_timers(main),
            limits=Limits(**main.limits.model_dump(exclude_none=True)),
            vault=vault,
            tariffs=tariffs,
            registry=registry,
            mak_bytes=main.keys.mak_bytes,
            repeats_get_stored_answer=main.transactions.repeats_get_stored_answer,
        )

    def _dialect(self, side: str, name: str) -> Dialect | None:
        try:
            return load_dialect(str(self._folder / name) if "/" in name else name)
        except SpecError as error:
            self._fault("jinbao.toml", f"dialects.{side}", str(error))
        return None

    def _tariff_options(self) -> dict[str, str | bool]:
        fees = self._models.jinbao.fees
        return fees.model_dump(exclude={"tariffs"}, exclude_none=True)

    def _follows(self) -> tuple[Follow, ...]:
        return () if self._changes is None else follows_of(self._changes.state)

    def _tariffs(self) -> Tariffs | None:
        names = self._models.jinbao.fees.tariffs
        try:
            return load_tariffs(names, self._folder, self._tariff_options(), (), self._follows())
        except ConfigurationError as error:
            for fault in error.faults:
                if fault.line or fault.key or Path(fault.file).is_file():
                    self.faults.append(fault)
                else:
                    # The set as a whole, or a name in it: it is mended where it is named.
                    self._fault("jinbao.toml", "fees.tariffs", f"{fault.file}: {fault.reason}")
        return None

    def _downloads(self) -> tuple[Download, ...]:
        try:
            return load_downloads(self._models.jinbao.downloads.set, self._folder)
        except ConfigurationError as error:
            self.faults += error.faults
        return ()

    def _funds(self) -> dict[str, Fund]:
        try:
            return load_funds(self._models.jinbao.payouts.funds, self._folder)
        except ConfigurationError as error:
            self.faults += error.faults
        return {}

    def _registry(self, dialects: tuple[Dialect, ...]) -> Registry | None:
        if self._changes is None or not decides(self._changes.changes):
            return None
        known = frozenset(rule.id for dialect in dialects for rule in dialect.transactions)
        try:
            return load_registry(self._folder, self._models, self._changes, known)
        except ConfigurationError as error:
            self.faults += error.faults
        return None

    def _terminal_dialects(self, names: str | list[str]) -> tuple[Dialect, ...]:
        """Return what terminals speak, nothing after a fault."""
        asked = [names] if isinstance(names, str) else names
        found = [self._dialect("terminals", name) for name in asked]
        dialects = tuple(dialect for dialect in found if dialect is not None)
        if len(dialects) < len(found):
            return ()
        try:
            Family(dialects)
        except (ValueError, IndexError) as error:
            why = str(error) if dialects else "names no dialect"
            self._fault("jinbao.toml", "dialects.terminals", why)
            return ()
        return dialects

    def _terminals(self, dialects: tuple[Dialect, ...], vault: Vault | None) -> dict[str, Terminal]:
        terminals: dict[str, Terminal] = {}
        numbers = {dialect.name: number for number, dialect in enumerate(dialects)}
        check_spoken(self._sources.terminals, self._models.terminals, dialects)
        for index, entry in enumerate(self._models.terminals.terminal):
            key = self._key("terminals", entry.id, "`jinbao keys terminal new` makes one")
            if key is not None:
                self._check_key(index, entry, Tmk(key))
                terminals[entry.id] = Terminal(
                    id=entry.id,
                    merchant=entry.merchant,
                    acquirer=entry.acquirer,
                    category=entry.category,
                    place=entry.place.ljust(_PLACE_LENGTH),
                    master_key=Tmk(key),
                    channel=Channel(entry.channel),
                    is_public_welfare=entry.public_welfare,
                    is_in_city=entry.in_city,
                    transactions=_names(entry.transactions),
                    type=entry.type,
                    settlement_card=_settlement_card(entry, vault),
                    only_dialect=numbers.get(entry.dialect),
                )
        return terminals

    def _check_key(self, index: int, entry: TerminalEntry, key: Tmk) -> None:
        """Note a master key that is not the one whose check value is recorded."""
        found = key.kcv().hex().upper()
        if entry.key_check and entry.key_check.upper() != found:
            reason = f"is {entry.key_check}, and the key in keys/terminals.toml has {found}"
            self._sources.terminals.fault(("terminal", index, "key_check"), reason)

    def _links(self) -> dict[str, Link]:
        links: dict[str, Link] = {}
        for entry in self._models.banks.link:
            zmk, pik, mak = (
                self._key("zones", f"{entry.name}.{role}", f"link {entry.name} needs it")
                for role in ZONE_ROLES
            )
            if zmk and pik and mak:
                links[entry.name] = Link(
                    name=entry.name,
                    own_id=entry.own_id,
                    peer_id=entry.peer_id,
                    zmk=Zmk(zmk),
                    pik=Pik(pik),
                    mak=Mak(mak),
                    link_class=LinkClass(entry.link_class),
                )
        return links

    def _vault(self) -> Vault | None:
        data, cards = (self._key("vault", role, "`jinbao init` makes it") for role in VAULT_ROLES)
        return Vault(data, cards) if data and cards else None

    def _key(self, group: Group, name: str, remedy: str) -> bytes | None:
        """Return a key that must be there; why it is not is a fault."""
        if self._keys is None:
            return None
        file = f"{KEYS}/{group}.toml"
        try:
            key = self._keys.key(group, name)
        except WrapError:
            self._fault(file, name, "does not open under keys/master.key")
            return None
        except ConfigurationError as error:
            self.faults += error.faults
            return None
        if key is None:
            self._fault(file, name, f"there is no such key; {remedy}")
        return key

    def _fault(self, file: str, key: str, reason: str) -> None:
        path = self._folder / file
        lines = Lines(path.read_text("utf-8")) if path.suffix == ".toml" else Lines("")
        self.faults.append(Fault(str(path), lines.of(tuple(key.split("."))), key, reason))


def _fixed_keys(main: JinbaoFile) -> WorkingKeys | None:
    if not main.keys.test_keys:
        return None
    return WorkingKeys(Pik.from_hex(TEST_PIK), Mak.from_hex(TEST_MAKS[main.keys.mak_bytes]))


def _listen(main: JinbaoFile) -> tuple[ListenAddress, ...]:
    """Return the addresses for terminals, those of 金保专网 first."""
    listen = main.listen
    each = (("jinbao", listen.jinbao), ("bank", listen.bank), ("", listen.terminals))
    return tuple(
        ListenAddress(*split_address(address), access)
        for access, addresses in each
        for address in addresses
    )


def _acquirer(entry: AcquirerEntry) -> Acquirer:
    return Acquirer(
        id=entry.id,
        name=entry.name,
        other_cards_from=_day(entry.other_cards_from),
        group=entry.group or "",
        access=LinkClass(entry.access),
        alternate=LinkClass(entry.alternate) if entry.alternate else None,
    )


def _issuer(entry: IssuerEntry, links: Mapping[str, Link]) -> Issuer:
    return Issuer(
        id=entry.id,
        name=entry.name,
        links=_present(entry.links, links),
        group=entry.group or "",
        is_in_city=entry.in_city,
    )


def _names(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _settlement_card(entry: TerminalEntry, vault: Vault | None) -> bytes:
    """Return the keyed hash of the card, which is all that a row of the registry has of it."""
    _, _, kept = entry.settlement_card.partition("/")
    if kept:
        return bytes.fromhex(kept)
    return vault.card_hash(entry.settlement_card) if vault and entry.settlement_card else b""


def _host(entry: SocialFile | ProductsFile | None, links: Mapping[str, Link]) -> Issuer | None:
    if entry is None:
        return None
    return Issuer(id=entry.id, name=entry.name, links=_present(entry.links, links))


def _present(names: Iterable[str], links: Mapping[str, Link]) -> tuple[str, ...]:
    """Return the names that have a link: one without its keys is a fault already."""
    return tuple(name for name in names if name in links)


def _card_ranges(models: Models) -> tuple[CardRange, ...]:
    """Return the ranges, the longest prefixes first: the core takes the first that fits."""
    entries = sorted(models.cards.range, key=lambda entry: -len(entry.prefix))
    return tuple(
        CardRange(
            prefix=entry.prefix,
            length=entry.length,
            issuer=entry.issuer,
            is_social=entry.social,
            is_debit=entry.debit,
            is_foreign=entry.foreign,
        )
        for entry in entries
    )


def _cut_over(at: str) -> str:
    """Return the cut-over as hhmmss, empty for midnight."""
    return "" if at == "24:00" else at.replace(":", "") + "00"


def _timers(main: JinbaoFile) -> Timers:
    given = main.timers.model_dump(exclude_none=True)
    if (retries := given.get("advice_retry_ms")) is not None:
        given["advice_retry_ms"] = tuple(retries)
    return Timers(**given)


def _day(day: date | None) -> int | None:
    return None if day is None else _number(day)


def _number(day: date) -> int:
    return int(day.strftime("%Y%m%d"))
