"""Two stops within a minute and a peer is refused until somebody releases it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from switch.shell.stops import MOST_PEERS, WINDOW_S, Stops, StopsFileError

_PEER = "192.0.2.7"


class _Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_one_stop_is_forgiven_and_a_second_within_a_minute_is_not(tmp_path: Path) -> None:
    seconds = _Seconds()
    path = tmp_path / "state" / "peers.json"
    assert not Stops(path, seconds).record(_PEER)
    assert not Stops(path, seconds).is_refused(_PEER)
    seconds.now += WINDOW_S - 1
    assert Stops(path, seconds).record(_PEER)
    assert Stops(path, seconds).is_refused(_PEER)
    assert not Stops(path, seconds).is_refused("192.0.2.8")


def test_stops_a_minute_apart_are_forgiven_each_time(tmp_path: Path) -> None:
    seconds = _Seconds()
    stops = Stops(tmp_path / "peers.json", seconds)
    for _ in range(3):
        assert not stops.record(_PEER)
        seconds.now += WINDOW_S
    assert not stops.is_refused(_PEER)


def test_a_refused_peer_stays_refused_until_it_is_released(tmp_path: Path) -> None:
    seconds = _Seconds()
    stops = Stops(tmp_path / "peers.json", seconds)
    stops.record(_PEER)
    stops.record(_PEER)
    seconds.now += 86_400
    assert stops.refused() == {_PEER: 1_000.0}
    assert stops.release(_PEER)
    assert not stops.is_refused(_PEER)
    assert not stops.release(_PEER)


def test_a_release_by_another_process_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    running = Stops(path)
    running.record(_PEER)
    running.record(_PEER)
    assert running.is_refused(_PEER)
    assert Stops(path).release(_PEER)
    assert not running.is_refused(_PEER)


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"format":2}', b'{"format":1,"refused":[1]}', b'{"other":1}']
)
def test_a_damaged_file_is_an_error_and_never_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "peers.json"
    path.write_bytes(content)
    with pytest.raises(StopsFileError, match=r"peers\.json"):
        Stops(path)


def test_a_file_damaged_while_running_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    stops = Stops(path)
    stops.record(_PEER)
    stops.record(_PEER)
    path.write_bytes(b"{")
    assert stops.is_refused(_PEER)
    assert not stops.is_refused("192.0.2.8")


def test_without_a_file_nothing_outlives_the_process() -> None:
    stops = Stops(None)
    stops.record(_PEER)
    assert stops.record(_PEER)
    assert stops.is_refused(_PEER)
    assert not Stops(None).is_refused(_PEER)


def test_the_table_keeps_the_newest_peers_only(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    many = {f"peer-{number}": float(number) for number in range(MOST_PEERS)}
    path.write_bytes(orjson.dumps({"format": 1, "stopped_at": many}))
    Stops(path, _Seconds()).record(_PEER)
    kept = orjson.loads(path.read_bytes())["stopped_at"]
    assert kept == {_PEER: 1_000.0, **{k: v for k, v in many.items() if k != "peer-0"}}
