"""The rule file of a replay (simulators/replay): what is put in place of what, and what may differ.

A wrong rule is named with its place before anything is sent.
"""

from __future__ import annotations

import csv
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from messages.crypto.chip import ChipKey
from messages.dialects.family import JOINT
from messages.tokens.numbers import Tokens
from messages.values import is_luhn_valid
from simulators.cards import Card, fictional_card
from simulators.load.scenario.fleet import FleetError, terminals
from simulators.load.scenario.model import Fleet
from simulators.replay.again.chips import Signer
from simulators.replay.trace.form import Side, TraceError
from simulators.requests import Identity

_DEFAULT: Final = "default.toml"
MOST_CARDS: Final = 1_000_000
_PAN: Final = range(13, 20)


class Tolerance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may differ: a field or sub-field, perhaps only between two values, and why.

    With `within` a number may differ by so much. `field` may be `answer`: one came where none was
    recorded (`recorded = "none"`), or the other way round.
    """

    field: str
    recorded: str = ""
    answered: str = ""
    within: int | None = None
    why: str


class Rewrite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is put in place of what: `tpdu` in hexadecimal; terminals and merchants by their number.

    `stan`: kept as recorded, or counted anew. `chip`: DE 55 signed anew with the test card's key,
    sent as recorded (its cryptogram is gone), dropped, or such messages left out. `dates`: kept,
    or moved so that the first recorded day is `today` or another (2026-03-01). `unknown_cards`:
    left out, or sent as stand-ins.
    """

    tpdu: str = ""
    stan: Literal["keep", "new"] = "keep"
    chip: Literal["sign", "send", "drop", "skip"] = "sign"
    dates: str = "keep"
    unknown_cards: Literal["skip", "send"] = "skip"
    terminals: dict[str, str] = {}
    merchants: dict[str, str] = {}


class CardRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cards stand in for which: fictional ones by number (`0-20,2000`), or a CSV file.

    Its columns are pan, expiry, pin, perhaps sequence, and token where the recording key is not at
    hand. `chip_key` is a file with the master key by which their chips sign.
    """

    fictional: str = ""
    csv: str = ""
    chip_key: str = ""


class Ignore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paths that are never compared, by side; those of `requests` in no request of two traces.

    Of those of `cases` a conformance case learns the form only. `dialects` has more for messages
    of one dialect, by its name.
    """

    terminal: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    dialects: dict[str, tuple[str, ...]] = {}


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole rule file."""

    format: Literal[1]
    kind: Literal["replay"] = "replay"
    rewrite: Rewrite = Rewrite()
    cards: CardRules = CardRules()
    ignore: Ignore = Ignore()
    tolerate: tuple[Tolerance, ...] = ()

    @property
    def volatile(self) -> frozenset[str]:
        """The paths of which a conformance case learns the form only."""
        what: tuple[Side | Literal["requests", "cases"], ...] = ("terminal", "requests", "cases")
        return frozenset().union(*(self.ignored(each) for each in what))

    def ignored(
        self, what: Side | Literal["requests", "cases"], dialect: str = ""
    ) -> frozenset[str]:
        """Return the paths that are not compared, those of the program and the dialect included."""
        found: set[str] = set()
        for ignore in (_packaged().ignore, self.ignore):
            found |= {*getattr(ignore, what)}
            for each in dialect.split(JOINT):
                found |= {*ignore.dialects.get(each, ())}
        return frozenset(found)


def _packaged() -> Rules:
    text = (resources.files("specs") / "replay" / _DEFAULT).read_text(encoding="utf-8")
    return _read(text, _DEFAULT)


def load_rules(path: str) -> Rules:
    """Return the rules of a file, or those of the program; TraceError says what is wrong."""
    if not path:
        return Rules(format=1)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise TraceError(f"{path}: {reason}") from None
    return _read(text, path)


def _read(text: str, where: str) -> Rules:
    try:
        found: dict[str, Any] = tomllib.loads(text)
        return msgspec.convert(found, Rules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TraceError(f"{where}: {error}") from None


def cards_of(rules: CardRules, tokens: Tokens | None, folder: Path) -> dict[str, Card]:
    """Return stand-in -> card; TraceError where the key is needed and not there."""
    found: dict[str, Card] = {}
    if rules.fictional:
        if tokens is None:
            raise TraceError("rule cards.fictional needs the recording key of the trace")
        for number in _numbers(rules.fictional):
            card = fictional_card(number)
            found[tokens.pan(card.pan)] = card
    if rules.csv:
        found |= _from_csv(folder / rules.csv, tokens)
    return found


def terminals_of(path: str) -> dict[str, Identity]:
    """Return the terminals of a CSV file (tid, merchant, master_key) by number; none without one.

    TraceError says what is wrong.
    """
    if not path:
        return {}
    try:
        return {each.id: each for each in terminals(Fleet(csv=path), Path())}
    except FleetError as error:
        raise TraceError(str(error)) from None


def signer_of(rules: CardRules, folder: Path) -> Signer:
    """Return what signs for the cards; TraceError where the key's file does not hold one."""
    if not rules.chip_key:
        return Signer()
    path = folder / rules.chip_key
    try:
        return Signer(ChipKey.from_hex("".join(path.read_text(encoding="ascii").split())))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise TraceError(f"{path}: rule cards.chip_key: no key of 32 hexadecimal digits") from None


def _numbers(text: str) -> list[int]:
    found: list[int] = []
    for piece in text.split(","):
        first, dash, last = piece.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise TraceError("rule cards.fictional: should be numbers like 0-20,2000")
        span = range(int(first), int(last or first) + 1)
        if len(span) + len(found) > MOST_CARDS:
            raise TraceError(f"rule cards.fictional: more than {MOST_CARDS} cards")
        found += span
    return found


def _from_csv(path: Path, tokens: Tokens | None) -> dict[str, Card]:
    found = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for line, row in enumerate(csv.DictReader(stream), 2):
                pan, expiry, pin = (row.get(name) or "" for name in ("pan", "expiry", "pin"))
                if len(pan) not in _PAN or not is_luhn_valid(pan):
                    raise TraceError(f"{path}:{line}: pan: no card number")
                if not (len(expiry) == len("YYMM") and (expiry + pin).isdecimal() and pin):
                    raise TraceError(f"{path}:{line}: expiry (YYMM) or pin: not digits")
                token = row.get("token") or (tokens.pan(pan) if tokens is not None else "")
                if not token:
                    raise TraceError(f"{path}:{line}: token: needed without the recording key")
                sequence = (row.get("sequence") or "001").zfill(3)
                if not (sequence.isdecimal() and len(sequence) == len("001")):
                    raise TraceError(f"{path}:{line}: sequence: not three digits")
                found[token] = Card(pan=pan, expiry=expiry, pin=pin, sequence=sequence)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TraceError(f"{path}: cannot be read ({type(error).__name__})") from None
    return found
