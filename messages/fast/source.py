"""Writing a Python function at run time and making it: the only `exec` of the messages room.

Generated text holds nothing but what this package writes: keywords, names made from numbers,
and numbers. Whatever comes from a dialect file enters as an object bound to such a name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any

MOST_TEXTS = 4_096
"""Texts whose code is kept: every codec of a dialect writes the same few functions again."""


class Source:
    """The text of one function under construction, and the objects that it uses."""

    def __init__(self, signature: str) -> None:
        """Begin with `signature`, as in `pick(view)`."""
        self._name = signature.partition("(")[0]
        self._lines = [f"def {signature}:"]
        self._objects: dict[str, object] = {}
        self._names: dict[int, str] = {}

    def line(self, text: str, depth: int = 1) -> None:
        """Add one line, `depth` steps deep."""
        self._lines.append(f"{'    ' * depth}{text}")

    def bind(self, value: object) -> str:
        """Return the name under which the function finds `value`."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"k{len(self._objects)}"
            self._objects[name] = value
        return name

    def make(self) -> Callable[..., Any]:
        """Return the function."""
        space: dict[str, Any] = dict(self._objects)
        exec(_compiled(self.text()), space)  # noqa: S102 - our own text, see the module
        made: Callable[..., Any] = space[self._name]
        return made

    def text(self) -> str:
        """Return the text so far, for a person who wants to read it."""
        return "\n".join(self._lines) + "\n"


@lru_cache(maxsize=MOST_TEXTS)
def _compiled(text: str) -> CodeType:
    return compile(text, "<generated>", "exec")
