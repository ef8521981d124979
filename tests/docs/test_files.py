"""docs/reference/files.md has every key of every file of an installation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

import pytest
from pydantic import BaseModel

from switch.config.files import BanksFile, CapsFile, CardsFile, JinbaoFile, TerminalsFile
from tests.docs.test_reference import section

_FILES: Final[dict[str, type[BaseModel]]] = {
    "jinbao.toml": JinbaoFile,
    "terminals.toml": TerminalsFile,
    "banks.toml": BanksFile,
    "cards.toml": CardsFile,
    "caps.toml": CapsFile,
}


def _keys(model: type[BaseModel], table: str = "") -> Iterator[tuple[str, str]]:
    """Yield table and key of everything that a file may hold, but its format."""
    for name, field in model.model_fields.items():
        candidates = (field.annotation, *get_args(field.annotation))
        inner = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
        if inner:
            yield from _keys(inner[0], name)
        elif name != "format":
            yield table, field.alias or name


def _described(file: str) -> Iterator[tuple[str, str]]:
    for line in section("files.md", f"`{file}`"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            table = cells[0].strip("`[]")
            yield from ((table, key.strip("`")) for key in cells[1].split(", "))


@pytest.mark.parametrize("file", _FILES)
def test_every_key_is_described_and_nothing_else(file: str) -> None:
    assert set(_described(file)) == set(_keys(_FILES[file]))
