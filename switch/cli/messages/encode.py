"""`jinbao encode` (switch/cli): the JSON form of a message back to the bytes of a frame.

What `decode --reveal --json` printed comes back byte for byte; a masked value never does.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from messages.dialects.loader import packaged_names
from messages.errors import EncodeError, FrameError
from messages.masking import HIDDEN
from switch.cli.messages.inputs import text_lines
from switch.cli.messages.reading import Reader, reader_named
from switch.cli.outcome import BAD, note, say
from switch.cli.verbs import verb_app

app = verb_app()


class Written(msgspec.Struct):
    """The parts of the JSON form that make a message; `raw` is hexadecimal and wins."""

    mti: str
    dialect: str = ""
    bitmap: str = ""
    fields: dict[str, str] = {}
    raw: dict[str, str] = {}


@app.command()
def encode(
    given: Annotated[
        str, typer.Argument(metavar="JSON|FILE|-", help="Messages, one a line; stdin by default.")
    ] = "-",
    dialect: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="The dialect; the message's own without it.")
    ] = "",
    body: Annotated[bool, typer.Option("--body", help="Print from the MTI on, no heads.")] = False,
) -> None:
    """Encode messages: lines of JSON into lines of hexadecimal digits.

    The JSON is what `decode --reveal --json` prints, and comes back byte for byte. `raw` wins
    over `fields`, heads that are left out get the dialect's defaults, a masked value is refused.
    Status 1 if a message cannot be encoded.

    \b
    Examples:
      jinbao decode --reveal --json frames.hex | jinbao encode
      echo '{"mti":"0820","fields":{"41":"50010001"}}' | jinbao encode --dialect pos
    """  # noqa: D301 - \b keeps the lines of the examples apart
    good = True
    for number, line in enumerate(text_lines(given), start=1):
        try:
            say(_encoded(line, dialect, body=body).hex().upper())
        except (EncodeError, FrameError, msgspec.DecodeError, RecursionError) as error:
            good = False
            note(f"message {number}: {error}")
    if not good:
        raise typer.Exit(BAD)


def _encoded(line: str, dialect: str, *, body: bool) -> bytes:
    table: Any = msgspec.json.decode(line)
    written = msgspec.convert(table, Written)
    reader = _reader(dialect, written.dialect)
    texts = {_number(key): text for key, text in written.fields.items()}
    raw = _unmasked(written)
    content = reader.codec.encode(written.mti, texts, raw=raw, bitmap=written.bitmap)
    if body:
        return content
    names = [head.name for head in reader.dialect.frame.heads]
    heads = msgspec.convert({n: table[n] for n in names if n in table}, dict[str, str])
    return reader.framing.join(reader.framing.build_heads(heads) + content)


def _reader(chosen: str, written: str) -> Reader:
    if not (chosen or written):
        raise EncodeError("dialect", "is named neither in the message nor with --dialect")
    if not chosen and written not in packaged_names():
        raise EncodeError("dialect", "is none that comes with the program; name it with --dialect")
    return reader_named(chosen or written)


def _unmasked(written: Written) -> dict[int, bytes]:
    """Return the raw contents; EncodeError names a value that is masked."""
    for key, text in written.fields.items():
        if HIDDEN in text and key not in written.raw:
            raise EncodeError(key, _MASKED)
    raw = {}
    for key, text in written.raw.items():
        if HIDDEN in text:
            raise EncodeError(key, _MASKED)
        raw[_number(key)] = _hex(key, text)
    return raw


_MASKED = "is masked; decode with --reveal to encode it again"


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) <= 3):  # noqa: PLR2004 - DE 2 to 128
        raise EncodeError("fields", "a field is named by its number")
    return int(key)


def _hex(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise EncodeError(name, "is not pairs of hexadecimal digits") from None
