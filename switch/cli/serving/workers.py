"""`jinbao serve --workers N` (switch/cli): a supervisor, and the processes that it starts.

A worker is the same command with its place in an environment variable: which one it is, the ports
that all share, and the business clock, which must be the same for all.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from switch.cli.outcome import stop
from switch.config.installation import Installation, ListenAddress
from switch.shell.settings import ListenAddress as Listening
from switch.shell.sharing.supervisor import Addresses, Ready, Supervisor
from switch.shell.watching.control import Control, Verb, ask
from switch.shell.watching.log import Log

PLACE: Final = "JINBAO_WORKER"
"""The environment variable."""
MOST_WORKERS: Final = 64
RELOAD_S: Final = 60.0
"""What a worker may take to read a changed folder."""
_ASK_S: Final = 2.0


class Place(msgspec.Struct, frozen=True):
    """Which worker this process is, from 1; the ports of all, and the offset of their clock."""

    number: int
    ports: tuple[int, ...]
    offset_ms: int

    def control(self, path: Path) -> Path:
        """Return the control socket of this worker: that of all is the supervisor's."""
        return path.with_name(f"{path.name}.{self.number}")

    def installation(self, found: Installation) -> Installation:
        """Return the installation as this worker has it."""
        listen = tuple(
            ListenAddress(address.host, port, address.access)
            for address, port in zip(found.listen, self.ports, strict=True)
        )
        return replace(found, listen=listen, control=self.control(found.control))


def own_place() -> Place | None:
    """Return this process's place, None where it is no worker."""
    text = os.environ.get(PLACE)
    return msgspec.json.decode(text, type=Place) if text else None


def check_workers(found: Installation, workers: int) -> None:
    """End with status 2 where so many processes cannot share the ledger of an installation."""
    if not 1 <= workers <= MOST_WORKERS:
        stop(f"--workers should be 1 to {MOST_WORKERS}")
    if workers > 1 and not found.ledger_url:
        stop(
            f"--workers {workers}: the embedded ledger ({found.ledger}) belongs to one process,"
            " which trusts its own memory of it; several can share one on PostgreSQL: give [ledger]"
            " url in jinbao.toml"
        )


def supervise(found: Installation, offset_ms: int, log: Log, ready: Ready, workers: int) -> int:
    """Run workers with the arguments of this process; return the status to end with."""

    def command(number: int, ports: Sequence[int]) -> tuple[list[str], Mapping[str, str]]:
        place = Place(number, tuple(ports), offset_ms)
        environment = {**os.environ, PLACE: msgspec.json.encode(place).decode()}
        return [sys.executable, "-m", "switch", *sys.argv[1:]], environment

    async def run() -> int:
        listen = (Listening(*each) for each in found.listen)
        addresses = Addresses(tuple((each.host, each.port, each.key) for each in listen))
        supervisor = Supervisor(command, workers, addresses, log.report)
        control = Control(found.control, _verbs(supervisor, found.control))
        await control.open()
        try:
            return await supervisor.run(ready)
        finally:
            control.close()

    try:
        return asyncio.run(run())
    except OSError as error:
        stop(str(error))


def _verbs(supervisor: Supervisor, path: Path) -> dict[str, Verb]:
    """Return the verbs of the supervisor: each asks every worker."""

    def asked(verb: str) -> Verb:
        def answer(_: Mapping[str, Any]) -> dict[str, Any]:
            found = [
                {**worker.shown(), **_answer(Place(worker.number, (), 0).control(path), verb)}
                for worker in supervisor.workers
            ]
            return {"workers": found}

        return answer

    def drain(_: Mapping[str, Any]) -> dict[str, Any]:
        supervisor.end()
        return {"draining": True}

    async def reload(_: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(_reloaded, supervisor, path)

    own: dict[str, Verb] = {"status": asked("status"), "counters": asked("counters")}
    return {**own, "drain": drain, "reload": reload}


def _reloaded(supervisor: Supervisor, path: Path) -> dict[str, Any]:
    """Let every worker reload; ValueError names those that did not."""
    told = {
        worker.number: _answer(Place(worker.number, (), 0).control(path), "reload", RELOAD_S)
        for worker in supervisor.workers
    }
    refused = [f"worker {n}: {each.get('error')}" for n, each in told.items() if not each["ok"]]
    if refused:
        raise ValueError("; ".join(refused))
    return {"workers": [{"number": n, **each} for n, each in told.items()]}


def _answer(path: Path, verb: str, wait_s: float = _ASK_S) -> dict[str, Any]:
    try:
        return ask(path, {"verb": verb}, wait_s)
    except (OSError, ValueError) as error:
        return {"ok": False, "error": type(error).__name__}
