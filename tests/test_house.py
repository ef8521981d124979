"""The rules of the house, on the whole tree; then, of each rule, that it can say no."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.house import docstrings, imports, layout, shapes
from tests.house.source import CODE, FOLDERS, ROOT, Source, files, folders

_FILES = {path.relative_to(ROOT).as_posix(): path for path in files(ROOT)}
_SOURCES = [
    Source.of(name, path.read_text("utf-8"))
    for name, path in _FILES.items()
    if path.suffix == ".py"
]
_LONG = "\n".join(["    x = 1"] * 60)

Check = Callable[[Source], list[str]]


def _none(complaints: Iterable[str]) -> None:
    if found := list(complaints):
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("check", [imports.check, shapes.check, docstrings.check])
def test_every_source_keeps_the_rule(check: Check) -> None:
    _none(complaint for source in _SOURCES for complaint in check(source))


@pytest.mark.parametrize(
    "check", [shapes.check_folders, layout.check_packages, layout.check_mirror]
)
def test_the_tree_keeps_the_rule(check: Callable[[Iterable[str]], list[str]]) -> None:
    _none(check(_FILES))


def test_top_level_folders_are_the_named_ones() -> None:
    _none(layout.check_folders(folders(ROOT)))


def test_every_spec_states_its_format() -> None:
    specs = {name: path for name, path in _FILES.items() if name.startswith("specs/")}
    _none(
        complaint
        for name, path in specs.items()
        if path.suffix == ".toml"
        for complaint in layout.check_spec(name, path.read_text("utf-8"))
    )


def test_no_file_names_one_machine_or_a_registry() -> None:
    _none(
        complaint
        for name, path in _FILES.items()
        for complaint in layout.check_words(name, path.read_bytes())
    )


def test_exemptions_from_the_mirror_are_still_needed() -> None:
    assert layout.WITHOUT_OWN_TEST.keys() <= _FILES.keys()


def test_every_code_folder_has_its_rooms_on_the_map() -> None:
    assert {room.partition(".")[0] for room in imports.ROOMS} == {*CODE, "tests", "bench"}


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("routing/choose.py", "import fees.quote", "routing may not import fees.quote"),
        ("fees/quote.py", "from messages import codec", "fees may not import messages.codec"),
        ("messages/view.py", "import switch.core", "messages may not import switch.core"),
        ("messages/view.py", "import tests.golden", "messages may not import tests.golden"),
        ("switch/core/engine.py", "from switch.shell import run", "switch.core may not"),
        (
            "switch/core/engine.py",
            "from ..shell import run",
            "switch.core may not import switch.sh",
        ),
        ("switch/steps/admit.py", "from switch.steps.classify import x", "switch.steps may not"),
        ("switch/steps/admit.py", "from . import classify", "switch.steps may not"),
        ("switch/extra.py", "import switch.core", "switch may not import switch.core"),
        ("switch/cli/decode.py", "import tests.golden", "switch.cli may not import tests.golden"),
        ("simulators/issuer.py", "import switch.shell.clock", "simulators may not import"),
        ("messages/view.py", "import iso8583", "iso8583 is for messages.codec only"),
        (
            "messages/fields.py",
            "from pydantic import BaseModel",
            "pydantic is for messages.dialects",
        ),
        (
            "routing/table.py",
            "import cryptography.x509",
            "cryptography is for messages.crypto only",
        ),
        ("switch/shell/run.py", "from rich import print", "rich is for switch.cli only"),
        ("switch/core/page.py", "import plotly", "plotly is for switch.report only"),
        ("messages/values.py", "import psec", "psec is for tests only"),
        ("switch/core/engine.py", "import asyncio", "asyncio has no place"),
        ("switch/core/engine.py", "from time import monotonic", "time has no place"),
        ("switch/core/engine.py", "import random", "random has no place"),
        ("switch/core/engine.py", "import os.path", "os has no place"),
        ("switch/core/engine.py", "import logging", "logging has no place"),
        ("switch/core/engine.py", "import sqlite3", "sqlite3 has no place"),
        ("switch/cli/page.py", "import flask", "flask is a framework"),
        ("tests/test_x.py", "from aiohttp import web", "aiohttp is a framework"),
        ("messages/a.py", "def f():\n    import json", "a.py:2: import inside a function"),
        ("messages/a.py", "async def f():\n    from a import b", "import inside a function"),
        ("messages/a.py", "def f():\n    return import_module('a')", "import inside a function"),
        ("messages/a.py", "def f():\n    importlib.import_module('a')", "import inside a function"),
        ("messages/a.py", "def f():\n    __import__('a')", "import inside a function"),
    ],
)
def test_a_wrong_import_is_reported(path: str, text: str, complaint: str) -> None:
    assert complaint in "\n".join(imports.check(Source.of(path, text)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("switch/cli/load.py", "def f():\n    import json"),
        ("switch/cli/decode.py", "import messages.codec, rich, asyncio"),
        ("switch/steps/admit.py", "from switch.core import transaction"),
        ("switch/core/engine.py", "from .events import FrameReceived"),
        ("fees/quote.py", "from messages.values import Amount"),
        ("fees/quote.py", "from messages import values"),
        ("messages/codec.py", "import iso8583, messages.dialects.loader"),
        ("simulators/live.py", "import switch.shell, simulators.issuer, uvloop"),
        ("tests/test_x.py", "import switch.core, psec, random"),
    ],
)
def test_a_permitted_import_is_not_reported(path: str, text: str) -> None:
    assert not imports.check(Source.of(path, text))


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("fees/a.py", "x = '" + "a" * 100 + "'", "a.py:1: 106 characters, at most 100"),
        ("fees/a.py", "\n" * 501, "a.py: 501 lines without data tables, at most 500"),
        ("fees/a.py", f"def f():\n{_LONG}", "f: 61 lines, at most 60"),
        ("fees/a.py", f"class A:\n async def f(self):\n{_LONG}", "f: 61 lines, at most 60"),
        ("fees/a.py", "def f(a, b, c, /, d, *, e, f): ...", "f: 6 parameters, at most 5"),
        ("fees/utils.py", "", "a file name that says nothing"),
        ("fees/a.py", "class CardManager: ...", "CardManager: a class name that says nothing"),
        ("fees/a.py", "try: ...\nexcept: ...", "a.py:2: catches everything"),
        ("fees/a.py", "try: ...\nexcept Exception: ...", "catches everything"),
        ("tests/a.py", "try: ...\nexcept (OSError, BaseException): ...", "catches everything"),
        ("fees/a.py", "try: ...\nexcept Exception as e: raise e", "catches everything"),
        ("fees/a.py", "with suppress(Exception): ...", "suppresses everything"),
        ("fees/a.py", "with contextlib.suppress(Exception): ...", "suppresses everything"),
        ("fees/a.py", "assert True", "assert outside the tests"),
    ],
)
def test_a_wrong_shape_is_reported(path: str, text: str, complaint: str) -> None:
    assert complaint in "\n".join(shapes.check(Source.of(path, text)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("fees/a.py", "class A:\n    def f(self, a, b, c, d, e): ..."),
        ("fees/a.py", "TABLE = {\n" + "    1: 2,\n" * 600 + "}"),
        ("fees/a.py", "class ServicePoint: ..."),
        ("switch/cli/a.py", "def f(a, b, c, d, e, f): ..."),
        ("switch/shell/a.py", "try: ...\nexcept Exception: ..."),
        ("fees/a.py", "try: ...\nexcept Exception:\n    x = 1\n    raise"),
        ("fees/a.py", "try: ...\nexcept (OSError, ValueError): ..."),
        ("tests/a.py", "assert True"),
    ],
)
def test_a_permitted_shape_is_not_reported(path: str, text: str) -> None:
    assert not shapes.check(Source.of(path, text))


@pytest.mark.parametrize(
    ("path", "text", "complaint"),
    [
        ("fees/a.py", "", "a module docstring of 0 lines"),
        ("fees/a.py", '"""One line."""', "a module docstring of 1 lines"),
        ("fees/a.py", '"""' + "line\n" * 7 + '"""', "a module docstring of 7 lines"),
        ("tests/test_a.py", "", "a module docstring of 0 lines"),
        ("fees/__init__.py", "def f(): ...", "f has no docstring"),
        ("fees/__init__.py", "class A:\n    def f(self): ...", "A has no docstring"),
        ("fees/__init__.py", "class A:\n    def f(self): ...", "f has no docstring"),
    ],
)
def test_a_missing_docstring_is_reported(path: str, text: str, complaint: str) -> None:
    assert complaint in "\n".join(docstrings.check(Source.of(path, text)))


@pytest.mark.parametrize(
    "text",
    [
        "def _f(): ...",
        "class _A:\n    def f(self): ...",
        "def _f():\n    def g(): ...",
        "@overload\ndef f(): ...",
    ],
)
def test_a_private_name_needs_no_docstring(text: str) -> None:
    assert not docstrings.check(Source.of("fees/__init__.py", f'"""Fees."""\n{text}'))


def test_a_crowded_folder_is_reported() -> None:
    crowd = [f"fees/{letter}.py" for letter in "abcdefghijklm"]
    assert shapes.check_folders(crowd) == ["fees: 13 files, at most 12"]
    assert not shapes.check_folders([*crowd[:12], "fees/__init__.py", "fees/a.toml"])


def test_a_strange_or_missing_folder_is_reported() -> None:
    assert layout.check_folders(["src", *FOLDERS]) == ["src/ has no place at the top"]
    assert layout.check_folders(FOLDERS[1:]) == [f"{FOLDERS[0]}/ is missing"]


def test_a_folder_without_its_init_is_reported() -> None:
    paths = ["tests/__init__.py", "tests/fees/test_quote.py", "specs/dialects/pos.toml"]
    assert layout.check_packages(paths) == ["tests/fees/ has no __init__.py"]


def test_a_module_without_its_test_is_reported() -> None:
    paths = ["fees/__init__.py", "fees/quote.py", "bench/codec.py", "switch/__main__.py"]
    assert layout.check_mirror(paths) == ["fees/quote.py is not tested by tests/fees/test_quote.py"]
    assert not layout.check_mirror([*paths, "tests/fees/test_quote.py"])


@pytest.mark.parametrize("text", ["", "format = 2", 'format = "1"', "[table]\nformat = 1"])
def test_a_spec_of_another_format_is_reported(text: str) -> None:
    assert layout.check_spec("specs/a.toml", text)
    assert not layout.check_spec("specs/a.toml", "format = 1")


@pytest.mark.parametrize("word", layout.FORBIDDEN)
def test_a_forbidden_word_is_reported_with_its_line(word: str) -> None:
    content = f"first\nsee {word}x".encode()
    assert layout.check_words("docs/a.md", content) == [f"docs/a.md:2: names {word}"]


@pytest.mark.parametrize("name", layout.BANNED_FILES)
def test_a_lock_with_addresses_is_reported(name: str) -> None:
    assert layout.check_words(name, b"") == [f"{name}: a lock that holds addresses"]
