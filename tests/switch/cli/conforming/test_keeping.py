"""Evidence is on disk at once, and a run that goes on begins with what was there."""

from __future__ import annotations

from pathlib import Path

from simulators.conformance.driving.trial import Trial, own_setup, run
from simulators.conformance.evidence.chain import first_altered
from simulators.conformance.judging.host import Host
from switch.cli.conforming.keeping import EVIDENCE, Keeper, begun, write_reports


def test_every_record_is_on_disk_when_it_is_kept(tmp_path: Path) -> None:
    setup = own_setup()
    keeper = Keeper(setup, tmp_path, {})
    for number, note in enumerate(run(Trial(cases=("echo",)), setup).notes, 2):
        keeper.note(note)
        assert len((tmp_path / EVIDENCE).read_text().splitlines()) == number
    report = keeper.end()
    assert not first_altered(begun(tmp_path), keeper.head)
    write_reports(report, tmp_path)
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_a_run_that_goes_on_knows_what_is_done_and_numbers_on(tmp_path: Path) -> None:
    setup = own_setup()
    first = Keeper(setup, tmp_path, {})
    for note in run(Trial(cases=("echo",)), setup).notes:
        first.note(note)
    before = begun(tmp_path)
    host = Host(setup)
    second = Keeper(setup, tmp_path, {})
    second.resume(host, before)
    assert host.finished == {"50010001": {"echo"}}
    assert host.records == len(before)
    assert second.head == before[-1]["hash"]
    assert begun(tmp_path / "nowhere") == []
