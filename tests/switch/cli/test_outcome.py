"""Results go to standard output, everything about them to standard error."""

from __future__ import annotations

import pytest
import typer

from switch.cli.outcome import BAD, USAGE, note, say, stop


def test_results_and_remarks_go_their_own_ways(capsys: pytest.CaptureFixture[str]) -> None:
    say("a result")
    note("a remark")
    told = capsys.readouterr()
    assert told.out == "a result\n"
    assert told.err == "jinbao: a remark\n"


@pytest.mark.parametrize("status", [BAD, USAGE])
def test_stopping_says_why_and_keeps_the_status(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as stopped:
        stop("so it is", status)
    assert stopped.value.exit_code == status
    assert capsys.readouterr().err == "jinbao: so it is\n"
