"""Evidence is on disk at once, and a run that goes on begins with what was there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import typer

from simulators.conformance.driving.trial import Trial, own_setup, run
from simulators.conformance.evidence.chain import first_altered
from simulators.conformance.judging.host import Host, Setup
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
    kept = (tmp_path / EVIDENCE).read_bytes()
    host = Host(setup)
    second = Keeper(setup, tmp_path, {})
    second.resume(host, before)
    assert host.finished == {"50010001": {"echo"}}
    assert host.records == len(before)
    assert second.head == before[-1]["hash"]
    second.end()
    assert (tmp_path / EVIDENCE).read_bytes().startswith(kept)
    assert not first_altered(begun(tmp_path), second.head)
    assert begun(tmp_path / "nowhere") == []


def _kept(folder: Path, told: dict[str, str]) -> Setup:
    setup = own_setup()
    keeper = Keeper(setup, folder, told)
    for note in run(Trial(cases=("echo",)), setup).notes:
        keeper.note(note)
    return setup


@pytest.mark.parametrize("torn", [b'{"n": 99, "what": "rec', '{"words": "取'.encode()[:-1]])
def test_a_last_line_that_was_torn_is_left_out_and_the_run_goes_on(
    torn: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = _kept(tmp_path, {})
    path = tmp_path / EVIDENCE
    kept = path.read_bytes()
    path.write_bytes(kept + torn)
    before = begun(tmp_path)
    assert "the last line was not written to its end" in capsys.readouterr().err
    assert path.read_bytes() == kept + torn
    keeper = Keeper(setup, tmp_path, {})
    keeper.resume(Host(setup), before)
    keeper.end()
    assert path.read_bytes().startswith(kept)
    assert not first_altered(begun(tmp_path), keeper.head)
    path.write_bytes(kept[:-1])
    keeper = Keeper(setup, tmp_path, {})
    keeper.resume(Host(setup), begun(tmp_path))
    keeper.end()
    assert not first_altered(begun(tmp_path), keeper.head)


def test_evidence_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup = _kept(tmp_path, {})
    kept = (tmp_path / EVIDENCE).read_bytes()
    with pytest.raises(typer.Exit):
        Keeper(setup, tmp_path, {}).end()
    assert "the evidence of an earlier run" in capsys.readouterr().err
    assert (tmp_path / EVIDENCE).read_bytes() == kept
    (tmp_path / EVIDENCE).write_bytes(b"[]\n" + kept)
    with pytest.raises(typer.Exit):
        begun(tmp_path)
    assert capsys.readouterr().err.count(EVIDENCE) == 1


def test_a_run_goes_on_with_what_it_had_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = _kept(tmp_path, {"role": "terminal"})
    before = begun(tmp_path)
    fewer = msgspec.structs.replace(setup.suite, requirements=setup.suite.requirements[1:])
    others = msgspec.structs.replace(setup.answers, response_timer_s=30)
    for other, told, words in (
        (setup, {"role": "host"}, "another role"),
        (msgspec.structs.replace(setup, suite=fewer), {"role": "terminal"}, "other requirements"),
        (msgspec.structs.replace(setup, answers=others), {"role": "terminal"}, "other answers"),
    ):
        with pytest.raises(typer.Exit) as stopped:
            Keeper(other, tmp_path, told).resume(Host(other), before)
        assert stopped.value.exit_code == 2
        assert words in capsys.readouterr().err
    Keeper(setup, tmp_path, {"role": "terminal"}).resume(Host(setup), before)
