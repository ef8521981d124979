"""A hall for the notice: the packaged folder with its first registry, its engine, and a clock.

Everything that decides is read from files, as `jinbao init` writes them: a test of a clause fails
when the clause's rule is turned round there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec.structs import asdict

from messages.codec import Codec
from messages.crypto.keys import Pik
from messages.crypto.pin import encode_pin_block
from switch.core.configuration import Configuration
from switch.core.events import LinkConnected
from switch.core.operations import Row
from tests.switch.config import folders
from tests.switch.config.registry.making import first_rows, rehearse, rehearsed
from tests.switch.core.social import HEADER, payload
from tests.switch.core.stage import FRAMES, PIK, POS, Stage, approve
from tests.switch.core.stage.moving import payee_field

CLINIC, HOSPITAL, SHOP, ATM, BRANCH, NET_BANK = (f"5001000{number}" for number in range(1, 7))
SOCIAL: Final = "6219991234567890120"
"""A social-security card of the second test bank. The clinic is of the first, the hospital of it.
"""
OTHER: Final = "6218881234567890125"
"""A bank card without social functions, of the second test bank."""
PAYEE: Final = "6219991234567890138"
CODES: Final = {
    "rural_withdrawal": ("010000", "70"),
    "social_balance_inquiry": ("310000", "71"),
    "bill_payment": ("500000", "72"),
    "social_sale": ("000000", "73"),
    "transfer": ("470000", "74"),
    "cash_withdrawal": ("010000", "42"),
}
"""DE 3 and DE 60.1."""
SERVICES: Final = {
    "social_inquiry": ("0100", "900000", "75"),
    "benefit_inquiry": ("0100", "930000", "77"),
    "social_payment": ("0200", "910000", "76"),
    "medical_settlement": ("0200", "920000", "76"),
}
"""MTI, DE 3 and DE 60.1."""
_RANGE: Final = (
    'prefix = "621888"\nlength = 19\nissuer = "99910000"\nsocial = false\ndebit = true\n'
)


def _agree(mti: str, fields: dict[int, str]) -> dict[int, str] | None:
    """Answer as a bank does, and as a host that takes every bill."""
    answer = approve(mti, fields)
    return answer if answer is None or 37 not in fields else answer | {37: fields[37]}


Change = tuple[str, str, str]
Adds = Callable[[Path], object]


def installed(*changes: Change, adds: Adds = lambda _: None) -> Configuration:
    """Return the packaged folder with its first registry.

    Each change is the name of a file, old and new text; `adds` brings more into the folder.
    """
    with TemporaryDirectory(prefix="hall-") as made:
        folder = folders.make(Path(made) / "city")
        others = ("cards", "[[range]]", f"[[range]]\n{_RANGE}\n[[range]]")
        for change in (others, *changes):
            folders.change(folder, *change)
        rehearse(folder, first_rows())
        adds(folder)
        return rehearsed(folder).configuration


class Hall(Stage):
    """The engine of such an installation on a day; whoever comes signs on and asks."""

    def __init__(self, day: str, *changes: Change, adds: Adds = lambda _: None) -> None:
        found = installed(*changes, adds=adds)
        morning = datetime.fromisoformat(f"{day}T01:30:00").replace(tzinfo=UTC)
        self._morning_ms = int(morning.timestamp()) * 1_000
        self._batches: dict[str, str] = {}
        self._stan = 100
        fields = {name: value for name, value in asdict(found).items() if name != "routes"}
        # Whoever answers on a line proves it with the key that all lines of the folder have.
        fields["links"] = {**found.links, "bank": next(iter(found.links.values()))}
        super().__init__(approve, **fields)

    def start(self) -> None:
        """Bring the engine up with all lines, on the morning of the day."""
        self.utc_ms = self._morning_ms
        super().start()
        for link in self.configuration.links:
            if link != "bank":
                self.happen(LinkConnected(link))

    def ask(
        self,
        kind: str,
        yuan: int = 0,
        terminal: str = CLINIC,
        card: str = SOCIAL,
        **changes: str | None,
    ) -> str:
        """Ask for something at a terminal; return DE 39. `f25` is field 25."""
        self._sign_on(terminal)
        self._stan += 1
        code, of_60 = CODES[kind]
        fields: dict[str, str | None] = {
            "f2": card,
            "f3": code,
            "f4": f"{yuan * 100:012d}" if yuan else None,
            "f35": f"{card}=30122201234567890",
            "f41": terminal,
            "f42": self.configuration.terminals[terminal].merchant,
            "f52": encode_pin_block("123456", card, Pik.from_hex(PIK)).hex().upper(),
            "f55": None,
            "f60": f"{of_60}{self._batches[terminal]}00060",
            "f62": payee_field(PAYEE) if kind == "transfer" else None,
        }
        self.terminal_says(self.withdrawal(f"{self._stan:06d}", **(fields | changes)))
        return self.code

    def serve(
        self, kind: str, yuan: int = 0, terminal: str = CLINIC, card: str = SOCIAL, **tags: str
    ) -> str:
        """Ask for a service at a composite terminal, whose host says yes; return DE 39."""
        self.issue = _agree
        self._sign_on(terminal)
        self._stan += 1
        mti, code, of_60 = SERVICES[kind]
        merchant = self.configuration.terminals[terminal].merchant
        frame = self.withdrawal(
            f"{self._stan:06d}",
            f2=card,
            f3=code,
            f4=f"{yuan * 100:012d}",
            f35=f"{card}=30122201234567890",
            f41=terminal,
            f42=merchant,
            f52=encode_pin_block("123456", card, Pik.from_hex(PIK)).hex().upper(),
            f55=None,
            f60=f"{of_60}{self._batches[terminal]}00090",
        )
        fields = self.codec.decode(frame, 13).fields
        fields[62] = payload(tags)
        if not yuan:
            del fields[4]
        self.terminal_says(self.build(mti, fields, HEADER))
        return self.code

    def _sign_on(self, terminal: str) -> None:
        if terminal in self._batches:
            return
        message = Codec(POS).decode(FRAMES["sign-on"], 13)
        merchant = self.configuration.terminals[terminal].merchant
        self.terminal_says(self.build(message.mti, message.fields | {41: terminal, 42: merchant}))
        assert self.code == "00"
        self._batches[terminal] = self.last()[60][2:8]

    @property
    def why(self) -> dict[str, object]:
        """The facts of the last refusal."""
        return self.report("declined")

    def kept(self) -> Row:
        """Return the row of the last request."""
        return self.row(f"{self._stan:06d}")
