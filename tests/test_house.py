"""The rules of the house, on the whole tree; then, of each rule, that it can say no."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.house import docstrings, imports, layout, shapes
from tests.house.source import FOLDERS, ROOT, Source, files, folders, sources

_FILES = tuple(files(ROOT))
_PATHS = tuple(path.relative_to(ROOT).as_posix() for path in _FILES)
_SOURCES = tuple(sources(ROOT))
_DOCUMENTED = '"""Room\n\nand purpose."""\n'


def _report(complaints: list[str]) -> str:
    return "\n".join(complaints)


@pytest.mark.parametrize("rule", [imports, shapes, docstrings], ids=lambda rule: rule.__name__)
def test_every_source_keeps_the_rule(rule: object) -> None:
    check: Callable[[Source], list[str]] = rule.check  # type: ignore[attr-defined]
    assert not _report([complaint for source in _SOURCES for complaint in check(source)])
