"""A clinic for tests of the social services: a composite terminal, a bank, and the host itself.

The host is the simulator's actor, so that both ends of its line are tried at once.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from messages.codec import Codec
from messages.dialects.loader import load_dialect
from messages.dialects.tlv import encode_text, parse_text, text_item
from routing.links import LinkClass
from simulators.installation import wires
from simulators.issuer import Temper
from simulators.services.deeds import Deed
from simulators.social_security.books import Due
from simulators.social_security.host import SocialHost
from simulators.social_security.sample import (
    HOST,
    contribution,
    host_identity,
    person_of,
    sample_books,
    treatment,
)
from switch.core.configuration import Issuer
from switch.core.events import LinkConnected, LinkDisconnected, LinkFrameReceived
from switch.core.moment import Moment
from switch.core.operations import Row
from tests.switch.core.stage import Issue, Stage, approve, configuration

COMPOSITE = load_dialect("composite")
HEADER = "643200320001"
"""The header of a composite terminal: class 64."""
KINDS = {
    "inquiry": ("0100", "900000", "75"),
    "contribution": ("0200", "910000", "76"),
    "settlement": ("0200", "920000", "76"),
    "benefit": ("0100", "930000", "77"),
}
"""MTI, DE 3 and DE 60.1."""
BILL, TREATMENT, NOTHING_LEFT = contribution(0), treatment(0), treatment(0, 2)
DUE_FEN, LEFT_FEN = 12_000, 6_000
"""What the card bears of the first two."""


class Clinic(Stage):
    """The stage with a line to the social-security host beside that of the bank."""

    kinds = KINDS

    def __init__(self, issue: Issue = approve, **changes: Any) -> None:  # noqa: ANN401
        self.host = SocialHost(host_identity(), wires()[1], sample_books(range(3)))
        self.is_host_up = True
        bank = configuration().links["bank"]
        line = replace(bank, name="social", peer_id=HOST, link_class=LinkClass.JINBAO)
        whole: dict[str, Any] = {
            "links": {"bank": bank, "social": line},
            "social_host": Issuer(id=HOST, name="Social security", links=("social",)),
            "terminal_dialect": COMPOSITE,
        }
        self.composite = Codec(COMPOSITE)
        super().__init__(issue, **(whole | changes))
        self.sign_on()

    def start(self) -> None:
        """Bring a fresh process up; the host's line comes up with it unless it is down."""
        super().start()
        if self.is_host_up:
            self.connect_host()

    def connect_host(self) -> None:
        """Bring the line to the host up."""
        self.is_host_up = True
        self.host.connected()
        self.happen(LinkConnected("social"))

    def disconnect_host(self) -> None:
        """Cut the line to the host."""
        self.is_host_up = False
        self.host.disconnected()
        self.happen(LinkDisconnected("social"))

    def temper(self, mti: str, **temper: Any) -> None:  # noqa: ANN401 - as `Temper`
        """Have the host treat messages of one MTI like that; the others as they should be."""
        unusual, usual = Temper(**temper), Temper()
        self.host.temper = lambda heard: unusual if heard.mti.startswith(mti) else usual

    def _at_the_bank(self, frame: bytes) -> None:
        if self.line != "social":
            super()._at_the_bank(frame)
            return
        at = Moment(self.elapsed_ns, self.utc_ms)
        for answer in self.host.received(frame[4:], at):
            self.happen(LinkFrameReceived("social", answer[4:]))

    def sign_on(self) -> None:
        """Sign the composite terminal on: batch 000002."""
        fields = {11: "000001", 41: "50010001", 42: "999653080110001", 60: "00000001003", 63: "01 "}
        self.terminal_says(self.build("0800", fields, HEADER))

    def serve(self, kind: str, stan: str, fen: int | None = None, **tags: str) -> bytes:
        """Ask for a social service; `tags` are those of field 62. Return the frame."""
        frame = self.service(kind, stan, fen, **tags)
        self.terminal_says(frame)
        return frame

    def service(self, kind: str, stan: str, fen: int | None = None, **tags: str) -> bytes:
        """Return the frame of a social service of the first card."""
        mti, code, of_60 = self.kinds[kind]
        frame = self.withdrawal(stan, f3=code, f55=None, f60=f"{of_60}00000200090")
        fields = self.codec.decode(frame, 13).fields
        given = {"S6": person_of(0).number} | tags
        fields[62] = payload({tag: text for tag, text in given.items() if text})
        if fen is None:
            del fields[4]
        else:
            fields[4] = f"{fen:012d}"
        return self.build(mti, fields, HEADER)

    def pay(self, stan: str = "000003", bill: str = BILL, fen: int = DUE_FEN) -> bytes:
        """Pay a contribution, or settle a treatment, with the first card."""
        if bill.startswith("C"):
            return self.serve("contribution", stan, fen, S1="PAY", S5=bill)
        return self.serve("settlement", stan, fen, S1="FEE", S5=bill)

    def void(self, stan: str, of: str) -> None:
        """Void the payment with the STAN `of`."""
        row = self.row(of)
        frame = self.withdrawal(
            stan,
            f3="200000",
            f4=f"{row.record.amount_fen:012d}",
            f37=row.record.rrn,
            f55=None,
            f60="7900000200090",
            f61=f"{row.key.batch}{of}{row.record.date}",
        )
        fields = self.codec.decode(frame, 13).fields
        self.terminal_says(self.build("0200", fields, HEADER))

    def reverse_payment(
        self, stan: str, fen: int = DUE_FEN, code: str = "910000", of_60: str = "76"
    ) -> None:
        """Send the 0400 of a payment."""
        of_60 = "79" if code == "200000" else of_60
        frame = self._changed(
            "reversal",
            stan,
            {"f3": code, "f4": f"{fen:012d}", "f39": "98", "f60": f"{of_60}00000200090"},
        )
        fields = self.codec.decode(frame[2:], 11).fields
        self.terminal_says(self.build("0400", fields, HEADER))

    def tags(self) -> dict[str, str]:
        """Return the tags of the last answer's field 62."""
        content = bytes.fromhex(self.last().get(62, ""))
        return {item.tag: item.value.decode("gbk") for item in parse_text(content, 2, 3)}

    def due(self, bill: str = BILL) -> Due:
        """Return a bill as the host has it."""
        return self.host.books.dues[bill]

    def deed(self, stan: str) -> Deed:
        """Return what a transaction did to its bill at the host."""
        return self.host.books.deeds[self.row(stan).record.rrn]

    def bill(self, stan: str = "000003") -> str:
        """Return the state of a transaction's bill in the ledger."""
        bill = self.row(stan).bill
        assert bill is not None
        return bill.state.name

    def legs(self, stan: str = "000003") -> tuple[str, str]:
        """Return the states of both legs in the ledger."""
        return self.row(stan).state.name, self.bill(stan)

    def rows(self) -> list[Row]:
        """Return all rows."""
        return self.ledger.transactions()


def payload(tags: dict[str, str]) -> str:
    """Return field 62 in hexadecimal."""
    items = (text_item(tag, text.encode("gbk"), 3) for tag, text in tags.items())
    return encode_text(items).hex().upper()
