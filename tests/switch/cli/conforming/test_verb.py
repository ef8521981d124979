"""The lists of cases and requirements, and evidence that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.conformance.mutants.table import MUTANTS
from simulators.conformance.rules.reading import packaged_suite
from tests.switch.cli.running import run


def test_every_case_and_requirement_is_listed_in_both_languages() -> None:
    cases = run("conform", "cases", "--json").out.splitlines()
    assert [json.loads(line)["case"] for line in cases] == [c.id for c in packaged_suite().cases]
    told = run("conform", "requirements").out
    for each in packaged_suite().requirements:
        assert each.id in told
        assert each.zh in told
    lines = run("conform", "requirements", "--json").out.splitlines()
    assert len(lines) == len(packaged_suite().requirements)
    assert "插卡" in run("conform", "cases").out


def test_every_mutant_is_told_and_caught() -> None:
    done = run("conform", "mutants", "--json")
    assert done.status == 0
    told = [json.loads(line) for line in done.out.splitlines()]
    assert len(told) == len(MUTANTS)
    assert all(each["caught"] and not each["surplus"] for each in told)


def test_what_is_no_evidence_is_told(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text("{}\n[]\n", encoding="utf-8")
    assert run("conform", "verify", str(path)).status == 1
    path.write_text("no json", encoding="utf-8")
    assert run("conform", "verify", str(path)).status == 1
    assert run("conform", "verify", str(tmp_path / "nothing")).status == 2
    assert run("conform", "cases", "--rules", str(tmp_path / "nothing")).status == 2
