"""What is inside a field: its content divided by the dialect's layouts.

For people and for checks, not for the hot path. Masks fail closed: what no layout names is
hidden, and so is every number that could be a PAN. `messages.dialects.compose` is the way back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, Field, Layout, Part, Tag, Words
from messages.dialects.tlv import Tlv, TlvError, parse_ber, parse_text
from messages.errors import DecodeError
from messages.masking import HIDDEN, Mask, could_hold_pan, mask_numbers, mask_text
from messages.values import mask_pan

UNKNOWN_TAG: Final = Tag(Words("unknown tag", "未知标签"), Mask.SECRET, {})
"""A tag that the dialect does not name may hold anything, so it is never shown."""
_LONG_BITMAP: Final = 32
"""Hexadecimal digits of a bitmap of 128 bits."""

Divisions = Mapping[int, tuple["SubField", ...]]


class SubField(msgspec.Struct, frozen=True, kw_only=True):
    """A part, or the value of a tag, of one field; `offset` and `size` in bytes of its content.

    `path` is `60.2`, `54[1].5` (a repeated group, counted from 1), `55.9F26`, `55.9F26[2]` (a
    repeated tag). `text` is digits, characters, or hexadecimal where it is binary, unmasked.
    """

    path: str
    name: str
    words: Words
    text: str
    mask: Mask
    meaning: Words | None
    children: tuple[SubField, ...]
    offset: int
    size: int

    @property
    def shown(self) -> str:
        """The text as it may leave the process, of the same length."""
        if self.children:
            return shown_whole(self.text, self.children)
        if self.mask is Mask.PAN:
            # Tag 5A fills an odd PAN up with F.
            digits = self.text.rstrip("F")
            return mask_pan(digits) + self.text[len(digits) :]
        return mask_text(self.text, self.mask)

    def __repr__(self) -> str:
        return f"SubField(path={self.path!r}, name={self.name!r}, mask={self.mask.value!r})"


# ------------------------------------------------------------------------------------- dividing


def divide(
    dialect: Dialect,
    fields: Mapping[int, str],
    raw: Mapping[int, bytes],
    mti: str,
    offsets: Mapping[int, int] | None = None,
) -> dict[int, tuple[SubField, ...]]:
    """Return the parts of every field that has a layout whose conditions hold.

    DecodeError names the part (`60.2`) and its byte; `offsets` says where the contents start
    (see `content_offsets`), without it offsets count from the start of the field's content.
    """
    return _Divider(dialect, fields, raw, mti, offsets or {}).all()


def divide_one(
    dialect: Dialect, number: int, fields: Mapping[int, str], raw: Mapping[int, bytes], mti: str
) -> tuple[SubField, ...]:
    """Return the parts of one field, as `divide` does; none where no layout of it holds."""
    return _Divider(dialect, fields, raw, mti, {}).one(number)


def content_offsets(
    dialect: Dialect, bitmap: str, raw: Mapping[int, bytes], base: int = 0
) -> dict[int, int]:
    """Return where each field's content starts, in bytes, for a message with its MTI at `base`."""
    digits = _LONG_BITMAP if len(bitmap) == _LONG_BITMAP else _LONG_BITMAP // 2
    at = base + (2 if dialect.mti_form == "bcd" else 4)
    at += digits if dialect.bitmap_form == "hex" else digits // 2
    found = {}
    for number in sorted(raw):
        at += dialect.field(number).prefix_bytes
        found[number] = at
        at += len(raw[number])
    return found


def lookup(divisions: Divisions, path: str) -> SubField | None:
    """Return the sub-field at `path`, None if the message has none."""
    number = re.match(r"[0-9]+", path)
    return _find(divisions.get(int(number[0]), ()), path) if number else None


def _find(parts: Sequence[SubField], path: str) -> SubField | None:
    for part in parts:
        if part.path == path:
            return part
        if path.startswith(f"{part.path}."):
            return _find(part.children, path)
    return None


def leaves(parts: Sequence[SubField]) -> Iterator[SubField]:
    """Yield the sub-fields that are not divided further, in order."""
    for part in parts:
        if part.children:
            yield from leaves(part.children)
        else:
            yield part


def texts_by_path(fields: Mapping[int, str], divisions: Divisions) -> dict[str, str]:
    """Return all texts of a message, unmasked, by path: `3`, `60.1`, `60.2.5`."""
    texts = {str(number): text for number, text in fields.items()}
    waiting = [part for parts in divisions.values() for part in parts]
    while waiting:
        part = waiting.pop()
        texts[part.path] = part.text
        waiting += part.children
    return texts


class _Divider:
    """Divides the fields of one message; a condition may ask for another field's part first."""

    def __init__(
        self,
        dialect: Dialect,
        fields: Mapping[int, str],
        raw: Mapping[int, bytes],
        mti: str,
        offsets: Mapping[int, int],
    ) -> None:
        self._dialect = dialect
        self._fields = fields
        self._raw = raw
        self._mti = mti
        self._offsets = offsets
        self._done: dict[int, tuple[SubField, ...]] = {}

    def all(self) -> dict[int, tuple[SubField, ...]]:
        try:
            for number in sorted(self._fields):
                self.one(number)
        except DecodeError as error:
            decoded = {"mti": self._mti, **texts_by_path(self._fields, {})}
            raise DecodeError(error.field, error.offset, error.reason, decoded) from None
        return {number: self._done[number] for number in sorted(self._done) if self._done[number]}

    def one(self, number: int) -> tuple[SubField, ...]:
        if number in self._done:
            return self._done[number]
        # A condition that comes back here, over other fields, finds nothing and does not hold.
        self._done[number] = ()
        for layout in self._dialect.layouts.get(number, ()):
            if all(self._text_at(path) in texts for path, texts in layout.when.items()):
                self._done[number] = self._by_layout(number, layout)
                break
        return self._done[number]

    def _text_at(self, path: str) -> str | None:
        if path == "mti":
            return self._mti
        number = int(path.partition(".")[0])
        if "." not in path or number not in self._fields:
            return self._fields.get(number)
        found = _find(self.one(number), path)
        return None if found is None else found.text

    def _by_layout(self, number: int, layout: Layout) -> tuple[SubField, ...]:
        field = self._dialect.field(number)
        content = _Content(field, self._fields[number], self._raw.get(number, b""))
        start = self._offsets.get(number, 0)
        if layout.kind == "parts":
            return _Parts(content, layout, start).all()
        try:
            if layout.kind == "ber-tlv":
                items = parse_ber(content.octets)
                return _ber_tags(items, str(number), layout.tags, _inherited(field.mask))
            items = parse_text(content.octets, layout.tag_size, layout.length_size)
        except TlvError as error:
            raise DecodeError(str(number), start + error.offset, error.reason) from None
        return _text_tags(items, layout, _inherited(field.mask))


class _Content:
    """A field's content in the units that a part's size counts: digits, bytes, hex characters."""

    def __init__(self, field: Field, text: str, raw: bytes) -> None:
        self.field = field
        self._text = text
        self._raw = raw
        self._is_binary = field.form == "binary"
        # GBK characters have two bytes, and sizes count bytes.
        self._by_bytes = self._is_binary or (field.form == "text" and not text.isascii())
        self.size = len(raw) if self._by_bytes else len(text)

    @property
    def octets(self) -> bytes:
        """The bytes that a TLV is read from."""
        return bytes.fromhex(self._text) if self.field.form == "hex" else self._raw

    def text(self, place: slice) -> str:
        """Return the units at `place`; UnicodeDecodeError if that cuts a character."""
        if not self._by_bytes:
            return self._text[place]
        content = self._raw[place]
        return content.hex().upper() if self._is_binary else content.decode(self.field.charset)

    def byte(self, unit: int) -> int:
        """Return the byte of the content in which a unit stands."""
        if self.field.form != "bcd":
            return unit
        padded = self.field.pad_left and len(self._text) % 2 == 1
        return (unit + padded) // 2

    def guarded(self, mask: Mask, text: str, place: slice) -> Mask:
        """Return the mask of the units at `place`, whose text is `text`: never open over a PAN."""
        if self.field.form in {"text", "bcd"}:
            return _guarded(mask, text)
        return _guarded_octets(mask, self._raw[place] if self._is_binary else self.octets)

    def could_hold_pan(self) -> bool:
        """Tell whether the content as a whole holds what could be a PAN."""
        if self.field.form in {"text", "bcd"}:
            return mask_numbers(self._text) != self._text
        return could_hold_pan(self.octets)

    def units(self, count: int) -> str:
        """Return a number of units in words."""
        name = "digit" if self.field.form == "bcd" else "character"
        name = "byte" if self._by_bytes else name
        return f"{count} {name}{'' if count == 1 else 's'}"


class _Parts:
    """Divides one content by a layout of parts."""

    def __init__(self, content: _Content, layout: Layout, start: int) -> None:
        self._content = content
        self._layout = layout
        self._start = start
        self._number = str(layout.field)
        self._codes: list[bool] = []
        """For each open part that has a list of codes: whether its text is one of them."""

    def all(self) -> tuple[SubField, ...]:
        """Return the parts; all of them hidden where they may be a PAN cut into pieces.

        Parts with right codes prove that the layout fits. Where one is wrong, what stands here may
        be something else; a text without any code is judged like free text. Digits without codes
        (DE 61) are traces and dates: there a number in one piece would be chance.
        """
        found = self._divided()
        unproved = not all(self._codes) or not (self._codes or self._content.field.type == "n")
        if unproved and self._content.could_hold_pan():
            return tuple(map(_hidden, found))
        return found

    def _divided(self) -> tuple[SubField, ...]:
        content, layout = self._content, self._layout
        mask = _inherited(content.field.mask)
        repeat_from = layout.repeat_from
        once = layout.parts if repeat_from is None else layout.parts[:repeat_from]
        found, at = self._run(once, self._number, 0, mask)
        if repeat_from is not None:
            group, count = layout.parts[repeat_from:], 0
            size = sum(part.size for part in group)
            while at < content.size:
                count += 1
                prefix = f"{self._number}[{count}]"
                if at + size > content.size:
                    left = content.units(content.size - at)
                    raise self._error(prefix, at, f"a group of {size} has only {left}")
                more, at = self._run(group, prefix, at, mask)
                found += more
        if at < content.size:
            left = content.units(content.size - at)
            raise self._error(self._number, at, f"{left} after the last part")
        return tuple(found)

    def _run(
        self, parts: Sequence[Part], prefix: str, at: int, above: Mask
    ) -> tuple[list[SubField], int]:
        """Return the sub-fields from unit `at` on, and where they end: maybe before the last."""
        found = []
        for part in parts:
            if at >= self._content.size:
                break
            stop = at + part.size if part.size else self._content.size
            found.append(self._one(part, prefix, slice(at, stop), above))
            at = stop
        return found, at

    def _one(self, part: Part, prefix: str, place: slice, above: Mask) -> SubField:
        content, at = self._content, place.start
        path = prefix + part.path[len(self._number) :]
        if place.stop > content.size:
            left = content.units(content.size - at)
            raise self._error(path, at, f"ends after {left} of {part.size}")
        try:
            text = content.text(place)
        except UnicodeDecodeError:
            raise self._error(path, at, "its size cuts a character in two") from None
        mask = part.mask if above is Mask.OPEN else above
        children, _ = self._run(part.parts, prefix, at, _inherited(mask))
        if not children:
            mask = content.guarded(mask, text, place)
        if mask is Mask.OPEN and not children and part.values:
            self._codes.append(text in part.values)
        offset = content.byte(at)
        return SubField(
            path=path,
            name=part.name,
            words=part.words,
            text=text,
            mask=mask,
            meaning=part.values.get(text) if mask is Mask.OPEN else None,
            children=tuple(children),
            offset=offset,
            size=content.byte(place.stop - 1) + 1 - offset,
        )

    def _error(self, path: str, at: int, reason: str) -> DecodeError:
        return DecodeError(path, self._start + self._content.byte(at), reason)


def _inherited(above: Mask) -> Mask:
    """Return the mask that a part gets from what it stands in, OPEN where its own one counts."""
    return Mask.OPEN if above in {Mask.OPEN, Mask.BY_LAYOUT} else Mask.SECRET


def _guarded(mask: Mask, text: str) -> Mask:
    """Return the mask of an open text that holds what could be a PAN: never open."""
    if mask is not Mask.OPEN or mask_numbers(text) == text:
        return mask
    return Mask.PAN if text.isdigit() else Mask.SECRET


def _guarded_octets(mask: Mask, content: bytes) -> Mask:
    """Return the mask of open bytes that hold what could be a PAN: secret."""
    return Mask.SECRET if mask is Mask.OPEN and could_hold_pan(content) else mask


def _hidden(part: SubField) -> SubField:
    children = tuple(map(_hidden, part.children))
    return msgspec.structs.replace(part, mask=Mask.SECRET, meaning=None, children=children)


def _ber_tags(
    items: Sequence[Tlv], prefix: str, tags: Mapping[str, Tag], above: Mask
) -> tuple[SubField, ...]:
    found = []
    seen: dict[str, int] = {}
    for item in items:
        if item.is_filler:
            continue
        tag = tags.get(item.tag, UNKNOWN_TAG)
        mask = tag.mask if above is Mask.OPEN else above
        # What should be divided and cannot be is hidden, whatever its tag says.
        mask = Mask.SECRET if item.opaque else mask
        if not item.children:
            mask = _guarded_octets(mask, item.value)
        path = _tag_path(prefix, item.tag, seen)
        children = _ber_tags(item.children, path, tags, _inherited(mask))
        part = _tag_value(item, path, tag, mask, item.value.hex().upper())
        found.append(msgspec.structs.replace(part, children=children))
    return tuple(found)


def _text_tags(items: Sequence[Tlv], layout: Layout, above: Mask) -> tuple[SubField, ...]:
    found = []
    seen: dict[str, int] = {}
    for item in items:
        tag = layout.tags.get(item.tag, UNKNOWN_TAG)
        try:
            text = item.value.decode(layout.charset)
        except UnicodeDecodeError:
            text = item.value.hex().upper()
        mask = _guarded_octets(
            _guarded(tag.mask if above is Mask.OPEN else above, text), item.value
        )
        path = _tag_path(str(layout.field), item.tag, seen)
        found.append(_tag_value(item, path, tag, mask, text))
    return tuple(found)


def _tag_path(prefix: str, tag: str, seen: dict[str, int]) -> str:
    seen[tag] = seen.get(tag, 0) + 1
    return f"{prefix}.{tag}" if seen[tag] == 1 else f"{prefix}.{tag}[{seen[tag]}]"


def _tag_value(item: Tlv, path: str, tag: Tag, mask: Mask, text: str) -> SubField:
    return SubField(
        path=path,
        name=item.tag,
        words=tag.words,
        text=text,
        mask=mask,
        meaning=tag.values.get(text) if mask is Mask.OPEN else None,
        children=(),
        offset=item.offset,
        size=len(item.value),
    )


def shown_whole(text: str, parts: Sequence[SubField]) -> str:
    """Return a divided text: whole if every leaf is open, else of its parts' masked texts."""
    if all(leaf.mask is Mask.OPEN for leaf in leaves(parts)):
        return text
    joined = "".join(part.shown for part in parts)
    # Tags and lengths stand between the values of a TLV: those cannot be put back in place.
    return joined if len(joined) == len(text) else HIDDEN * len(text)
