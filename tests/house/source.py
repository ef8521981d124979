"""What the house rules look at: Python sources, parsed once, and the files of the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CODE: Final = ("switch", "messages", "routing", "fees", "simulators", "specs")
FOLDERS: Final = (*CODE, "tests", "bench", "docs")
_DOTTED: Final = (".ci", ".github")
_GIT: Final = ".git"
"""A file, where the checkout is a worktree of another."""
_MADE: Final = ("build", "dist", "htmlcov", "__pycache__")
"""What tools leave in the tree beside dotted folders; .gitignore names the same."""


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root with slashes, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, path: str, text: str) -> Source:
        """Parse `text` as the file at `path`."""
        return cls(path, text, ast.parse(text, path))

    @property
    def module(self) -> str:
        """The dotted name; that of the package for an `__init__.py`."""
        return ".".join(PurePosixPath(self.path).with_suffix("").parts).removesuffix(".__init__")

    @property
    def package(self) -> str:
        """The package that a relative import starts from."""
        is_package = self.path.endswith("/__init__.py")
        return self.module if is_package else self.module.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return PurePosixPath(self.path).stem

    def is_in(self, *places: str) -> bool:
        """Whether this file is one of `places`, or under one of them."""
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)

    def at(self, node: ast.expr | ast.stmt | ast.excepthandler, complaint: str) -> str:
        """Return the complaint with its place in front."""
        return f"{self.path}:{node.lineno}: {complaint}"


def files(root: Path) -> Iterator[Path]:
    """Yield every file that people write, sorted; what tools leave behind is passed over."""
    for entry in sorted(root.iterdir()):
        if entry.is_dir() and not _is_made(entry.name):
            yield from files(entry)
        elif entry.is_file() and entry.name != _GIT:
            yield entry


def folders(root: Path) -> list[str]:
    """Return the names of the top-level folders that people write, dotted ones aside."""
    return [
        entry.name
        for entry in root.iterdir()
        if entry.is_dir() and not entry.name.startswith(".") and not _is_made(entry.name)
    ]


def _is_made(name: str) -> bool:
    hidden = name.startswith(".") and name not in _DOTTED
    return hidden or name in _MADE or name.endswith(".egg-info")
