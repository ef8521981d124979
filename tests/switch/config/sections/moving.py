"""Moving what a folder's files have into rows, by hand."""

from __future__ import annotations

import re
from pathlib import Path

from switch.config.reading import Sources
from switch.config.registry.fields import Row
from switch.config.sections.rows import FILE_OF, SECTIONS


def rows_of(folder: Path) -> dict[str, list[Row]]:
    """Return all that the files have as rows, by kind."""
    sources = Sources(folder)
    return {
        kind: [
            SECTIONS[kind].model_validate(entry.model_dump())
            for entry in getattr(getattr(sources, file).model, kind)
        ]
        for kind, file in FILE_OF.items()
    }


def empty(folder: Path, kind: str) -> None:
    """Take a section out of its file."""
    path = folder / f"{FILE_OF[kind]}.toml"
    block = re.compile(rf"^\[\[{kind}\]\]\n(?:[^\[\n].*\n|\n)*", re.MULTILINE)
    text, count = block.subn("", path.read_text("utf-8"))
    assert count
    path.write_text(text, "utf-8")
