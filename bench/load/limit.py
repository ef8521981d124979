"""Where our own switch gives way (bench): `jinbao load find-limit` against it, with mock issuers.

The switch has one core, the generator and the issuers share the other, so that what is found is
the switch's limit and not that of three processes on two cores.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench.folder import Wanted, write
from bench.serving import Switch

_TERMINALS: Final = 500
_SCENARIO: Final = f"""\
format = 1
kind = "load"
name = "own-switch"
seconds = 5.0
warm_up_s = 1.0
seed = 8583
thresholds = ["p99 < 200ms", "achieved > 99.9%", "errors < 0.1%"]

[arrivals]
schedule = "poisson"
rate = 100.0

[cards]
count = 5_000

[fleet]
terminals = {_TERMINALS}

[connection]
model = "concentrator"
lines = 8

[limits]
timeout_ms = 10_000
patience_ms = 10_000
# It shares its core with the issuers: whoever looks all the time takes it from them.
spin = false
"""


def own_switch(folder: Path, cores: list[int]) -> tuple[bool, str]:
    """Search, print every run, and return whether a limit was found, and the figures."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        issuer = free.getsockname()[1]
    made = folder / "switch"
    write(made, Wanted(terminals=_TERMINALS, issuer_port=issuer))
    (folder / "own-switch.toml").write_text(_SCENARIO, encoding="utf-8")
    switch = Switch(made, cores[0])
    try:
        lines = _searched(folder / "own-switch.toml", switch, issuer, cores[1])
    finally:
        switch.end()
    found = lines[-1].get("limit") if lines else None
    if not found or not found["edge"]:
        return False, "edge_tps=0"
    told = " ".join(
        f"at_{share.rstrip('%')}_{name}={value:.2f}"
        for share, figures in found["below"].items()
        for name, value in figures.items()
    )
    print(f"gave way: {found['gave_way']}; the switch used {found['host_busy']:.0%} of its core")
    return bool(found["is_bounded"]), f"edge_tps={found['edge']:.0f} {told}"


def _searched(scenario: Path, switch: Switch, issuer: int, core: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "switch", "load", "find-limit", str(scenario)]
    command += ["--target", f"127.0.0.1:{switch.port()}", "--from", "600", "--json"]
    command += ["--with-issuers", f"127.0.0.1:{issuer}", "--pid", str(switch.pid)]
    allowed = os.sched_getaffinity(0)
    # Inherited by the process and by those that it starts.
    os.sched_setaffinity(0, {core})
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        os.sched_setaffinity(0, allowed)
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(json.loads(line))
    return lines
