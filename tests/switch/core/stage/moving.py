"""Transfers on the stage: a payer, a payee, and a bank with books that keeps its promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from messages.dialects.tlv import encode_text, text_item
from switch.core.configuration import Cap
from switch.core.operations import Row
from tests.switch.core.stage import OTHER_PAN, PAN, Stage, configuration

PAYEE: Final = "6219991234567890138"
KINDS: Final = {"transfer": ("470000", "74"), "cash_remittance": ("480000", "80")}
AMOUNT_FEN: Final = 50_000
REMITTANCES: Final = (
    Cap(20110101, 100_000, "177"),
    Cap(20140910, 200_000, "235"),
    Cap(20140101, 200_000, "235", "remittance"),
)
_OPENING_FEN: Final = 1_000_000
_UNDECIDED: Final = frozenset({"09", "68", "98", "A0"})
"""Codes that say nothing of an account: whoever asks again is told anew."""


class Books:
    """A bank that debits and credits, repeats its answers, and gives back; `code` refuses.

    `is_silent` tells which messages it never gets, `is_mute` which it carries out unanswered.
    """

    def __init__(self) -> None:
        self.balances = dict.fromkeys((PAN, PAYEE, OTHER_PAN), _OPENING_FEN)
        self.code: Callable[[str, dict[int, str]], str] = lambda _mti, _fields: ""
        self.is_silent: Callable[[str, dict[int, str]], bool] = lambda _mti, _fields: False
        self.is_mute: Callable[[str, dict[int, str]], bool] = lambda _mti, _fields: False
        self._done: dict[tuple[str, str], tuple[str, str, int]] = {}
        self._back: set[tuple[str, str]] = set()

    def __call__(self, mti: str, fields: dict[int, str]) -> dict[int, str] | None:
        """Answer a message of the switch."""
        if mti[1] == "8":
            return {39: "00"}
        if self.is_silent(mti, fields):
            return None
        if mti[1] == "4":
            answer = {39: self.code(mti, fields) or self._give_back(fields)}
        else:
            answer = self._request(mti, fields)
        return None if self.is_mute(mti, fields) else answer

    def _request(self, mti: str, fields: dict[int, str]) -> dict[int, str]:
        key = (fields[7], fields[11])
        if key not in self._done:
            if (undecided := self.code(mti, fields)) in _UNDECIDED:
                return {39: undecided}
            code = self.code(mti, fields) or ("22" if key in self._back else "00")
            sign = -1 if fields[3].startswith("40") else 1
            effect = sign * int(fields[4]) - int(fields.get(28, "D0")[1:])
            self._done[key] = (code, fields[2], effect if code == "00" else 0)
            self.balances[fields[2]] += self._done[key][2]
        code = self._done[key][0]
        return {39: code, 38: "A00002"} if mti[1:3] == "20" and code == "00" else {39: code}

    def _give_back(self, fields: dict[int, str]) -> str:
        key = (fields[90][10:20], fields[90][4:10])
        if key not in self._done:
            self._back.add(key)
            return "25"
        if key not in self._back:
            self._back.add(key)
            _, pan, effect = self._done[key]
            self.balances[pan] -= effect
        return "00"

    @property
    def moved(self) -> tuple[int, int]:
        """What payer and payee have more than in the beginning."""
        return self.balances[PAN] - _OPENING_FEN, self.balances[PAYEE] - _OPENING_FEN


def is_credit(_mti: str, fields: dict[int, str]) -> bool:
    """Tell whether a message is about the credit of a transfer."""
    return fields.get(3) == "460000"


def is_debit(_mti: str, fields: dict[int, str]) -> bool:
    """Tell whether a message is about the debit of a transfer."""
    return fields.get(3) == "400000"


def counter(books: Books | None = None, **changes: Any) -> Stage:  # noqa: ANN401 - as Stage
    """Return a stage with a signed-on terminal that may transfer, and pays remittances from PAN."""
    plain = configuration()
    terminal = replace(
        plain.terminals["50010001"],
        transactions=frozenset({"transfer", "cash_remittance", "rural_withdrawal"}),
        settlement_card=plain.vault.card_hash(PAN),
    )
    made = Stage(
        books or Books(), terminals={terminal.id: terminal}, **({"caps": REMITTANCES} | changes)
    )
    made.sign_on()
    return made


def payee_field(account: str = PAYEE, name: str = "张三") -> str:
    """Return DE 62 in hexadecimal: B1 the account, B2 the name."""
    items = (text_item("B1", account.encode(), 3), text_item("B2", name.encode("gbk"), 3))
    return encode_text(items).hex().upper()


def frame_of(stage: Stage, kind: str, stan: str, **changes: str | None) -> bytes:
    """Return the frame of a transfer or remittance; `f4` is field 4."""
    code, of_60 = KINDS[kind]
    fields: dict[str, str | None] = {
        "f3": code,
        "f4": f"{AMOUNT_FEN:012d}",
        "f55": None,
        "f60": f"{of_60}00000200060",
        "f62": payee_field(),
    }
    return stage.withdrawal(stan, **(fields | changes))


def send(stage: Stage, kind: str = "transfer", stan: str = "000002", **changes: str | None) -> None:
    """Ask for a transfer or a remittance."""
    stage.terminal_says(frame_of(stage, kind, stan, **changes))


def take_back(stage: Stage, kind: str = "transfer", stan: str = "000002") -> None:
    """Send the 0400 of a transfer."""
    code, of_60 = KINDS[kind]
    stage.reverse(stan, f3=code, f4=f"{AMOUNT_FEN:012d}", f39="98", f60=f"{of_60}00000200060")


def rows(stage: Stage) -> tuple[Row | None, Row | None, Row | None]:
    """Return transfer, debit and credit as the ledger has them."""
    found = {row.key.batch[0]: row for row in stage.ledger.transactions()}
    return found.get("0"), found.get("A"), found.get("K")


def states(stage: Stage) -> tuple[str, ...]:
    """Return the names of the states of transfer, debit and credit; empty for what is not there."""
    return tuple("" if row is None else row.state.name for row in rows(stage))
