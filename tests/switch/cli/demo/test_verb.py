"""The demo as a whole: with a planted bug it must fail; that it succeeds, the README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from switch.cli.demo.play import PLANTS
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import ROOT, run

_PATIENCE_S = 280
_PAIRS = (("lost-reversal", "double-answer"), ("fee-off-by-one", "wrong-day"))
"""Two plants a run: what they break does not hide one another."""


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], tuple[int, list[str]]]:
    """Run the demo with every plant, all at once: they wait more than they work."""
    folder = tmp_path_factory.mktemp("demos")
    running = {
        pair: subprocess.Popen(
            (
                *(sys.executable, "-m", "switch", "demo", "--plant", pair[0], "--plant", pair[1]),
                *("--json", "--into", str(folder / pair[0])),
            ),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for pair in _PAIRS
    }
    ended = {}
    for pair, process in running.items():
        out, _ = process.communicate(timeout=_PATIENCE_S)
        ended[pair] = (process.returncode, out.splitlines())
    return ended


def test_every_plant_is_tried() -> None:
    assert sorted(sum(_PAIRS, ())) == sorted(PLANTS)


@pytest.mark.timeout(300)  # eighteen processes on whatever else the machine does
@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        # Money that is kept: slips and accounts differ, no reversal gave it back, and the
        # banks' statements show it. Two answers.
        (_PAIRS[0], {0, 1, 4, 5, 9}),
        # A fen more than the fee: slips, accounts and statements differ. The cap of another day.
        (_PAIRS[1], {0, 1, 2, 9}),
    ],
)
def test_planted_bugs_break_their_checks_and_no_others(
    planted: dict[tuple[str, str], tuple[int, list[str]]],
    plant: tuple[str, str],
    broken: set[int],
) -> None:
    status, lines = planted[plant]
    *acts, books = (json.loads(line) for line in lines)
    assert status == BAD
    assert not books["good"]
    assert {n for n, check in enumerate(books["books"]) if not check["kept"]} == broken
    assert [act["wrong"] for act in acts] == [""] * len(acts)
    page = Path(books["page"]).read_text(encoding="utf-8")
    assert "Something is wrong" in page
    assert not re.search(r"[0-9]{12}", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    refused = next(act for act in acts if act["code"] == "61")
    assert refused["cap"] == {
        "limit_fen": 200_000, "used_fen": 120_000, "held_fen": 0, "left_fen": 80_000,
    }  # fmt: skip
    assert "asked 810.00, left 800.00" in refused["reason"]["en"]


def test_an_unknown_plant_and_a_used_folder_are_usage_errors(tmp_path: Path) -> None:
    unknown = run("demo", "--plant", "flowers")
    assert (unknown.status, unknown.err) == (
        USAGE,
        f"jinbao: no plant flowers; there are {', '.join(PLANTS)}\n",
    )
    (tmp_path / "file").write_bytes(b"")
    used = run("demo", "--into", str(tmp_path))
    assert (used.status, used.err) == (USAGE, f"jinbao: {tmp_path} is not empty\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
