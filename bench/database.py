"""A PostgreSQL server of our own on a free port (bench): made, started, killed, thrown away.

PostgreSQL refuses root, so that root runs it as the user `postgres`. Only loopback can reach it,
and everybody there is let in: for measurements and tests only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

USER: Final = "postgres"
"""Whom root runs the server as, and the superuser within."""
READY_S: Final = 60.0
"""What a server may take to start, recovery after a kill included."""
END_S: Final = 20.0
"""What a server may take to end."""
_PLACES: Final = ("/usr/lib/postgresql", "/usr/local/pgsql")
"""Where Debian, and a build of one's own, put programs that are not on the path."""
_LOOK_S: Final = 0.02
_DIES_WITH_US: Final = ("--pdeathsig", "SIGQUIT")
"""A test run that is killed leaves no server behind (setpriv, so for root only)."""


def programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None where they are not installed."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    for place in _PLACES:
        places += sorted(Path(place).glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


def why_not() -> str:
    """Return why no server can be started here, empty where one can."""
    if programs() is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            return f"PostgreSQL refuses root, and there is no user {USER}"
    return ""


class Database:
    """A server and its folder; `is_durable` as in production, or with fsync off."""

    def __init__(self, *, is_durable: bool, settings: tuple[str, ...] = ()) -> None:
        """Make the folder; `start` starts the server."""
        place = programs()
        if place is None:
            raise RuntimeError(why_not())
        self._programs = place
        self._settings = (
            f"fsync={'on' if is_durable else 'off'}",
            "listen_addresses=127.0.0.1",
            "max_connections=100",
            *settings,
        )
        self._folder = Path(tempfile.mkdtemp(prefix="jinbao-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, USER, USER)
        self._data = self._folder / "data"
        self._server: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self.port = _free_port()
        arguments = ["-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8"]
        self._run("initdb", *arguments, "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it takes connections. RuntimeError if it does not."""
        settings = [word for setting in self._settings for word in ("-c", setting)]
        command = ["postgres", "-D", str(self._data), "-p", str(self.port), "-k", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - a program that the caller installed
                self._as_user([*command, *settings], *_DIES_WITH_US),
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self._folder,
            )
        last = time.monotonic() + READY_S
        while self._answers() != 0:
            if self._server.poll() is not None or time.monotonic() > last:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()[-2000:]}")
            time.sleep(_LOOK_S)

    def create(self) -> str:
        """Make an empty database; return its URL."""
        name = f"ledger{next(self._names)}"
        self.run_sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str = USER) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def run_sql(self, sql: str, url: str = "") -> str:
        """Run a statement as the superuser, in the database of a URL; return what psql prints."""
        name = url.rpartition("/")[2] or USER
        return self._run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-h", str(self._folder), "-p", str(self.port), "-U", USER, "-d", name, "-c", sql,
        )  # fmt: skip

    def pids(self) -> list[int]:
        """Return the process ids of the server: the postmaster first, then its children."""
        if self._server is None:
            return []
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        return [self._server.pid, *map(int, children.read_text().split())]

    def kill(self) -> None:
        """Kill the server and all of its processes, as a power cut would."""
        if self._server is None:
            return
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self._server.wait(END_S)
        self._server = None

    def stop(self) -> None:
        """End the server at once, and keep its folder."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(END_S)
            self._server = None

    def remove(self) -> None:
        """End the server and remove its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """Return what the server wrote."""
        path = self._folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _answers(self) -> int:
        command = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-d", USER]
        return subprocess.run(  # noqa: S603 - see above
            [*command, "-p", str(self.port)], check=False
        ).returncode

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - see above
            self._as_user([program, *arguments]),
            check=False,
            capture_output=True,
            text=True,
            cwd=self._folder,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _as_user(self, command: list[str], *more: str) -> list[str]:
        words = [str(self._programs / command[0]), *command[1:]]
        if os.geteuid() != 0:
            return words
        return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *more, *words]


@contextmanager
def running(*, is_durable: bool, settings: tuple[str, ...] = ()) -> Iterator[Database]:
    """Have a server for a while."""
    database = Database(is_durable=is_durable, settings=settings)
    try:
        database.start()
        yield database
    finally:
        database.remove()


def _free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])
