"""`python -m bench.recording`: what recording costs a switch, as ratios in one run; 30 s.

Two switches on one core take turns with the same load, one of them with `--record`; what it
recorded is counted afterwards. The last line is `RESULT key=value ...`.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import uvloop

from bench.serving import Switch
from bench.switch.load import Crowd
from bench.switch.measure import Run, closed_loop
from bench.switch.village import TERMINALS, Village, stock
from simulators.replay.trace.reading import Trace

_TURNS: Final = 4
_WARM_UP_S: Final = 0.3
_MEASURED_S: Final = 2.5
_MOST_TPS: Final = 10_000
_FRAMES_EACH: Final = 4
"""Request and answer, at terminal and issuer."""


class Bench:
    """One measurement in a temporary folder."""

    def __init__(self, folder: Path, core: int) -> None:
        """Measure later, with `run`."""
        self._folder = folder
        self._core = core
        self.runs: dict[str, list[Run]] = {"plain": [], "recorded": []}
        self.recorded = 0

    async def run(self) -> None:
        """Measure both switches in turns."""
        village = Village()
        await village.open()
        key = self._folder / "recording.key"
        key.write_text(secrets.token_hex(32))
        options = ("--record", str(self._folder / "traces"), "--record-key", str(key))
        switches: list[tuple[str, Switch, Crowd]] = []
        for name, more in (("plain", ()), ("recorded", options)):
            village.write(self._folder / name, "plain")
            switch = Switch(self._folder / name, self._core, more)
            crowd = await village.crowd(switch.port(), range(TERMINALS))
            await crowd.sign_on()
            crowd.prepare()
            switches.append((name, switch, crowd))
        for _ in range(_TURNS):
            for name, switch, crowd in switches:
                await self._turn(name, switch, crowd)
        for _, switch, crowd in switches:
            crowd.close()
            switch.end()
        village.close()

    async def _turn(self, name: str, switch: Switch, crowd: Crowd) -> None:
        stock(crowd, _MOST_TPS * (_WARM_UP_S + _MEASURED_S))
        run = await closed_loop(crowd, switch, _WARM_UP_S, _MEASURED_S)
        self.runs[name].append(run)
        if name == "recorded":
            self.recorded += sum(len(line.answers) for line in crowd.lines)
        crowd.are_good()
        print(f"{name:9} {run.tps:8.0f} a second, {run.cpu_us:6.1f} µs CPU each")

    @property
    def share(self) -> float:
        """Frames in the recording, of those of transactions that were answered."""
        frames = sum(1 for _ in Trace(str(self._folder / "traces")))
        return frames / (self.recorded * _FRAMES_EACH)


def main() -> int:
    """Measure, print the turns and the RESULT line."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:  # noqa: PLR2004 - one for the switches, one for the load
        print("bench.recording needs two cores")
        return 1
    os.sched_setaffinity(0, set(cores[1:]))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), cores[0])
        uvloop.run(bench.run())
        share = bench.share
    pairs = list(zip(bench.runs["recorded"], bench.runs["plain"], strict=True))
    print(
        f"RESULT tps_ratio={median(one.tps / bare.tps for one, bare in pairs):.2f}"
        f" cpu_ratio={median(one.cpu_us / bare.cpu_us for one, bare in pairs):.2f}"
        f" tps_plain={median(bare.tps for _, bare in pairs):.0f}"
        f" tps_recorded={median(one.tps for one, _ in pairs):.0f}"
        f" recorded_share={share:.2f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
