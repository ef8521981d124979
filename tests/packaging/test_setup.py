"""`make setup`: what a newcomer reads where something is missing, and that it runs once."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT


def _make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run our Makefile in `folder`, deaf to the make that may run these tests."""
    env = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ("make", "-f", str(ROOT / "Makefile"), *words),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def _python_that(folder: Path, answer: str) -> str:
    """Write a stand-in for Python: `answer` is the shell code that answers `-c`."""
    stand_in = folder / "python"
    stand_in.write_text(f'#!/bin/sh\ncase "$2" in {answer} esac\n', "utf-8")
    stand_in.chmod(0o755)
    return f"PYTHON={stand_in}"


@pytest.mark.parametrize("target", ["setup", "demo", "test"])
def test_an_older_python_is_refused_by_version(tmp_path: Path, target: str) -> None:
    run = _make(tmp_path, target, _python_that(tmp_path, "*version_info*) exit 1;;"))
    assert run.returncode
    assert "Python 3.11 or newer" in run.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("target", ["setup", "demo", "test"])
def test_a_missing_venv_module_is_answered_with_the_debian_package(
    tmp_path: Path, target: str
) -> None:
    run = _make(tmp_path, target, _python_that(tmp_path, "*ensurepip*) exit 1;;"))
    assert run.returncode
    assert "apt-get install python3-venv (or python3.11-venv)" in run.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_missing_python_is_answered_with_the_debian_package(tmp_path: Path) -> None:
    run = _make(tmp_path, "setup", f"PYTHON={tmp_path}/nowhere")
    assert run.returncode
    assert "apt-get install python3 python3-venv" in run.stderr


def test_setup_has_nothing_left_to_do_after_setup() -> None:
    assert not _make(ROOT, "--question", "setup").returncode


def test_help_lists_the_two_commands_of_a_newcomer(tmp_path: Path) -> None:
    listing = _make(tmp_path).stdout
    assert "make demo" in listing
    assert "make test" in listing
