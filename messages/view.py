"""The fast path: a message known by the offsets of its fields, read and patched without decoding.

A `Viewer` belongs to one dialect and keeps the code that it generates (`messages.fast`). Its
results are those of `messages.codec`, which property tests hold it to; what is not the good
case is worked out field by field, so that errors have their place and reason.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, Field
from messages.errors import DecodeError
from messages.fast.building import (
    Builder,
    Patcher,
    build_slowly,
    builder,
    known_field,
    patcher,
    write_bitmap,
    write_field,
    write_mti,
)
from messages.fast.plans import (
    Locator,
    Plan,
    bitmap_size,
    locator,
    mti_size,
    read_size,
    survey,
)
from messages.fast.selecting import (
    Path,
    Picker,
    Teller,
    Texts,
    cut_text,
    picker,
    read_path,
    teller,
)

MOST_PLANS: Final = 512
"""Plans kept by a viewer. Strangers choose bitmaps, and a plan takes a millisecond and some 10 KB:
once there are that many, a message of a new kind is read field by field, for the price of a decode,
and only one such message in `SLOW_TURNS` has its kind take the place of the oldest plan."""
SLOW_TURNS: Final = 64
"""A kind that is common comes back soon, however many rare ones a peer invents; and what they make
us learn costs each of their messages little."""
MOST_BUILDERS: Final = 512
"""Sets of fields, in the order given, for which a viewer keeps a builder."""
MOST_SELECTIONS: Final = 256
"""Selections that a viewer gives again to whoever wants the same paths."""
MOST_TABLES: Final = 16
"""Sets of fields for which a viewer gives the same table again."""
MOST_SHARED: Final = 16
"""Dialects whose viewer is shared."""
_SECOND_BITMAP: Final = {"binary": 0x80, "hex": ord("8")}
"""The first byte of a bitmap whose bit 1 is set is this or more."""


class View(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One indexed message; made by `Viewer.index`.

    `data` is the frame, `base` the offset of the MTI in it. A field that the message does not
    have is a KeyError.
    """

    data: bytes
    base: int
    plan: Plan
    anchors: tuple[int, ...]

    def __repr__(self) -> str:
        return f"View({self.plan.mti}, fields {self.plan.numbers})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("mti", self.plan.mti), ("numbers", self.plan.numbers)]

    @property
    def mti(self) -> str:
        """The MTI, 4 digits."""
        return self.plan.mti

    @property
    def numbers(self) -> tuple[int, ...]:
        """The fields of this message, ascending."""
        return self.plan.numbers

    def has(self, number: int) -> bool:
        """Tell whether the bitmap announces DE `number`."""
        return number in self.plan.places

    def start_of(self, number: int) -> int:
        """Return the offset of DE `number`, its length prefix included."""
        anchor, distance, _, _ = self.plan.places[number]
        return self.anchors[anchor] + distance

    def span(self, number: int) -> tuple[int, int]:
        """Return the offsets of the content of DE `number`: its first byte, and after its last."""
        anchor, distance, end, rest = self.plan.places[number]
        start = self.anchors[anchor] + distance + self._field(number).prefix_bytes
        return start, self.anchors[end] + rest

    def raw(self, number: int) -> bytes:
        """Return the content bytes of DE `number`."""
        start, end = self.span(number)
        return self.data[start:end]

    def text(self, number: int) -> str:
        """Return the text of DE `number` as `Field.read` gives it; DecodeError if it has none."""
        start, end = self.span(number)
        field = self._field(number)
        size = read_size(field, self.data, start - field.prefix_bytes)
        try:
            return field.read(self.data[start:end], size)
        except ValueError as problem:
            raise DecodeError(str(number), start, str(problem)) from None

    def mab(self) -> bytes:
        """Return what the MAC covers, from the MTI up to the MAC field.

        ValueError for a dialect that chooses elements instead, or has no MAC.
        """
        rule = self.plan.dialect.mac
        if rule is None or rule.covers != "message":
            msg = f"in dialect {self.plan.dialect.name} no MAC covers a whole message"
            raise ValueError(msg)
        return self.data[self.base : self.start_of(rule.field)]

    def mab_and_mac(self) -> tuple[bytes, bytes] | None:
        """Return what the MAC covers and what the MAC field holds.

        None where the message has no such field, or its dialect no MAC over a whole message.
        """
        place = self.plan.mac_place
        if place is None:
            return None
        anchor, distance, end, rest, prefix = place
        data, anchors = self.data, self.anchors
        start = anchors[anchor] + distance
        return data[self.base : start], data[start + prefix : anchors[end] + rest]

    def patch(
        self,
        changes: Mapping[int, str | None],
        head: bytes | None = None,
        mti: str | None = None,
    ) -> bytes:
        """Return the frame with fields replaced, added, or (None) dropped; the rest is copied.

        `head` replaces the bytes before the MTI. A second bitmap stays, even with nothing in it.
        Raises EncodeError.
        """
        dialect = self.plan.dialect
        fields = [known_field(dialect, number) for number in sorted(changes)]
        at = self.base + mti_size(dialect)
        body_at = self.anchors[0]
        kept = set(self.numbers).difference(number for number in changes if changes[number] is None)
        numbers = sorted(kept.union(n for n, text in changes.items() if text is not None))
        bitmaps = self.data[at:body_at]
        if numbers != list(self.numbers):
            long = body_at - at > bitmap_size(dialect)
            bitmaps = write_bitmap(dialect, numbers, long=long)
        pieces = [
            self.data[: self.base] if head is None else head,
            self.data[self.base : at] if mti is None else write_mti(dialect, mti),
            bitmaps,
        ]
        cursor = body_at
        for field in fields:
            text = changes[field.number]
            start, end = self._extent(field.number)
            pieces += [self.data[cursor:start], b"" if text is None else write_field(field, text)]
            cursor = end
        pieces.append(self.data[cursor:])
        return b"".join(pieces)

    def _extent(self, number: int) -> tuple[int, int]:
        """Return the offsets of DE `number` with its prefix, or those of the gap it would fill."""
        if number in self.plan.places:
            return self.start_of(number), self.span(number)[1]
        after = bisect(self.numbers, number)
        at = self.start_of(self.numbers[after]) if after < len(self.numbers) else len(self.data)
        return at, at

    def _field(self, number: int) -> Field:
        return self.plan.dialect.field(number)


class Viewer:
    """Indexes, selects, builds and patches messages of one dialect; one thread at a time."""

    def __init__(self, dialect: Dialect) -> None:
        """Start with no plans; they come with the messages."""
        self.dialect = dialect
        self._bitmap_at = mti_size(dialect)
        self._short = self._bitmap_at + bitmap_size(dialect)
        self._long = self._short + bitmap_size(dialect)
        self._second_bitmap = _SECOND_BITMAP[dialect.bitmap_form]
        self._locators: dict[bytes, Locator] = {}
        self._kept: dict[Plan, bytes] = {}
        """The plans, oldest first, and the bytes that a message of each begins with."""
        self._builders: dict[tuple[int, ...], Builder] = {}
        self._selections: dict[tuple[int | str, ...], Callable[[View], Texts]] = {}
        self._tables: dict[tuple[int, ...], Callable[[View], dict[int, str]]] = {}
        self._slow = 0

    def index(self, data: bytes, base: int = 0) -> View:
        """Return the view of the message whose MTI is at `data[base]` and which ends with `data`.

        Raises DecodeError with field, offset in `data` and reason. Contents are not looked at.
        """
        try:
            is_long = data[base + self._bitmap_at] >= self._second_bitmap
        except IndexError:
            return self._survey(data, base)
        locate = self._locators.get(data[base : base + (self._long if is_long else self._short)])
        if locate is None:
            return self._learn(data, base)
        view: View = locate(data, base)
        return view

    def select(self, *paths: int | str) -> Callable[[View], Texts]:
        """Return a function that takes a view and gives one text for each of `paths`.

        A path is a DE or a part of one with a fixed place, as in `60.2`: ValueError for any other.
        What the message does not have is None. Raises DecodeError as `View.text` does.
        """
        known = self._selections.get(paths)
        if known is None:
            known = self._selection(paths)
            if len(self._selections) < MOST_SELECTIONS:
                self._selections[paths] = known
        return known

    def table(self, *numbers: int) -> Callable[[View], dict[int, str]]:
        """Return a function that takes a view and gives the texts of `numbers` that are there.

        ValueError and DecodeError as in `select`.
        """
        known = self._tables.get(numbers)
        if known is None:
            known = self._table(numbers)
            if len(self._tables) < MOST_TABLES:
                self._tables[numbers] = known
        return known

    def _table(self, numbers: tuple[int, ...]) -> Callable[[View], dict[int, str]]:
        wanted = [read_path(self.dialect, number) for number in numbers]
        select, kept = self.select(*numbers), self._kept
        tellers: dict[Plan, Teller] = {}

        def ask(view: View) -> dict[int, str]:
            texts = zip(numbers, select(view), strict=True)
            return {number: text for number, text in texts if text is not None}

        def table(view: View) -> dict[int, str]:
            tell = tellers.get(view.plan)
            if tell is None:
                if view.plan not in kept:
                    return ask(view)
                if len(tellers) >= MOST_PLANS:
                    for gone in tellers.keys() - kept.keys():
                        del tellers[gone]
                tell = tellers[view.plan] = teller(view.plan, wanted, ask)
            return tell(view)

        return table

    def _selection(self, paths: tuple[int | str, ...]) -> Callable[[View], Texts]:
        wanted = [read_path(self.dialect, path) for path in paths]
        kept = self._kept
        pickers: dict[Plan, Picker] = {}

        def ask(view: View) -> Texts:
            return _texts(self.dialect, view, wanted)

        def selection(view: View) -> Texts:
            pick = pickers.get(view.plan)
            if pick is None:
                if view.plan not in kept:
                    return ask(view)
                if len(pickers) >= MOST_PLANS:
                    for gone in pickers.keys() - kept.keys():
                        del pickers[gone]
                pick = pickers[view.plan] = picker(view.plan, wanted, ask)
            return pick(view)

        return selection

    def build(self, mti: str, values: Mapping[int, str]) -> bytes:
        """Return the message from its MTI on; `values` in any order. Raises EncodeError."""
        numbers = tuple(values)
        build = self._builders.get(numbers)
        if build is None:
            if len(self._builders) >= MOST_BUILDERS:
                if not self._is_turn():
                    return build_slowly(self.dialect, mti, values)
                del self._builders[next(iter(self._builders))]
            build = self._builders[numbers] = builder(self.dialect, numbers)
        return build(mti, *values.values())

    def builder(self, numbers: Sequence[int]) -> Builder:
        """Return `build(mti, *texts)`, the texts in the order of `numbers`; see `build`.

        The caller keeps it. EncodeError for a field that the dialect does not have.
        """
        return builder(self.dialect, numbers)

    def patcher(self, numbers: Sequence[int]) -> Patcher:
        """Return `patch(view, *texts, head=None)`, the texts in the order of `numbers`.

        It does what `View.patch` does, quickly for fields that the message has. The caller
        keeps it. EncodeError for a field that the dialect does not have.
        """
        return patcher(self.dialect, numbers, View.patch)

    def _learn(self, data: bytes, base: int) -> View:
        """Index a message of a new kind; only one without fault is given a plan to keep."""
        view = self._survey(data, base)
        if len(self._kept) >= MOST_PLANS:
            if not self._is_turn():
                return view
            oldest = next(iter(self._kept))
            del self._locators[self._kept.pop(oldest)]
        key = data[base : base + view.plan.body_at]
        self._locators[key] = locator(view.plan, View, self._survey)
        self._kept[view.plan] = key
        return view

    def _is_turn(self) -> bool:
        """Count one message that took the slow way; true for one in `SLOW_TURNS`."""
        self._slow += 1
        return self._slow % SLOW_TURNS == 0

    def _survey(self, data: bytes, base: int) -> View:
        plan, anchors = survey(self.dialect, data, base)
        return View(data, base, plan, anchors)


def _texts(dialect: Dialect, view: View, wanted: Sequence[Path]) -> Texts:
    if view.plan.dialect is not dialect:
        msg = f"a selection of {dialect.name} is given a view of {view.plan.dialect.name}"
        raise ValueError(msg)
    texts = {number: view.text(number) for number, _ in wanted if view.has(number)}
    return tuple(
        cut_text(texts[number], cut) if number in texts else None for number, cut in wanted
    )


def viewer_of(dialect: Dialect) -> Viewer:
    """Return the viewer that all who work with this very dialect share, for their code is the same.

    A process that starts an engine anew, or has many peers, generates it once.
    """
    viewer = _SHARED.get(id(dialect))
    if viewer is None:
        if len(_SHARED) >= MOST_SHARED:
            del _SHARED[next(iter(_SHARED))]
        viewer = _SHARED[id(dialect)] = Viewer(dialect)
    return viewer


_SHARED: Final[dict[int, Viewer]] = {}
"""By the identity of the dialect, which each viewer keeps alive."""
