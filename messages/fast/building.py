"""Messages from texts, and messages with some fields replaced: generated for each set of fields.

The code knows only the good case. Where a check fails, the fields are written one by one with
`write_field`, which finds the error and never quotes a value.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec

from messages.dialects.dialect import MAC_CHARACTERS, Dialect, Field
from messages.errors import EncodeError
from messages.fast.source import Source

_BITMAP_BITS: Final = 64
_TRACK: Final = "0123456789ABCDEF="
_UPPER_HEX: Final = "0123456789ABCDEF"
_HEX: Final = "0123456789ABCDEFabcdef"

Builder = Callable[..., bytes]
"""Takes an MTI and one text for each field, gives the message from its MTI on."""
Patcher = Callable[..., bytes]
"""Takes a view and one text for each field, gives the frame with these replaced."""


def write_mti(dialect: Dialect, mti: str) -> bytes:
    """Return the bytes of `mti`; EncodeError unless it is 4 digits."""
    if len(mti) != 4 or not (mti.isascii() and mti.isdigit()):  # noqa: PLR2004 - digits of an MTI
        raise EncodeError("mti", "is not 4 digits")
    return unhexlify(mti) if dialect.mti_form == "bcd" else mti.encode()


def write_bitmap(dialect: Dialect, numbers: Sequence[int], *, long: bool = False) -> bytes:
    """Return the bitmap of `numbers`, with a second one where needed or where `long` asks."""
    long = long or any(number > _BITMAP_BITS for number in numbers)
    width = 2 * _BITMAP_BITS if long else _BITMAP_BITS
    bits = sum(1 << (width - number) for number in numbers) | (long << (width - 1))
    content = bits.to_bytes(width // 8, "big")
    return content if dialect.bitmap_form == "binary" else content.hex().upper().encode()


def known_field(dialect: Dialect, number: int) -> Field:
    """Return DE `number`; EncodeError where the dialect has none."""
    try:
        return dialect.field(number)
    except KeyError:
        raise EncodeError(str(number), f"dialect {dialect.name} has no such field") from None


def write_field(field: Field, text: str) -> bytes:
    """Return length prefix and content for `text`; EncodeError names the field, not the value."""
    name = str(field.number)
    if field.form == "bcd" and field.unit == "bytes" and len(text) & 1:
        raise EncodeError(name, f"has {len(text)} digits, which are no whole bytes")
    try:
        content, size = field.write(text)
    except ValueError as problem:
        raise EncodeError(name, str(problem)) from None
    if size > field.limit or (field.is_fixed and size < field.limit):
        wanted = "exactly" if field.is_fixed else "at most"
        raise EncodeError(name, f"has {size} {field.unit}, {wanted} {field.limit} are allowed")
    return content if field.is_fixed else _prefix(field, size) + content


def _prefix(field: Field, size: int) -> bytes:
    if field.prefix_form == "binary":
        return size.to_bytes(field.prefix_bytes, "big")
    if field.prefix_form == "bcd":
        return unhexlify(f"{size:0{2 * field.prefix_bytes}d}")
    return f"{size:0{field.prefix_bytes}d}".encode()


def build_slowly(dialect: Dialect, mti: str, values: Mapping[int, str]) -> bytes:
    """Return the message from its MTI on, written field by field; EncodeError names the field."""
    numbers = sorted(values)
    fields = [known_field(dialect, number) for number in numbers]
    pieces = [write_mti(dialect, mti), write_bitmap(dialect, numbers)]
    pieces += [write_field(field, values[field.number]) for field in fields]
    return b"".join(pieces)


class _Token(msgspec.Struct, frozen=True):
    """A piece of a message: `text` is an f-string's inside, or in channel `bytes` an expression.

    Neighbours of channel `hex` become bytes in one `unhexlify`, those of `ascii` in one `encode`;
    a run of `digits` is checked by one `isdigit`.
    """

    channel: str
    text: str
    digits: bool = False


class _Writing(msgspec.Struct):
    """How one text is written: lines to run first, conditions that must hold, tokens."""

    lines: list[str]
    conditions: list[str]
    tokens: list[_Token]


def builder(dialect: Dialect, numbers: Sequence[int]) -> Builder:
    """Generate `build(mti, *texts)`, which takes the texts in the order of `numbers`.

    Raises EncodeError for a number that the dialect does not have, or that comes twice.
    """
    if len(set(numbers)) != len(numbers):
        raise EncodeError("bitmap", "a field is given twice")
    fields = [known_field(dialect, number) for number in sorted(numbers)]
    names = [f"t{number}" for number in numbers]
    source = Source(f"build({', '.join(['mti', *names])})")

    def build_again(mti: str, *texts: str) -> bytes:
        return build_slowly(dialect, mti, dict(zip(numbers, texts, strict=True)))

    bitmap = write_bitmap(dialect, numbers)
    channel = "hex" if dialect.mti_form == "bcd" else "ascii"
    whole = _Writing(
        lines=[],
        conditions=["len(mti) == 4"],
        tokens=[_Token(channel, "{mti}", digits=True), _bitmap_token(source, dialect, bitmap)],
    )
    for field in fields:
        part = _writing(source, field, f"t{field.number}")
        whole.lines += part.lines
        whole.conditions += part.conditions
        whole.tokens += part.tokens
    source.line("try:")
    pieces = _write_tokens(source, whole, "d")
    source.line(f"return {_joined(source, pieces)}", 3)
    source.line("except (ValueError, IndexError):")
    source.line("pass", 2)
    source.line(f"return {source.bind(build_again)}({', '.join(['mti', *names])})")
    return source.make()


def _bitmap_token(source: Source, dialect: Dialect, bitmap: bytes) -> _Token:
    if dialect.bitmap_form == "hex":
        return _Token("ascii", bitmap.decode())
    if dialect.mti_form == "bcd":
        return _Token("hex", bitmap.hex())
    return _Token("bytes", source.bind(bitmap))


def _joined(source: Source, pieces: Sequence[str]) -> str:
    if len(pieces) <= 2:  # noqa: PLR2004 - a sum of two is quicker than a join
        return " + ".join(pieces)
    return f"{source.bind(b''.join)}(({', '.join(pieces)}))"


def _write_tokens(source: Source, writing: _Writing, name: str) -> list[str]:
    """Write the lines and the `if` of a writing; return the expressions that make its bytes."""
    for line in writing.lines:
        source.line(line, 2)
    pieces = []
    count = 0
    for channel, group in groupby(writing.tokens, lambda token: token.channel):
        tokens = list(group)
        if channel == "bytes":
            pieces += [token.text for token in tokens]
            continue
        inside = ""
        for digits, run in groupby(tokens, lambda token: token.digits):
            text = "".join(token.text for token in run)
            if digits:
                count += 1
                source.line(f'{name}{count} = f"{text}"', 2)
                writing.conditions.append(f"{name}{count}.isdigit()")
                text = f"{{{name}{count}}}"
            inside += text
        if channel == "hex":
            pieces.append(f'{source.bind(unhexlify)}(f"{inside}")')
        else:
            pieces.append(f"f\"{inside}\".encode('ascii')")
    source.line(f"if {' and '.join(writing.conditions) or 'True'}:", 2)
    return pieces


def _writing(source: Source, field: Field, text: str) -> _Writing:
    """Return how `text`, the name of a variable, is written as `field`."""
    if field.form == "bcd" and field.unit == "digits":
        return _write_bcd(source, field, text)
    if field.form == "binary":
        return _write_binary(source, field, text)
    if field.form == "mac":
        return _write_mac(source, text)
    if field.form == "text" and field.charset == "gbk" and field.type in {"a", "an", "ans"}:
        return _write_gbk(source, field, text)
    if field.form in {"text", "hex"} and field.charset == "ascii":
        return _write_ascii(source, field, text)

    def write(value: str) -> bytes:
        return write_field(field, value)

    return _Writing(
        lines=[], conditions=[], tokens=[_Token("bytes", f"{source.bind(write)}({text})")]
    )


def _sized(source: Source, field: Field, size: str) -> tuple[list[str], list[_Token]]:
    """Return conditions and tokens that state `size`, an expression: none or a prefix."""
    if field.is_fixed:
        return [f"{size} == {field.limit}"], []
    if field.prefix_form == "ascii":
        table = tuple(f"{n:0{field.prefix_bytes}d}" for n in range(field.limit + 1))
    else:
        table = tuple(_prefix(field, n).hex() for n in range(field.limit + 1))
    channel = "ascii" if field.prefix_form == "ascii" else "hex"
    # A size above the limit is past the end of the table: IndexError.
    token = _Token(
        channel, f"{{{source.bind(table)}[{size}]}}", digits=field.prefix_form != "binary"
    )
    return [], [token]


def _write_bcd(source: Source, field: Field, text: str) -> _Writing:
    conditions, tokens = _sized(source, field, f"len({text})")
    lines = []
    if field.type == "z":
        lines.append(f"h{field.number} = {text}.replace('=', 'D')")
        text = f"h{field.number}"
        # Whatever else is no hexadecimal digit, unhexlify refuses.
        conditions.append(f"{text} == {text}.upper()")
    is_number = field.type == "n"
    padded = [_Token("hex", f"{{{text}}}", digits=is_number)]
    if field.is_fixed:
        pad = f"{int(field.pad_digit, 16):X}" if field.limit & 1 else ""
    else:
        pad = f"{{{source.bind(('', field.pad_digit))}[len({text}) & 1]}}"
    if pad:
        digits = is_number and field.pad_digit.isdigit()
        padded.insert(0 if field.pad_left else 1, _Token("hex", pad, digits=digits))
    return _Writing(lines=lines, conditions=conditions, tokens=tokens + padded)


def _write_binary(source: Source, field: Field, text: str) -> _Writing:
    conditions, tokens = _sized(source, field, f"len({text}) >> 1")
    conditions.append(f"not len({text}) & 1")
    return _Writing(lines=[], conditions=conditions, tokens=[*tokens, _Token("hex", f"{{{text}}}")])


def _write_mac(source: Source, text: str) -> _Writing:
    short = f"len({text}) == {MAC_CHARACTERS}"
    good = f"not {text}.strip({source.bind(_UPPER_HEX)})"
    content = f"({text}.encode() if {short} else {source.bind(unhexlify)}({text}))"
    return _Writing(
        lines=[],
        conditions=[f"({short} and {good} or len({text}) == {2 * MAC_CHARACTERS})"],
        tokens=[_Token("bytes", content)],
    )


def _write_gbk(source: Source, field: Field, text: str) -> _Writing:
    content = f"b{field.number}"
    conditions, tokens = _sized(source, field, f"len({content})")
    return _Writing(
        lines=[f"{content} = {text}.encode('gbk')"],
        conditions=conditions,
        tokens=[*tokens, _Token("bytes", content)],
    )


def _write_ascii(source: Source, field: Field, text: str) -> _Writing:
    conditions, tokens = _sized(source, field, f"len({text})")
    if field.type == "z":
        conditions.append(f"not {text}.strip({source.bind(_TRACK)})")
    elif field.type == "x+n":
        conditions.append(f"({text}[0] in 'CD' and {text}[1:].isdigit())")
    elif field.form == "hex":
        conditions += [f"not len({text}) & 1", f"not {text}.strip({source.bind(_HEX)})"]
    token = _Token("ascii", f"{{{text}}}", digits=field.type == "n")
    return _Writing(lines=[], conditions=conditions, tokens=[*tokens, token])


def patcher(dialect: Dialect, numbers: Sequence[int], patch_again: Callable[..., bytes]) -> Patcher:
    """Generate `patch(view, *texts, head=None)`, which takes the texts in the order of `numbers`.

    It replaces fields that are there; all else is left to `patch_again(view, values, head)`.
    """
    ordered = sorted({known_field(dialect, number).number for number in numbers})
    if len(ordered) != len(numbers):
        raise EncodeError("bitmap", "a field is given twice")
    names = [f"t{number}" for number in numbers]
    source = Source(f"patch({', '.join(['view', *names])}, head=None)")
    source.line("try:")
    source.line("data = view.data", 2)
    source.line("anchors = view.anchors", 2)
    source.line("places = view.plan.places", 2)
    made: list[str] = []
    whole: list[str] = []
    cursor = "view.base"
    for number in ordered:
        source.line(f"a, d, b, e = places[{number}]", 2)
        source.line(f"s{number} = anchors[a] + d", 2)
        source.line(f"e{number} = anchors[b] + e", 2)
        writing = _writing(source, dialect.field(number), f"t{number}")
        made = _write_tokens(source, writing, f"d{number}_")
        source.line(f"p{number} = {_joined(source, made)}", 3)
        source.line("else:", 2)
        source.line("raise ValueError", 3)
        whole += [f"data[{cursor}:s{number}]", f"p{number}"]
        cursor = f"e{number}"
    whole.append(f"data[{cursor}:]")
    front = "(data[: view.base] if head is None else head)"
    source.line(f"return {_joined(source, [front, *whole])}", 2)
    source.line("except (ValueError, IndexError, KeyError):")
    source.line("pass", 2)
    values = ", ".join(f"{number}: t{number}" for number in numbers)
    source.line(f"return {source.bind(patch_again)}(view, {{{values}}}, head)")
    return source.make()
