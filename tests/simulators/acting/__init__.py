"""Actors with the published test keys, the worked examples, and a clock in one's hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from simulators.accounts import Accounts
from simulators.cards import Card
from simulators.installation import issuer_identity, terminal_identity, wires
from simulators.issuer import Issuer
from simulators.terminal import Terminal
from simulators.terminal_memory import Habits, Job, Kind
from simulators.wire import Heard
from switch.core.moment import Moment
from tests import golden

FRAMES: Final = {m["name"]: bytes.fromhex(m["frame"]) for m in golden.load("messages")["messages"]}
POS, INTERBANK = wires()
START_MS: Final = int(datetime(2014, 6, 18, 1, 30, tzinfo=UTC).timestamp() * 1000)
"""2014-06-18 09:30:00 in Shanghai."""
SECOND: Final = 1_000_000_000


def at(seconds: float = 0) -> Moment:
    """Return a moment so long after the start."""
    return Moment(int(seconds * SECOND), START_MS + int(seconds * 1000))


def answer_of(name: str) -> bytes:
    """Return a worked example without its length prefix, as an actor receives it."""
    return POS.bare(FRAMES[name])


def signed_on_terminal() -> Terminal:
    """Return the terminal of the worked examples after its sign-on: batch 2, STAN 2 next."""
    terminal = Terminal(terminal_identity(), POS)
    terminal.connected(at())
    terminal.ask(Job(kind=Kind.SIGN_ON), at())
    terminal.received(answer_of("sign-on-response"), at(1))
    return terminal


def withdrawal(habits: Habits | None = None) -> Job:
    """Return the withdrawal of the worked examples: 500.00 yuan."""
    return Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=50_000, habits=habits or Habits())


def answered(terminal: Terminal, example: str, changes: dict[int, str | None]) -> bytes:
    """Return a worked answer without prefix, changed, and MACed under the terminal's key."""
    heard = POS.hear(answer_of(example))
    fields = {**heard.fields, **{n: text for n, text in changes.items() if text is not None}}
    for number, text in changes.items():
        if text is None:
            del fields[number]
    has_mac = fields.pop(64, None) is not None
    heads = heard.frame[: POS.dialect.frame.head_size]
    mac = terminal.memory.mac if has_mac else None
    return POS.bare(POS.say(heads, heard.mti, dict(sorted(fields.items())), mac))


def said(frames: list[bytes]) -> list[Heard]:
    """Read what a terminal sent."""
    return [POS.hear(POS.bare(frame)) for frame in frames]


def bank(balance_fen: int = 170_000) -> Issuer:
    """Return an issuer with the account of the first test card."""
    accounts = Accounts()
    accounts.open(Card(), balance_fen)
    issuer = Issuer(issuer_identity(), INTERBANK, accounts)
    issuer.connected()
    return issuer


def request(name: str = "interbank-withdrawal", **changes: str) -> bytes:
    """Return a worked interbank frame without prefix; changes by DE (`f11="..."`), MACed anew."""
    heard = INTERBANK.hear(INTERBANK.bare(FRAMES[name]))
    if not changes:
        return heard.frame
    fields = {**heard.fields, **{int(name[1:]): text for name, text in changes.items()}}
    fields.pop(128, None)
    heads = heard.frame[: INTERBANK.dialect.frame.head_size]
    mac = None if heard.mti == "0820" else INTERBANK.mac(issuer_identity().mak)
    return INTERBANK.bare(INTERBANK.say(heads, heard.mti, dict(sorted(fields.items())), mac))


def heard_from_bank(frames: list[bytes]) -> list[Heard]:
    """Read what an issuer sent."""
    return [INTERBANK.hear(INTERBANK.bare(frame)) for frame in frames]
