"""Frames without card data (messages/tokens): every length stays, so that all else stays in place.

Numbers and tracks get stand-ins; PIN blocks, keys, cryptograms and whatever the dialect calls
secret become zeros. Masks decide, and fail closed: what cannot be read is emptied whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, Field, Layout, Part
from messages.dialects.subfields import SubField, divide
from messages.dialects.tlv import Tlv, TlvError, parse_ber
from messages.errors import DecodeError
from messages.masking import HIDDEN, Mask, could_hold_pan, mask_numbers
from messages.tokens.numbers import EXPIRY, Tokens
from messages.view import View, viewer_of

_PAN: Final = 2
_EXPIRY: Final = 14
_TRACK_2: Final = 35
_SHORTEST: Final = 13
"""Digits of the shortest PAN: shorter open content cannot hold one."""
_CRYPTOGRAMS: Final = frozenset({"9F26", "91", "71", "72"})
"""Emptied whatever their mask: the card's cryptogram, the issuer's, and its scripts."""
_TRACK_TAG: Final = "57"
_PAN_TAG: Final = "5A"

Clean = Callable[[View, bytes], bytes]
"""Takes a message and one content of it; returns content of the same length."""


Ask = Callable[[View], str | None]
"""Reads what a condition asks for; None where the message does not have it."""


class _Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A layout made ready: its conditions, and its parts where they have fixed places."""

    checks: tuple[tuple[Ask | None, frozenset[str]], ...]
    ends: tuple[Part, ...]
    repeats: bool

    def holds(self, view: View) -> bool | None:
        """Tell whether the layout is the message's; None where only a division can tell."""
        for ask, allowed in self.checks:
            if ask is None:
                return None
            if ask(view) not in allowed:
                return False
        return True

    def longest(self, field: Field) -> int:
        """Return the characters of the longest part; as many as no field has, if one is hidden."""
        if not self.ends or any(part.mask is not Mask.OPEN for part in self.ends):
            return field.limit + _SHORTEST
        fixed = sum(part.size for part in self.ends)
        return max(part.size or field.limit - fixed for part in self.ends)


class Cleaned(msgspec.Struct, frozen=True):
    """A frame that may be kept; `reason` says why it was emptied, where it had to be."""

    frame: bytes
    reason: str = ""


class Cleaner:
    """Cleans frames of one dialect under one recording key."""

    def __init__(self, dialect: Dialect, tokens: Tokens) -> None:
        """Decide once, field by field, what is to be done."""
        self._dialect = dialect
        self._tokens = tokens
        self._base = dialect.frame.head_size
        self._viewer = viewer_of(dialect)
        self._jobs: dict[int, Clean] = {}
        for field in dialect.fields:
            job = None if field is None else self._job(field)
            if field is not None and job is not None:
                self._jobs[field.number] = job

    def clean(self, frame: bytes) -> Cleaned:
        """Return a frame, given without its length prefix, as it may be kept."""
        base = self._base
        try:
            view = self._viewer.index(frame, base)
            whole = self._whole(view)
        except DecodeError as error:
            emptied = frame[:base] + bytes(max(0, len(frame) - base))
            return Cleaned(emptied, f"unreadable: field {error.field}: {error.reason}")
        return Cleaned(whole)

    def _whole(self, view: View) -> bytes:
        jobs, pieces, at, data = self._jobs, [], 0, view.data
        for number in view.numbers:
            job = jobs.get(number)
            if job is not None:
                start, end = view.span(number)
                pieces += [data[at:start], job(view, data[start:end])]
                at = end
        pieces.append(data[at:])
        return self._swept(view, b"".join(pieces))

    def _swept(self, view: View, cleaned: bytes) -> bytes:
        """Replace the message's own card number wherever else it stands, in every form."""
        pan = self._own_pan(view)
        if len(pan) < _SHORTEST:
            return cleaned
        token = self._tokens.pan(pan)
        digits = cleaned.hex()
        if pan in digits:
            cleaned = bytes.fromhex(digits.replace(pan, token))
        return cleaned.replace(pan.encode("ascii"), token.encode("ascii"))

    def _own_pan(self, view: View) -> str:
        """Return the number of the card that a message is about, empty where it names none."""
        if view.has(_PAN):
            return view.text(_PAN)
        if view.has(_TRACK_2):
            return view.text(_TRACK_2).partition("=")[0]
        return ""

    # ------------------------------------------------------------------- what a field needs

    def _job(self, field: Field) -> Clean | None:  # noqa: PLR0911 - a list of cases
        if field.mask is Mask.PAN:
            return self._texts(field, self._tokens.pan)
        if _is_track(field):
            return self._texts(field, self._tokens.track)
        if field.number == _EXPIRY:
            return self._texts(field, lambda text: EXPIRY if len(text) == len(EXPIRY) else None)
        if field.mask is Mask.SECRET:
            return lambda _, content: _emptied(field, content)
        if field.mask is Mask.BY_LAYOUT:
            return self._by_layout(field)
        if field.form == "mac" or field.limit < _SHORTEST:
            return None
        if field.is_fixed and field.type == "n":
            return None  # one number from end to end is what the dialect says it is
        return lambda _, content: _netted(field, content)

    def _texts(self, field: Field, change: Callable[[str], str | None]) -> Clean:
        def clean(view: View, content: bytes) -> bytes:
            text = change(view.text(field.number))
            return _emptied(field, content) if text is None else _written(field, text, content)

        return clean

    def _by_layout(self, field: Field) -> Clean | None:
        layouts = self._dialect.layouts.get(field.number, ())
        if len(layouts) == 1 and layouts[0].kind == "ber-tlv" and not layouts[0].when:
            return lambda _, content: self._tagged(content, layouts[0])
        cuts = tuple(self._cut(layout) for layout in layouts)
        if len(cuts) == 1 and not cuts[0].checks and cuts[0].longest(field) < _SHORTEST:
            return None
        return lambda view, content: self._parted(field, cuts, view, content)

    def _cut(self, layout: Layout) -> _Cut:
        checks = tuple(
            (self._asker(path), frozenset(allowed)) for path, allowed in layout.when.items()
        )
        ends = tuple(_ends(layout.parts)) if layout.kind == "parts" else ()
        return _Cut(checks=checks, ends=ends, repeats=layout.repeat_from is not None)

    def _asker(self, path: str) -> Ask | None:
        """Return what reads a path of a condition; None for one whose place is not fixed."""
        if path == "mti":
            return lambda view: view.mti
        try:
            select = self._viewer.select(path if "." in path else int(path))
        except ValueError:
            return None
        return lambda view: select(view)[0]

    # ----------------------------------------------------------------------- within a field

    def _tagged(self, content: bytes, layout: Layout) -> bytes:
        try:
            items = list(_primitive(parse_ber(content)))
        except TlvError:
            return bytes(len(content))
        changed = bytearray(content)
        for item in items:
            known = layout.tags.get(item.tag)
            is_secret = known is None or known.mask is not Mask.OPEN or item.tag in _CRYPTOGRAMS
            if item.tag in {_TRACK_TAG, _PAN_TAG}:
                value = self._packed(item)
            elif is_secret or (len(item.value) > _SHORTEST // 2 and could_hold_pan(item.value)):
                value = bytes(len(item.value))
            else:
                continue
            changed[item.offset : item.offset + len(item.value)] = value
        return bytes(changed)

    def _packed(self, item: Tlv) -> bytes:
        """Return the stand-in of a PAN or track in chip data, whose odd digit is filled with F."""
        digits = item.value.hex().upper()
        text = digits.rstrip("F")
        if item.tag == _PAN_TAG:
            token = self._tokens.pan(text) if text.isdigit() else None
        else:
            token = self._tokens.track(text)
        whole = "0" * len(digits) if token is None else token + digits[len(text) :]
        return bytes.fromhex(whole) if len(whole) == len(digits) else bytes(len(item.value))

    def _parted(self, field: Field, cuts: tuple[_Cut, ...], view: View, content: bytes) -> bytes:
        """Clean part by part; what no layout divides is emptied."""
        text = view.text(field.number)
        if not text.isascii():
            return self._divided(field, view, content)
        for cut in cuts:
            held = cut.holds(view)
            if held is None or (held and (cut.repeats or not cut.ends)):
                return self._divided(field, view, content)
            if held:
                pieces = self._pieces(cut.ends, text, 2 if field.form == "binary" else 1)
                cleaned = "".join(pieces)
                if cleaned == text:
                    return content
                return _written(field, cleaned, content)
        return _emptied(field, content)

    def _pieces(self, ends: tuple[Part, ...], text: str, unit: int) -> Iterator[str]:
        at = 0
        for part in ends:
            stop = at + part.size * unit if part.size else len(text)
            piece = text[at:stop]
            at = stop
            if part.mask is Mask.OPEN and len(piece) < _SHORTEST:
                yield piece
            else:
                yield self._part(part.name, part.mask, piece)
        yield "0" * (len(text) - at)

    def _divided(self, field: Field, view: View, content: bytes) -> bytes:
        """Clean part by part; a field that no layout divides is emptied."""
        number = field.number
        texts = {each: view.text(each) for each in view.numbers}
        raws = {each: view.raw(each) for each in view.numbers}
        try:
            parts = divide(self._dialect, texts, raws, view.mti).get(number, ())
        except DecodeError:
            parts = ()
        found = list(_leaves(parts))
        if not found:
            return _emptied(field, content)
        text = "".join(self._part(leaf.name, leaf.mask, leaf.text) for leaf in found)
        if len(text) == len(texts[number]):
            return _written(field, text, content)
        changed = bytearray(content)
        for leaf in found:
            if leaf.mask is not Mask.OPEN or mask_numbers(leaf.text) != leaf.text:
                # The text of binary content is twice as long.
                is_text = len(leaf.text) != 2 * leaf.size
                zeros = b"0" * leaf.size if is_text else bytes(leaf.size)
                changed[leaf.offset : leaf.offset + leaf.size] = zeros
        return bytes(changed)

    def _part(self, name: str, mask: Mask, text: str) -> str:
        if mask is Mask.OPEN:
            return _netted_text(text)
        digits = text.lstrip("0")
        if name == "pan" and len(digits) >= _SHORTEST and digits.isdigit():
            return text[: -len(digits)] + self._tokens.pan(digits)
        return "0" * len(text)


def _is_track(field: Field) -> bool:
    return field.type == "z" or field.number in {35, 36, 45}


def _leaves(parts: tuple[SubField, ...]) -> Iterator[SubField]:
    for part in parts:
        if part.children:
            yield from _leaves(part.children)
        else:
            yield part


def _primitive(items: tuple[Tlv, ...]) -> Iterator[Tlv]:
    """Yield the tags that hold no others; a cryptogram's template counts as one."""
    for item in items:
        if item.children and item.tag not in _CRYPTOGRAMS:
            yield from _primitive(item.children)
        elif not item.is_filler:
            yield item


def _ends(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        if part.parts:
            yield from _ends(part.parts)
        else:
            yield part


def _written(field: Field, text: str, content: bytes) -> bytes:
    try:
        written, _ = field.write(text)
    except ValueError:
        return _emptied(field, content)
    return written if len(written) == len(content) else _emptied(field, content)


def _emptied(field: Field, content: bytes) -> bytes:
    return _zeros(field, len(content))


def _zeros(field: Field, size: int) -> bytes:
    return b"0" * size if field.form in {"text", "hex", "mac"} else bytes(size)


def _netted(field: Field, content: bytes) -> bytes:
    """Empty content that could hold a PAN, unless it is one fixed number."""
    if field.form == "text":
        if field.is_fixed and content.isdigit():
            return content
        text = content.decode("latin-1")
        netted = _netted_text(text)
        return content if netted is text else netted.encode("latin-1")
    return _emptied(field, content) if could_hold_pan(content) else content


def _netted_text(text: str) -> str:
    masked = mask_numbers(text)
    if masked == text:
        return text
    # A masked number keeps its first six and last four, as its stand-in would.
    return masked.replace(HIDDEN, "0")
