"""Console blocks of a Markdown file: commands, and the output that the text says they print.

A block is fenced as ```console. A line that starts with `$ ` is a command, which goes on on the
next line after a backslash; what follows is its output. A line `...` stands for any lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"^( {0,3})(`{3,}|~{3,})\s*([\w-]*)\s*$")
_PROMPT: Final = "$ "
_ANY_LINES: Final = "..."


@dataclass(frozen=True)
class Command:
    """A command of a document: its text for a shell, its line, and the output lines shown."""

    text: str
    line: int
    output: tuple[str, ...]

    def shows(self, printed: str) -> bool:
        """Whether `printed` is what the document shows; blanks at the ends do not matter."""
        pattern = "".join(
            r"(?:.*\n)*?" if line.strip() == _ANY_LINES else rf"{re.escape(line.rstrip())}\n"
            for line in "\n".join(self.output).strip("\n").split("\n")
        )
        lines = [line.rstrip() for line in printed.strip("\n").split("\n")]
        return re.fullmatch(pattern, "\n".join(lines) + "\n") is not None


def commands(markdown: str) -> Iterator[Command]:
    """Yield the commands of every console block; ValueError for output before a command."""
    for start, block in _blocks(markdown):
        yield from _commands(start, block)


def _blocks(markdown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the lines of each console block."""
    indent, fence, kind, block, start = "", "", "", [""], 0
    for number, line in enumerate(markdown.splitlines(), 1):
        found = _FENCE.match(line)
        if not fence and found:
            (indent, fence, kind), block, start = found.groups(), [], number + 1
        elif fence and line.strip() == fence:
            if kind == "console":
                yield start, block
            fence = ""
        elif fence:
            # Inside an item of a list a block is indented as its fence is.
            block.append(line.removeprefix(indent))


def _commands(start: int, block: list[str]) -> Iterator[Command]:
    text, line, output = "", 0, [""]
    for number, each in enumerate(block, start):
        if text.endswith("\\"):
            text = f"{text}\n{each}"
        elif each.startswith(_PROMPT):
            if text:
                yield Command(text, line, tuple(output))
            text, line, output = each.removeprefix(_PROMPT), number, []
        elif text:
            output.append(each)
        else:
            raise ValueError(f"line {number}: output before any command")
    if text:
        yield Command(text, line, tuple(output))
