"""The tree as a whole: folders, tests that mirror the code, spec files, words that stay outside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from tests.house.source import CODE, FOLDERS

FORMAT: Final = 1
"""The format that every file in specs/ states."""

WITHOUT_OWN_TEST: Final[Mapping[str, str]] = {}
"""Module -> why it has no test file of its own."""

# Written in halves, so that this file does not hold what it looks for.
FORBIDDEN: Final = tuple(
    first + second
    for first, second in (
        ("/wo", "rk/"),
        ("../sh", "ared"),
        ("/ro", "ot/"),
        ("/opt", "/pypi"),
        ("file:", "//"),
        ("pypi.", "org"),
        ("python", "hosted"),
        ("--index", "-url"),
        ("--find", "-links"),
    )
)
"""Places of one machine and addresses of package registries, which mean nothing elsewhere."""

BANNED_FILES: Final = ("uv.lock", "pylock.toml")
"""Locks that hold registry addresses; requirements*.lock hold hashes only."""


def check_folders(names: Iterable[str]) -> list[str]:
    """Return the top-level folders that are not of this house, and those it lacks."""
    allowed = set(FOLDERS)
    found = set(names)
    return [f"{name}/ has no place at the top" for name in sorted(found - allowed)] + [
        f"{name}/ is missing" for name in sorted(allowed - found)
    ]


def check_packages(paths: Iterable[str]) -> list[str]:
    """Return the folders of Python files without an `__init__.py`: their names would collide."""
    python = [path for path in map(PurePosixPath, paths) if path.suffix == ".py"]
    doors = {path.parent for path in python if path.name == "__init__.py"}
    folders = {folder for path in python for folder in path.parents if folder.parts}
    return [f"{folder}/ has no __init__.py" for folder in sorted(folders - doors)]


def check_mirror(paths: Iterable[str]) -> list[str]:
    """Return the modules without a test file at the same place under tests/."""
    found = set(paths)
    modules = (
        path
        for path in map(PurePosixPath, sorted(found - WITHOUT_OWN_TEST.keys()))
        if path.suffix == ".py" and path.parts[0] in CODE
        if path.stem not in {"__init__", "__main__"}
    )
    pairs = ((module, f"tests/{module.parent}/test_{module.name}") for module in modules)
    return [f"{module} is not tested by {test}" for module, test in pairs if test not in found]


def check_spec(path: str, text: str) -> list[str]:
    """Return why a TOML file of specs/ cannot be told from one of another format."""
    stated = tomllib.loads(text).get("format")
    return [] if stated == FORMAT else [f"{path}: format is {stated!r}, not {FORMAT}"]


def check_words(path: str, content: bytes) -> list[str]:
    """Return the places and addresses in a file that mean nothing on another machine."""
    if Path(path).name in BANNED_FILES:
        return [f"{path}: a lock that holds addresses"]
    text = content.decode("utf-8", "replace")
    return [
        f"{path}:{number}: names {word}"
        for number, line in enumerate(text.splitlines(), 1)
        for word in FORBIDDEN
        if word in line
    ]
