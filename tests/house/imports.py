"""Who may import whom: the import map of the house, as data, and the check that reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.house.source import CODE, FOLDERS, Source

_DATA: Final = ("routing", "fees", "messages")
# Anything outside core, steps, messages, routing and fees may import switch.report.
_REPORT: Final = "switch.report"
_ACTORS: Final = (
    "switch.core", "switch.pipeline", "switch.registry", "switch.ledger", "switch.config",
    "switch.settlement", _REPORT, *_DATA,
)  # fmt: skip

ROOMS: Final[Mapping[str, tuple[str, ...]]] = {
    "tests": FOLDERS,
    "bench": FOLDERS,
    "switch.cli": CODE,
    "switch.__main__": ("switch.cli",),
    "switch.shell": ("switch.core", "switch.ledger", "messages", _REPORT),
    "switch.pipeline": ("switch.steps", "switch.core", "switch.registry", *_DATA, _REPORT),
    "switch.steps": ("switch.core", "switch.registry", *_DATA),
    "switch.core": (*_DATA, "switch.registry"),
    "switch.registry": ("messages.values", _REPORT),
    "switch.ledger": ("switch.core", "messages.values", _REPORT),
    "switch.settlement": (
        "switch.ledger.protocol", "switch.ledger.settling.protocol", "switch.core",
        "switch.registry", "fees", "messages", _REPORT,
    ),
    "switch.report": ("messages.values",),
    "switch.config": ("switch.core", "switch.registry", *_DATA, _REPORT),
    "switch": (),
    "simulators": _ACTORS,
    "simulators.live": ("simulators", *_ACTORS, "switch.shell"),
    "simulators.load": ("simulators", *_ACTORS, "switch.shell"),
    "simulators.conformance.live": ("simulators", *_ACTORS, "switch.shell"),
    "routing": ("messages.values",),
    "fees": ("messages.values",),
    "messages": ("specs",),
    "specs": (),
}  # fmt: skip
"""Room -> what it may import beside itself; the longest matching room counts."""

STRANGERS: Final = ("switch.steps", "switch")
"""Rooms whose modules never import each other; `switch` itself only holds rooms."""

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "apsw": ("switch.ledger",),
    "asyncpg": ("switch.ledger",),
    "cryptography": ("messages.crypto",),
    "iso8583": ("messages.codec",),
    "hdrh": ("simulators.load",),
    "holidays": ("switch.settlement",),
    "hypothesis": (),
    "junitparser": ("switch.report",),
    "playwright": (),
    "plotly": ("switch.report",),
    "psec": (),
    "pyemv": (),
    "pydantic": ("messages.dialects", "switch.config"),
    "pytest": (),
    "rich": ("switch.cli",),
    "structlog": ("switch.shell", "switch.cli"),
    "typer": ("switch.cli",),
    "uvloop": ("switch.shell", "switch.cli", "simulators.live", "simulators.load"),
}
"""Library -> its only importers, tests and bench aside."""

# Rooms that decide: what waits, reads a clock, draws a number, logs or opens a file is elsewhere.
_PURE: Final = (
    "switch.core", "switch.steps", "switch.pipeline", "switch.registry", *_DATA,
)  # fmt: skip
_WORLD: Final = (
    "apsw", "asyncio", "concurrent", "logging", "os", "random", "secrets", "select", "selectors",
    "signal", "socket", "sqlite3", "ssl", "structlog", "subprocess", "threading", "time", "uvloop",
)  # fmt: skip

NETWORK_FRAMEWORKS: Final = (
    "aiohttp", "click", "django", "fastapi", "flask", "gevent", "tornado", "twisted",
)  # fmt: skip
"""Banned everywhere, tests included."""

ON_DEMAND: Final = "switch/cli/load.py"
"""The one file that imports inside a function."""


def check(source: Source) -> list[str]:
    """Return every import of this file that the map, or the rules for libraries, do not have."""
    complaints = [
        source.at(node, complaint)
        for node, target in _imports(source)
        for complaint in (*_against_map(source, target), *_against_libraries(source, target))
    ]
    return complaints + _inside_functions(source)


def _imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each imported name, in full: `from a import b` is `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = source.package.split(".")
            parents = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join((*parents, node.module) if node.module else parents)
            yield from ((node, f"{origin}.{alias.name}") for alias in node.names)


def _within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def _against_map(source: Source, target: str) -> Iterator[str]:
    if target.partition(".")[0] not in FOLDERS:
        return
    room = max((room for room in ROOMS if _within(source.module, (room,))), key=len, default="")
    own = source.module if room in STRANGERS else room
    if not _within(target, (own, *ROOMS.get(room, ()))):
        yield f"{room or source.module} may not import {target}"


def _against_libraries(source: Source, target: str) -> Iterator[str]:
    library = target.partition(".")[0]
    if library in NETWORK_FRAMEWORKS:
        yield f"{library} is a framework that this house does without"
    if not source.is_in(*CODE):
        return
    if library in LIBRARIES and not _within(source.module, LIBRARIES[library]):
        yield f"{library} is for {', '.join(LIBRARIES[library]) or 'tests'} only"
    if library in _WORLD and _within(source.module, _PURE):
        yield f"{library} has no place in a room that decides"


def _inside_functions(source: Source) -> list[str]:
    if source.path == ON_DEMAND:
        return []
    found = {
        inner.lineno: source.at(inner, f"import inside a function; only {ON_DEMAND} may")
        for outer in ast.walk(source.tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        or (isinstance(inner, ast.Call) and _called(inner) in {"import_module", "__import__"})
    }
    return list(found.values())


def _called(call: ast.Call) -> str:
    """Return the last name of what is called: `import_module` for `importlib.import_module`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
