"""Where the fields of a message stand: a plan for each MTI and bitmap, and how to follow it.

Between two variable fields all distances are constant, so a message is known by its anchors:
the offset of its first field, and the one after each variable field. `survey` finds them field
by field and is the authority on errors; `locator` generates code that finds the same.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from messages.dialects.dialect import Dialect, Field
from messages.errors import DecodeError
from messages.fast.source import Source

_BITMAP_BITS: Final = 64
_ASCII_ZERO: Final = 0x30
_NEVER: Final = 1 << 40
"""A length that no message has: what a byte that is no digit counts for."""


class Plan:
    """Where the fields of all messages with one MTI and one bitmap stand.

    `places[n]` is (a, d, b, e): DE n, its prefix included, runs from `anchors[a] + d` up to
    `anchors[b] + e`. `body_at` is the distance from the MTI to the first field.
    """

    __slots__ = ("body_at", "dialect", "mac_place", "mti", "numbers", "places")

    def __init__(self, dialect: Dialect, mti: str, numbers: tuple[int, ...], body_at: int) -> None:
        """Take ascending `numbers`, all of which are fields of `dialect`."""
        self.dialect = dialect
        self.mti = mti
        self.numbers = numbers
        self.body_at = body_at
        self.places: Mapping[int, tuple[int, int, int, int]] = dict(_places(dialect, numbers))
        self.mac_place = self._mac_place()
        """Where the MAC field stands that covers all before it, as in `places`, and the bytes of
        its prefix; None for a message without one."""

    def _mac_place(self) -> tuple[int, int, int, int, int] | None:
        rule = self.dialect.mac
        if rule is None or rule.covers != "message" or rule.field not in self.places:
            return None
        return *self.places[rule.field], self.dialect.field(rule.field).prefix_bytes


def _places(
    dialect: Dialect, numbers: Iterable[int]
) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    anchor = distance = 0
    for number in numbers:
        field = dialect.field(number)
        start = anchor, distance
        if field.is_fixed:
            distance += field.content_bytes(field.limit)
        else:
            anchor, distance = anchor + 1, 0
        yield number, (*start, anchor, distance)


def mti_size(dialect: Dialect) -> int:
    """Return the bytes that an MTI takes."""
    return 2 if dialect.mti_form == "bcd" else 4


def bitmap_size(dialect: Dialect) -> int:
    """Return the bytes that one bitmap of 64 bits takes."""
    return 8 if dialect.bitmap_form == "binary" else 16


def survey(dialect: Dialect, data: bytes, base: int) -> tuple[Plan, tuple[int, ...]]:
    """Return plan and anchors of the message whose MTI is at `data[base]`.

    Raises DecodeError with field, offset in `data` and reason.
    """
    mti = _read_mti(dialect, data, base)
    start = base + mti_size(dialect)
    numbers, body_at = _read_bitmaps(dialect, data, start)
    anchors = _find_anchors(dialect, numbers, data, body_at)
    return Plan(dialect, mti, numbers, body_at - base), anchors


def _read_mti(dialect: Dialect, data: bytes, base: int) -> str:
    size = mti_size(dialect)
    content = data[base : base + size]
    if len(content) != size:
        raise DecodeError("mti", base, f"{len(content)} bytes are left, it takes {size}")
    digits = content.hex().encode() if dialect.mti_form == "bcd" else content
    if not digits.isdigit():
        raise DecodeError("mti", base, "is not 4 digits")
    return digits.decode()


def _read_bitmaps(dialect: Dialect, data: bytes, start: int) -> tuple[tuple[int, ...], int]:
    """Return the field numbers and the offset after the bitmaps."""
    size = bitmap_size(dialect)
    numbers: list[int] = []
    at = start
    for first in range(1, dialect.highest_field, _BITMAP_BITS):
        if first > 1 and numbers[:1] != [1]:
            break
        bits = _read_bitmap(dialect, data[at : at + size], at)
        numbers += [first + n for n in range(_BITMAP_BITS) if bits >> (_BITMAP_BITS - 1 - n) & 1]
        at += size
    if numbers[:1] == [1]:
        del numbers[0]
        if dialect.highest_field == _BITMAP_BITS:
            raise DecodeError("bitmap", start, "bit 1 is set, the dialect has 64 fields")
    return tuple(numbers), at


def _read_bitmap(dialect: Dialect, content: bytes, at: int) -> int:
    size = bitmap_size(dialect)
    if len(content) != size:
        raise DecodeError("bitmap", at, f"{len(content)} bytes are left, it takes {size}")
    if dialect.bitmap_form == "hex":
        try:
            content = unhexlify(content)
        except ValueError:
            raise DecodeError("bitmap", at, f"is not {size} hexadecimal digits") from None
    return int.from_bytes(content, "big")


def _find_anchors(
    dialect: Dialect, numbers: tuple[int, ...], data: bytes, at: int
) -> tuple[int, ...]:
    anchors = [at]
    for number in numbers:
        field = dialect.fields[number]
        if field is None:
            reason = "the bitmap announces a field that the dialect does not have"
            raise DecodeError(str(number), at, reason)
        at += field.prefix_bytes + field.content_bytes(read_size(field, data, at))
        if at > len(data):
            reason = f"its content ends {at - len(data)} bytes after the message"
            raise DecodeError(str(number), min(len(data), at), reason)
        if not field.is_fixed:
            anchors.append(at)
    if at < len(data):
        name = str(numbers[-1]) if numbers else "bitmap"
        raise DecodeError(name, at, f"{len(data) - at} bytes follow the last field")
    return tuple(anchors)


def read_size(field: Field, data: bytes, at: int) -> int:
    """Return how many units the field whose prefix is at `data[at]` announces.

    Raises DecodeError: the prefix is cut off, is no number, or is above the field's limit.
    """
    if field.is_fixed:
        return field.limit
    prefix = data[at : at + field.prefix_bytes]
    if len(prefix) != field.prefix_bytes:
        reason = f"{len(prefix)} bytes are left, its length prefix takes {field.prefix_bytes}"
        raise DecodeError(str(field.number), at, reason)
    size = sum(table[byte] for table, byte in zip(_tables(field), prefix, strict=True))
    if size >= _NEVER:
        raise DecodeError(str(field.number), at, "the length prefix is not made of digits")
    if size > field.limit:
        reason = f"its length prefix says {size} {field.unit}, at most {field.limit} are allowed"
        raise DecodeError(str(field.number), at, reason)
    return size


def _tables(field: Field) -> list[tuple[int, ...]]:
    radix = {"bcd": 100, "ascii": 10, "binary": 256}[field.prefix_form]
    powers = range(field.prefix_bytes - 1, -1, -1)
    return [_digit_table(field.prefix_form, radix**power) for power in powers]


@cache
def _digit_table(form: str, weight: int) -> tuple[int, ...]:
    """Return what each byte of a prefix counts for, one number for each of the 256."""
    values: list[int] = []
    for byte in range(256):
        text = {"bcd": f"{byte:02x}", "ascii": chr(byte), "binary": str(byte)}[form]
        good = text.isascii() and text.isdigit()
        values.append(int(text) * weight if good else _NEVER)
    return tuple(values)


def write_size(source: Source, field: Field, anchor: int, distance: int) -> str:
    """Return the expression for what `read_size` reads `distance` bytes after an anchor.

    It comes to `_NEVER` or more where there is no number.
    """
    return " + ".join(
        f"{source.bind(table)}[data[{write_offset(anchor, distance + index)}]]"
        for index, table in enumerate(_tables(field))
    )


def write_offset(anchor: int, distance: int) -> str:
    """Return the expression for the offset `distance` bytes after an anchor."""
    return f"a{anchor} + {distance}" if distance else f"a{anchor}"


@cache
def _steps(form: str, limit: int, unit: str) -> tuple[int, ...]:
    """Return for each byte of a one-byte prefix how long prefix and content are together."""
    sizes = _digit_table(form, 1)
    contents = [(size + 1) // 2 if unit == "digits" else size for size in sizes]
    return tuple(
        1 + content if size <= limit else _NEVER
        for size, content in zip(sizes, contents, strict=True)
    )


Locator = Callable[[bytes, int], Any]
"""Takes a frame and the offset of its MTI, gives a view."""


def locator(plan: Plan, make: Callable[..., Any], survey_again: Locator) -> Locator:
    """Generate the function that finds the anchors of any message of `plan`.

    It returns `make(data, base, plan, anchors)`; whatever is wrong is left to `survey_again`,
    which returns the same or raises.
    """
    source = Source("locate(data, base)")
    source.line("try:")
    source.line(f"a0 = base + {plan.body_at}", 2)
    names = ["a0"]
    conditions = []
    for number in plan.numbers:
        field = plan.dialect.field(number)
        if field.is_fixed:
            continue
        anchor, distance = plan.places[number][:2]
        names.append(f"a{anchor + 1}")
        at = write_offset(anchor, distance)
        if field.prefix_bytes == 1:
            steps = source.bind(_steps(field.prefix_form, field.limit, field.unit))
            source.line(f"{names[-1]} = {at} + {steps}[data[{at}]]", 2)
            continue
        size = f"n{number}"
        source.line(f"{size} = {write_size(source, field, anchor, distance)}", 2)
        content = f"({size} + 1 >> 1)" if field.unit == "digits" else size
        source.line(f"{names[-1]} = {at} + {field.prefix_bytes} + {content}", 2)
        conditions.append(f"{size} <= {field.limit}")
    rest = plan.places[plan.numbers[-1]][3] if plan.numbers else 0
    conditions.append(f"{write_offset(len(names) - 1, rest)} == len(data)")
    source.line(f"if {' and '.join(conditions)}:", 2)
    made = f"{source.bind(make)}(data, base, {source.bind(plan)}, ({', '.join(names)},))"
    source.line(f"return {made}", 3)
    source.line("except IndexError:")
    source.line("pass", 2)
    source.line(f"return {source.bind(survey_again)}(data, base)")
    return source.make()
