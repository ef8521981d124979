"""The tables are made once, in order, and a program that is too old or too new is told."""

from __future__ import annotations

import asyncio

import pytest

from switch.ledger.protocol import LedgerOpenError
from switch.ledger.shared.line import Line
from switch.ledger.shared.migrations import check_version, migrate, version


async def test_a_new_database_is_brought_up_to_date_once(empty_url: str) -> None:
    line = await Line.open(empty_url)
    assert await version(line) == 0
    with pytest.raises(LedgerOpenError, match="ledger init"):
        await check_version(line)
    assert (await migrate(line))[0] == "0001-tables"
    assert await migrate(line) == []
    await check_version(line)
    await line.close()


async def test_two_at_a_time_make_the_tables_once(empty_url: str) -> None:
    lines = [await Line.open(empty_url) for _ in range(2)]
    ran = await asyncio.gather(*(migrate(line) for line in lines))
    assert min(map(len, ran)) == 0
    for line in lines:
        await line.close()


async def test_a_newer_schema_is_refused_and_an_older_one_sent_to_migrate(empty_url: str) -> None:
    line = await Line.open(empty_url)
    await migrate(line)
    newest = await version(line)
    await line.fetch("UPDATE schema_versions SET number = number + 1 WHERE number = $1", newest)
    with pytest.raises(LedgerOpenError, match="newer program"):
        await migrate(line)
    await line.fetch("DELETE FROM schema_versions")
    await line.fetch("INSERT INTO schema_versions VALUES ($1, 'x', now())", newest - 1)
    with pytest.raises(LedgerOpenError, match="jinbao ledger"):
        await check_version(line)
    await line.close()
