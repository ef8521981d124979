"""The demo as a whole: with a planted bug it must fail; that it succeeds, the README shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from switch.cli.demo.play import PLANTS
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import ROOT, run

_PATIENCE_S = 300


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str]]]:
    """Run the demo with every plant, all at once: they wait more than they work."""
    folder = tmp_path_factory.mktemp("demos")
    running = {
        plant: subprocess.Popen(
            (
                *(sys.executable, "-m", "switch", "demo", "--plant", plant),
                *("--json", "--into", str(folder / plant)),
            ),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for plant in PLANTS
    }
    ended = {}
    for plant, process in running.items():
        out, _ = process.communicate(timeout=_PATIENCE_S)
        ended[plant] = (process.returncode, out.splitlines())
    return ended


@pytest.mark.parametrize(
    ("plant", "broken"), [("lost-reversal", {0, 1, 4}), ("double-answer", {5})]
)
def test_a_planted_bug_breaks_its_checks_and_no_others(
    planted: dict[str, tuple[int, list[str]]], plant: str, broken: set[int]
) -> None:
    status, lines = planted[plant]
    *acts, books = (json.loads(line) for line in lines)
    assert status == BAD
    assert not books["good"]
    assert {n for n, check in enumerate(books["books"]) if not check["kept"]} == broken
    assert [act["wrong"] for act in acts] == [""] * len(acts)
    refused = next(act for act in acts if act["code"] == "61")
    assert refused["cap"] == {
        "limit_fen": 200_000, "used_fen": 200_000, "held_fen": 0, "left_fen": 0,
    }  # fmt: skip
    assert "asked 10.00, left 0.00" in refused["reason"]["en"]


def test_an_unknown_plant_and_a_used_folder_are_usage_errors(tmp_path: Path) -> None:
    unknown = run("demo", "--plant", "flowers")
    assert (unknown.status, unknown.err) == (
        USAGE,
        "jinbao: no plant flowers; there are lost-reversal, double-answer\n",
    )
    (tmp_path / "file").write_bytes(b"")
    used = run("demo", "--into", str(tmp_path))
    assert (used.status, used.err) == (USAGE, f"jinbao: {tmp_path} is not empty\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
