"""The disk that remembers: synced writes survive a power cut, others may, and its base is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from simulators.world.weather.faults import stream
from switch.ledger.embedded.power import Disk, disk


@pytest.fixture
def forgetful() -> Iterator[Disk]:
    made = Disk({"kept.db": b"before"}, is_real=False)
    yield made
    made.unregister()


def _write(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    connection.close()


def _rows(path: Path) -> int:
    connection = apsw.Connection(str(path))
    try:
        return len(list(connection.execute("SELECT * FROM t")))
    except apsw.SQLError:
        return 0
    finally:
        connection.close()


def test_what_was_synced_is_there_after_a_cut_and_nothing_before_it(
    forgetful: Disk, tmp_path: Path
) -> None:
    _write(tmp_path / "a.db")
    seen = set()
    for after in range(len(forgetful.changes) + 1):
        left = tmp_path / str(after)
        left.mkdir()
        forgetful.cut(after, left, stream(after, "disk"))
        assert (left / "kept.db").read_bytes() == b"before"
        if (left / "a.db").exists():
            seen.add(_rows(left / "a.db"))
    assert seen == {0, 1}


def test_a_sync_that_fails_is_an_error(tmp_path: Path) -> None:
    with disk() as made:
        made.fail_sync_at = 1
        with pytest.raises(apsw.Error):
            _write(tmp_path / "a.db")


def test_the_disk_is_gone_afterwards(tmp_path: Path) -> None:
    with disk() as made:
        pass
    _write(tmp_path / "a.db")
    assert not made.changes
