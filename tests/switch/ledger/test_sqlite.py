"""What the embedded ledger promised is there after a kill, a power cut and a disk that fails."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing as closing_of
from pathlib import Path
from random import Random

import apsw
import pytest

from switch.core.errors import InvariantBroken
from switch.core.operations import (
    FindOriginal,
    Operation,
    TakeOver,
)
from switch.core.outcomes import (
    CapExceeded,
    Counted,
    Found,
    Opened,
    OriginalNotFound,
    Repeated,
    ReversalQueued,
    TakenOver,
)
from switch.core.transaction import State
from switch.ledger.embedded import migrations
from switch.ledger.embedded.power import disk
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import LedgerFailed, LedgerOpenError, Where
from switch.ledger.sqlite import SqliteLedger
from tests.switch.core.transfers import acquirers
from tests.switch.ledger.making import (
    CARD,
    DAY,
    acknowledging,
    attempt,
    claiming,
    closing,
    counting_refusals,
    enlisting,
    key,
    opening,
    reversing,
    rrn,
)

KILLS = 20
FILES = ("ledger.db", "ledger.db.log-a", "ledger.db.log-b")

# Batches that touch every table, the same row several times, and both halves of the log.
STORY: Sequence[Sequence[Operation]] = (
    [enlisting()],
    [opening(1, 1, 30_000), opening(2, 2, 30_000)],
    [closing(3, 1), closing(4, 2, State.DECLINED), opening(5, 3, 10_000)],
    [closing(6, 3, State.IN_DOUBT), reversing(7, 1), opening(8, 4, 20_000)],
    [claiming(9), acknowledging(10, 3), reversing(11, 9)],
    [opening(12, 5, 50_000), closing(13, 4), reversing(14, 4), closing(15, 5, State.UNSENT)],
    [acknowledging(16, 1), opening(17, 6, 40_000)],
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a ledger may be made."""
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    """Return a ledger that fills its tables only when it is told to."""
    with closing_of(SqliteLedger(path, fill_every_s=None)) as made:
        yield made


def test_a_batch_that_was_not_filled_is_there_after_a_kill(path: Path, tmp_path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        for batch in STORY[:4]:
            ledger.submit(batch)
        image = tmp_path / "image"
        image.mkdir()
        for name in tmp_path.glob("ledger.db*"):
            shutil.copy(name, image)
        expected = ledger.transactions(), ledger.advices(), ledger.caps(CARD)
    with closing_of(SqliteLedger(image / "ledger.db", fill_every_s=None)) as again:
        assert (again.transactions(), again.advices(), again.caps(CARD)) == expected
        (taken,) = again.submit([TakeOver(attempt(1, 2), 2, 0, 10)])
        assert isinstance(taken, TakenOver)
        assert [row.key.stan for row in taken.rows] == ["000004"]


def test_counts_of_refusals_are_there_after_a_kill_and_the_greater_of_two_stands(
    path: Path, tmp_path: Path
) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        assert ledger.submit([counting_refusals(1, {"a": 2, "b": 1})]) == [Counted()]
        ledger.fill()
        ledger.submit([counting_refusals(2, {"a": 5}), counting_refusals(3, {"a": 7}, 2)])
        ledger.submit([counting_refusals(4, {"a": 4, "b": 1})])
        image = tmp_path / "image"
        image.mkdir()
        for name in tmp_path.glob("ledger.db*"):
            shutil.copy(name, image)
    with closing_of(SqliteLedger(image / "ledger.db", fill_every_s=None)) as again:
        found = [(each.reason, each.count) for each in again.refusals(DAY, DAY)]
        assert found == [("a", 12), ("b", 1)]
        assert list(again.refusals(DAY + 1, DAY + 9)) == []


def test_rows_that_left_memory_are_found_in_the_tables(path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None, kept=0)) as ledger:
        ledger.submit([opening(1), closing(2)])
        ledger.fill()
        ledger.submit([enlisting()])
        (found, missing) = ledger.submit(
            [FindOriginal(attempt(3), key(1)), FindOriginal(attempt(4), key(2))]
        )
        assert isinstance(found, Found)
        assert isinstance(missing, OriginalNotFound)
        (repeated, exceeded) = ledger.submit([opening(5), opening(6, 2, 50_001)])
        assert isinstance(repeated, Repeated)
        assert exceeded == CapExceeded(100_000, 50_000, 0)
        (queued,) = ledger.submit([reversing(7)])
        assert isinstance(queued, ReversalQueued)


def test_tables_follow_without_being_told(path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=0.01)) as ledger:
        ledger.submit([opening(1)])
        with closing_of(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
            deadline = time.monotonic() + 10
            while not reader.execute("SELECT count(*) FROM transactions").get:
                assert time.monotonic() < deadline
                time.sleep(0.01)


def test_people_find_transactions_by_what_they_know(ledger: SqliteLedger) -> None:
    for batch in STORY:
        ledger.submit(batch)
    assert [row.key.stan for row in ledger.transactions(2)] == ["000006", "000005"]
    declined = ledger.transactions(where=Where(state=State.DECLINED))
    assert [row.key.stan for row in declined] == ["000002"]
    assert ledger.transactions(where=Where(day=20140617)) == []
    found = ledger.transactions(where=Where(rrn=rrn(2), terminal="50010001"))
    assert [row.key.stan for row in found] == ["000002"]


def test_a_second_opener_is_refused(ledger: SqliteLedger, path: Path) -> None:
    with pytest.raises(LedgerOpenError, match="open in another process"):
        SqliteLedger(path)
    assert ledger.submit([opening(1)]) == [Opened(0, 50_000)]


@pytest.mark.usefixtures("ledger")
def test_another_process_is_refused(path: Path) -> None:
    command = [sys.executable, "-m", "tests.switch.ledger.breaking.writer", str(path), "1"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode != 0
    assert "open in another process" in refused.stderr


def test_a_newer_schema_is_refused(path: Path) -> None:
    SqliteLedger(path).close()
    with closing_of(apsw.Connection(str(path))) as connection:
        newest = max(migrations.migrations())
        connection.execute(
            "INSERT INTO schema_versions VALUES (?, 'newer', '2030-01-01')", (newest + 1,)
        )
    with pytest.raises(LedgerOpenError, match=f"has schema {newest + 1}"):
        SqliteLedger(path)


def test_a_newer_log_is_refused(path: Path) -> None:
    SqliteLedger(path).close()
    with closing_of(apsw.Connection(f"{path}.log-b")) as connection:
        connection.pragma("user_version", 2)
    with pytest.raises(LedgerOpenError, match="has format 2"):
        SqliteLedger(path)


def test_tables_older_than_their_log_are_refused(path: Path, tmp_path: Path) -> None:
    SqliteLedger(path).close()
    shutil.copy(path, tmp_path / "copy")
    with closing_of(SqliteLedger(path)) as ledger:
        ledger.submit([opening(1)])
    shutil.copy(tmp_path / "copy", path)
    with pytest.raises(LedgerOpenError, match="older than its log"):
        SqliteLedger(path)


def test_a_log_of_another_ledger_is_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        with closing_of(SqliteLedger(tmp_path / folder / "ledger.db")) as ledger:
            ledger.submit([opening(1)])
    shutil.copy(tmp_path / "one" / FILES[1], tmp_path / "two" / FILES[1])
    with pytest.raises(LedgerOpenError, match="no part of"):
        SqliteLedger(tmp_path / "two" / "ledger.db")


def test_a_missing_log_is_refused(path: Path) -> None:
    with closing_of(SqliteLedger(path)) as ledger:
        ledger.submit([opening(1)])
    Path(f"{path}.log-a").unlink()
    with pytest.raises(LedgerOpenError, match="missing"):
        SqliteLedger(path)


def test_a_log_that_cannot_be_read_is_refused(path: Path, tmp_path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger._halves[0].append(1, b"no batch")
        for name in tmp_path.glob("ledger.db*"):
            shutil.copy(name, tmp_path / f"copy{name.name.removeprefix('ledger')}")
    with pytest.raises(LedgerOpenError, match="cannot be brought up to date"):
        SqliteLedger(tmp_path / "copy.db")


def test_a_lost_batch_is_noticed(path: Path, tmp_path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger.submit([opening(1)])
        ledger._halves[0].append(3, b"after one that is not there")
        for name in tmp_path.glob("ledger.db*"):
            shutil.copy(name, tmp_path / f"copy{name.name.removeprefix('ledger')}")
    with pytest.raises(LedgerOpenError, match="batch 2 is missing"):
        SqliteLedger(tmp_path / "copy.db")


def test_a_file_that_is_no_ledger_is_refused(path: Path) -> None:
    path.write_bytes(b"This is not a database, and long enough to be looked at. " * 20)
    with pytest.raises(LedgerOpenError, match="cannot be opened"):
        SqliteLedger(path)


def test_a_failed_sync_surfaces_and_nothing_is_promised_after_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with disk() as it:
        ledger = SqliteLedger(path, fill_every_s=None)
        ledger.submit([opening(1, 1, 1_000)])
        it.fail_sync_at = it.syncs + 1
        with pytest.raises(LedgerFailed):
            ledger.submit([opening(2, 2, 1_000)])
        with pytest.raises(LedgerFailed):
            ledger.submit([opening(3, 3, 1_000)])
        with pytest.raises(LedgerFailed):
            ledger.fill()
        ledger.close()
    with closing_of(SqliteLedger(path)) as again:
        stans = {row.key.stan for row in again.transactions()}
        assert "000001" in stans
        assert "000003" not in stans


def test_a_failed_fill_surfaces_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with disk() as it:
        ledger = SqliteLedger(path, fill_every_s=None)
        ledger.submit([opening(1, 1, 1_000)])
        it.fail_sync_at = it.syncs + 1
        with pytest.raises(LedgerFailed):
            ledger.fill()
        with pytest.raises(LedgerFailed):
            ledger.submit([opening(2, 2, 1_000)])
        ledger.close()
    with closing_of(SqliteLedger(path)) as again:
        assert [row.key.stan for row in again.transactions()] == ["000001"]


def _check(path: Path, promised: int) -> None:
    """Check that the promised batches are there, and at most the next one besides."""
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        found = ledger.transactions(), ledger.advices(), ledger.totals()
    allowed = []
    for count in (promised, promised + 1):
        model = MemoryLedger()
        for batch in STORY[:count]:
            model.submit(batch)
        allowed.append((model.transactions(), model.advices(), model.totals()))
    assert found in allowed
    for name in FILES:
        with closing_of(apsw.Connection(str(path.with_name(name)))) as connection:
            assert connection.pragma("integrity_check") == "ok"


def test_power_cut_at_every_write_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    promises = []
    with disk() as it:
        ledger = SqliteLedger(tmp_path / "ledger.db", fill_every_s=None)
        for count, batch in enumerate(STORY):
            ledger.submit(batch)
            promises.append(len(it.changes))
            if count % 2:
                ledger.fill()
        ledger.close()
    assert len(it.changes) > 150
    for after in range(len(it.changes) + 1):
        promised = sum(promise <= after for promise in promises)
        for kept in (None, Random(after)):  # noqa: S311 - no secret
            folder = tmp_path / f"{after}-{kept is None}"
            folder.mkdir()
            it.cut(after, folder, kept)
            _check(folder / "ledger.db", promised)


def test_kill_9_at_any_moment_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    opened: set[int] = set()
    closed: set[int] = set()
    for cycle in range(KILLS):
        first = cycle * 10_000 + 1
        command = [
            sys.executable,
            "-m",
            "tests.switch.ledger.breaking.writer",
            str(path),
            str(first),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline()]
            time.sleep(0.01 * (cycle % 5))
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.readlines()
        assert lines[0], "it wrote nothing"
        words = [line.split() for line in lines if line.endswith("\n")]
        opened |= {int(stan) for word, stan in words if word == "opened"}
        closed |= {int(stan) for word, stan in words if word == "closed"}
    with closing_of(SqliteLedger(path)) as ledger:
        rows = {int(row.key.stan): row for row in ledger.transactions(10**9)}
        assert len(rows) == len(ledger.transactions(10**9))
        assert opened <= rows.keys()
        assert all(rows[stan].state is State.APPROVED for stan in closed)
        assert len(rows) <= len(opened) + KILLS
        totals = ledger.totals()
        assert totals.committed_fen == totals.by_state[State.APPROVED][1]
        assert totals.held_fen == totals.by_state[State.FORWARDED][1]
    assert len(closed) > KILLS


def test_closing_twice_the_same_row_in_one_batch_is_one_change(ledger: SqliteLedger) -> None:
    again = closing(2)
    opened, closed, repeated = ledger.submit([opening(1), again, again])
    assert isinstance(opened, Opened)
    assert closed == repeated
    assert [(d.held_fen, d.committed_fen) for d in ledger.caps(CARD)] == [(0, 50_000)]


def test_a_batch_that_breaks_an_invariant_leaves_nothing(ledger: SqliteLedger) -> None:
    with pytest.raises(InvariantBroken):
        ledger.submit([opening(1), closing(2, 1, State.REVERSED)])
    assert ledger.transactions() == []
    assert ledger.submit([opening(3)]) == [Opened(0, 50_000)]


def test_the_cap_of_each_acquirer_is_its_own_and_survives_a_restart(path: Path) -> None:
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        acquirers.begin(ledger)
    with closing_of(SqliteLedger(path, fill_every_s=None, kept=0)) as again:
        acquirers.look(again, again.fill)
