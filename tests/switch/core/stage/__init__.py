"""A stage for the engine: the real walk on the memory ledger, an issuer of a few lines, a clock.

Nothing here waits: time passes when a test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from messages.codec import Codec
from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from messages.crypto.mac import make_mac
from messages.crypto.vault import Vault
from messages.dialects.loader import load_dialect
from messages.mab import element_mab
from switch.config.tariffs import packaged_tariffs
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
from switch.core.effects import (
    CloseLink,
    CloseTerminal,
    DrawKeys,
    Effect,
    Report,
    SendToLink,
    SendToTerminal,
    Submit,
)
from switch.core.events import (
    ConfigurationChanged,
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
from switch.core.operations import (
    Operation,
    Row,
)
from switch.ledger.memory import MemoryLedger
from switch.pipeline import make_engine
from tests import golden

PAN = "6219991234567890120"
OTHER_PAN = "6218881234567890125"
"""A debit card without social functions."""
PIK = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"
MAK = "2A4C6E80A2C4E608"
POS, INTERBANK = load_dialect("pos"), load_dialect("interbank")
FRAMES = {m["name"]: bytes.fromhex(m["frame"]) for m in golden.load("messages")["messages"]}
REQUESTS = frozenset({"0100", "0200"})
"""What an issuer decides about; the others it is told."""
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
        "issuers": {"99910000": Issuer(id="99910000", name="I", links=("bank",))},
        "links": {"bank": link},
        "caps": (Cap(20110101, 100_000, "177"), Cap(20140910, 200_000, "235")),
        "timers": Timers(),
        "limits": Limits(),
        "tariffs": packaged_tariffs(),
        "vault": Vault(bytes(32), bytes(range(32))),
    }
    return Configuration(**(whole | changes))


Lose = Callable[[Operation], str]
"""Says of an operation whether its outcome is unknown: `kept`, `dropped`, or empty for neither."""
Issue = Callable[[str, dict[int, str]], dict[int, str] | None]


def approve(mti: str, _fields: dict[int, str]) -> dict[int, str] | None:
    """Answer every request with 00, as a bank that never says no."""
    answer = {39: "00"}
    if mti in REQUESTS:
        answer |= {38: "A00002", 54: "1002156C000000120000"}
    return answer


def silent(mti: str, _fields: dict[int, str]) -> dict[int, str] | None:
    """Answer network messages and reversals only, as a bank whose accounts are stuck."""
    return None if mti in REQUESTS else {39: "00"}


def mute(mti: str, _fields: dict[int, str]) -> dict[int, str] | None:
    """Answer network messages only."""
    return {39: "00"} if mti[1] == "8" else None


def saying(code: str) -> Issue:
    """Return a bank that gives one code to every request."""
    return lambda mti, _: {39: code} if mti in REQUESTS else {39: "00"}


class Stage:
    """The engine with its ledger, one terminal connection and one issuer link."""

    def __init__(self, issue: Issue = approve, **changes: Any) -> None:  # noqa: ANN401
        self.configuration = configuration(**changes)
        self.ledger = MemoryLedger()
        self.issue = issue
        self.lose: Lose = lambda _: ""
        self.is_stalled = False
        self.waiting: list[Submit] = []
        self.processes = 0
        self.line = "bank"
        self.keys = (bytes.fromhex(PIK), bytes.fromhex(MAK))
        self.closed: list[CloseTerminal | CloseLink] = []
        self.elapsed_ns = 0
        self.utc_ms = START_MS
        self.told: list[bytes] = []
        self.connections: list[int] = []
        self.sent: list[tuple[str, dict[int, str]]] = []
        self.frames: list[bytes] = []
        self.reports: list[Report] = []
        self.codec, self.bank = Codec(POS), Codec(INTERBANK)
        self.mac = make_mac("pos-ecb", Mak.from_hex(MAK))
        self.zone_mac = make_mac("x9.19", self.configuration.links["bank"].mak)
        self.start()

    def start(self) -> None:
        """Bring a fresh process up on whatever the ledger holds; the one before is dead."""
        self.processes += 1
        self.waiting.clear()
        self.ledger.restart()
        self.engine = make_engine(self.configuration)
        self.happen(Started(self.processes.to_bytes(16, "little")))
        self.happen(LinkConnected("bank"))
        self.happen(TerminalConnected(1))

    def happen(self, event: Event) -> None:
        """Hand an event in and carry out everything that comes of it."""
        self.carry_out(self.engine.handle(event, Moment(self.elapsed_ns, self.utc_ms)))

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Submit():
                    self.waiting.append(effect)
                    if not self.is_stalled:
                        self.decide()
                case DrawKeys(ticket, mak_bytes):
                    pik, mak = self.keys
                    self.happen(KeysDrawn(ticket, pik, mak[:mak_bytes]))
                case SendToTerminal(connection, frame):
                    self.told.append(frame)
                    self.connections.append(connection)
                case CloseTerminal() | CloseLink():
                    self.closed.append(effect)
                case SendToLink(link, frame):
                    self.line = link
                    self._at_the_bank(frame)
                case Report():
                    self.reports.append(effect)

    def decide(self) -> None:
        """Have the ledger decide the first operation that waits, and tell the engine."""
        submit = self.waiting.pop(0)
        fate = self.lose(submit.operation)
        if fate:
            outcome = self.ledger.crash([submit.operation], is_kept=fate == "kept")[0]
        else:
            outcome = self.ledger.submit([submit.operation])[0]
        self.happen(LedgerAnswered(submit.ticket, outcome))

    def stall(self) -> None:
        """Let the ledger answer nothing from now on."""
        self.is_stalled = True

    def flow(self) -> None:
        """Let the ledger answer again, what waits first."""
        self.is_stalled = False
        while self.waiting:
            self.decide()

    def _at_the_bank(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.heads = frame[4:50]
        message = self.bank.decode(frame, 50)
        self.sent.append((message.mti, message.fields))
        is_request = int(message.mti[2]) % 2 == 0
        answer = self.issue(message.mti, message.fields) if is_request else None
        if answer is not None:
            self.bank_says(message.mti, message.fields, answer)

    def bank_says(
        self,
        mti: str,
        asked: dict[int, str],
        answer: dict[int, str],
        mac: str = "",
        reject: str = "",
    ) -> None:
        """Send the bank's answer to a request that it got, MACed where the request was.

        `mac` is another MAC than the right one, `reject` the reject code of the header.
        """
        echoed = (2, 3, 4, 7, 11, 25, 32, 33, 41, 42, 70)
        fields = {n: asked[n] for n in echoed if n in asked} | answer
        reply = f"{mti[:2]}{int(mti[2]) + 1}0"
        if 128 in asked:
            made = self.zone_mac.compute(element_mab(INTERBANK, reply, fields))
            fields[128] = mac or made.decode()
        heads = self.heads[: -len(reject)] + reject.encode() if reject else self.heads
        self.bank_sends(reply, fields, heads)

    def bank_sends(self, mti: str, fields: dict[int, str], heads: bytes = b"") -> None:
        """Send a message of the bank as it is."""
        body = self.bank.encode(mti, fields)
        self.happen(LinkFrameReceived(self.line, (heads or self.heads) + body))

    def terminal_says(self, frame: bytes, connection: int = 1) -> None:
        """Send a frame, given with its length prefix, as the terminal."""
        self.happen(TerminalFrameReceived(connection, frame[2:]))

    def build(self, mti: str, fields: dict[int, str], header: str = "613200320001") -> bytes:
        """Return a frame of the terminal, with its MAC where field 64 is asked for."""
        body = self.codec.encode(mti, fields)
        if 64 in fields:
            body = body[:-8] + self.mac.compute(body[:-8])
        return bytes(2) + bytes.fromhex("6000050000" + header) + body

    def reconfigure(self, **changes: Any) -> None:  # noqa: ANN401 - as `configuration`
        """Put another snapshot in force."""
        self.configuration = replace(self.configuration, **changes)
        self.happen(ConfigurationChanged(self.configuration))

    def sign_on(self) -> None:
        """Sign the terminal on: batch 000002."""
        self.terminal_says(FRAMES["sign-on"])

    def withdraw(self, stan: str = "000002", **changes: str | None) -> bytes:
        """Send a withdrawal of the worked example's card; return its frame. `f4` is field 4."""
        frame = self.withdrawal(stan, **changes)
        self.terminal_says(frame)
        return frame

    def withdrawal(self, stan: str = "000002", **changes: str | None) -> bytes:
        """Return the frame of the worked example with some fields changed, None to leave out."""
        return self._changed("withdrawal", stan, changes)

    def reverse(self, stan: str = "000002", **changes: str | None) -> bytes:
        """Send a reversal as in the worked example; return its frame."""
        frame = self._changed("reversal", stan, changes)
        self.terminal_says(frame)
        return frame

    def _changed(self, name: str, stan: str, changes: dict[str, str | None]) -> bytes:
        message = self.codec.decode(FRAMES[name], 13)
        fields = message.fields | {11: stan}
        for key, text in changes.items():
            number = int(key[1:])
            if text is None:
                fields.pop(number, None)
            else:
                fields[number] = text
        return self.build(message.mti, fields)

    @property
    def code(self) -> str:
        """The response code of the last answer (DE 39)."""
        return self.last()[39]

    def codes(self) -> list[str]:
        """Return the response codes of all answers."""
        return [self.codec.decode(frame, 13).fields.get(39, "") for frame in self.told]

    def reversals(self) -> list[dict[int, str]]:
        """Return the fields of every 0420 and 0421 that the bank got."""
        return [fields for mti, fields in self.sent if mti in {"0420", "0421"}]

    def requests(self) -> list[dict[int, str]]:
        """Return the fields of every financial request that the bank got."""
        return [fields for mti, fields in self.sent if mti in REQUESTS]

    def report(self, event: str) -> dict[str, object]:
        """Return the facts of the last report of this name; KeyError where there is none."""
        for report in reversed(self.reports):
            if report.event == event:
                return report.facts
        raise KeyError(event)

    def row(self, stan: str = "000002") -> Row:
        """Return the ledger's row of a transaction by the terminal's STAN."""
        return next(row for row in self.ledger.transactions() if row.key.stan == stan)

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
