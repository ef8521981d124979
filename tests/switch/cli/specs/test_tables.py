"""Dialects as tables: every field, part, tag, transaction and code is in them."""

from __future__ import annotations

import pytest

from messages.dialects.compile import walk_parts
from messages.dialects.loader import load_dialect, packaged_names
from switch.cli.specs.tables import dialect_list, dialect_table


@pytest.mark.parametrize("name", packaged_names())
def test_nothing_of_a_dialect_is_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    dialect = load_dialect(name)
    words = set(dialect_table(dialect).split())
    fields = [field for field in dialect.fields if field is not None]
    layouts = [layout for layouts in dialect.layouts.values() for layout in layouts]
    assert {field.name for field in fields} <= words
    assert {str(field.number) for field in fields} <= words
    assert {part.path for layout in layouts for part in walk_parts(layout.parts)} <= words
    assert {tag for layout in layouts for tag in layout.tags} <= words
    assert {rule.id for rule in dialect.transactions} <= words
    assert dialect.responses.keys() <= words


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_list_says_what_a_dialect_extends_and_never_wraps_its_name(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = dialect_list([load_dialect("composite"), load_dialect("iso87-ascii")]).splitlines()
    # A title that goes on in the next line leaves the columns before it blank.
    rows = [line.split() for line in lines[2:] if not line.startswith(" ")]
    assert [row[:2] for row in rows] == [["composite", "pos"], ["iso87-ascii", "-"]]
