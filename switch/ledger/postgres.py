"""The ledger on PostgreSQL for whoever waits for it (switch/ledger): commands, tests, tools.

It has a loop in a thread of its own. The switch itself awaits the store in its own loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Sequence,
)
from queue import Queue
from typing import Any, Final, TypeVar

from switch.core.batches.values import Batch
from switch.core.operations import Advice, Operation, Row
from switch.core.outcomes import Outcome, TotalsAre
from switch.ledger.protocol import (
    EVERYWHERE,
    NEWEST,
    CapShown,
    LedgerFailed,
    LedgerOpenError,
    Refusals,
    Where,
)
from switch.ledger.shared import books
from switch.ledger.shared.line import ERRORS, InDoubtError, Line, NotStoredError, failed
from switch.ledger.shared.migrations import check_version
from switch.ledger.shared.reading import Fetch
from switch.ledger.shared.store import PATIENCE_S, PostgresStore

T = TypeVar("T")
_PAGE: Final = 2_000
_PAGES: Final = 4
"""Read ahead at most so many pages of so many items."""


class PostgresLedger:
    """A ledger, open for writing and for reading, that other processes use at the same time."""

    def __init__(
        self, url: str, patience_s: float = PATIENCE_S, *, is_checked: bool = True
    ) -> None:
        """Connect, and see that the tables are ours. Raises LedgerOpenError."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ledger", daemon=True)
        self._thread.start()
        self.store = PostgresStore(url, patience_s)
        try:
            if is_checked:
                self.on_line(check_version)
        except LedgerFailed as error:
            self.close()
            raise LedgerOpenError(str(error)) from error
        except LedgerOpenError:
            self.close()
            raise

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch in order, make it durable, and return its outcomes in that order.

        Raises LedgerFailed and InvariantBroken. What nobody knows is `Unknown`.
        """
        return self._wait(self.store.submit(batch))

    def transactions(self, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
        """Return at most `limit` transactions, the newest first. Raises LedgerFailed."""
        return self._read(lambda fetch: books.transactions(fetch, limit, where))

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card (its keyed hash) in order. Raises LedgerFailed."""
        return self._read(lambda fetch: books.caps(fetch, card))

    def advices(self) -> list[Advice]:
        """Return the queued reversals, the first due first. Raises LedgerFailed."""
        return self._read(books.advices)

    def batches(self, from_day: int, until_day: int) -> list[Batch]:
        """Return terminals' batches by clearing day, terminal and number; days inclusive.

        Raises LedgerFailed.
        """
        return self._read(lambda fetch: books.batches(fetch, from_day, until_day))

    def rows(self, from_day: int, until_day: int, *, only_reversed: bool = False) -> Iterator[Row]:
        """Yield the transactions of receipt days, both inclusive, in the order of opening.

        Raises LedgerFailed.
        """
        return self.pump(
            lambda line: books.rows(line.fetch, from_day, until_day, only_reversed=only_reversed)
        )

    def first_day(self) -> int:
        """Return the first receipt day of all, 0 where there is none. Raises LedgerFailed."""
        return self._read(books.first_day)

    def full_days(
        self, from_day: int, until_day: int, limit_fen: int
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the days of cards (keyed hash and YYYYMMDD) that have no less than a limit.

        Raises LedgerFailed.
        """
        found = self._read(lambda fetch: books.full_days(fetch, from_day, until_day, limit_fen))
        return iter(found)

    def refusals(self, from_day: int, until_day: int) -> Iterator[Refusals]:
        """Yield what was refused without a row, by day, point, bank, code and reason.

        Raises LedgerFailed.
        """
        return self.pump(lambda line: books.refusals(line.fetch, from_day, until_day))

    def totals(self) -> TotalsAre:
        """Return the sums over everything, added up from the rows. Raises LedgerFailed."""
        return self._read(books.sums)

    def on_line(self, do: Callable[[Line], Awaitable[T]]) -> T:
        """Do something on a connection of ours. Raises LedgerFailed where that cannot be."""
        return self._wait(self._on_line(do))

    def pump(self, read: Callable[[Line], AsyncIterator[T]]) -> Generator[T, None, None]:
        """Yield what an asynchronous iterator over a connection of ours yields, in pages."""
        pages: Queue[list[T] | None] = Queue(_PAGES)

        async def put(line: Line) -> None:
            page: list[T] = []
            async for item in read(line):
                page.append(item)
                if len(page) == _PAGE:
                    await asyncio.to_thread(pages.put, page)
                    page = []
            await asyncio.to_thread(pages.put, page)

        reading = asyncio.run_coroutine_threadsafe(self._on_line(put), self._loop)
        reading.add_done_callback(lambda _: pages.put(None))
        is_over = False
        try:
            while (page := pages.get()) is not None:
                yield from page
            is_over = True
        finally:
            if not is_over:
                # Whoever wants no more must not leave a reader waiting to be heard.
                reading.cancel()
                while pages.get() is not None:
                    pass
        reading.result()

    def close(self) -> None:
        """Disconnect, and end the thread."""
        if self._loop.is_closed():
            return
        self._wait(self.store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _read(self, read: Callable[[Fetch], Awaitable[T]]) -> T:
        return self.on_line(lambda line: read(line.fetch))

    async def _on_line(self, do: Callable[[Line], Awaitable[T]]) -> T:
        try:
            line = await self.store.line()
        except NotStoredError as error:
            raise LedgerFailed(f"the database cannot be reached: {error}") from error
        try:
            await line.leave()
            return await do(line)
        except ERRORS as error:
            line.cut()
            raise LedgerFailed(str(failed(error))) from error
        except NotStoredError as error:
            line.cut()
            raise LedgerFailed(f"nothing was stored: {error}") from error
        except InDoubtError as error:
            line.cut()
            raise LedgerFailed(f"nobody knows whether it was stored: {error}") from error
        except BaseException:
            # Whatever it was, nobody must find a transaction open here.
            line.cut()
            raise
        finally:
            self.store.let_go(line)

    def _wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()
