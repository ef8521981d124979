"""A person's word: carried out by the running switch, or written where none runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from switch.cli.books import deciding
from switch.cli.books.deciding import resolved
from switch.cli.books.settling import Store
from switch.cli.outcome import BAD, USAGE

_ASKED = {"verb": "saf-resolve", "rrn": "416900000006", "as": "kept", "why": "phone"}


def _decide(_: Store, *said: str) -> dict[str, Any]:
    return {"written": said}


def test_where_no_switch_runs_it_is_written(folder: Path) -> None:
    assert resolved(folder, _ASKED, ("kept",), _decide) == {
        "written": ("416900000006", "kept", "phone")
    }


@pytest.mark.parametrize(
    ("answer", "status"), [({"ok": True, "state": "X"}, 0), ({"ok": False, "error": "no"}, BAD)]
)
def test_a_running_switch_is_asked_and_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], status: int
) -> None:
    asked = []

    def ask(_: Path, request: dict[str, str]) -> dict[str, Any]:
        asked.append(request)
        return answer

    monkeypatch.setattr(deciding, "ask", ask)
    if status:
        with pytest.raises(typer.Exit) as ended:
            resolved(folder, _ASKED, ("kept",), _decide)
        assert ended.value.exit_code == status
    else:
        assert resolved(folder, _ASKED, ("kept",), _decide) == answer
    assert asked == [_ASKED]


def test_a_word_that_is_none_is_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        resolved(folder, _ASKED, ("booked", "refused"), _decide)
    assert ended.value.exit_code == USAGE
    assert "--as 'kept': should be booked, refused" in capsys.readouterr().err
