"""`jinbao payouts`: files checked, made and paid; without a switch they wait for one."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from simulators.cards import fictional_card
from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run
from tests.switch.config import folders


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Return a folder whose ledger is there, and whose switch does not run."""
    folder = tmp_path / "city"
    assert run("init", str(folder)).status == 0
    assert run("ledger", "init", "-c", str(folder)).status == 0
    return folder


def _sample(folder: Path, *words: str) -> Path:
    file = folder.parent / "june.csv"
    assert run("payouts", "sample", str(file), "--persons", "3", *words).status == 0
    return file


def test_a_sample_is_good_and_only_its_owner_s(city: Path) -> None:
    file = _sample(city)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = run("payouts", "check", str(file), "-c", str(city))
    assert done.out == "good: 3 payments of fund 1001, 345.00 yuan\n"
    told = json.loads(run("payouts", "check", str(file), "-c", str(city), "--json").out)
    assert (told["payments"], told["fen"]) == (3, 34_500)


def test_without_a_switch_they_are_recorded_and_pending(city: Path) -> None:
    file, out = _sample(city), city.parent / "result.csv"
    words = ("payouts", "run", str(file), "--out", str(out), "-c", str(city), "--wait", "0")
    for _ in range(2):
        done = run(*words)
        assert (done.status, done.out) == (BAD, f"3 pending; {out}\n")
    assert out.read_text("utf-8").count(",pending,") == 3
    assert fictional_card(0).pan not in out.read_text("utf-8")
    assert len(run("txn", "list", "-c", str(city), "--json").out.splitlines()) == 3


def test_a_wrong_file_is_refused_as_a_whole(city: Path) -> None:
    file, out = _sample(city), city.parent / "result.csv"
    file.write_text(file.read_text("utf-8").replace(",11500\n", ",0\n", 1), "utf-8")
    done = run("payouts", "run", str(file), "--out", str(out), "-c", str(city))
    assert done.status == BAD
    assert "june.csv: line 2: payment 100100000000: the amount is no number" in done.err
    assert "refused as a whole, nobody was paid" in done.err
    assert not out.exists()
    assert not run("txn", "list", "-c", str(city), "--json").out


def test_a_fund_whose_stage_is_not_open_pays_nobody(city: Path) -> None:
    file = _sample(city, "--fund", "2001")
    done = run("payouts", "run", str(file), "--out", "x.csv", "-c", str(city), "--wait", "0")
    assert (done.status, "fund 2001 is not open (三(二))" in done.err) == (BAD, True)


def test_what_cannot_be_is_told(city: Path, tmp_path: Path) -> None:
    missing = run("payouts", "check", str(tmp_path / "no.csv"), "-c", str(city))
    assert (missing.status, "No such file" in missing.err) == (USAGE, True)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    broken = run("payouts", "check", str(tmp_path / "bytes.csv"), "-c", str(city))
    assert (broken.status, "is no UTF-8 text" in broken.err) == (BAD, True)
    assert run("payouts", "sample", str(tmp_path / "x"), "--fund", "9999").status == USAGE
    file = _sample(city)
    text = (city / "banks.toml").read_text("utf-8")
    start = text.index("[social]")
    folders.change(city, "banks", text[start : text.index("[[link]]", start)], "")
    done = run("payouts", "check", str(file), "-c", str(city))
    assert (done.status, "nobody orders pay-outs" in done.err) == (USAGE, True)
