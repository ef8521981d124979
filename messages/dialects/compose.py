"""The text of a field from the texts of its parts: layouts the other way round.

For the encoder and the simulators; `messages.dialects.subfields` divides what this composes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from messages.dialects.dialect import Dialect, Field, Layout, Part
from messages.dialects.tlv import TlvError, ber_item, encode_ber, encode_text, text_item
from messages.errors import EncodeError


def compose(
    dialect: Dialect, number: int, values: Mapping[str, str], layout: str | None = None
) -> str:
    """Return the text of a field from the texts of its parts: `{"60.1": "70", "60.2": "000002"}`.

    Of several layouts, the first that has all the paths is used, or the one with id `layout`.
    EncodeError names the part that is missing, unknown or of another size.
    """
    field = dialect.field(number)
    for candidate in dialect.layouts.get(number, ()):
        if layout in {None, candidate.id} and _knows(candidate, values):
            if candidate.kind == "parts":
                return _compose_parts(field, candidate, values)
            return _compose_tags(field, candidate, values)
    raise EncodeError(str(number), "no layout has these parts")


def _knows(layout: Layout, values: Mapping[str, str]) -> bool:
    if layout.kind != "parts":
        return all(path.partition(".")[2] in layout.tags for path in values)
    known, waiting = set(), list(layout.parts)
    while waiting:
        part = waiting.pop()
        known.add(part.path)
        waiting += part.parts
    return all(re.sub(r"\[[0-9]+\]", "", path, count=1) in known for path in values)


def _compose_parts(field: Field, layout: Layout, values: Mapping[str, str]) -> str:
    left = dict(values)
    number = str(layout.field)
    repeat_from = len(layout.parts) if layout.repeat_from is None else layout.repeat_from
    text = _compose_run(field, layout.parts[:repeat_from], number, left)
    count = 1
    while left and any(path.startswith(f"{number}[{count}].") for path in left):
        group = layout.parts[repeat_from:]
        more = _compose_run(field, group, f"{number}[{count}]", left)
        if _units(field, more) != sum(part.size for part in group):
            raise EncodeError(f"{number}[{count}]", "lacks the last of its parts")
        text += more
        count += 1
    if left:
        raise EncodeError(min(left), "has no place in this layout")
    return text


def _compose_run(field: Field, parts: Sequence[Part], prefix: str, left: dict[str, str]) -> str:
    """Return the joined texts of `parts`, taken out of `left`; the last ones may be missing."""
    texts = []
    gap = None
    for part in parts:
        path = prefix + part.path[len(str(field.number)) :]
        text = left.pop(path, None) or _compose_run(field, part.parts, prefix, left)
        if not text:
            gap = gap or path
            continue
        if gap is not None:
            raise EncodeError(gap, "is missing before a part that is given")
        if part.size and _units(field, text) != part.size:
            raise EncodeError(path, f"has {_units(field, text)} units, not {part.size}")
        texts.append(text)
    return "".join(texts)


def _units(field: Field, text: str) -> int:
    if field.form == "binary":
        return len(text) // 2
    return len(text.encode(field.charset, "replace")) if field.form == "text" else len(text)


def _compose_tags(field: Field, layout: Layout, values: Mapping[str, str]) -> str:
    items = []
    for path, text in values.items():
        tag = path.partition(".")[2]
        try:
            if layout.kind == "ber-tlv":
                items.append(ber_item(tag, bytes.fromhex(text)))
            else:
                items.append(text_item(tag, text.encode(layout.charset), layout.length_size))
        except UnicodeEncodeError:
            reason = f"holds a character that {layout.charset.upper()} does not have"
            raise EncodeError(path, reason) from None
        except TlvError as error:
            raise EncodeError(path, error.reason) from None
        except ValueError:
            raise EncodeError(path, "is not pairs of hexadecimal digits") from None
    content = encode_ber(items) if layout.kind == "ber-tlv" else encode_text(items)
    if field.form != "text":
        return content.hex().upper()
    try:
        return content.decode(field.charset)
    except UnicodeDecodeError:
        reason = f"holds a character that {field.charset.upper()} does not have"
        raise EncodeError(str(field.number), reason) from None
