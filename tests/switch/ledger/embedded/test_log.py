"""One half of the log: batches in order, emptied as a whole."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from switch.ledger.embedded.log import LogHalf
from switch.ledger.protocol import LedgerOpenError


def test_batches_are_there_after_the_file_was_closed(tmp_path: Path) -> None:
    with closing(LogHalf(tmp_path / "half")) as half:
        half.adopt(7)
        half.append(1, b"one")
        half.append(2, b"two" * 10_000)
    with closing(LogHalf(tmp_path / "half")) as half:
        assert half.identity == 7
        assert list(half.batches()) == [(1, b"one"), (2, b"two" * 10_000)]


def test_an_emptied_half_says_how_far_the_tables_were_filled(tmp_path: Path) -> None:
    with closing(LogHalf(tmp_path / "half")) as half:
        assert half.identity == 0
        half.append(1, b"one")
        half.clear(3)
        assert list(half.batches()) == [(3, b"")]
        half.append(4, b"four")
        assert list(half.batches()) == [(3, b""), (4, b"four")]


def test_files_that_are_emptied_do_not_grow(tmp_path: Path) -> None:
    with closing(LogHalf(tmp_path / "half")) as half:
        sizes = []
        for sequence in range(1, 61):
            half.append(sequence, bytes(2**20))
            if not sequence % 10:
                half.clear(sequence)
                sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
        assert sizes[-1] <= sizes[1]


def test_the_file_is_ours_alone(tmp_path: Path) -> None:
    with closing(LogHalf(tmp_path / "half")):
        with pytest.raises(LedgerOpenError, match="open in another process"):
            LogHalf(tmp_path / "half")
        with (
            closing(apsw.Connection(str(tmp_path / "half"))) as other,
            pytest.raises(apsw.BusyError),
        ):
            other.execute("SELECT * FROM batches").fetchall()


def test_a_number_is_written_once(tmp_path: Path) -> None:
    with closing(LogHalf(tmp_path / "half")) as half:
        half.append(1, b"one")
        with pytest.raises(apsw.ConstraintError):
            half.append(1, b"another")
