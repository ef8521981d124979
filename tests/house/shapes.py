"""How large things may be, what they may be called, and what a function may not do."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from tests.house.source import Source

LINE: Final = 100
FUNCTION: Final = 60
MODULE: Final = 500
PARAMETERS: Final = 5
FILES: Final = 12
"""Python files in a folder; `__init__.py` is its door and not counted."""

EMPTY_WORDS: Final = frozenset(
    {
        "base", "common", "data", "handler", "helper", "helpers", "info", "manager", "misc",
        "processor", "service", "shared", "util", "utils",
    }
)  # fmt: skip
"""Names that say nothing: of a file, or as the last word of a class."""

# Typer makes a command's options from its parameters, as many as it has.
_MANY_PARAMETERS: Final = ("switch/cli",)
# The edges of the process, where an error of any kind becomes a report.
_CATCH_ALL: Final = ("switch/shell", "switch/cli", "simulators/live.py")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(source: Source) -> list[str]:
    """Return what is too large, badly named or forbidden in this file."""
    return [
        *_lines(source),
        *_module(source),
        *(complaint for node in ast.walk(source.tree) for complaint in _node(source, node)),
    ]


def check_folders(paths: Iterable[str]) -> list[str]:
    """Return the folders with too many Python files among `paths`."""
    counts = Counter(
        str(path.parent)
        for path in map(PurePosixPath, paths)
        if path.suffix == ".py" and path.name != "__init__.py"
    )
    return [f"{folder}: {n} files, at most {FILES}" for folder, n in counts.items() if n > FILES]


def _lines(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if len(line) > LINE:
            yield f"{source.path}:{number}: {len(line)} characters, at most {LINE}"


def _module(source: Source) -> Iterator[str]:
    tables = sum(
        _length(node) - 1
        for node in source.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    )
    length = len(source.text.splitlines()) - tables
    if length > MODULE:
        yield f"{source.path}: {length} lines without data tables, at most {MODULE}"
    if source.name in EMPTY_WORDS:
        yield f"{source.path}: a file name that says nothing"


def _node(source: Source, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _function(source, node)
        case ast.ClassDef(name=name) if _last_word(name) in EMPTY_WORDS:
            yield source.at(node, f"{name}: a class name that says nothing")
        case ast.ExceptHandler(type=caught, body=body) if _catches_all(caught):
            if not source.is_in(*_CATCH_ALL) and not _raises_again(body):
                yield source.at(node, "catches everything outside the edges of the process")
        case ast.Call(args=caught) if _suppresses(node) and any(map(_catches_all, caught)):
            if not source.is_in(*_CATCH_ALL):
                yield source.at(node, "suppresses everything outside the edges of the process")
        case ast.Assert() if not source.is_in("tests", "bench"):
            yield source.at(node, "assert outside the tests; raise an error with a name")


def _function(source: Source, node: _Function) -> Iterator[str]:
    if _length(node) > FUNCTION:
        yield source.at(node, f"{node.name}: {_length(node)} lines, at most {FUNCTION}")
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    count = len(arguments) - (bool(arguments) and arguments[0].arg in {"self", "cls"})
    if count > PARAMETERS and not source.is_in(*_MANY_PARAMETERS):
        yield source.at(node, f"{node.name}: {count} parameters, at most {PARAMETERS}")


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _last_word(name: str) -> str:
    """Return the last word of a CamelCase name, in lower case."""
    start = max((i for i, letter in enumerate(name) if letter.isupper()), default=0)
    return name[start:].lower()


def _catches_all(caught: ast.expr | None) -> bool:
    match caught:
        case None | ast.Name(id="Exception" | "BaseException"):
            return True
        case ast.Tuple(elts=parts):
            return any(map(_catches_all, parts))
    return False


def _raises_again(body: list[ast.stmt]) -> bool:
    """Whether the error goes on after some cleaning up, which hides nothing."""
    match body[-1]:
        case ast.Raise(exc=None):
            return True
    return False


def _suppresses(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="suppress") | ast.Attribute(attr="suppress"):
            return True
    return False
