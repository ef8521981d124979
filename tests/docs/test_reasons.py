"""docs/reference/reasons.md: each refusal that the switch gives, with the rules; each is reached.

What is given is read off the source; a reason without a case here, or a case without its answer on
the wire, fails.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from messages.reasons import Reason
from switch.core.configuration import Limits
from switch.core.events import LinkDisconnected
from switch.core.rules import WORDS, Rule
from tests.docs.test_reference import section
from tests.house.source import ROOT
from tests.switch.core.stage import OTHER_PAN, Stage, mute
from tests.switch.core.stage.registered import open_registry
from tests.switch.core.stage.shop import ask
from tests.switch.core.stage.ways import JINBAO, registered

_GIVES: Final = re.compile(r"\b(Reason|Decline)\b")
_HEADING: Final = "What the switch refuses"
_POS: Final = load_dialect("pos")
_PASSED_ON: Final = {
    "admit.py": "refusal.reason, refusal.rule, facts",
    "classify.py": "txn.rule.refuse, Rule.TRANSACTION_SERVED, facts",
}
"""Where a refusal is made of literals that are elsewhere: a table of the module, a dialect."""


def _refusals() -> dict[Reason, list[Rule]]:
    """Return every reason that the source of the switch gives, and the rules it gives it by."""
    found: dict[Reason, set[Rule]] = {}
    texts = {path: path.read_text("utf-8") for path in (ROOT / "switch").rglob("*.py")}
    for path, text in texts.items():
        if not _GIVES.search(text):
            continue  # parsing all of the switch took two seconds
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Attribute(ast.Name("Reason"), name):
                    found.setdefault(Reason[name], set())
                case ast.Call(
                    ast.Name("Decline"), [ast.Attribute(ast.Name("Reason"), name), rule, *_]
                ) if isinstance(rule, ast.Attribute):
                    found.setdefault(Reason[name], set()).add(Rule[rule.attr])
                case ast.Call(ast.Name("Decline"), values):
                    told = ", ".join(map(ast.unparse, values))
                    if _PASSED_ON.get(path.name) != told:
                        raise ValueError(f"{path.name}: Decline({told}) cannot be read off")
                case _:
                    pass
    for transaction in _POS.transactions:
        if transaction.refuse is not None:
            found.setdefault(transaction.refuse, set()).add(Rule.TRANSACTION_SERVED)
    del found[Reason.APPROVED]
    return {reason: sorted(found[reason]) for reason in Reason if reason in found}


REFUSALS: Final = _refusals()


def _rows() -> list[str]:
    """Return the lines of the table."""
    lines = ["| Code | Reason | What did not hold |", "| --- | --- | --- |"]
    for reason, rules in sorted(REFUSALS.items(), key=lambda each: _POS.reasons[each[0]].code):
        told = "; ".join(f"{WORDS[rule].en} {WORDS[rule].zh}" for rule in rules)
        text = _POS.reasons[reason]
        words = f"{text.words.en} {text.words.zh}"
        lines.append(f"| {text.code} | `{reason.value}` {words} | {told} |")
    return lines


def test_the_page_lists_what_the_switch_refuses_and_why() -> None:
    have = [line for line in section("reasons.md", _HEADING) if line.startswith("|")]
    assert have == _rows()


def test_the_other_reasons_are_named_as_not_given_yet() -> None:
    others = [reason.value for reason in Reason if reason not in {*REFUSALS, Reason.APPROVED}]
    (line,) = [line for line in section("reasons.md", _HEADING) if line.startswith("Not given")]
    assert line == f"Not given so far: {', '.join(f'`{name}`' for name in others)}."


# ------------------------------------------------------------------------- each is reached


def _sold(stage: Stage) -> None:
    ask(stage, "sale", "000010")


def _bad_mac(stage: Stage) -> None:
    frame = stage.withdrawal()
    stage.terminal_says(frame[:-1] + bytes([frame[-1] ^ 1]))


def _over_the_cap(stage: Stage) -> None:
    stage.withdraw("000002", f4="000000060000")
    stage.withdraw("000003", f4="000000050000")


def _slow_advice(stage: Stage) -> None:
    _sold(stage)
    stage.stall()
    ask(stage, "refund", "000002", "000010")
    stage.decide()
    stage.pass_time(55_000)


def _no_line(stage: Stage) -> None:
    stage.reconfigure(**registered(JINBAO, None))
    stage.withdraw()


def _full(stage: Stage) -> None:
    stage.reconfigure(limits=replace(Limits(), transactions_in_flight=0))
    stage.withdraw()


def _void_of(stage: Stage, **changes: str) -> None:
    _sold(stage)
    ask(stage, "sale_void", "000002", "000010", **changes)


def _repeated(stage: Stage) -> None:
    frame = stage.withdraw()
    stage.terminal_says(frame)


def _unqualified(stage: Stage) -> None:
    stage.reconfigure(registry=open_registry(qualifications={}))
    stage.withdraw()


def _line_lost(stage: Stage) -> None:
    stage.happen(LinkDisconnected("bank"))
    stage.withdraw()


def _silence(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.pass_time(46_000)


def _rejected(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], {39: "00"}, reject="99999")


CASES: Final[Mapping[Reason, Callable[[Stage], object]]] = {
    Reason.FORMAT_ERROR: lambda stage: stage.withdraw("000000"),
    Reason.MAC_WRONG: _bad_mac,
    Reason.PIN_BLOCK_WRONG: lambda stage: stage.withdraw(f52="00" * 8),
    Reason.PIN_MISSING: lambda stage: stage.withdraw(f26=None, f52=None, f53=None),
    Reason.BATCH_MISMATCH: lambda stage: stage.withdraw(f60="7000000900060"),
    Reason.TERMINAL_UNKNOWN: lambda stage: stage.withdraw(f41="99999999"),
    Reason.MERCHANT_UNKNOWN: lambda stage: stage.withdraw(f42="999653080119999"),
    Reason.ACQUIRER_NOT_QUALIFIED: _unqualified,
    Reason.SERVICE_NOT_OPEN: lambda stage: stage.withdraw(f3="470000", f60="7400000200060"),
    Reason.SERVICE_NOT_FOR_TERMINAL: lambda stage: stage.withdraw(f3="910000", f60="7600000200060"),
    Reason.TRANSACTION_UNKNOWN: lambda stage: stage.withdraw(f3="990000"),
    Reason.AMOUNT_INVALID: lambda stage: stage.withdraw(f4="000000050500"),
    Reason.CARD_NUMBER_INVALID: lambda stage: stage.withdraw(f2="6219991234567890121", f35=None),
    Reason.CARD_EXPIRED: lambda stage: stage.withdraw(f14="1405"),
    Reason.CARD_NOT_PERMITTED: lambda stage: stage.withdraw(f2=OTHER_PAN, f35=None),
    Reason.CHIP_REQUIRED: lambda stage: stage.withdraw(f22="021", f55=None),
    Reason.ISSUER_UNKNOWN: lambda stage: stage.withdraw(f2="4000000000000002", f35=None),
    Reason.DAILY_CAP_EXCEEDED: _over_the_cap,
    Reason.DUPLICATE: _repeated,
    Reason.IN_PROGRESS: _slow_advice,
    Reason.ORIGINAL_NOT_FOUND: lambda stage: _void_of(stage, f37="416900000999"),
    Reason.ORIGINAL_AMOUNT_WRONG: lambda stage: _void_of(stage, f4="000000049999"),
    Reason.ORIGINAL_MISMATCH: lambda stage: _void_of(stage, f61="0000020000090618"),
    Reason.ROUTE_UNAVAILABLE: _line_lost,
    Reason.LINE_FAILURE: _no_line,
    Reason.ISSUER_SILENT: _silence,
    Reason.MESSAGE_REJECTED: _rejected,
    Reason.SYSTEM_ERROR: _full,
}
"""How a terminal that is signed on gets each."""


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_refusal_is_reached_by_a_frame(reason: Reason) -> None:
    stage = Stage()
    if reason is Reason.NOT_SIGNED_ON:
        stage.withdraw()
    else:
        stage.sign_on()
        CASES[reason](stage)
    assert stage.code == _POS.reasons[reason].code
    assert stage.report("declined")["reason"] == reason.value
