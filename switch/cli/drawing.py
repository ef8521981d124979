"""Tables for people (switch/cli): rich renders to text, `outcome.say` writes it.

Colour only on a terminal. Characters that would move the cursor are escaped, because every
value may come from a wire.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH: Final = 100
"""Columns where no terminal says how many it has."""
_LEAST_WIDTH: Final = 60
WIDEST: Final = 32
"""Columns of any table column but the last."""


def safe(text: str) -> str:
    """Return `text` with its control characters written as escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def plain(text: str, style: str = "") -> Text:
    """Return `text` without markup, its control characters written as escapes."""
    return Text(safe(text), style=style)


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table with these headings; the last column takes what is left."""
    made = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        title=title or None,
        title_justify="left",
        title_style="bold",
    )
    for index, name in enumerate(columns):
        last = index == len(columns) - 1
        made.add_column(name, overflow="fold", max_width=None if last else WIDEST)
    return made


def width() -> int:
    """Return how many columns there are: as COLUMNS says, the terminal's, or 100 without one."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal():
        return max(int(asked), _LEAST_WIDTH)
    return Console().width if sys.stdout.isatty() else _PIPE_WIDTH


def drawn(*parts: RenderableType) -> str:
    """Return the parts as text, as wide as the terminal (100 columns without one)."""
    is_terminal = sys.stdout.isatty()
    console = Console(
        file=io.StringIO(),
        force_terminal=is_terminal,
        width=width(),
        highlight=False,
        emoji=False,
        markup=False,
    )
    with console.capture() as captured:
        for part in parts:
            if isinstance(part, Table):
                _keep_names_whole(part)
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _keep_names_whole(made: Table) -> None:
    """Keep the first column, which names the row, from wrapping, unless a name is too long.

    So a line that begins with a blank goes on from the one before it.
    """
    names = made.columns[0]
    widths = [cell_len(str(cell)) for cell in names.cells]
    names.no_wrap = max(widths, default=0) <= WIDEST
