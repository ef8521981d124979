"""`jinbao reload` and a running switch: a changed folder is in force, and no line is dropped."""

from __future__ import annotations

import json
from pathlib import Path

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run, sample
from tests.switch.cli.serving.test_serve import _ask, _serving
from tests.switch.config import folders


def _reload(folder: Path) -> tuple[int, str]:
    outcome = run("reload", "-c", str(folder))
    return outcome.status, outcome.out or outcome.err


def test_a_running_switch_takes_up_a_changed_folder(folder: Path) -> None:
    sign_on = bytes.fromhex(sample("sign-on"))
    with _serving(folder, "--business-date", "2014-06-18T09:30") as switch:
        with switch.connect() as terminal:
            assert b"00" in _ask(terminal, sign_on)
            folders.change(folder, "terminals", 'id = "50010001"', 'id = "50010009"')
            assert _reload(folder)[0] == USAGE  # 50010009 has no key
            assert run("keys", "terminal", "new", "50010009", "-c", str(folder)).status == 0
            status, told = _reload(folder)
            assert (status, json.loads(told)) == (0, {"ok": True, "configuration": 2})
            refused = _ask(terminal, sign_on)
            folders.change(folder, "jinbao", 'bank = ["127.0.0.1:0"]', 'bank = ["127.0.0.2:0"]')
            status, told = _reload(folder)
            assert status == BAD
            assert "needs a restart: [listen]" in told
        _, log = switch.end()
    assert b"97" in refused or b"03" in refused
    changed = [entry for entry in log if entry["event"] == "configuration_changed"]
    assert [entry["number"] for entry in changed] == [2]


def test_where_no_switch_runs_the_status_is_1(folder: Path) -> None:
    status, told = _reload(folder)
    assert status == BAD
    assert "no switch answers (FileNotFoundError)" in told
