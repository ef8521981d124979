"""`jinbao serve --record` (switch/cli): what the switch notes becomes a trace in a folder.

The recording key stays with whoever runs the switch: without it no stand-in leads back to a card.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Final

import typer

from messages.dialects.dialect import Dialect
from messages.dialects.family import joined
from messages.tokens.numbers import KEY_BYTES, Tokens
from simulators.replay.trace.form import Side, To, line_of
from simulators.replay.trace.making import Maker
from simulators.replay.trace.writing import Rotation
from switch.cli.outcome import note, stop
from switch.cli.security.secrets import read_secret
from switch.config.installation import Installation
from switch.shell.watching.recorder import Note, Recorder

_MIB: Final = 1 << 20
_FILE_BYTES: Final = 64 * _MIB

RecordInto = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Record every frame there, without card data.")
]
RecordKey = Annotated[
    str,
    typer.Option(
        metavar="FILE|-", help="64 hexadecimal digits; without it stand-ins fit no other trace."
    ),
]
RecordMost = Annotated[int, typer.Option(min=128, help="Most MiB in DIR; the oldest files go.")]


def tokens_of(key_file: str) -> Tokens:
    """Return the stand-ins under the key in a file, or under a key that is forgotten."""
    if not key_file:
        note("no recording key: stand-ins of this trace agree with those of no other")
        return Tokens(secrets.token_bytes(KEY_BYTES))
    text = "".join(read_secret(key_file, "recording key").split())
    try:
        return Tokens(bytes.fromhex(text))
    except ValueError:
        stop(f"recording key: {key_file} does not hold {2 * KEY_BYTES} hexadecimal digits")


def recording(
    folder: Path | None, key_file: str, most_mib: int, found: Installation
) -> Recorder | None:
    """Return a recorder that runs, None where no folder is named; status 2 where it cannot."""
    if folder is None:
        return None
    configuration = found.configuration
    try:
        terminal = joined(configuration.terminal_dialects)
    except ValueError as error:
        stop(f"what terminals speak cannot be recorded as one: {error}")
    dialects: dict[Side, Dialect] = {
        "terminal": terminal,
        "issuer": configuration.issuer_dialect,
    }
    maker = Maker(dialects, tokens_of(key_file))
    prefixes = {side: dialect.frame.length_bytes for side, dialect in dialects.items()}
    try:
        rotation = Rotation(folder, maker.header("jinbao serve"), _FILE_BYTES, most_mib * _MIB)
    except OSError as error:
        stop(f"{folder}: {error.strerror}")

    def keep(noted: Note) -> bytes:
        side: Side = "terminal" if noted.side == "terminal" else "issuer"
        frame = noted.frame if noted.is_heard else noted.frame[prefixes[side] :]
        to: To = "switch" if noted.is_heard else "peer"
        return line_of(maker.frame(noted.at_us, noted.connection, side, to, frame))

    recorder = Recorder(keep, rotation.write, done=rotation.close)
    recorder.open()
    return recorder


def end_recording(recorder: Recorder | None) -> None:
    """Write what waits; say so where the recording ended before the switch did."""
    if recorder is None:
        return
    recorder.close()
    if recorder.failure:
        note(f"the recording ended early: {recorder.failure}")
