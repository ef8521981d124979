"""The configuration files as models (switch/config): every key, its type and its bounds.

Keys that are left out have the defaults of whoever uses them; none is written twice.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from switch.config.registry.texts import one_line

FORMAT: Final = 1
"""The format of every file of an installation."""
_LAST_PORT: Final = 65_535


def _address(text: str) -> str:
    split_address(text)
    return text


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port` or `[v6]:port`; ValueError otherwise."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not port.isascii() or int(port) > _LAST_PORT:
        raise ValueError('should be an address like "127.0.0.1:8583"')
    return host.removeprefix("[").removesuffix("]"), int(port)


def _database(text: str) -> str:
    """Refuse what is no URL of PostgreSQL, and a password: it would lie around in the clear."""
    if not text:
        return text
    url = urlsplit(text)
    if url.scheme not in {"postgresql", "postgres"} or not url.path.strip("/"):
        raise ValueError('should be like "postgresql://user@host/database"')
    if url.password is not None or "password=" in url.query:
        raise ValueError("holds a password: give it in PGPASSWORD or in a PGPASSFILE")
    return text


Address = Annotated[str, AfterValidator(_address)]
Institution = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,11}$")]
Count = Annotated[int, Field(gt=0, le=10_000_000)]
Milliseconds = Annotated[int, Field(gt=0, le=30 * 86_400_000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(one_line)]
Class = Literal["jinbao", "bank"]
"""A class of line: see `routing.links.LinkClass`."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Listen(_Model):
    """`[listen]`: where terminals connect, by the class of line that they come over.

    `terminals` are addresses that say nothing of it.
    """

    jinbao: Annotated[list[Address], Field(max_length=16)] = []
    bank: Annotated[list[Address], Field(max_length=16)] = []
    terminals: Annotated[list[Address], Field(max_length=16)] = []


class Dialects(_Model):
    """`[dialects]`: packaged names, or paths of files, for each side.

    Terminals may speak several, which what is before the MTI tells apart; the first is the usual.
    """

    terminals: str | list[str] = ["pos", "composite"]
    issuers: str = "interbank"


class LedgerFile(_Model):
    """`[ledger]`: where what must survive is kept, and how batches get there."""

    path: str = "state/ledger.sqlite"
    url: Annotated[str, AfterValidator(_database)] = ""
    commit: Literal["inline", "thread"] = "inline"
    fill_ms: Annotated[int, Field(ge=10, le=60_000)] = 1_000


class KeyOptions(_Model):
    """`[keys]`: the working keys that terminals get."""

    test_keys: bool = False
    mak_bytes: Literal[8, 16] = 8


class TimerOptions(_Model):
    """`[timers]`: see `switch.core.configuration.Timers`."""

    answer_ms: Milliseconds | None = None
    issuer_ms: Milliseconds | None = None
    social_ms: Milliseconds | None = None
    advice_retry_ms: Annotated[list[Milliseconds], Field(min_length=1, max_length=16)] | None = None
    advice_expiry_ms: Milliseconds | None = None
    echo_ms: Milliseconds | None = None
    sign_on_ms: Milliseconds | None = None
    lease_ms: Milliseconds | None = None
    old_key_ms: Milliseconds | None = None
    link_rest_ms: Milliseconds | None = None


class LimitOptions(_Model):
    """`[limits]`: what the core holds at most; see `switch.core.configuration.Limits`."""

    transactions_in_flight: Count | None = None
    pending_per_link: Count | None = None
    sessions_in_memory: Count | None = None
    link_failures: Count | None = None


class ConnectionOptions(_Model):
    """`[connections]`: what a peer may cost; see `switch.shell.settings.Limits`."""

    connections: Count | None = None
    half_frame_ms: Milliseconds | None = None
    pending_output_bytes: Annotated[int, Field(ge=65_536, le=1 << 30)] | None = None
    link_output_bytes: Annotated[int, Field(ge=65_536, le=1 << 30)] | None = None
    waiting_operations: Count | None = None
    connect_ms: Milliseconds | None = None
    reconnect_first_ms: Milliseconds | None = None
    reconnect_most_ms: Milliseconds | None = None
    drain_ms: Milliseconds | None = None
    log_lines_per_second: Count | None = None
    backlog: Count | None = None


class DownloadOptions(_Model):
    """`[downloads]`: what terminals are asked to fetch; empty: nothing."""

    set: str = ""


class TransactionOptions(_Model):
    """`[transactions]`: choices that the rules leave open."""

    repeats_get_stored_answer: bool = False


class FeeOptions(_Model):
    """`[fees]`: packaged names, or paths, of the tariff files; readings that replace theirs."""

    tariffs: Annotated[list[Text], Field(min_length=1, max_length=64)] = [
        "chongqing-2014",
        "national",
        "free",
    ]
    waiver_scope: Literal["all", "purchase_only"] | None = None
    waiver_urban: bool | None = None
    in_city: Literal["terminal", "terminal_and_card"] | None = None


class RegistryOptions(_Model):
    """`[registry]`: a packaged name, or the path, of the stages."""

    stages: Text = "chongqing-2014"


class PayoutOptions(_Model):
    """`[payouts]`: a packaged name, or the path, of the funds that pay-outs are paid from."""

    funds: Text = "chongqing-2014"


class Paths(_Model):
    """`[paths]`: log (empty: standard error), control socket, and the peers that did harm."""

    log: str = ""
    control: str = "state/control.sock"
    stops: str = "state/peers.json"


class JinbaoFile(_Model):
    """`jinbao.toml`."""

    format: Literal[1]
    listen: Listen
    dialects: Dialects = Dialects()
    ledger: LedgerFile = LedgerFile()
    keys: KeyOptions = KeyOptions()
    timers: TimerOptions = TimerOptions()
    limits: LimitOptions = LimitOptions()
    connections: ConnectionOptions = ConnectionOptions()
    transactions: TransactionOptions = TransactionOptions()
    downloads: DownloadOptions = DownloadOptions()
    fees: FeeOptions = FeeOptions()
    registry: RegistryOptions = RegistryOptions()
    payouts: PayoutOptions = PayoutOptions()
    paths: Paths = Paths()


class TerminalEntry(_Model):
    """`[[terminal]]` of `terminals.toml`: DE 41, 42, acquirer, DE 18 and 43, kind of place.

    `dialect` is the only one that it may speak, `key_check` the check value of its master key.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{8}$")]
    merchant: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{15}$")]
    acquirer: Institution
    category: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    place: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,40}$")]
    channel: Literal["rural", "urban", "merchant"] = "rural"
    public_welfare: bool = False
    in_city: bool = True
    transactions: list[str] | None = None
    type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] = "03"
    settlement_card: Annotated[
        str, StringConstraints(pattern=r"^([0-9]{13,19})?$"), Field(repr=False)
    ] = ""
    dialect: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{0,31}$")] = ""
    key_check: Annotated[str, StringConstraints(pattern=r"^([0-9A-Fa-f]{8})?$")] = ""


class TerminalsFile(_Model):
    """`terminals.toml`."""

    format: Literal[1]
    terminal: list[TerminalEntry] = []


class RangeEntry(_Model):
    """`[[range]]` of `cards.toml`: PANs by their first digits and length."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
    length: Annotated[int, Field(ge=13, le=19)]
    issuer: Institution
    social: bool
    debit: bool
    foreign: bool = False


class CardsFile(_Model):
    """`cards.toml`."""

    format: Literal[1]
    range: list[RangeEntry] = []


class GroupEntry(_Model):
    """`[[group]]` of `banks.toml`: institutions that are one bank."""

    id: Name
    name: Text


class AcquirerEntry(_Model):
    """`[[acquirer]]` of `banks.toml`: with its group, and the classes of line it registered."""

    id: Institution
    name: Text
    group: Name | None = None
    access: Class = "bank"
    alternate: Class | None = None
    other_cards_from: date | None = None


class IssuerEntry(_Model):
    """`[[issuer]]` of `banks.toml`: with the links to its host, at most one of each class."""

    id: Institution
    name: Text
    links: Annotated[list[Name], Field(max_length=2)]
    group: Name | None = None
    in_city: bool = True


class LinkEntry(_Model):
    """`[[link]]` of `banks.toml`: a line to a host, its class, the addresses of the header."""

    name: Name
    link_class: Annotated[Class, Field(alias="class")] = "bank"
    address: Address
    own_id: Institution
    peer_id: Institution


class ClearingFile(_Model):
    """`[clearing]` of `banks.toml`: who the clearing centre is.

    `direct`: the switch. `member`: a node upstream, to which `links` lead. From `cut_over` on
    transactions belong to the next clearing day. `subsidy_fen` is what an acquirer pays a service
    point for each 助农取款.
    """

    profile: Literal["direct", "member"] = "direct"
    links: Annotated[list[Name], Field(max_length=2)] = []
    cut_over: Annotated[
        str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")
    ] = "24:00"
    subsidy_fen: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class CasesFile(_Model):
    """`[cases]` of `banks.toml`: how long an issuer may ask, and an acquirer may answer.

    Days count from the clearing day, or from what the other side did; `days` says which of them.
    A transaction within `crossing_minutes` of its day's end may be booked by its issuer a day
    later. A batch that is settled may have begun `look_back_days` before.
    """

    inquiry_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    answer_days: Annotated[int, Field(ge=1, le=3_650)] | None = None
    days: Literal["calendar", "working"] = "calendar"
    crossing_minutes: Annotated[int, Field(ge=0, le=1_440)] | None = None
    look_back_days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class SocialFile(_Model):
    """`[social]` of `banks.toml`: the social-security host, and its line of 金保专网."""

    id: Institution
    name: Text
    links: Annotated[list[Name], Field(min_length=1, max_length=1)]


class ProductsFile(_Model):
    """`[products]` of `banks.toml`: the product host, and a line to it of each class it has."""

    id: Institution
    name: Text
    links: Annotated[list[Name], Field(min_length=1, max_length=2)]


class BanksFile(_Model):
    """`banks.toml`."""

    format: Literal[1]
    group: list[GroupEntry] = []
    acquirer: list[AcquirerEntry] = []
    issuer: list[IssuerEntry] = []
    link: list[LinkEntry] = []
    clearing: ClearingFile = ClearingFile()
    cases: CasesFile = CasesFile()
    social: SocialFile | None = None
    products: ProductsFile | None = None


class CapEntry(_Model):
    """`[[cap]]` of `caps.toml`: from a day on, inclusive, with the rule that says so."""

    from_day: date
    limit_fen: Annotated[int, Field(ge=0, le=999_999_999_999)]
    rule: Text
    counter: Literal["withdrawal", "transfer", "remittance"] = "withdrawal"


class CapsFile(_Model):
    """`caps.toml`; `kept_by` says whose counting of withdrawals decides.

    Acquirers of `per_acquirer` are counted each by itself; their places are theirs for good.
    """

    format: Literal[1]
    kept_by: Literal["switch", "issuer"] = "switch"
    per_acquirer: Annotated[list[Institution], Field(max_length=19)] = []
    cap: list[CapEntry] = []
