"""Rules of a simulated issuer (simulators): which requests it treats how, as one TOML file says.

The first rule whose conditions all hold decides; what no rule is about is treated as it should be.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from simulators.cards import fictional_card
from simulators.chip import issuer_script
from simulators.issuer import Temper
from simulators.wire import Heard

_KINDS: Final[Mapping[str, str]] = {
    "00": "sale", "01": "withdrawal", "03": "authorisation", "19": "payment", "20": "void",
    "29": "pay_out", "30": "inquiry", "31": "inquiry", "40": "transfer", "46": "transfer",
    "47": "transfer", "48": "remittance", "50": "payment",
}  # fmt: skip
"""First digits of DE 3 -> what a request is."""
Transaction = Literal[
    "sale", "withdrawal", "authorisation", "payment", "void", "pay_out", "inquiry", "transfer",
    "remittance", "completion", "refund", "reversal", "script_result", "other",
]  # fmt: skip
_TOLD: Final = frozenset({"refund", "reversal", "script_result"})
"""What is served as it should be unless a rule names it."""
_AUTHORISED: Final = "06"
_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$")
_Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-F]{2})+$")]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]


class RulesError(ValueError):
    """A rule file that cannot be used: file, key and reason."""


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A script for the card: its template, its id (9F18) and its commands (86), in hexadecimal."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{8}$")]
    commands: Annotated[tuple[_Hex, ...], msgspec.Meta(min_length=1)]
    template: Literal["71", "72"] = "72"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions, all of which must hold, and what is done then. Amounts in fen.

    `skip` of the requests that fit pass by, then each `every`-th one is treated, `count` in all
    (0: without end). `late_ms` is how much later the answer comes, `think_ms` how much later the
    request is carried out.
    """

    name: str
    transactions: tuple[Transaction, ...] = ()
    cards: tuple[_Count, ...] = ()
    terminals: tuple[str, ...] = ()
    least_fen: _Count = 0
    most_fen: _Count = 0
    skip: _Count = 0
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    count: _Count = 0
    code: Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Z]{2})?$")] = ""
    think_ms: _Milliseconds = 0
    late_ms: _Milliseconds = 0
    silent: bool = False
    ignored: bool = False
    answers: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    wrong_mac: bool = False
    wrong_arpc: bool = False
    wrong_stan: bool = False
    rejected: bool = False
    script: Script | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    kind: Literal["issuer-rules"]
    rule: tuple[Rule, ...] = ()


class Rules:
    """The rules at work: they count what they have seen."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Begin with nothing seen."""
        self._each = [_AtWork(rule) for rule in rules]

    def temper(self, heard: Heard) -> Temper | None:
        """Return how a request is treated; None where no rule is about it."""
        kind = kind_of(heard)
        for each in self._each:
            if each.fits(heard, kind) and each.is_its_turn():
                return each.temper
        return None


class _AtWork:
    """One rule, and how many requests fitted it."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._pans = frozenset(fictional_card(number).pan for number in rule.cards)
        self._seen = self._done = 0
        self.temper = _temper(rule)

    def fits(self, heard: Heard, kind: str) -> bool:
        rule = self._rule
        if kind not in rule.transactions if rule.transactions else kind in _TOLD:
            return False
        amount_fen = int(heard.get(4) or 0)
        return (
            (not self._pans or heard.get(2) in self._pans)
            and (not rule.terminals or heard.get(41) in rule.terminals)
            and amount_fen >= rule.least_fen
            and (not rule.most_fen or amount_fen <= rule.most_fen)
        )

    def is_its_turn(self) -> bool:
        rule = self._rule
        self._seen += 1
        number = self._seen - rule.skip
        if number <= 0 or number % rule.every or (rule.count and self._done >= rule.count):
            return False
        self._done += 1
        return True


def kind_of(heard: Heard) -> str:
    """Return what an interbank request is, in the words of a rule's `transactions`."""
    told = {"4": "reversal", "6": "script_result"}.get(heard.mti[1])
    if told is not None:
        return told
    kind = _KINDS.get(heard.get(3)[:2], "other")
    if kind == "void" and heard.mti[2] == "2":
        return "refund"
    return "completion" if kind == "sale" and heard.get(25) == _AUTHORISED else kind


def _temper(rule: Rule) -> Temper:
    script = rule.script
    return Temper(
        think_ms=rule.think_ms,
        delay_ms=rule.late_ms,
        answers=0 if rule.silent else rule.answers,
        ignores=rule.ignored,
        code=rule.code,
        shifts_stan=rule.wrong_stan,
        breaks_mac=rule.wrong_mac,
        rejects_header=rule.rejected,
        breaks_chip=rule.wrong_arpc,
        script=issuer_script(script.id, *script.commands, template=script.template)
        if script is not None
        else "",
    )


def read(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file; RulesError names file, key and reason."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"{path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{path}: {error}") from None
    try:
        rules = msgspec.convert(told, _File).rule
    except msgspec.ValidationError as error:
        found = _PLACE.search(str(error))
        place = f"{found['place']}: " if found and found["place"] else ""
        raise RulesError(f"{path}: {place}{_PLACE.sub('', str(error))}") from None
    for complaint in _complaints(rules):
        raise RulesError(f"{path}: {complaint}")
    return rules


def _complaints(rules: tuple[Rule, ...]) -> Iterator[str]:
    names: set[str] = set()
    for number, rule in enumerate(rules):
        place = f"rule[{number}]"
        if rule.name in names:
            yield f"{place}.name: {rule.name!r} is the name of another rule as well"
        names.add(rule.name)
        if rule.most_fen and rule.most_fen < rule.least_fen:
            yield f"{place}.most_fen: it is below least_fen"
        if rule.silent and rule.answers > 1:
            yield f"{place}.answers: a silent issuer answers nothing"
        if _temper(rule) == Temper():
            yield f"{place}: it says nothing to do"


def ruled(rules: Rules, other: Callable[[Heard], Temper]) -> Callable[[Heard], Temper]:
    """Return an issuer's temper: by the rules, else `other`."""

    def temper(heard: Heard) -> Temper:
        by_rule = rules.temper(heard)
        return other(heard) if by_rule is None else by_rule

    return temper
