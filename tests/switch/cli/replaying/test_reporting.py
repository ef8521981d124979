"""Reports go where they are asked for, whole or not at all, and the status is the verdict's."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import typer

from simulators.replay.trace.form import TraceError
from switch.cli.replaying.reporting import check_places, tell, write_reports
from tests.simulators.replay.verdict.test_comparing import comparer
from tests.simulators.replay.verdict.test_telling import told


def test_the_status_is_that_of_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    tell(told(is_good=True), "", "", as_json=False)
    assert "left out 2: no card" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as ended:
        tell(told(), "", "", as_json=True)
    assert ended.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["unexplained"] == 1


def test_files_are_written_where_they_can_be(tmp_path: Path) -> None:
    write_reports(told(), str(tmp_path / "r.html"), str(tmp_path / "r.xml"))
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!")
    assert "<testsuites" in (tmp_path / "r.xml").read_text(encoding="utf-8")
    with pytest.raises(TraceError, match="No such file"):
        write_reports(told(), str(tmp_path / "none" / "r.html"), "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "r.xml"]


def test_what_was_found_is_said_before_a_file_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TraceError, match="No such file"):
        tell(told(is_good=True), str(tmp_path / "gone" / "r.html"), "", as_json=False)
    assert "as recorded" in capsys.readouterr().out


def test_places_that_cannot_be_written_are_told_before_a_run(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="too long"):
        check_places(str(tmp_path / ("r" * 300)))
    check_places(str(tmp_path / "r.html"), "/dev/null", "")
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_of_nothing_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = msgspec.structs.replace(told(is_good=True), comparer=comparer())
    with pytest.raises(typer.Exit) as ended:
        tell(nothing, "", "", as_json=False)
    assert ended.value.exit_code == 2
    assert "nothing could be compared" in capsys.readouterr().err
