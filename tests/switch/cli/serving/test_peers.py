"""Refused peers are listed and released."""

from __future__ import annotations

from pathlib import Path

from switch.cli.outcome import BAD, USAGE
from switch.shell.stops import Stops
from tests.switch.cli.running import run

_PEER = "192.0.2.7"


def test_a_refused_peer_is_listed_and_can_be_released(folder: Path) -> None:
    stops = Stops(folder / "state" / "peers.json", lambda: 1_403_055_000.0)
    stops.record(_PEER)
    stops.record(_PEER)
    listed = run("peers", "list", "-c", str(folder))
    assert listed == (0, f"{_PEER}  refused since 2014-06-18T09:30:00+08:00\n", "")
    assert run("peers", "release", _PEER, "-c", str(folder)).status == 0
    assert run("peers", "list", "-c", str(folder)).out == ""
    again = run("peers", "release", _PEER, "-c", str(folder))
    assert (again.status, again.err) == (BAD, f"jinbao: {_PEER} was not refused\n")


def test_a_damaged_file_is_told(folder: Path) -> None:
    (folder / "state").mkdir()
    (folder / "state" / "peers.json").write_bytes(b"{")
    outcome = run("peers", "list", "-c", str(folder))
    assert outcome.status == USAGE
    assert "peers.json" in outcome.err
