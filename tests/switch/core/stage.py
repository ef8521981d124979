"""A stage for the engine: the real walk on the memory ledger, an issuer of a few lines, a clock.

Nothing here waits: time passes when a test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from messages.codec import Codec
from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from messages.crypto.mac import make_mac
from messages.crypto.vault import Vault
from messages.dialects.loader import load_dialect
from messages.mab import element_mab
from switch.core.configuration import (
    Acquirer,
    Cap,
    CardRange,
    Configuration,
    Issuer,
    Limits,
    Link,
    Terminal,
    Timers,
)
from switch.core.effects import DrawKeys, Effect, Report, SendToLink, SendToTerminal, Submit
from switch.core.events import (
    Event,
    KeysDrawn,
    LedgerAnswered,
    LinkConnected,
    LinkFrameReceived,
    Started,
    TerminalConnected,
    TerminalFrameReceived,
    TimePassed,
)
from switch.core.moment import Moment
from switch.ledger.memory import MemoryLedger
from switch.pipeline import make_engine
from tests import golden

PAN = "6219991234567890120"
PIK = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"
MAK = "2A4C6E80A2C4E608"
POS, INTERBANK = load_dialect("pos"), load_dialect("interbank")
FRAMES = {m["name"]: bytes.fromhex(m["frame"]) for m in golden.load("messages")["messages"]}
START_MS = 1_403_055_000_000
"""2014-06-18 09:30:00 in Shanghai."""


def configuration(**changes: Any) -> Configuration:  # noqa: ANN401 - any field of a configuration
    """Return the little city of the worked examples."""
    terminal = Terminal(
        id="50010001",
        merchant="999653080110001",
        acquirer="99900000",
        category="8011",
        place="CQ TEST VILLAGE CLINIC".ljust(40),
        master_key=Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210"),
    )
    link = Link(
        name="bank",
        own_id="99900000",
        peer_id="00010000",
        zmk=Zmk.from_hex("0123456789ABCDEFFEDCBA9876543210"),
        pik=Pik.from_hex("54687A8C9EB0C2D4E6F8091A2B3C4D5E"),
        mak=Mak.from_hex("6B2D4F91A3C5E7081929384A5B6C7D8E"),
    )
    whole: dict[str, Any] = {
        "number": 1,
        "terminal_dialect": POS,
        "issuer_dialect": INTERBANK,
        "terminals": {terminal.id: terminal},
        "merchants": frozenset({terminal.merchant}),
        "acquirers": {"99900000": Acquirer(id="99900000", name="A", other_cards_from=None)},
        "card_ranges": (
            CardRange(prefix="621999", length=19, issuer="99910000", is_social=True, is_debit=True),
            CardRange(
                prefix="621888", length=19, issuer="99910000", is_social=False, is_debit=True
            ),
        ),
        "issuers": {"99910000": Issuer(id="99910000", name="I", link="bank")},
        "links": {"bank": link},
        "caps": (Cap(20110101, 100_000, "177"), Cap(20140910, 200_000, "235")),
        "timers": Timers(),
        "limits": Limits(),
        "vault": Vault(bytes(32), bytes(range(32))),
    }
    return Configuration(**(whole | changes))


Issue = Callable[[str, dict[int, str]], dict[int, str] | None]


def approve(mti: str, fields: dict[int, str]) -> dict[int, str] | None:
    """Answer every request with 00, as a bank that never says no."""
    answer = {39: "00"}
    if mti == "0200":
        answer |= {38: "A00002", 54: "1002156C000000120000"}
    return answer


class Stage:
    """The engine with its ledger, one terminal connection and one issuer link."""

    def __init__(self, issue: Issue = approve, **changes: Any) -> None:  # noqa: ANN401
        self.configuration = configuration(**changes)
        self.ledger = MemoryLedger()
        self.issue = issue
        self.elapsed_ns = 0
        self.utc_ms = START_MS
        self.told: list[bytes] = []
        self.sent: list[tuple[str, dict[int, str]]] = []
        self.reports: list[Report] = []
        self.codec, self.bank = Codec(POS), Codec(INTERBANK)
        self.mac = make_mac("pos-ecb", Mak.from_hex(MAK))
        self.zone_mac = make_mac("x9.19", self.configuration.links["bank"].mak)
        self.start()

    def start(self) -> None:
        """Bring a fresh process up on whatever the ledger holds."""
        self.engine = make_engine(self.configuration)
        self.happen(Started(self.utc_ms.to_bytes(16, "big")))
        self.happen(LinkConnected("bank"))
        self.happen(TerminalConnected(1))

    def happen(self, event: Event) -> None:
        """Hand an event in and carry out everything that comes of it."""
        self.carry_out(self.engine.handle(event, Moment(self.elapsed_ns, self.utc_ms)))

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Submit(ticket, operation):
                    outcome = self.ledger.submit([operation])[0]
                    self.happen(LedgerAnswered(ticket, outcome))
                case DrawKeys(ticket, mak_bytes):
                    drawn = KeysDrawn(ticket, bytes.fromhex(PIK), bytes.fromhex(MAK)[:mak_bytes])
                    self.happen(drawn)
                case SendToTerminal(_, frame):
                    self.told.append(frame)
                case SendToLink(_, frame):
                    self._at_the_bank(frame)
                case Report():
                    self.reports.append(effect)

    def _at_the_bank(self, frame: bytes) -> None:
        self.heads = frame[4:50]
        message = self.bank.decode(frame, 50)
        self.sent.append((message.mti, message.fields))
        answer = self.issue(message.mti, message.fields)
        if answer is not None:
            self.bank_says(message.mti, message.fields, answer)

    def bank_says(self, mti: str, asked: dict[int, str], answer: dict[int, str]) -> None:
        """Send the bank's answer to a request that it got, MACed where the request was."""
        echoed = (2, 3, 4, 7, 11, 25, 32, 33, 41, 42, 70)
        fields = {n: asked[n] for n in echoed if n in asked} | answer
        reply = f"{mti[:2]}{int(mti[2]) + 1}0"
        if 128 in asked:
            mac = self.zone_mac.compute(element_mab(INTERBANK, reply, fields))
            fields[128] = mac.decode()
        body = self.bank.encode(reply, fields)
        self.happen(LinkFrameReceived("bank", self.heads + body))

    def terminal_says(self, frame: bytes, connection: int = 1) -> None:
        """Send a frame, given with its length prefix, as the terminal."""
        self.happen(TerminalFrameReceived(connection, frame[2:]))

    def build(self, mti: str, fields: dict[int, str], header: str = "613200320001") -> bytes:
        """Return a frame of the terminal, with its MAC where field 64 is asked for."""
        body = self.codec.encode(mti, fields)
        if 64 in fields:
            body = body[:-8] + self.mac.compute(body[:-8])
        return bytes(2) + bytes.fromhex("6000050000" + header) + body

    def last(self) -> dict[int, str]:
        """Return the fields of the last answer."""
        return self.codec.decode(self.told[-1], 13).fields

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass, stopping at every deadline of the engine on the way."""
        end = self.elapsed_ns + milliseconds * 1_000_000
        while True:
            due = self.engine.next_deadline_ns
            if due is None or due > end:
                break
            self._move(max(due, self.elapsed_ns))
            self.happen(TimePassed())
        self._move(end)
        self.happen(TimePassed())

    def _move(self, elapsed_ns: int) -> None:
        self.utc_ms += (elapsed_ns - self.elapsed_ns) // 1_000_000
        self.elapsed_ns = elapsed_ns
