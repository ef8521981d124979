"""A load scenario as data (simulators/load): what one TOML file says, checked and frozen.

Every struct refuses a key that it does not know. Rates are transactions a second, money is fen.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from simulators.terminal_memory import Kind
from simulators.terminals.services import SERVICES

Role = Literal["terminals", "network"]
Loop = Literal["open", "closed"]
BY_THEMSELVES: Final = frozenset(
    {Kind.REVERSAL, Kind.SCRIPT_RESULT, Kind.DOWNLOAD, Kind.UPLOAD, Kind.BATCH_END}
)
"""What follows from something else, and is asked of no terminal."""
KINDS: Final = tuple(kind.value for kind in Kind if kind not in BY_THEMSELVES | SERVICES)
"""What a mix can have: whatever a plain terminal can be asked to do."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a scenario: nothing in it may be misspelt."""


class Arrivals(_Strict, frozen=True):
    """When transactions are meant to begin.

    `constant` and `poisson` need `rate`; `steps` a list of [seconds, rate]; `ramp` goes from `rate`
    to `to_rate`; `spike` rises to `to_rate` from `at_s` for `for_s`; `day` is 24 weights an hour,
    with `rate` as their mean, over the whole run. `random` spaces them as strangers come.
    """

    schedule: Literal["constant", "poisson", "steps", "ramp", "spike", "day"] = "poisson"
    rate: float = 0.0
    to_rate: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    at_s: float = 0.0
    for_s: float = 0.0
    hours: tuple[float, ...] = ()
    random: bool = True


class Item(_Strict, frozen=True):
    """One kind of transaction of the mix, and how often it comes."""

    kind: str
    weight: float = 1.0


class Amounts(_Strict, frozen=True):
    """What is withdrawn: `fixed` fen, evenly between two in steps, or one of a list."""

    draw: Literal["fixed", "uniform", "choice"] = "fixed"
    fen: int = 1_000
    to_fen: int = 0
    step_fen: int = 1_000
    choices: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()


class Cards(_Strict, frozen=True):
    """Which cards: fictional ones by number, or a CSV file; the first `hot` have `hot_share`."""

    first: int = 0
    count: int = 1_000
    csv: str = ""
    hot: int = 0
    hot_share: float = 0.0
    issuers: int = 1


class Fleet(_Strict, frozen=True):
    """Which terminals: fictional ones by number, or a CSV file.

    `sign_on`: `before` the clock starts; as a `storm` at its start, measured; `none` uses the keys
    of the worked examples (a host that only echoes). Trace numbers begin at `first_stan`; 0 takes
    one from the clock, so that the next run repeats none.
    """

    terminals: int = 50
    first: int = 0
    csv: str = ""
    dialect: str = "pos"
    first_stan: int = 0
    sign_on: Literal["before", "storm", "none"] = "before"


class Think(_Strict, frozen=True):
    """How long a terminal rests between two transactions, milliseconds."""

    draw: Literal["fixed", "uniform", "exponential"] = "fixed"
    ms: float = 0.0
    to_ms: float = 0.0


class Connection(_Strict, frozen=True):
    """How terminals are connected.

    A connection `held` each, one `per_transaction`, or few `lines` of a `concentrator` that all
    share.
    """

    model: Literal["held", "per_transaction", "concentrator"] = "held"
    lines: int = 2
    connect_ms: int = 10_000


class Network(_Strict, frozen=True):
    """The interbank side: institution ids, lines, how many requests a line may have out."""

    dialect: str = "interbank"
    own_id: str = "99900000"
    peer_id: str = "00010000"
    lines: int = 2
    window: int = 256
    echo_s: float = 30.0
    sign_on: bool = True


class Fault(_Strict, frozen=True):
    """Trouble from `from_s` for `for_s` seconds, with chance `share` where it is per request.

    At the issuers: `issuer_slow` (by `ms`), `issuer_silent`, `issuer_down`, `link_flap` (every
    `ms`), `link_outage` (its first address; the alternate stays). At the terminals: `bad_mac`,
    `vanish` (hang up when a request is out), `line_flap` (every `ms`).
    """

    kind: Literal[
        "issuer_slow", "issuer_silent", "issuer_down", "link_flap", "link_outage", "bad_mac",
        "vanish", "line_flap",
    ]  # fmt: skip
    from_s: float
    for_s: float
    share: float = 1.0
    ms: int = 1_000
    issuer: int = 0


class Issuers(_Strict, frozen=True):
    """The mock issuers behind the system under test: an address each, and perhaps an alternate."""

    listen: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()
    balance_fen: int = 100_000_000
    delay_ms: int = 0
    trusting: bool = False


class Limits(_Strict, frozen=True):
    """When the generator itself was the bottleneck, and what it may keep waiting.

    A run is invalid when the generator is later than `late_ms` with more than 1 % of the arrivals,
    when its loop is behind by as much for 1 % of the time, or when it is busier than `busy`. An
    arrival that waits longer than `patience_ms` for a terminal is dropped, and counted. With `spin`
    the generator looks at the clock all the time, from `look_ms` before an arrival on, because
    whoever sleeps is woken late.
    """

    late_ms: float = 10.0
    busy: float = 0.95
    patience_ms: int = 60_000
    waiting: int = 100_000
    timeout_ms: int = 60_000
    spin: bool = True
    look_ms: float = 2.0


class Scenario(_Strict, frozen=True):
    """A whole scenario; `at_end` is what every terminal does once after the last arrival."""

    format: Literal[1]
    kind: Literal["load"]
    name: str
    target: str = ""
    role: Role = msgspec.field(name="as", default="terminals")
    loop: Loop = "open"
    seconds: float = 10.0
    warm_up_s: float = 1.0
    seed: int = 1
    checks_mac: bool = True
    at_end: tuple[str, ...] = ()
    thresholds: tuple[str, ...] = ()
    arrivals: Arrivals = Arrivals()
    mix: tuple[Item, ...] = (Item(kind="withdrawal"),)
    amounts: Amounts = Amounts()
    cards: Cards = Cards()
    fleet: Fleet = Fleet()
    think: Think = Think()
    connection: Connection = Connection()
    network: Network = Network()
    issuers: Issuers = Issuers()
    fault: tuple[Fault, ...] = ()
    limits: Limits = Limits()
