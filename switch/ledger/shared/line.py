"""One connection to PostgreSQL (switch/ledger/shared): a transaction at a time.

What went wrong is told as one of three things: nothing was stored and it may be tried again
(`NotStoredError`), nobody knows (`InDoubtError`), or trying again is no use (`LedgerFailed`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg

from switch.ledger.protocol import LedgerFailed, LedgerOpenError

CONNECT_S: Final = 5.0
"""What a connection may take to come about."""
_GONE: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""The connection is no more; which of these says so depends on what was being done."""
_PASSING: Final = frozenset({"08", "40", "53", "55", "57"})
"""Classes of SQLSTATE that pass: connection, rollback, resources, locks, operator."""
_PASSING_ALONE: Final = frozenset({"23505", "25006", "0A000"})
"""An insert that came second, a server that has become a standby, a plan of an old schema."""
_BEGUN_AGAIN: Final = "40"
"""The class of what a COMMIT may say to tell that it was rolled back."""
_AMBIGUOUS: Final = "40003"
"""Of that class, and yet it says that nobody knows (statement_completion_unknown)."""
_CHAINED: Final = "COMMIT AND CHAIN"
_SETTINGS: Final = {
    "application_name": "jinbao",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    # The tables are looked up by their keys whatever the planner knows of them: it learns about a
    # new table late, and a plan that is kept would read a big one from end to end.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    # A frozen process must not keep its locks; nor one whose machine is gone.
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "5s",
    "client_connection_check_interval": "1s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class NotStoredError(Exception):
    """Nothing of the transaction was stored: it may be tried again."""


class InDoubtError(Exception):
    """Nobody knows whether the transaction was stored."""


class Line:
    """A connection, and its statements, which are prepared when they are first used."""

    __slots__ = ("_connection", "_is_begun", "_prepared", "_warning", "idle_since_s")

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg has no types
        """Listen to what the server says on the side."""
        self._connection = connection
        self._prepared: dict[str, Any] = {}
        self._warning = ""
        self._is_begun = False
        """Whether the last commit has begun the next transaction."""
        self.idle_since_s = 0.0
        """When it was last given back, in the loop's time."""
        connection.add_log_listener(self._heard)

    @classmethod
    async def open(cls, url: str, seconds: float = CONNECT_S) -> Line:
        """Connect. NotStoredError: not now; LedgerOpenError: not with this URL."""
        try:
            connection = await asyncpg.connect(
                url, timeout=seconds, statement_cache_size=0, server_settings=_SETTINGS
            )
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidCatalogNameError) as error:
            raise LedgerOpenError(f"the database refuses us: {error}") from error
        except (asyncpg.ClientConfigurationError, ssl.SSLError) as error:
            raise LedgerOpenError(f"the database's URL cannot be used: {error}") from error
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise LedgerOpenError(f"the database refuses us: {error}") from error
        except (asyncpg.PostgresError, *_GONE, TimeoutError) as error:
            raise NotStoredError(_said(error, "no answer")) from error
        return cls(connection)

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return not self._connection.is_closed()

    def cut(self) -> None:
        """Drop the connection without a word.

        The server is never asked to cancel: it would end a COMMIT's wait for its standby, and the
        transaction would be there without being safe.
        """
        self._connection.terminate()

    async def close(self) -> None:
        """Say good-bye and disconnect."""
        with suppress(asyncpg.PostgresError, *_GONE, TimeoutError):
            await self._connection.close(timeout=1.0)

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Run a statement. Errors are raised as the driver has them; see `failed`."""
        statement = self._prepared.get(sql)
        if statement is None:
            statement = self._prepared[sql] = await self._connection.prepare(sql)
        found: Sequence[Any] = await statement.fetch(*arguments)
        return found

    async def execute(self, sql: str) -> str:
        """Run statements that have no arguments; return the tag of the last."""
        return str(await self._connection.execute(sql))

    async def copy(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Append rows to a table, all columns in order."""
        await self._connection.copy_records_to_table(table, records=rows)

    async def begin(self) -> None:
        """Begin a transaction, unless the last commit has done so."""
        if self._is_begun:
            self._is_begun = False
        else:
            await self._connection.execute("BEGIN")

    async def leave(self) -> None:
        """Leave the transaction that a chained commit has begun, where one has."""
        if self._is_begun:
            await self.roll_back()

    async def commit(self, *, is_chained: bool = False) -> None:
        """End the transaction as stored; anything but a plain yes is told as what it means.

        A chained commit begins the next transaction in the same turn. That holds nothing, but a
        connection that stays so is ended by the server after a while.
        """
        self._warning = ""
        try:
            tag = await self._connection.execute(_CHAINED if is_chained else "COMMIT")
        except asyncpg.PostgresError as error:
            state = _state(error)
            if state.startswith(_BEGUN_AGAIN) and state != _AMBIGUOUS:
                raise NotStoredError(_said(error, "rolled back")) from error
            raise InDoubtError(_said(error, "COMMIT failed")) from error
        except _GONE as error:
            raise InDoubtError(_said(error, "the answer to COMMIT is lost")) from error
        if tag != "COMMIT":
            raise NotStoredError(f"COMMIT was answered with {tag}")
        if self._warning:
            # "canceling wait for synchronous replication" (01000): stored here, and maybe not safe.
            raise InDoubtError(self._warning)
        if is_chained:
            self._is_begun = True

    async def roll_back(self) -> None:
        """Leave a transaction; a connection that cannot is dropped."""
        self._is_begun = False
        if not self.is_open:
            return
        try:
            async with asyncio.timeout(1.0):
                await self._connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, *_GONE, TimeoutError):
            # What led here is what matters, not this.
            self.cut()

    def _heard(self, _connection: object, message: Any) -> None:  # noqa: ANN401 - see above
        if message.severity_en == "WARNING":
            self._warning = f"{message.sqlstate}: {message.message}"


ERRORS: Final = (asyncpg.PostgresError, *_GONE)
"""What a statement may raise."""


def failed(error: Exception) -> Exception:
    """Return what an error before COMMIT means: NotStoredError, or LedgerFailed for what stays."""
    if isinstance(error, asyncpg.PostgresError):
        state = _state(error)
        if state[:2] not in _PASSING and state not in _PASSING_ALONE:
            return LedgerFailed(f"the database says {_said(error, state)}")
    return NotStoredError(_said(error, "the connection is gone"))


def _state(error: Any) -> str:  # noqa: ANN401 - see above
    return str(error.sqlstate or "")


def _said(error: BaseException, otherwise: str) -> str:
    """Return an error in one line; the driver's own may quote arguments and are only named."""
    if isinstance(error, asyncpg.PostgresError):
        return f"{_state(error)} {error.message or otherwise}"
    return f"{otherwise} ({type(error).__name__})"
