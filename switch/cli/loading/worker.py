"""Load over several machines (switch/cli): the job table is in the database of the ledger.

Errors of the database end the verb in one sentence; what was being measured is then lost.
"""

from __future__ import annotations

import os
import platform
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.load.driving.part import LoadError
from simulators.load.driving.running import Plan, Show
from simulators.load.driving.sharing import GivenOut, Hand
from simulators.load.measuring.results import Result
from switch.cli.outcome import say
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.shared.jobs import JobTable
from switch.ledger.shared.line import ERRORS, Line, NotStoredError
from switch.ledger.shared.migrations import check_version


@asynccontextmanager
async def table_of(url: str) -> AsyncIterator[JobTable]:
    """Open the job table; LoadError where there is none, or where the database fails."""
    try:
        line = await Line.open(url)
    except (LedgerOpenError, NotStoredError) as error:
        raise LoadError(str(error)) from error
    try:
        await check_version(line)
        yield JobTable(line)
    except LedgerOpenError as error:
        raise LoadError(str(error)) from error
    except ERRORS as error:
        raise LoadError(f"the database: {type(error).__name__}") from error
    finally:
        await line.close()


async def given_out(url: str, plan: Plan, show: Show) -> Result:
    """Share a plan out to the workers of a database; raises LoadError."""
    async with table_of(url) as table:
        return await GivenOut(plan, table, secrets.token_hex(8), show).run()


async def work(url: str, name: str, *, once: bool) -> None:
    """Be a worker; raises LoadError."""
    called = name or f"{platform.node()}/{os.getpid()}"
    async with table_of(url) as table:
        say(f"waiting for shares as {called}")
        await Hand(table, called, say).work(once=once)
