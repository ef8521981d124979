"""Tables of reports on a terminal: whole words, whole rows, and never wider than it is."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from switch.cli.drawing import drawn
from switch.cli.reporting.layout import laid_out
from switch.report.document import Grid

_ENGLISH = Grid(
    heading="By service point",
    columns=("Point", "approved", "amount", "returned", "fees", "declined", "over a cap",
             "caps used up", "in doubt", "reversed"),
    rows=[
        ("Test village clinic 999653080110001", 12_345, "12345678.90", "0.00", "-12.50", 17, 3, 2,
         1, 0),
        ("(point not known)", 0, "0.00", "0.00", "0.00", 4, 0, 0, 0, 0),
    ],
)  # fmt: skip
_CHINESE = Grid(
    heading="按助农服务点",
    columns=("服务点", "成功", "金额", "退回", "手续费", "拒绝", "超限额", "用完限额", "不明",
             "冲正"),
    rows=[
        ("金融社保卡助农取款服务点示范村卫生室 999653080110001", 12_345, "12345678.90", "0.00",
         "-12.50", 17, 3, 2, 1, 0),
    ],
)  # fmt: skip
_REASONS = Grid(
    heading="Declines",
    columns=("Bank", "code", "by", "count", "reason"),
    rows=[("First bank", "94", "switch", 3,
           "The same transaction was sent before; the original stands.")] * 2,
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("grid", [_ENGLISH, _CHINESE, _REASONS], ids=["en", "zh", "text"])
def test_no_word_is_broken_no_cell_is_lost_and_no_line_is_too_long(
    grid: Grid, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = drawn(*laid_out(grid, width, "(continued)"))
    assert max(cell_len(line) for line in text.splitlines()) <= width
    words = text.split()
    for row in (grid.columns, *grid.rows):
        for cell in row:
            for word in str(cell).split():
                is_wide = cell_len(word) > len(word)
                assert word in words or (is_wide and word[:4] in text), word
    assert "…" not in text


def test_a_table_that_fits_is_one_and_goes_on_below_with_its_names_where_it_does_not() -> None:
    assert len(laid_out(_ENGLISH, 200, "")) == 1
    first, *rest = laid_out(_ENGLISH, 60, "(continued)")
    assert first.title == "By service point"
    assert {table.title for table in rest} == {"By service point (continued)"}
    for table in (first, *rest):
        assert next(iter(table.columns[0].cells)) is not None
        assert table.columns[0].header == "Point"
    names = [column.header for table in (first, *rest) for column in table.columns[1:]]
    assert names == list(_ENGLISH.columns[1:])


def test_without_rows_there_is_no_table() -> None:
    assert laid_out(Grid(heading="None", columns=("a", "b"), rows=[]), 60, "") == []
