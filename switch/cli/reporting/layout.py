"""Tables of a report on a terminal (switch/cli): no word is broken where there is room for it.

A table that is too wide has its long texts wrapped between words; where that is not enough it goes
on below, with the names of its rows again. Chinese may wrap anywhere, and takes two columns each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.table import Table

from switch.cli.drawing import WIDEST, plain, table
from switch.report.document import Grid, Value

_GAP: Final = 3
"""Columns between two columns."""
_LEAST_WIDE: Final = 8
"""What a text of wide characters may be narrowed to."""
_SHORT: Final = 16


def laid_out(grid: Grid, width: int, again: str) -> list[Table]:
    """Return a grid as tables of at most `width` columns; `again` is said of all but the first.

    Without rows there is none.
    """
    if not grid.rows:
        return []
    columns = list(zip(grid.columns, *grid.rows, strict=True))
    least = [_least(column) for column in columns]
    names = max(cell_len(str(cell)) for cell in columns[0])
    if names <= WIDEST:
        least[0] = names  # what names a row stays whole, as in every table of the command
    made: list[Table] = []
    for group in _groups(least, width):
        natural = [max(cell_len(str(cell)) for cell in columns[at]) for at in group]
        widths = _widths(natural, [least[at] for at in group], width - _GAP * (len(group) - 1))
        title = f"{grid.heading} {again}".strip() if made else grid.heading
        made.append(_table(grid, group, widths, title))
    return made


def _table(grid: Grid, group: Sequence[int], widths: Sequence[int], title: str) -> Table:
    made = table(*(grid.columns[at] for at in group), title=title)
    for at, column, wide in zip(group, made.columns, widths, strict=True):
        column.width = wide
        column.max_width = None
        if all(_is_number(row[at]) for row in grid.rows):
            column.justify = "right"
    for row in grid.rows:
        made.add_row(*(plain(str(row[at])) for at in group))
    return made


def _groups(least: Sequence[int], width: int) -> list[list[int]]:
    """Share columns among tables, each of which begins with the first column."""
    groups, used = [[0]], least[0]
    for at in range(1, len(least)):
        if used + _GAP + least[at] > width and len(groups[-1]) > 1:
            groups.append([0])
            used = least[0]
        groups[-1].append(at)
        used += _GAP + least[at]
    return groups


def _widths(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Give every column what it needs, and what is left to those that lack most."""
    found = [min(whole, most) for whole, most in zip(natural, least, strict=True)]
    while (left := room - sum(found)) > 0:
        lacking = [whole - has for whole, has in zip(natural, found, strict=True)]
        most = max(lacking)
        if most <= 0:
            break
        found[lacking.index(most)] += min(left, most, max(1, left // 4))
    return found


def _least(column: Sequence[Value]) -> int:
    """Return how narrow a column may be: its longest word, and headings whole where short."""
    return max(_longest(str(cell)) for cell in column)


def _longest(text: str) -> int:
    if cell_len(text) <= _SHORT and cell_len(text) > len(text):
        return cell_len(text)  # a few wide characters stay together
    return max((_word(word) for word in text.split()), default=1)


def _word(word: str) -> int:
    is_wide = cell_len(word) > len(word)
    return min(cell_len(word), _LEAST_WIDE * 2) if is_wide else cell_len(word)


def _is_number(value: Value) -> bool:
    digits = str(value).removeprefix("-").replace(".", "", 1)
    return digits.isdecimal() and (isinstance(value, int) or "." in value)
