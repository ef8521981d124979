"""The tables of files become rows, or everything that is against it is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.reading import Sources
from switch.config.sections.entries import rows_of, source_of
from switch.config.sections.rows import SECTIONS
from tests.switch.config import folders


def test_all_tables_become_rows_in_their_order(tmp_path: Path) -> None:
    sources = Sources(folders.make(tmp_path))
    rows = rows_of(sources, SECTIONS)
    assert [row.key for row in rows["terminal"]] == list(folders.TERMINALS)
    assert [*rows] == [*SECTIONS]
    assert [*rows_of(sources, {"range"})] == ["range"]
    assert source_of(sources, "range") is sources.cards


def test_what_cannot_be_kept_is_told_with_its_line(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, "banks", 'name = "Second test bank"', 'name = "6219991234567890120"')
    folders.change(folder, "terminals", 'id = "50010002"', 'id = "50010001"')
    with pytest.raises(ConfigurationError) as refused:
        rows_of(Sources(folder), SECTIONS)
    told = str(refused.value)
    assert "banks.toml:12: group[1].name: could hold a whole card number" in told
    assert "terminals.toml:17: terminal[1].id: 50010001 is there already, in line 5" in told
    assert "6219991234567890120" not in told
