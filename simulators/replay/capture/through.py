"""Captures of other formats (simulators/replay), read by tshark where it is installed.

It turns them into pcap on its standard output, which is then read like any other.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from simulators.replay.trace.form import TraceError

_PROGRAM: Final = "tshark"
_LONGEST_REASON: Final = 200


@contextmanager
def converted(path: str, program: str = _PROGRAM) -> Iterator[IO[bytes]]:
    """Yield a capture of any format as pcap; TraceError without tshark, or where it refuses."""
    found = shutil.which(program)
    if found is None:
        raise TraceError(f"{program} is not installed, and reading {path} was left to it")
    if not Path(path).is_file():
        raise TraceError(f"{path}: no such file")
    with subprocess.Popen(  # noqa: S603 - a program of the user's own system
        [found, "-r", path, "-F", "pcap", "-w", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        if process.stdout is None or process.stderr is None:
            raise TraceError(f"{program} has no output")
        try:
            yield process.stdout
        finally:
            process.stdout.close()
            told = process.stderr.read(_LONGEST_REASON * 20).decode("utf-8", "replace")
        if process.wait() != 0:
            reason = told.strip().splitlines()[-1] if told.strip() else "without a reason"
            raise TraceError(f"{path}: {program} refused it ({reason[:_LONGEST_REASON]})")
