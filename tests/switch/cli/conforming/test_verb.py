"""The lists of cases and requirements, and evidence that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from simulators.conformance.driving.trial import own_setup
from simulators.conformance.probing.probes import host_suite, packaged_probes
from simulators.conformance.probing.trial import run_probes
from simulators.conformance.rules.reading import packaged_suite
from switch.cli.conforming.keeping import Keeper
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


def test_mutants_are_told_as_they_are_caught() -> None:
    """What each of them fails is the test of mutants; here is what the verb says of some."""
    names = ["pan-filled-with-f", "fourth-try", "inquiries-unanswered"]
    done = run("conform", "mutants", "--json", *(f"--mutant={name}" for name in names))
    assert done.status == 0
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [each["mutant"] for each in told] == names
    assert all(each["caught"] and not each["surplus"] for each in told)
    assert run("conform", "mutants", "--mutant=sign-on-unknown").status == 2


def test_a_report_of_a_host_is_made_anew_with_the_requirements_of_hosts(tmp_path: Path) -> None:
    suite = host_suite(packaged_probes())
    setup = msgspec.structs.replace(own_setup(), suite=suite)
    keeper = Keeper(setup, tmp_path, {"role": "host"})
    for each in run_probes().notes:
        keeper.note(each)
    keeper.end()
    (tmp_path / "anew").mkdir()
    evidence = str(tmp_path / "evidence.jsonl")
    assert run("conform", "report", evidence, str(tmp_path / "anew")).status == 0
    report = json.loads((tmp_path / "anew" / "report.json").read_text(encoding="utf-8"))
    passed = {r["requirement"] for r in report["requirements"] if r["verdict"] == "pass"}
    assert passed == {requirement.id for requirement in suite.requirements}


def test_what_is_no_evidence_is_told(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text("{}\n[]\n", encoding="utf-8")
    assert run("conform", "verify", str(path)).status == 1
    path.write_text("no json", encoding="utf-8")
    assert run("conform", "verify", str(path)).status == 1
    assert run("conform", "verify", str(tmp_path / "nothing")).status == 2
    assert run("conform", "cases", "--rules", str(tmp_path / "nothing")).status == 2
