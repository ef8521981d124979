"""`jinbao diff` (switch/cli): two messages, field by field.

What is compared are texts, as small as the dialect divides them; a mask hides no difference.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import typer

from messages.dialects.dialect import Words
from messages.dialects.subfields import leaves
from switch.cli import load
from switch.cli.messages.reading import Failure, Reading, readings
from switch.cli.messages.record import shown, shown_part
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import AsJson, Body, DialectName, Frames, Reveal, verb_app

app = verb_app()


class Difference(msgspec.Struct, frozen=True):
    """One place where two messages differ; a side is None where the message lacks it."""

    field: str
    words: Words
    left: str | None
    right: str | None


class Item(msgspec.Struct, frozen=True):
    """A comparable piece of a message: its true content, and what may be shown of it."""

    words: Words
    content: str
    shown: str


@app.command()
def diff(
    one: Frames,
    other: Frames,
    *,
    dialect: DialectName = "",
    body: Body = False,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Compare two messages field by field; status 1 if they differ.

    Values that differ under their masks are listed too.

    \b
    Examples:
      jinbao diff specs/samples/withdrawal.hex specs/samples/reversal.hex
      jinbao diff --json one.hex other.hex
    """  # noqa: D301 - \b keeps the lines of the examples apart
    left, right = (_only(given, dialect, body=body) for given in (one, other))
    found = list(differences(left, right, reveal=reveal))
    if as_json:
        places = [{"field": each.field, "left": each.left, "right": each.right} for each in found]
        say(msgspec.json.encode({"same": not found, "differences": places}).decode())
    else:
        say(load.difference_table()(found) if found else "the same 相同")
    if found:
        raise typer.Exit(BAD)


def _only(given: str, dialect: str, *, body: bool) -> Reading:
    outcomes = list(readings(given, dialect, body=body))
    if len(outcomes) != 1:
        stop(f"each side is one frame, not {len(outcomes)}")
    if isinstance(outcome := outcomes[0], Failure):
        stop(outcome.sentence, BAD)
    return outcome


def differences(left: Reading, right: Reading, *, reveal: bool) -> Iterator[Difference]:
    """Yield where two messages differ, heads first, masked unless `reveal`."""
    ours, theirs = items(left, reveal=reveal), items(right, reveal=reveal)
    # The sort is stable: within a field the order is that of the messages.
    for path in sorted({**ours, **theirs}, key=_place):
        one, other = ours.get(path), theirs.get(path)
        if one is not None and other is not None:
            if one.content != other.content:
                yield Difference(path, one.words, one.shown, other.shown)
        elif one is not None:
            yield Difference(path, one.words, one.shown, None)
        elif other is not None:
            yield Difference(path, other.words, None, other.shown)


def items(reading: Reading, *, reveal: bool) -> dict[str, Item]:
    """Return what a message is compared by: head parts, MTI, parts of fields, whole fields."""
    message, dialect = reading.message, reading.dialect
    found = {"mti": Item(Words("Message type", "报文类型"), message.mti, message.mti)}
    for head in dialect.frame.heads:
        values = reading.head_parts.get(head.name, {})
        for piece in head.parts:
            if piece.name in values:
                value = values[piece.name]
                found[f"{head.name}.{piece.name}"] = Item(piece.words, value, value)
    texts, raw = shown(reading, reveal=reveal)
    for number, content in message.raw.items():
        for part in leaves(reading.divisions.get(number, ())):
            found[part.path] = Item(part.words, part.text, shown_part(part, reveal=reveal))
        if number not in reading.divisions:
            words = dialect.field(number).words
            # An unusual pad is a difference of the bytes that the texts do not have.
            if number in message.odd_pads:
                found[str(number)] = Item(words, content.hex(), raw[number])
            else:
                found[str(number)] = Item(words, message.fields[number], texts[number])
    return found


def _place(path: str) -> tuple[int, int]:
    digits = path.partition(".")[0].partition("[")[0]
    return (1, int(digits)) if digits.isdigit() else (0, path == "mti")
