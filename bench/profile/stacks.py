"""Sampled stacks (bench): read from the sampler's lines, and divided into parts by their frames.

A stack belongs to the part of its innermost frame that is ours: what the standard library and C do
is done for whoever called them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

_FRAME: Final = re.compile(r"(?P<function>.+) \((?P<file>.+?)(?::\d+)?\)")
_GENERATED: Final = "<string>"
"""Where code stands that dialects were turned into."""


class Frame(NamedTuple):
    """One function on a stack, and the file it is in."""

    function: str
    file: str


Stack = tuple[Frame, ...]
"""The outermost frame first."""

_THREAD: Final = "_bootstrap"
"""The outermost function of every thread but the main one ends so."""
_WAITING: Final = "threading.py"
_TABLES: Final = "ledger: tables behind the log"
_REST: Final = "shell: loop, sockets, kernel"
PARTS: Final[Mapping[str, str]] = {
    "messages/crypto/": "crypto: MACs, PIN blocks, seals",
    "messages/": "messages: reading, building",
    _GENERATED: "messages: reading, building",
    "fees/": "fees, routes, registry",
    "routing/": "fees, routes, registry",
    "switch/registry/": "fees, routes, registry",
    "switch/ledger/embedded/log.py": "ledger: commit (SQLite, disk)",
    "switch/ledger/": "ledger: read, decide, encode",
    "switch/core/": "engine: core and walk",
    "switch/steps/": "engine: core and walk",
    "switch/": _REST,
}
"""The beginning of a file's name -> the part that its time counts to; the first that fits."""


def read(file: Path) -> Counter[Stack]:
    """Return how often each stack was seen, from lines of `frame;frame;... count`."""
    found: Counter[Stack] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        text, _, count = line.rpartition(" ")
        frames = (_FRAME.fullmatch(part) for part in text.split(";"))
        stack = tuple(Frame(frame["function"], frame["file"]) for frame in frames if frame)
        if stack:
            found[stack] += int(count)
    return found


def is_main(stack: Stack) -> bool:
    """Tell whether a stack is of the main thread."""
    return not stack[0].function.endswith(_THREAD)


def weighed(stacks: Mapping[Stack, int], main_us: float, others_us: float) -> dict[Stack, float]:
    """Return the microseconds of each stack, the time of main thread and others being known.

    A sampler takes some threads that wait for working ones: those are left out, and what is left
    of a thread is given the time that it really had.
    """
    kept = {stack: n for stack, n in stacks.items() if not stack[-1].file.endswith(_WAITING)}
    main = sum(count for stack, count in kept.items() if is_main(stack))
    others = sum(kept.values()) - main
    each = {True: main_us / max(1, main), False: others_us / max(1, others)}
    return {stack: count * each[is_main(stack)] for stack, count in kept.items()}


def part_of(stack: Stack) -> str:
    """Return the part that a stack belongs to."""
    if not is_main(stack):
        return _TABLES
    for frame in reversed(stack):
        for beginning, part in PARTS.items():
            if frame.file.startswith(beginning):
                return part
    return _REST


def parts(stacks: Mapping[Stack, float]) -> list[tuple[str, float]]:
    """Return what each part takes, the largest first."""
    summed: dict[str, float] = {}
    for stack, weight in stacks.items():
        part = part_of(stack)
        summed[part] = summed.get(part, 0.0) + weight
    return sorted(summed.items(), key=lambda item: -item[1])
