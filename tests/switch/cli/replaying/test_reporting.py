"""Reports go where they are asked for, whole or not at all, and the status is the verdict's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from simulators.replay.trace.form import TraceError
from switch.cli.replaying.reporting import tell, write_reports
from tests.simulators.replay.verdict.test_telling import told


def test_the_status_is_that_of_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    tell(told(is_good=True), as_json=False)
    assert "left out 2: no card" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as ended:
        tell(told(), as_json=True)
    assert ended.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["unexplained"] == 1


def test_files_are_written_where_they_can_be(tmp_path: Path) -> None:
    write_reports(told(), str(tmp_path / "r.html"), str(tmp_path / "r.xml"))
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!")
    assert "<testsuites" in (tmp_path / "r.xml").read_text(encoding="utf-8")
    with pytest.raises(TraceError, match="No such file"):
        write_reports(told(), str(tmp_path / "none" / "r.html"), "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.html", "r.xml"]
