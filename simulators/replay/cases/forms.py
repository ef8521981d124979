"""What a recorded message teaches of the next one (simulators/replay): a text, or only its form.

What changes from run to run, and what may not be shown, is learned by its form: how many digits or
characters. Nothing of a card stands in what is learned.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import msgspec

from messages.masking import mask_numbers
from simulators.conformance.hearing.heard import Heard, leaf_paths

_DIGITS: Final = "[0-9]"
_HEXADECIMAL: Final = "[0-9A-F]"
_ANY: Final = "."
_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Learnt(msgspec.Struct, frozen=True):
    """What should stand at a path: this text, or, where it is empty, this form."""

    path: str
    text: str
    pattern: str


def learnt(heard: Heard, volatile: Collection[str]) -> Iterator[Learnt]:
    """Yield what a message teaches, path by path; of `volatile` paths the form."""
    for number in sorted(heard.message.fields):
        paths = leaf_paths(heard, number) or [str(number)]
        for path in paths:
            text = heard.get(path)
            if str(number) in volatile or path in volatile or _is_secret(heard, path):
                yield Learnt(path, "", _form(heard, number, path))
            else:
                yield Learnt(path, text, re.escape(text))


def _is_secret(heard: Heard, path: str) -> bool:
    text = heard.get(path)
    return heard.shown(path) != text or mask_numbers(text) != text


def _form(heard: Heard, number: int, path: str) -> str:
    text, field = heard.get(path), heard.dialect.field(number)
    kind = _ANY
    if text.isdecimal() and text.isascii() and field.form != "mac" and field.unit == "digits":
        kind = _DIGITS
    elif text and re.fullmatch(f"{_HEXADECIMAL}+", text) and field.form in {"hex", "mac", "binary"}:
        kind = _HEXADECIMAL
    is_fixed = field.is_fixed and not heard.divisions.get(number) and bool(text)
    return f"{kind}{{{len(text)}}}" if is_fixed else f"{kind}*"


def inline(value: Any) -> str:  # noqa: ANN401 - any value of a TOML file
    """Return a value as TOML writes it in one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(name)} = {inline(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    return _quoted(value)


def table(name: str, values: dict[str, Any]) -> str:
    """Return one table of an array, `[[name]]`; what is empty is left out."""
    lines = [f"[[{name}]]"]
    lines += [f"{key} = {inline(value)}" for key, value in values.items() if value or value == 0]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if _BARE.match(name) else _quoted(name)


def _quoted(value: Any) -> str:  # noqa: ANN401 - text, number or truth
    """Return a value as JSON and TOML both write it; but for one character they are alike."""
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007F")
