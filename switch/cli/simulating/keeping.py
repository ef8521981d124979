"""What `jinbao terminal` keeps from one command to the next (switch/cli): a file for each terminal.

The next STAN, the batch, and what is owed. No card number: cards are named by their number in the
test set-up. The file is locked while a command runs, and written before anything is sent.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from simulators.cards import Card, card_number, fictional_card
from simulators.live import Line
from simulators.terminal_memory import Kind, Memory, Owed, Reverses, Telling, Uploaded
from switch.cli.outcome import stop

_TENTHS_A_DAY: Final = 864_000
_CARD_FIELDS: Final = frozenset({2, 14, 35, 36, 52})
"""What names or proves a card; it is put in again from the test set-up."""
_PAN, _EXPIRY = 2, 14


class _Kept(msgspec.Struct, frozen=True):
    """A message that is owed: its fields but for the card's, and which card it is."""

    kind: Kind
    card: int
    fields: dict[int, str]
    reason: str = ""
    tries: int = 0
    day: int = 0
    results: str = ""


class _State(msgspec.Struct, frozen=True):
    """A terminal's file."""

    stan: int
    batch: int = 1
    owed: tuple[_Kept, ...] = ()
    tellings: tuple[_Kept, ...] = ()
    uploads: tuple[_Kept, ...] = ()


class Keeper(Line):
    """A terminal's memory and its file; as a line it writes the file before every frame."""

    def __init__(self, file: Path, state: _State) -> None:
        """Read the memory out of a state."""
        self._file = file
        self.memory = Memory(batch=state.batch, stan=state.stan)
        self.memory.owed += [_owed(each) for each in state.owed]
        self.memory.tellings += [
            Telling(fields=_whole(each), results=each.results, tries=each.tries)
            for each in state.tellings
        ]
        self.memory.uploads += [
            Uploaded(fields=_whole(each), tries=each.tries) for each in state.uploads
        ]

    def sends(self, frames: list[bytes]) -> list[bytes]:
        """Keep what is known before the switch is told."""
        if frames:
            self.save()
        return frames

    def save(self) -> None:
        """Write the file anew; whoever reads it never sees half of it."""
        memory = self.memory
        owed = tuple(
            self._kept(each.fields, each.kind, reason=each.reason, tries=each.tries, day=each.day)
            for each in memory.owed
        )
        tellings = tuple(
            self._kept(each.fields, Kind.SCRIPT_RESULT, tries=each.tries, results=each.results)
            for each in memory.tellings
        )
        uploads = tuple(
            self._kept(each.fields, Kind.UPLOAD, tries=each.tries) for each in memory.uploads
        )
        state = _State(memory.stan, memory.batch, owed, tellings, uploads)
        fresh = self._file.with_name(f"{self._file.name}.new")
        fresh.write_bytes(msgspec.json.encode(state) + b"\n")
        fresh.replace(self._file)

    def _kept(self, fields: dict[int, str], kind: Kind, **told: object) -> _Kept:
        open_fields = {n: text for n, text in fields.items() if n not in _CARD_FIELDS}
        kept = {"kind": kind, "card": card_number(fields[_PAN]), "fields": open_fields, **told}
        return msgspec.convert(kept, _Kept)


def _owed(kept: _Kept) -> Owed:
    """Return a reversal record whose original can no longer be answered: it is due."""
    fields = _whole(kept)
    return Owed(
        fields=fields,
        amount_fen=int(fields.get(4, "0")),
        shown_card=fictional_card(kept.card).shown,
        reverses=Reverses.BY_THE_RULES,
        delay_ns=0,
        kind=kept.kind,
        reason=kept.reason,
        tries=kept.tries,
        due_ns=0,
        day=kept.day,
    )


def _whole(kept: _Kept) -> dict[int, str]:
    card: Card = fictional_card(kept.card)
    fields = {**kept.fields, _PAN: card.pan}
    if kept.kind not in {Kind.SCRIPT_RESULT, Kind.UPLOAD}:
        fields[_EXPIRY] = card.expiry
    return dict(sorted(fields.items()))


def default_file(terminal: str) -> Path:
    """Return where a terminal's file is unless a command names another."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "jinbao" / "terminals" / f"{terminal}.json"


@contextmanager
def kept(file: Path) -> Iterator[Keeper]:
    """Hold a terminal's file; another command of the same terminal waits until it is let go.

    A file that cannot be read or written ends with status 2.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        stop(f"{file}: cannot be kept ({type(error).__name__}); --state names another file")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keeper = Keeper(file, _read(file))
        try:
            yield keeper
        finally:
            # However it ends: what was approved is owed no more, and must not be reversed later.
            keeper.save()
    finally:
        os.close(lock)


def _read(file: Path) -> _State:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_State)
    except FileNotFoundError:
        # A file that was lost must not begin with numbers that its switch has seen today.
        return _State(stan=int(time.time() * 10) % _TENTHS_A_DAY + 1)
    except (OSError, msgspec.MsgspecError) as error:
        stop(f"{file}: is no terminal's file ({error}); remove it, or name another with --state")
