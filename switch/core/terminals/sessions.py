"""Terminal sessions: who is signed on, with which batch and keys.

A session belongs to the TID and lives in the ledger; what is kept here is a copy, read again at a
connection's first frame and before a terminal is told 77, 97, 99 or A0.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import msgspec

from messages.crypto.keys import Mak, Pik, Tdk
from messages.crypto.mac import make_mac
from messages.crypto.vault import SealError
from messages.dialects.dialect import Dialect
from switch.core.configuration import Acquirer, Configuration, Download
from switch.core.errors import InvariantBroken
from switch.core.operations import (
    LoadSession,
    NoteDownload,
    Operation,
    Session,
    SignOff,
    SignOn,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    Outcome,
    SessionIs,
    Unknown,
)
from switch.core.terminals.request import Request, TerminalKeys

_PURPOSE = b"working keys"
Ready = Callable[["TerminalKeys | None"], None]
"""Takes the session, None where the terminal never signed on or another sign-on came later."""


def asks_for(versions: tuple[tuple[str, int], ...], downloads: tuple[Download, ...]) -> str:
    """Return the processing request for the first download whose version a terminal lacks."""
    has = dict(versions)
    for download in downloads:
        if has.get(download.id, 0) < download.version:
            return download.asks
    return ""


class _SealedKeys(msgspec.Struct, array_like=True):
    number: int
    box: bytes


class Sessions:
    """The copies of the terminals' sessions, at most as many as the configuration allows."""

    def __init__(self, outbox: Outbox, dialect: Dialect) -> None:
        """Begin with no copies."""
        self._outbox = outbox
        self._algorithm = dialect.mac.algorithm if dialect.mac else "pos-ecb"
        self._known: OrderedDict[str, TerminalKeys] = OrderedDict()
        self._seen: dict[int, set[str]] = {}
        self._accesses: dict[int, str] = {}

    def connected(self, connection: int, access: str = "") -> None:
        """Remember that nothing came over this connection yet, and over which class of line."""
        self._seen[connection] = set()
        if access:
            self._accesses[connection] = access

    def disconnected(self, connection: int) -> None:
        """Forget what came over this connection."""
        self._seen.pop(connection, None)
        self._accesses.pop(connection, None)

    def is_access_known(self, connection: int) -> bool:
        """Tell whether the listener of a connection stands for a class of line."""
        return connection in self._accesses

    def may_use(self, connection: int, acquirer: Acquirer) -> bool:
        """Tell whether a connection came over a class of line that the acquirer registered."""
        access = self._accesses.get(connection)
        return access is None or access in {acquirer.access, acquirer.alternate}

    def is_first(self, connection: int, terminal: str) -> bool:
        """Tell, once, whether this is the terminal's first frame over this connection."""
        seen = self._seen.setdefault(connection, set())
        if terminal in seen:
            return False
        seen.add(terminal)
        return True

    def at_hand(self, request: Request) -> TerminalKeys | None:
        """Return the copy of a session; None where there is none, or it must be read first."""
        terminal = request.terminal or ""
        if self.is_first(request.connection, terminal):
            return None
        return self._known.get(terminal)

    def known(self, terminal: str) -> TerminalKeys | None:
        """Return the copy of a session as it is by now, None where there is none."""
        return self._known.get(terminal)

    def prove(self, request: Request) -> None:
        """Note on a request that its MAC is good, where the copy of its session says so."""
        keys = self._known.get(request.terminal or "")
        if keys is None or keys.mac is None:
            return
        covered = request.view.mab_and_mac()
        if covered is not None and keys.mac.verify(*covered):
            request.proven = keys.mac

    def forget(self, terminal: str) -> None:
        """Drop the copy of a session: the ledger has changed it."""
        self._known.pop(terminal, None)

    def load(self, terminal: str, configuration: Configuration, then: Ready) -> None:
        """Read the session from the ledger, then go on."""
        operation = LoadSession(self._outbox.attempt(), terminal)
        self._ask(operation, terminal, configuration, then)

    def sign_on(
        self,
        request: Request,
        configuration: Configuration,
        keys: tuple[Pik | Mak | Tdk, ...],
        then: Ready,
    ) -> None:
        """Make a session with new keys (PIK, MAK, perhaps TDK), durable before it is told."""
        terminal = request.terminal or ""
        # Its answer is the session as the ledger has it: what follows needs no other look.
        self.is_first(request.connection, terminal)
        attempt = self._outbox.attempt()
        plain = msgspec.msgpack.encode([key.reveal() for key in keys])
        box = configuration.vault.seal(plain, attempt, _PURPOSE)
        sealed = msgspec.msgpack.encode(_SealedKeys(attempt, box))
        self._ask(
            SignOn(attempt, terminal, sealed, int(request.batch or 0)),
            terminal,
            configuration,
            then,
        )

    def sign_off(self, terminal: str, configuration: Configuration, then: Ready) -> None:
        """End the session; its batch stays open."""
        operation = SignOff(self._outbox.attempt(), terminal)
        self._ask(operation, terminal, configuration, then)

    def note(
        self, terminal: str, configuration: Configuration, download: tuple[str, int], then: Ready
    ) -> None:
        """Note that a terminal has a download (its name and version)."""
        operation = NoteDownload(self._outbox.attempt(), terminal, *download)
        self._ask(operation, terminal, configuration, then)

    def _ask(
        self, operation: Operation, terminal: str, configuration: Configuration, then: Ready
    ) -> None:
        def decided(outcome: Outcome) -> None:
            match outcome:
                case SessionIs(session):
                    keys = self._take(terminal, session, configuration)
                    is_ours = session is not None and session.attempt == operation.attempt
                    # A later sign-on may have overtaken this one: its keys are not these.
                    then(None if isinstance(operation, SignOn) and not is_ours else keys)
                case Unknown():
                    # The same attempt again gets the first result, whether there was one or not.
                    self._outbox.after(RETRY_MS, again)
                case _:
                    raise InvariantBroken(f"a session operation got {type(outcome).__name__}")

        again = partial(self._outbox.submit, operation, decided)
        again()

    def _take(
        self, terminal: str, session: Session | None, configuration: Configuration
    ) -> TerminalKeys | None:
        if session is None:
            self._known.pop(terminal, None)
            return None
        known = self._known.get(terminal)
        asks = asks_for(session.downloads, configuration.downloads)
        if known is not None and known.version == session.version:
            known.batch_text, known.is_signed_on = f"{session.batch:06d}", session.is_signed_on
            known.asks = asks
            return known
        keys = self._opened(session, configuration)
        keys.asks = asks
        self._known[terminal] = keys
        if len(self._known) > configuration.limits.sessions_in_memory:
            self._known.popitem(last=False)
        return keys

    def _opened(self, session: Session, configuration: Configuration) -> TerminalKeys:
        batch = f"{session.batch:06d}"
        sealed = msgspec.msgpack.decode(session.sealed_keys, type=_SealedKeys)
        try:
            plain = configuration.vault.open(sealed.box, sealed.number, _PURPOSE)
        except SealError as error:
            # Signing on again makes keys under the data key that we have.
            self._outbox.report("session_sealed", terminal=session.terminal, why=str(error))
            return TerminalKeys(session.version, batch, is_signed_on=False, pik=None, mac=None)
        pik, mak, *tdk = msgspec.msgpack.decode(plain, type=list[bytes])
        mac = make_mac(self._algorithm, Mak(mak))
        track = Tdk(tdk[0]) if tdk else None
        return TerminalKeys(session.version, batch, session.is_signed_on, Pik(pik), mac, track)
