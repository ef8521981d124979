"""A file is the same whatever the order of its records, and damage does not go unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.ledger.moving.embedded import read_embedded
from switch.ledger.moving.records import Digest, MovedFileError, line_of, lines, records
from tests.switch.ledger.moving.stories import settled


@pytest.fixture
def file(tmp_path: Path) -> list[bytes]:
    """Return the lines of a whole ledger."""
    return list(lines(read_embedded(settled(tmp_path / "ledger.db")), Digest()))


def test_what_was_written_comes_back(tmp_path: Path, file: list[bytes]) -> None:
    digest = Digest()
    found = list(records(file, digest))
    assert found == list(read_embedded(tmp_path / "ledger.db"))
    kinds = {type(record).__name__ for record in found}
    others = {
        "SessionKept",
        "Numbers",
        "Incarnation",
        "Fence",
        "BatchKept",
        "RefusalsKept",
        "ChangeKept",
        "ClearingKept",
        "MarkKept",
        "CaseKept",
    }
    assert kinds == {"Transaction", "Day", *others}
    assert digest.count == len(found) == len(file) - 2
    again = Digest()
    for record in reversed(found):
        again.add(line_of(record))
    assert again.text == digest.text


def test_whatever_is_missing_or_changed_is_told(file: list[bytes]) -> None:
    one = file[3]
    for bad, why in (
        (file[1:], "no ledger"),
        (file[:-1], "end of the file is missing"),
        (file[:3] + file[4:], "digest"),
        ([*file[:3], one, *file[3:]], "digest"),
        ([*file[:3], one.replace(b"rural", b"rurbl"), *file[4:]], "digest"),
        ([*file[:3], one[:-9] + b"\n", *file[4:]], "line 4 is damaged"),
        ([*file[:-1], file[-1][:-4]], "last line is damaged"),
        ([file[0].replace(b"1", b"2"), *file[1:]], "format 2"),
    ):
        with pytest.raises(MovedFileError, match=why):
            list(records(bad, Digest()))
