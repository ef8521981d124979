"""Skips in CI: what a green build claims was run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

_PASSES = "def test_passes(): pass\n"
_SKIPS = "import pytest\ndef test_skips(): pytest.skip('no tshark')\n"
_SKIPS_ALL = "import pytest\npytest.skip('no tshark', allow_module_level=True)\n"


def _pytest(folder: Path, test: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    """Run `test` and one that passes, under this project's conftest."""
    (folder / "test_one.py").write_text(_PASSES, "utf-8")
    (folder / "test_other.py").write_text(test, "utf-8")
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    )
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("test", [_SKIPS, _SKIPS_ALL])
def test_a_skip_fails_the_session_in_ci_and_says_so(tmp_path: Path, test: str) -> None:
    run = _pytest(tmp_path, test, ci="true")
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "CI is set: 1 skipped counts as failed" in run.stdout


@pytest.mark.parametrize(("test", "ci"), [(_SKIPS, ""), ("", "true")])
def test_a_skip_elsewhere_or_no_skip_in_ci_passes(tmp_path: Path, test: str, ci: str) -> None:
    assert _pytest(tmp_path, test, ci=ci).returncode == pytest.ExitCode.OK
