"""A decoded message as tables for people (switch/cli): heads, fields, sub-fields, findings.

One line for a field or part: place, value, and its name with the meaning in two languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import RenderableType
from rich.table import Table

from messages.dialects.dialect import Words
from messages.dialects.subfields import SubField
from messages.values import Amount, Mti
from switch.cli.drawing import drawn, plain, table
from switch.cli.messages.diff import Difference
from switch.cli.messages.reading import Reading
from switch.cli.messages.record import shown, shown_part

_CLASSES: Final = {
    1: Words("authorisation", "授权"),
    2: Words("financial", "金融"),
    3: Words("file action", "文件更新"),
    4: Words("reversal", "冲正"),
    5: Words("settlement", "对账"),
    6: Words("administrative", "管理"),
    7: Words("fee collection", "费用"),
    8: Words("network management", "网络管理"),
}
_FUNCTIONS: Final = {
    0: Words("request", "请求"),
    1: Words("response", "应答"),
    2: Words("advice", "通知"),
    3: Words("advice response", "通知应答"),
    4: Words("notification", "告知"),
}
_DIRECTIONS: Final = {
    "request": Words("request", "请求"),
    "response": Words("response", "应答"),
    "reversal": Words("reversal", "冲正"),
    "reversal response": Words("reversal response", "冲正应答"),
}
_LONG: Final = 32
"""Characters of a divided value from which on only its parts are shown."""
_AMOUNT: Final = 4
_AMOUNT_DIGITS: Final = 12
_RESPONSE_CODE: Final = 39


def message_table(reading: Reading, reveal: bool) -> str:
    """Return everything about a message, masked unless `reveal`."""
    return drawn(*_parts(reading, reveal=reveal))


def both(words: Words) -> str:
    """Return the two languages side by side, once where they are the same."""
    return words.en if words.en == words.zh else f"{words.en} {words.zh}"


def _parts(reading: Reading, *, reveal: bool) -> Iterator[RenderableType]:
    yield plain(_headline(reading), "bold")
    yield plain(f"dialect {reading.dialect.name}{_why(reading)}")
    yield ""
    if reading.heads:
        yield _heads(reading)
        yield ""
    yield _fields(reading, reveal=reveal)
    yield ""
    yield from _findings(reading)


def _why(reading: Reading) -> str:
    return f" ({reading.detected})" if reading.detected else ""


def _headline(reading: Reading) -> str:
    return f"{reading.message.mti} {both(mti_words(reading.message.mti))}: {_transaction(reading)}"


def mti_words(text: str) -> Words:
    """Return what an MTI says: class, function, and whether it is a repeat."""
    mti = Mti(text)
    kind = _CLASSES.get(mti.message_class, Words("reserved class", "保留类"))
    function = _FUNCTIONS.get(mti.function, Words("reserved function", "保留功能"))
    again = Words(", repeated", "（重发）") if mti.is_repeat else Words("", "")
    return Words(f"{kind.en} {function.en}{again.en}", f"{kind.zh}{function.zh}{again.zh}")


def _transaction(reading: Reading) -> str:
    if reading.found is None:
        return "no known transaction 未知交易"
    name, direction = reading.found.rule.words, _DIRECTIONS[reading.found.direction]
    return f"{name.en}, {direction.en} {name.zh}{direction.zh}"


def _heads(reading: Reading) -> Table:
    made = table("head", "value", "meaning")
    for head, parts in reading.head_parts.items():
        words = {h.name: h for h in reading.dialect.frame.heads}[head]
        for part in words.parts:
            text = parts[part.name]
            meaning = part.values.get(text)
            named = _named(part.words, both(meaning) if meaning else "")
            made.add_row(head, plain(text), plain(named))
    return made


def _fields(reading: Reading, *, reveal: bool) -> Table:
    made = table("field", "value", "meaning")
    message = reading.message
    texts, _ = shown(reading, reveal=reveal)
    for number in message.fields:
        field = reading.dialect.field(number)
        parts = reading.divisions.get(number, ())
        value = texts[number]
        if parts and len(value) > _LONG:
            value = f"{len(message.raw[number])} bytes"
        meaning = _meaning(reading, number)
        made.add_row(str(number), plain(value), plain(_named(field.words, meaning)))
        _sub_fields(made, parts, reveal=reveal, depth=1)
    return made


def _sub_fields(made: Table, parts: Sequence[SubField], *, reveal: bool, depth: int) -> None:
    for part in parts:
        made.add_row(
            plain("  " * depth + part.path),
            plain(shown_part(part, reveal=reveal)),
            plain(_named(part.words, both(part.meaning) if part.meaning else "")),
        )
        _sub_fields(made, part.children, reveal=reveal, depth=depth + 1)


def _named(words: Words, meaning: str) -> str:
    return f"{both(words)}: {meaning}" if meaning else both(words)


def _meaning(reading: Reading, number: int) -> str:
    text = reading.message.fields[number]
    field = reading.dialect.field(number)
    if number == _AMOUNT and len(text) == _AMOUNT_DIGITS and text.isdecimal():
        return str(Amount.from_de4(text))
    if number == _RESPONSE_CODE and Mti(reading.message.mti).is_response:
        return both(reading.dialect.response(text).words)
    words = field.values.get(text)
    return both(words) if words else ""


def _findings(reading: Reading) -> Iterator[RenderableType]:
    if not reading.findings:
        yield plain("nothing odd 未见异常")
        return
    made = table("field", "finding")
    for finding in reading.findings:
        made.add_row(finding.field, plain(both(finding.words)))
    yield made


def difference_table(differences: Sequence[Difference]) -> str:
    """Return where two messages differ; a dash stands for what a message lacks."""
    made = table("field", "name", "left", "right")
    for each in differences:
        left, right = (plain("-" if side is None else side) for side in (each.left, each.right))
        made.add_row(each.field, plain(both(each.words)), left, right)
    return drawn(made)
