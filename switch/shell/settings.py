"""What the shell is told at start: addresses, limits with names, where state and logs go.

Everything that the core decides by is in its own configuration; nothing here reaches it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from messages.crypto.keys import WorkingKeys
from messages.dialects.dialect import Dialect, FrameFormat


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of what a peer, a slow disk or a full machine could make grow."""

    connections: int = 10_000
    """Terminal connections at one time; one more is closed at once."""
    half_frame_ms: int = 10_000
    """A frame that began must be whole within this time, whatever trickles in meanwhile."""
    pending_output_bytes: int = 262_144
    """What a terminal may leave unread before it is cut."""
    link_output_bytes: int = 8_388_608
    """The same for an issuer."""
    waiting_operations: int = 20_000
    """From so many undecided ledger operations on, terminals are not read."""
    connect_ms: int = 5_000
    """An issuer that does not accept within this time is tried again later."""
    reconnect_first_ms: int = 200
    """The first wait between two attempts to connect; it doubles."""
    reconnect_most_ms: int = 15_000
    """The longest wait between two attempts to connect."""
    drain_ms: int = 10_000
    """How long what is in flight may take to finish when the process shall end."""
    log_lines_per_second: int = 500
    """More than so many lines are counted and left out."""
    backlog: int = 1_024
    """Connections that the kernel keeps until they are accepted."""


class ListenAddress(msgspec.Struct, frozen=True):
    """Where terminals connect (port 0: any), and the class of line that they come over.

    An empty `access` says nothing of the class.
    """

    host: str
    port: int
    access: str = ""

    @property
    def key(self) -> str:
        """The key of jinbao.toml that has the address."""
        return f"listen.{self.access or 'terminals'}"


class LinkAddress(msgspec.Struct, frozen=True):
    """Where the host of an issuer link listens."""

    name: str
    host: str
    port: int


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One running switch, as seen from outside the core.

    `fixed_keys` replaces chance for test installations; `known_dialects` are named to peers whose
    frames were refused. A worker shares its ports with others, and drains when its standard input
    ends: its supervisor is gone.
    """

    listen: tuple[ListenAddress, ...]
    terminal_frames: FrameFormat
    link_frames: FrameFormat
    links: tuple[LinkAddress, ...]
    limits: Limits
    control: Path | None = None
    stops: Path | None = None
    commit_in_thread: bool = False
    is_worker: bool = False
    fixed_keys: WorkingKeys | None = None
    known_dialects: tuple[Dialect, ...] = ()
