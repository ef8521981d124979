"""What says what it is: every module in a few lines, every public name in a sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.house.source import Source

MODULE_LINES: Final = range(2, 7)
"""Lines of a module's docstring; one does for `__init__.py`, `__main__.py` and tests."""

_Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def check(source: Source) -> list[str]:
    """Return the module docstring and public names of this file that say too little or too much."""
    complaints = [*_module(source)]
    if not source.is_in("tests"):
        complaints += _names(source, source.tree)
    return complaints


def _module(source: Source) -> Iterator[str]:
    text = ast.get_docstring(source.tree)
    count = len(text.splitlines()) if text else 0
    one_will_do = source.name in {"__init__", "__main__"} or source.is_in("tests")
    if count not in MODULE_LINES and not (count == 1 and one_will_do):
        yield f"{source.path}: a module docstring of {count} lines, not 2 to 6"


def _names(source: Source, parent: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Look at what others can reach: nothing inside a function or a private class."""
    for node in parent.body:
        if isinstance(node, _Documented) and not node.name.startswith("_"):
            if not ast.get_docstring(node) and not _is_overload(node):
                yield source.at(node, f"{node.name} has no docstring")
            if isinstance(node, ast.ClassDef):
                yield from _names(source, node)


def _is_overload(node: _Documented) -> bool:
    """Whether the documented form is another one: an overload, or a property's setter."""
    names = (ast.unparse(each).rpartition(".")[2] for each in node.decorator_list)
    return any(name in {"overload", "setter", "deleter"} for name in names)
