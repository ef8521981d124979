"""The verbs about dialect files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from messages.dialects.loader import packaged_names
from tests.switch.cli.running import run

_EXTENSION = """format = 1
kind = "dialect"
name = "my-bank"
extends = "pos"
title = ["My bank", "我行"]

[fields.32]
max = 8
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my-bank.toml"
    path.write_text(_EXTENSION, encoding="utf-8")
    return path


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_every_packaged_dialect_is_listed(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    status, out, _ = run("specs", "list")
    assert status == 0
    # A title that goes on in the next line leaves the columns before it blank.
    rows = [line for line in out.splitlines()[2:] if not line.startswith(" ")]
    assert [row.split()[0] for row in rows] == list(packaged_names())
    told = [json.loads(line) for line in run("specs", "list", "--json").out.splitlines()]
    assert {each["name"]: each["extends"] for each in told} == {
        "composite": "pos", "interbank": None, "iso87-ascii": None, "pos": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", packaged_names())
def test_every_packaged_dialect_is_good_and_can_be_shown(name: str) -> None:
    status, out, err = run("specs", "check", name)
    assert (status, err) == (0, "")
    assert out.startswith(f"{name}: good (")
    status, out, _ = run("specs", "show", name)
    assert status == 0
    assert "response codes" in out
    assert json.loads(run("specs", "show", name, "--json").out)["name"] == name


def test_a_file_of_ones_own_is_used_by_its_path(file: Path) -> None:
    assert run("specs", "check", str(file)).out.startswith(f"{file}: good (")
    assert "My bank 我行" in run("specs", "show", str(file)).out
    frame = "0034600005000061320032000108200000000000C00010353030313030303139393936353330383031"
    frame += "31303030310011000000023010"
    told = json.loads(run("decode", "--dialect", str(file), "--json", frame).out)
    assert (told["ok"], told["dialect"]) == (True, "my-bank")


def test_a_file_without_suffix_is_no_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.rename(file.with_name("profile"))
    monkeypatch.chdir(file.parent)
    assert run("specs", "check", "profile").out.startswith("profile: good (")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("max = 8", "max = -8", "fields.32.max"),
        ("format = 1", "format = 2", "format"),
        ("[fields.32]", "[fields.32", ""),
    ],
)
def test_a_wrong_file_is_named_with_line_key_and_reason(
    old: str, new: str, key: str, file: Path
) -> None:
    text = _EXTENSION.replace(old, new)
    file.write_text(text, encoding="utf-8")
    status, out, err = run("specs", "check", str(file))
    line = next(n for n, each in enumerate(text.splitlines(), start=1) if new in each)
    assert (status, err) == (1, "")
    assert out.startswith(f"{file}:{line}: {key}")
    assert run("specs", "show", str(file)).status == 2


def test_a_file_that_does_not_exist_is_wrong_usage() -> None:
    for verb in ("check", "show"):
        assert run("specs", verb, "no-such.toml").status == 2
    assert run("specs", "diff", "pos", "no-such.toml").status == 2


def test_differences_between_dialects_are_listed_by_key(file: Path) -> None:
    status, out, _ = run("specs", "diff", "pos", str(file))
    assert status == 1
    assert "- fields.32.max = 11\n+ fields.32.max = 8\n" in out
    assert "- fields.2" not in out
    assert run("specs", "diff", "pos", "pos") == (0, "", "")


def test_a_dialect_differs_from_what_it_extends_by_what_it_says() -> None:
    out = run("specs", "diff", "pos", "composite").out
    assert '- transactions.social_inquiry.refuse = "service_not_for_terminal"' in out
    assert "+ layouts.social-services.tags.S1.en" in out
    assert "fields.35" not in out
