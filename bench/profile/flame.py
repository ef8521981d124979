"""A flame graph as one SVG file (bench): no script, no font, nothing that is fetched.

As wide as a function is, so much of the time it was on the stack; the outermost is at the bottom.
Pointing at one shows its name and share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from bench.profile.stacks import Frame, Stack, part_of

_WIDTH: Final = 1600.0
_ROW: Final = 17
_HEAD: Final = 46
_LEAST: Final = 0.4
"""Narrower than this, in pixels, nothing is drawn."""
_LETTER: Final = 6.6
_COLOURS: Final = (
    "#e6a157", "#d9d36a", "#8fbf6a", "#5fb0a0", "#6fa3d8", "#a48fd6", "#d68fb4", "#b0b0b0",
)  # fmt: skip


class _Node:
    """A function at one place of the tree, and what it called."""

    __slots__ = ("below", "count", "parts")

    def __init__(self) -> None:
        self.count = 0.0
        self.below: dict[Frame, _Node] = {}
        self.parts: dict[str, float] = {}


def draw(stacks: Mapping[Stack, float], title: str) -> str:
    """Return the SVG."""
    root, depth = _Node(), 0
    for stack, count in stacks.items():
        part, node = part_of(stack), root
        depth = max(depth, len(stack))
        for frame in (None, *stack):
            node = node if frame is None else node.below.setdefault(frame, _Node())
            node.count += count
            node.parts[part] = node.parts.get(part, 0.0) + count
    parts = sorted(root.parts, key=root.parts.__getitem__, reverse=True)
    colours = {part: _COLOURS[at % len(_COLOURS)] for at, part in enumerate(parts)}
    height = _HEAD + (depth + 1) * _ROW + 8
    boxes = _boxes(root, (0.0, height - _ROW - 4), _WIDTH / (root.count or 1.0), colours)
    first = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:.0f} {height}"'
        f' width="{_WIDTH:.0f}" height="{height}" font-family="monospace" font-size="11">'
        '<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="6" y="16" font-size="14">{escape(title)}</text>'
    )
    return "\n".join((first, *_legend(parts, colours), *boxes, "</svg>\n"))


def _legend(parts: list[str], colours: Mapping[str, str]) -> Iterator[str]:
    x = 6.0
    for part in parts:
        yield f'<rect x="{x:.1f}" y="24" width="11" height="11" fill="{colours[part]}"/>'
        yield f'<text x="{x + 15:.1f}" y="33">{escape(part)}</text>'
        x += 15 + len(part) * _LETTER + 16


def _boxes(
    node: _Node, place: tuple[float, float], scale: float, colours: Mapping[str, str]
) -> Iterator[str]:
    """Yield a box for everything that `node` called, and so on upwards."""
    x, y = place
    whole = _WIDTH / scale
    for frame, below in sorted(node.below.items()):
        width = below.count * scale
        if width >= _LEAST:
            part = max(below.parts, key=below.parts.__getitem__)
            name = escape(f"{frame.function} ({frame.file})")
            letters = int((width - 4) / _LETTER)
            yield (
                f'<g><title>{name}: {below.count / whole:.1%}</title><rect x="{x:.1f}" y="{y:.0f}"'
                f' width="{max(width - 0.5, _LEAST):.1f}" height="{_ROW - 1}"'
                f' fill="{colours[part]}"/>'
                f'<text x="{x + 2:.1f}" y="{y + 12:.0f}">{escape(frame.function[:letters])}</text>'
                "</g>"
            )
            yield from _boxes(below, (x, y - _ROW), scale, colours)
        x += width
