"""What a message is, and what is odd about it: transaction rules and findings (messages/dialects).

The rules are those of the dialect file (`[[transactions]]`, `[presence]`). A finding is a remark
for a person: it never stops a message from being read, and it never quotes a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from messages.codec import Message
from messages.dialects.dialect import Dialect, Presence, TransactionRule, Words
from messages.values import response_mti

Direction = Literal["request", "response", "reversal", "reversal response"]
_REVERSALS: Final = ("reversal", "reversal response")
_PLAIN: Final = re.compile(r"[0-9A-Za-z ]*\Z")
"""What an `an` field may hold; the space fills it up to its length."""


class Classification(msgspec.Struct, frozen=True):
    """The transaction that a message belongs to, and which of its four messages it is."""

    rule: TransactionRule
    direction: Direction

    @property
    def presence(self) -> Presence:
        """The field lists that hold for this message."""
        if self.direction in _REVERSALS and self.rule.reversal is not None:
            return self.rule.reversal
        return self.rule.presence

    @property
    def is_response(self) -> bool:
        """Whether the message is an answer."""
        return self.direction.endswith("response")


class Finding(msgspec.Struct, frozen=True):
    """One remark: the path of a field (`mti`, `38`) and what is odd, in both languages."""

    field: str
    words: Words


def classify(dialect: Dialect, mti: str, values: Mapping[str, str]) -> Classification | None:
    """Return the transaction of a message, None if the dialect has none that fits.

    `values` holds texts by path (`3`, `60.1`), unmasked. A request has every value that its rule
    matches on; another message may leave some out, and then the rule with most of them fits.
    The MTI in DE 90 tells reversals apart. Two rules that fit equally well are no answer.
    """
    origin = _unrepeated(mti)
    values = {**values, "mti": origin}
    original = values.get("90", "")[:4]
    best: list[Classification] = []
    most = -1
    for rule in dialect.transactions:
        direction = _direction(rule, origin)
        if direction is None or (direction in _REVERSALS and original not in {"", rule.mti}):
            continue
        known = {path: values[path] for path in rule.match if path in values}
        if any(text not in rule.match[path] for path, text in known.items()):
            continue
        if direction == "request" and len(known) < len(rule.match):
            continue
        if len(known) > most:
            best, most = [], len(known)
        if len(known) == most:
            best.append(Classification(rule, direction))
    return best[0] if len(best) == 1 else None


def _unrepeated(mti: str) -> str:
    """Return the MTI of the first sending: a repeat (0421) is classified as its original."""
    return f"{mti[:3]}{int(mti[3]) & ~1}"


def _direction(rule: TransactionRule, mti: str) -> Direction | None:
    if mti == rule.mti:
        return "request"
    if mti == response_mti(rule.mti):
        return "response"
    if rule.reversal_mti is not None:
        if mti == rule.reversal_mti:
            return "reversal"
        if mti == response_mti(rule.reversal_mti):
            return "reversal response"
    return None


def findings(
    dialect: Dialect, message: Message, found: Classification | None
) -> tuple[Finding, ...]:
    """Return the remarks about a message, by field: what its transaction asks, then its contents.

    `found` is what `classify` said.
    """
    remarks: list[Finding] = []
    if found is None:
        words = Words("no transaction of this dialect fits the message", "没有与之相符的交易")
        remarks.append(Finding("mti", words))
    else:
        remarks += _against_presence(found, message)
    remarks += _about_contents(dialect, message)
    return tuple(sorted(remarks, key=_place))


def _place(remark: Finding) -> int:
    return int(remark.field) if remark.field.isdigit() else 0


def _against_presence(found: Classification, message: Message) -> Iterator[Finding]:
    presence = found.presence
    needs, allows = presence.request_needs, presence.request_allows
    if found.is_response:
        needs, allows = presence.response_needs, presence.response_allows
    name = found.rule.words
    kind, kind_zh = _KINDS[found.direction]
    for number in sorted(needs - message.fields.keys()):
        words = Words(f"missing: {kind} of {name.en} needs it", f"缺少：{name.zh}{kind_zh}必须有")
        yield Finding(str(number), words)
    for number in sorted(message.fields.keys() - allows):
        words = Words(
            f"unexpected: {kind} of {name.en} does not have it", f"多余：{name.zh}{kind_zh}不应有"
        )
        yield Finding(str(number), words)
    for number, others in presence.together.items():
        if number not in message.fields:
            continue
        for other in others:
            if other not in message.fields and other in allows:
                words = Words(
                    f"missing: it goes with field {number}", f"缺少：应与域{number}同时出现"
                )
                yield Finding(str(other), words)


_KINDS: Final[Mapping[Direction, tuple[str, str]]] = {
    "request": ("a request", "请求"),
    "response": ("a response", "应答"),
    "reversal": ("a reversal", "冲正请求"),
    "reversal response": ("a reversal response", "冲正应答"),
}


def _about_contents(dialect: Dialect, message: Message) -> Iterator[Finding]:
    for number, text in message.fields.items():
        if dialect.field(number).type == "an" and not _PLAIN.match(text):
            words = Words(
                "holds other characters than letters, digits and spaces",
                "含有字母、数字、空格以外的字符",
            )
            yield Finding(str(number), words)
    for number in message.odd_pads:
        words = Words(
            "the pad nibble is not the usual one; it is ignored", "填充半字节不合惯例，已忽略"
        )
        yield Finding(str(number), words)
