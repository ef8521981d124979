"""`jinbao keys terminal` (switch/cli): terminal master keys, made here or brought in parts.

A key is shown by its check value only. Its parts go to and come from one file or prompt for each
holder, and each has a check value of its own, so that its holder can compare.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from messages.crypto.keys import Key, Tmk
from switch.cli.outcome import note, say, stop
from switch.cli.registering.editing import Edit, carry_out
from switch.cli.registering.keeping import kept
from switch.cli.registering.telling import changed, check_told
from switch.cli.security.secrets import read_secret
from switch.cli.serving.folder import Folder, key_store
from switch.cli.verbs import verb_app
from switch.config.faults import ConfigurationError
from switch.config.keystore import KeyStore
from switch.config.registry.fields import Row
from switch.config.sections.merging import merged

app = verb_app("Terminal master keys of an installation.")

_TMK_BYTES: Final = 16
_TID_LENGTH: Final = 8
_PARTS: Final = (2, 3)

Tid = Annotated[str, typer.Argument(metavar="TID", help="The terminal (DE 41).")]
RecordedBy = Annotated[
    str,
    typer.Option("--by", metavar="NAME", help="Who changes a key whose check value is recorded."),
]
RecordedWhy = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why it is changed.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the key that is there.")]


@app.command()
def new(
    tid: Tid,
    *,
    folder: Folder,
    part: Annotated[
        list[Path] | None,
        typer.Option("--part", metavar="FILE", help="Write a part there; give it 2 or 3 times."),
    ] = None,
    force: Force = False,
    by: RecordedBy = "",
    why: RecordedWhy = "",
) -> None:
    """Make a random master key for a terminal.

    Its parts, for whoever loads it into the terminal, are written to files of mode 0600.

    \b
    Example:
      jinbao keys terminal new 50010001 -c city --part one --part two
    """  # noqa: D301 - \b keeps the lines of the examples apart
    store = _prepared(folder, tid, (by, why), force=force)
    files = part or []
    if files and len(files) not in _PARTS:
        stop("a key has two or three parts")
    # Before any is written: half the parts of a key that never was would lie around.
    for number, file in enumerate(files):
        if os.path.lexists(file):
            stop(f"{file}: {os.strerror(errno.EEXIST)}")
        if file.absolute() in {other.absolute() for other in files[:number]}:
            stop(f"{file}: each part has a file of its own")
    tmk = Tmk(odd_parity(secrets.token_bytes(_TMK_BYTES)))
    for file, content in zip(files, split(tmk, len(files)), strict=True):
        _write_part(file, content)
        say(f"{file}: check value {_kcv(Key(content))}")
    store.keep(tid, tmk)
    if not files:
        note("without --part nobody can load this key into the terminal")


@app.command("import")
def import_(
    tid: Tid,
    *,
    folder: Folder,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="FILE", help="Read a part there; give it 2 or 3 times."),
    ] = None,
    parts: Annotated[
        int, typer.Option(min=2, max=3, help="How many parts the prompts ask for.")
    ] = 2,
    force: Force = False,
    by: RecordedBy = "",
    why: RecordedWhy = "",
) -> None:
    """Put a terminal's master key together from its parts.

    Without files, hidden prompts ask for the parts.

    \b
    Example:
      jinbao keys terminal import 50010001 -c city --part one --part two
    """  # noqa: D301 - \b keeps the lines of the examples apart
    store = _prepared(folder, tid, (by, why), force=force)
    names = [f"part {number}" for number in range(1, (len(part) if part else parts) + 1)]
    texts = []
    for name, file in zip(names, part or [""] * parts, strict=True):
        text = "".join(read_secret(file, name).split())
        try:
            say(f"{name}: check value {_kcv(Key.from_hex(text))}")
        except ValueError as error:
            stop(f"{name}: {error}")
        texts.append(text)
    try:
        tmk = Tmk.from_components(texts)
    except ValueError as error:
        stop(str(error))
    if tmk.length != _TMK_BYTES:
        stop(f"a terminal master key has {_TMK_BYTES} bytes, not {tmk.length}")
    if not tmk.has_odd_parity():
        note("the key does not have odd parity: compare the check value with its holders")
    store.keep(tid, tmk)


def odd_parity(key: bytes) -> bytes:
    """Return `key` with the last bit of each byte set so that its ones are odd in number."""
    return bytes(byte ^ (1 - byte.bit_count() % 2) for byte in key)


def split(tmk: Tmk, count: int) -> Sequence[bytes]:
    """Return `count` parts that give the key when they are xored: each alone says nothing."""
    if not count:
        return []
    parts = [secrets.token_bytes(_TMK_BYTES) for _ in range(count - 1)]
    last = int.from_bytes(tmk.reveal())
    for part in parts:
        last ^= int.from_bytes(part)
    return [*parts, last.to_bytes(_TMK_BYTES)]


def _prepared(folder: Path, tid: str, told: tuple[str, str], *, force: bool) -> _Keeping:
    """Return where the key goes, after making sure that it may change."""
    found = merged(folder, kept)
    terminals = found.sources.terminals
    if terminals.model is None or found.faults:
        stop("\n".join(str(fault) for fault in (*terminals.faults, *found.faults)))
    entry = next((each for each in terminals.model.terminal if each.id == tid), None)
    if entry is None:
        if not (len(tid) == _TID_LENGTH and tid.isascii() and tid.isalnum()):
            stop("a terminal is named by 8 letters or digits")
        note(f"terminal {tid} is not registered yet: it is not in {terminals.place('terminal')}")
    store = key_store(folder)
    if tid in store.names("terminals") and not force:
        stop(f"terminal {tid} has a key; --force replaces it, and the terminal must be loaded anew")
    if entry is None or not entry.key_check:
        return _Keeping(store, None, told)
    if not isinstance(entry, Row):
        note("terminals.toml records the check value of the key before: mend its key_check")
        return _Keeping(store, None, told)
    if not all(each.strip() for each in told):
        stop("the registry records this key's check value: say who and why by --by and --why")
    check_told(*told)
    return _Keeping(store, folder, told)


class _Keeping(NamedTuple):
    """Where a key is put, and the folder whose registry records its check value, if any."""

    store: KeyStore
    folder: Path | None
    told: tuple[str, str]

    def keep(self, tid: str, tmk: Tmk) -> None:
        """Put a key, and record its check value with who and why."""
        kcv = _kcv(tmk)
        self.store.put("terminals", {tid: tmk.reveal()})
        say(f"terminal {tid}: check value {kcv}")
        if self.folder is not None:
            edit = Edit(*self.told)
            edit.made = lambda state: {
                "terminal": [state["terminal"][tid].model_copy(update={"key_check": kcv})]
            }
            try:
                changed(carry_out(self.folder, edit))
            except ConfigurationError as error:
                stop(f"the key is there, and its check value could not be recorded\n{error}")
        note("a running switch uses it after `jinbao reload`")


def _kcv(key: Key) -> str:
    return key.kcv().hex().upper()


def _write_part(path: Path, content: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(content.hex().upper() + "\n")
