"""A conversation as cases for terminals (simulators/replay): the host answers as it was answered.

A terminal under test does the same things in the same order, and each request is held against what
was recorded: which fields it has, and what they say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.rules.model import FEN_A_YUAN
from simulators.replay.cases.conversation import Conversation, Step
from simulators.replay.cases.forms import Learnt, learnt, table
from simulators.replay.cases.naming import requirement_ids, step_id
from simulators.terminal_memory import Kind

_SIGN_ON: Final = "before"
_TIMER_S: Final = 60
_MANAGING: Final = frozenset({"08", "05"})
_KNOWN_BY: Final = ("3", "4")
"""What tells one financial message from another; whatever else it says may be wrong."""
_REVERSIBLE: Final = frozenset({Kind.WITHDRAWAL, Kind.SALE, Kind.PAYMENT, Kind.VOID})
_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.SIGN_ON: ("Sign on", "签到"),
    Kind.SIGN_OFF: ("Sign off", "签退"),
    Kind.ECHO: ("Run the echo test", "做回响测试"),
    Kind.BALANCE: ("Insert the card, ask for its balance", "插卡，查询余额"),
    Kind.WITHDRAWAL: ("Insert the card, withdraw", "插卡，取款"),
    Kind.SALE: ("Insert the card, sell for", "插卡，消费"),
    Kind.PAYMENT: ("Insert the card, pay a bill of", "插卡，缴费"),
    Kind.VOID: ("Void the sale of", "撤销消费"),
    Kind.SETTLEMENT: ("Settle the batch", "批结算"),
}


def cases_of(told: Conversation, name: str, volatile: Collection[str]) -> str:
    """Return the text of a file of cases and requirements."""
    head = (
        f"# Learned from what terminal {told.terminal} did, step by step.\n"
        + "".join(f"# Left out: {count} {why}.\n" for why, count in told.left_out.most_common())
        + 'format = 1\nkind = "conformance-cases"\nalone = true\n'
    )
    parts = [head, *_cases(told, name), *_requirements(told, name, volatile)]
    return "\n".join(parts)


def _cases(told: Conversation, name: str) -> Iterator[str]:
    before: list[str] = []
    if told.steps[0].kind is not Kind.SIGN_ON:
        sign_on = f"{name}-{_SIGN_ON}"
        words = _WORDS[Kind.SIGN_ON]
        yield table("cases", _case(sign_on, words, {"transactions": ["sign_on"]}, "sign_on"))
        before = [sign_on]
    names = [step_id(name, number, step) for number, step in enumerate(told.steps)]
    for number, step in enumerate(told.steps):
        words = _words(step)
        match: dict[str, Any] = {"transactions": [step.asked.transaction]}
        match |= _amount(step.amount_fen)
        made = _case(names[number], words, match, step.kind)
        action = made["do"][0] | _amount(step.amount_fen)
        if step.card:
            action["card"] = step.card
        if step.of is not None:
            action["of"] = names[step.of]
        made |= {"after": before, "do": [action], "answer": _answer(step)}
        is_last = number == len(told.steps) - 1
        if step.answer is None and step.kind in _REVERSIBLE:
            made |= {"then": ["reversal"], "least_s": _TIMER_S}
            made["reversal"] = _answer(step.reversal) if step.reversal is not None else {}
            if is_last:
                # A reversal comes before the next transaction, so there is one.
                made["do"] = [action, {"job": "balance"}]
                made["tell"] += " Then ask for the balance."
                made["tell_zh"] += "然后查询余额。"
        yield table("cases", made)
        before = [names[number]]


def _case(case: str, words: tuple[str, str], match: dict[str, Any], job: str) -> dict[str, Any]:
    return {
        "id": case,
        "en": words[0],
        "zh": words[1],
        "tell": f"{words[0]}.",
        "tell_zh": f"{words[1]}。",
        "do": [{"job": str(job)}],
        "match": match,
    }


def _words(step: Step) -> tuple[str, str]:
    en, zh = _WORDS[step.kind]
    if step.amount_fen:
        en, zh = (
            f"{en} {step.amount_fen / FEN_A_YUAN:.2f}",
            f"{zh}{step.amount_fen / FEN_A_YUAN:.2f}元",
        )
    if step.card:
        en, zh = f"{en}, with test card {step.card}", f"{zh}，用测试卡{step.card}"
    return en, zh


def _amount(fen: int) -> dict[str, int]:
    yuan, rest = divmod(fen, FEN_A_YUAN)
    if not fen:
        return {}
    return {"fen": fen} if rest else {"yuan": yuan}


def _answer(step: Step) -> dict[str, Any]:
    if step.answer is None:
        return {"kind": "none"}
    made: dict[str, Any] = {}
    if step.code not in {"", "00"}:
        made = {"kind": "decline", "code": step.code}
    asks = step.answer.heads.get("header", {}).get("processing_request", "0")
    if asks == "3" and step.kind is not Kind.SIGN_ON:
        made["header"] = asks
    return made


# ------------------------------------------------------------------------------- requirements


def _requirements(told: Conversation, name: str, volatile: Collection[str]) -> Iterator[str]:
    ids = requirement_ids(name)
    alike: dict[_Place, list[Heard]] = {}
    for heard in _asked(told):
        alike.setdefault(_place(heard), []).append(heard)
    for place, messages in alike.items():
        about = _about(place, messages[0])
        where = _where(place)
        present = [{*each.message.fields} for each in messages]
        always, ever = set.intersection(*present), set.union(*present)
        yield _requirement(next(ids), f"{about} has its fields", name, {
            "check": "has", "where": where, "fields": sorted(always),
        })  # fmt: skip
        if missing := sorted(_possible(messages[0]) - ever):
            yield _requirement(next(ids), f"{about} has no other fields", name, {
                "check": "lacks", "where": where, "fields": missing,
            })  # fmt: skip
        for path, found in _by_path(messages, volatile).items():
            if path in place.places:
                # By what it says here the message is known: all that are otherwise alike count.
                yield _requirement(next(ids), f"{about}: DE {path} as recorded", name, {
                    "check": "value", "where": _where(place, but=path), "path": path,
                    "allowed": sorted(_said(alike, place, path)),
                })  # fmt: skip
                continue
            yield _requirement(next(ids), f"{about}: DE {path} as recorded", name, {
                "check": "value", "where": where, "path": path, **_wanted(found),
            })  # fmt: skip


class _Place(msgspec.Struct, frozen=True):
    """What the messages of one kind are known by: MTI, and texts by path."""

    mti: str
    texts: tuple[tuple[str, str], ...]

    @property
    def places(self) -> frozenset[str]:
        """The paths."""
        return frozenset(path for path, _ in self.texts)


def _place(heard: Heard) -> _Place:
    known = ("60.3",) if heard.mti[:2] in _MANAGING else _KNOWN_BY
    return _Place(heard.mti, tuple((path, heard.get(path)) for path in known if heard.get(path)))


def _where(place: _Place, but: str = "") -> dict[str, Any]:
    texts = {path: [re.escape(text)] for path, text in place.texts if path != but}
    return {"mti": [place.mti], **texts}


def _said(alike: dict[_Place, list[Heard]], place: _Place, path: str) -> set[str]:
    """Return what is said at a path by all messages that are known by the same but for it."""
    rest = [each for each in place.texts if each[0] != path]
    return {
        heard.get(path)
        for messages in alike.values()
        for heard in messages
        if heard.mti == place.mti and all(heard.get(at) == text for at, text in rest)
    } - {""}


def _asked(told: Conversation) -> Iterator[Heard]:
    """Yield the requests, and the reversals that came of them."""
    for step in told.steps:
        yield step.asked
        if step.reversal is not None:
            yield step.reversal.asked


def _about(place: _Place, heard: Heard) -> str:
    amount = dict(place.texts).get("4", "")
    kind = "reversal" if heard.mti.startswith("04") else heard.transaction
    return f"{kind} of {int(amount) / FEN_A_YUAN:.2f}" if amount.isdecimal() else kind


def _requirement(number: str, en: str, name: str, check: dict[str, Any]) -> str:
    first = {"id": number, "area": "recorded", "en": f"{en}.", "zh": f"{en}（与记录一致）。"}
    return table("requirements", {**first, "source": f"the trace {name}", **check})


def _by_path(messages: list[Heard], volatile: Collection[str]) -> dict[str, list[Learnt]]:
    found: dict[str, list[Learnt]] = {}
    for each in messages:
        for part in learnt(each, volatile):
            found.setdefault(part.path, []).append(part)
    return found


def _wanted(found: list[Learnt]) -> dict[str, Any]:
    if all(each.text for each in found):
        return {"allowed": sorted({each.text for each in found})}
    return {"pattern": "|".join(sorted({each.pattern for each in found}))}


def _possible(heard: Heard) -> frozenset[int]:
    """Return the fields that a request of this kind may have."""
    return heard.found.presence.request_allows if heard.found is not None else frozenset()
