"""The control socket: its mode, its verbs, and what it does with nonsense."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from switch.shell.watching.control import (
    LONGEST_LINE,
    MOST_CLIENTS,
    Control,
    ControlError,
    ask,
)


def _refuses(_: Mapping[str, Any]) -> dict[str, Any]:
    raise ValueError("not now")


@asynccontextmanager
async def _open(path: Path) -> AsyncIterator[Control]:
    control = Control(path, {"same": lambda request: {"got": request}, "no": _refuses})
    await control.open()
    try:
        yield control
    finally:
        control.close()
        await asyncio.sleep(0.01)


async def _answer(path: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line + b"\n")
    answer = await reader.readline()
    writer.close()
    decoded: dict[str, Any] = orjson.loads(answer)
    return decoded


async def test_only_the_owner_may_use_the_socket_and_it_goes_with_the_process(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "control.sock"
    async with _open(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_verb_is_answered_as_often_as_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with _open(path):
        assert await asyncio.to_thread(ask, path, {"verb": "same", "x": 1}) == {
            "ok": True,
            "got": {"verb": "same", "x": 1},
        }
        assert (await _answer(path, b'{"verb":"help"}'))["verbs"] == ["help", "no", "same"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"nonsense", "one JSON object a line"),
        (b"[]", "unknown verb"),
        (b'{"verb":"other"}', "unknown verb"),
        (b'{"verb":["same"]}', "unknown verb"),
        (b'{"verb":"no"}', "not now"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_the_reason(
    tmp_path: Path, line: bytes, error: str
) -> None:
    async with _open(tmp_path / "s"):
        answer = await _answer(tmp_path / "s", line)
        assert not answer["ok"]
        assert error in answer["error"]


async def test_a_line_without_end_closes_the_connection(tmp_path: Path) -> None:
    async with _open(tmp_path / "s"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s")
        writer.write(b"x" * (2 * LONGEST_LINE))
        async with asyncio.timeout(3):
            # What was not read of the line may make it a reset.
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()


async def test_one_client_too_many_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with _open(path):
        clients = [await asyncio.open_unix_connection(path) for _ in range(MOST_CLIENTS)]
        for reader, writer in clients:
            writer.write(b'{"verb":"help"}\n')
            assert await reader.readline()
        reader, writer = await asyncio.open_unix_connection(path)
        async with asyncio.timeout(3):
            assert await reader.read() == b""
        writer.close()
        for _, each in clients:
            each.close()


async def test_a_socket_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with _open(path):
        assert (await _answer(path, b'{"verb":"help"}'))["ok"]


async def test_a_socket_in_use_is_not_taken(tmp_path: Path) -> None:
    async with _open(tmp_path / "s"):
        with pytest.raises(ControlError, match="another process answers there"):
            await Control(tmp_path / "s", {}).open()
        assert (await _answer(tmp_path / "s", b'{"verb":"help"}'))["ok"]


@pytest.mark.parametrize(
    ("name", "reason"), [("x" * 120, "at most 107 bytes"), ("file", "Address already in use")]
)
async def test_a_path_that_cannot_be_a_socket_is_an_error_with_its_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ControlError, match=reason):
        await Control(tmp_path / name, {}).open()


def test_asking_where_nobody_answers_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        ask(tmp_path / "s", {"verb": "help"})


async def test_a_verb_that_takes_long_does_not_hold_up_the_others(tmp_path: Path) -> None:
    path, may_end = tmp_path / "s", asyncio.Event()

    async def slow(_: Mapping[str, Any]) -> dict[str, Any]:
        await may_end.wait()
        return {"slow": True}

    async with _open(path) as control:
        control.verbs["slow"] = slow
        waiting = asyncio.create_task(_answer(path, b'{"verb":"slow"}'))
        assert (await _answer(path, b'{"verb":"same"}'))["ok"]
        assert not waiting.done()
        may_end.set()
        assert await waiting == {"ok": True, "slow": True}
