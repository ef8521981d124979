"""Frames without card data (messages/tokens): every length stays, so that all else stays in place.

Numbers and tracks get stand-ins; PIN blocks, keys, cryptograms and whatever the dialect calls
secret become zeros. Masks decide, and fail closed: what cannot be read is emptied whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, Field, Layout, Part
from messages.dialects.subfields import SubField, divide_one
from messages.errors import DecodeError
from messages.fast.plans import Plan
from messages.masking import HIDDEN, Mask, could_hold_pan, mask_numbers
from messages.tokens.chips import ChipCleaner
from messages.tokens.numbers import EXPIRY, Tokens
from messages.view import MOST_PLANS, View, viewer_of

_PAN: Final = 2
_EXPIRY: Final = 14
_TRACK_2: Final = 35
_SHORTEST: Final = 13
"""Digits of the shortest PAN: shorter open content cannot hold one."""
MOST_REMEMBERED: Final = 4_096
"""Contents of one field whose cleaned form is kept: cards, terminals and batches come again."""

Clean = Callable[[View, bytes, bytes], bytes]
"""Takes a message, and length prefix and content of one field; returns content as long."""
Step = tuple[Clean, int, int, int, int, int]
"""What to do, and where (messages/fast/plans.py): anchor, distance, prefix bytes; anchor, rest."""
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
        self._plans: dict[Plan, tuple[Step, ...]] = {}
        named = (number for number in (_PAN, _TRACK_2) if dialect.fields[number] is not None)
        self._card = self._viewer.select(*named)
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
        steps = self._plans.get(view.plan)
        if steps is None:
            steps = self._learnt(view.plan)
        pieces, at, data, anchors = [], 0, view.data, view.anchors
        for job, anchor, distance, prefix, last, rest in steps:
            begin = anchors[anchor] + distance
            start, end = begin + prefix, anchors[last] + rest
            pieces += [data[at:start], job(view, data[begin:start], data[start:end])]
            at = end
        pieces.append(data[at:])
        return self._swept(view, b"".join(pieces))

    def _learnt(self, plan: Plan) -> tuple[Step, ...]:
        """Return the steps of a kind of message, and keep them while there are not too many."""
        steps = []
        for number in plan.numbers:
            job = self._jobs.get(number)
            if job is not None:
                anchor, distance, last, rest = plan.places[number]
                prefix = plan.dialect.field(number).prefix_bytes
                steps.append((job, anchor, distance, prefix, last, rest))
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        found = self._plans[plan] = tuple(steps)
        return found

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
        return next((text.partition("=")[0] for text in self._card(view) if text), "")

    # ------------------------------------------------------------------- what a field needs

    def _job(self, field: Field) -> Clean | None:  # noqa: PLR0911 - a list of cases
        if field.mask is Mask.PAN:
            return self._texts(field, self._tokens.pan)
        if _is_track(field):
            return self._texts(field, self._tokens.track)
        if field.number == _EXPIRY:
            return self._texts(field, lambda text: EXPIRY if len(text) == len(EXPIRY) else None)
        if field.mask is Mask.SECRET:
            return lambda _, __, content: _emptied(field, content)
        if field.mask is Mask.BY_LAYOUT:
            return self._by_layout(field)
        if field.form == "mac" or field.limit < _SHORTEST:
            return None
        if field.is_fixed and field.type == "n":
            return None  # one number from end to end is what the dialect says it is
        return _remembering(lambda _, __, content: _netted(field, content))

    def _texts(self, field: Field, change: Callable[[str], str | None]) -> Clean:
        def clean(view: View, _: bytes, content: bytes) -> bytes:
            text = change(view.text(field.number))
            return _emptied(field, content) if text is None else _written(field, text, content)

        return _remembering(clean)

    def _by_layout(self, field: Field) -> Clean | None:
        layouts = self._dialect.layouts.get(field.number, ())
        if len(layouts) == 1 and layouts[0].kind == "ber-tlv" and not layouts[0].when:
            chips = ChipCleaner(layouts[0], self._tokens)
            return lambda _, __, content: chips.clean(content)
        cuts = tuple(self._cut(layout) for layout in layouts)
        if len(cuts) == 1 and not cuts[0].checks and cuts[0].longest(field) < _SHORTEST:
            return None
        return self._parted(field, cuts)

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

    def _parted(self, field: Field, cuts: tuple[_Cut, ...]) -> Clean:
        """Return what cleans part by part; what no layout divides is emptied."""
        cleaners = [(cut, self._cutting(field, cut)) for cut in cuts]

        def clean(view: View, prefix: bytes, content: bytes) -> bytes:
            for cut, within in cleaners:
                held = cut.holds(view)
                if held is None or (held and (cut.repeats or not cut.ends)):
                    return self._divided(field, view, content)
                if held:
                    return within(view, prefix, content)
            return _emptied(field, content)

        return clean

    def _cutting(self, field: Field, cut: _Cut) -> Clean:
        """Return what cleans a field by one layout, whose parts have their places."""

        def clean(view: View, _: bytes, content: bytes) -> bytes:
            text = view.text(field.number)
            if not text.isascii():
                return self._divided(field, view, content)
            pieces = self._pieces(cut.ends, text, 2 if field.form == "binary" else 1)
            cleaned = "".join(pieces)
            return content if cleaned == text else _written(field, cleaned, content)

        return _remembering(clean)

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
            parts = divide_one(self._dialect, number, texts, raws, view.mti)
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


def _remembering(clean: Clean) -> Clean:
    """Return the same for a field whose content alone decides; the last contents are kept."""
    known: dict[tuple[bytes, bytes], bytes] = {}

    def remembering(view: View, prefix: bytes, content: bytes) -> bytes:
        key = prefix, content
        found = known.get(key)
        if found is None:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            found = known[key] = clean(view, prefix, content)
        return found

    return remembering


def _is_track(field: Field) -> bool:
    return field.type == "z" or field.number in {35, 36, 45}


def _leaves(parts: tuple[SubField, ...]) -> Iterator[SubField]:
    for part in parts:
        if part.children:
            yield from _leaves(part.children)
        else:
            yield part


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
