"""`python -m bench.profile [plain|full] [FILE.svg]`: where the switch's time goes; 15 seconds.

The load of `bench.switch` on one switch, whose stacks are sampled from outside by py-spy: the
functions of our own, and what C and the kernel do for them. It writes a flame graph and prints the
parts; the last line is `RESULT key=value ...`.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.profile.flame import draw
from bench.profile.stacks import Stack, parts, read, weighed
from bench.serving import Meter, Switch
from bench.switch.load import ClosedLoop
from bench.switch.village import MIXES, TERMINALS, Village, stock

_FILE: Final = Path("build") / "profile.svg"
_SAMPLER: Final = Path(sys.executable).with_name("py-spy")
_SECONDS: Final = 8
_WARM_UP_S: Final = 1.0
_RATE: Final = 400
"""Samples a second: the switch stands still for each, some 1 ms."""
_MOST_TPS: Final = 8_000
_SHOWN: Final = 5


class Found(msgspec.Struct):
    """What was sampled, and how the load went meanwhile."""

    stacks: dict[Stack, float]
    """Microseconds a transaction."""
    samples: int
    is_good: bool


async def _sampled(pid: int, output: Path) -> Counter[Stack]:
    """Sample a process; RuntimeError with the sampler's own words where it may not."""
    process = await asyncio.create_subprocess_exec(
        *(str(_SAMPLER), "record", "--pid", str(pid), "--duration", str(_SECONDS)),
        *("--rate", str(_RATE), "--format", "raw", "--output", str(output)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    if process.returncode:
        words = told.decode("utf-8", "replace")
        raise RuntimeError(f"py-spy could not sample the switch:\n{words}")
    return read(output)


async def profile(folder: Path, core: int, mix: str) -> Found:
    """Run a switch under load, and sample it."""
    village = Village()
    await village.open()
    village.write(folder / "a", mix)
    switch = Switch(folder / "a", core)
    try:
        crowd = await village.crowd(switch.port(), range(TERMINALS))
        await crowd.sign_on()
        crowd.prepare()
        stock(crowd, _MOST_TPS * (_SECONDS + _WARM_UP_S))
        load = ClosedLoop(crowd.lines)
        load.begin()
        await asyncio.sleep(_WARM_UP_S)
        meter, main_ns, before = Meter(switch), switch.main_cpu_ns(), load.answered
        stacks = await _sampled(switch.pid, folder / "stacks")
        count = max(1, load.answered - before)
        main_us = (switch.main_cpu_ns() - main_ns) / 1e3 / count
        others_us = meter.spent().cpu_ns / 1e3 / count - main_us
        await load.end()
        is_good = not load.is_starved and crowd.are_good()
        crowd.close()
    finally:
        village.close()
        status = switch.end()
    return Found(
        weighed(stacks, main_us, others_us), stacks.total(), is_good and bool(stacks) and not status
    )


def main() -> int:
    """Sample, write the graph, print the parts and the RESULT line; 1 where the load failed."""
    mix = next((text for text in sys.argv[1:] if text in MIXES), MIXES[0])
    file = next((Path(text) for text in sys.argv[1:] if text not in MIXES), _FILE)
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[1:] or cores))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = uvloop.run(profile(Path(folder), cores[0], mix))
        except (RuntimeError, OSError) as error:
            print(error)
            return 1
    file.parent.mkdir(parents=True, exist_ok=True)
    cpu_us = sum(found.stacks.values())
    title = f"jinbao serve, mix {mix}: {cpu_us:.0f} µs CPU a transaction"
    file.write_text(draw(found.stacks, title), encoding="utf-8")
    took = parts(found.stacks)
    for part, us in took:
        print(f"{us / cpu_us:6.1%}  {us:6.1f} µs  {part}")
    print(f"flame graph: {file}")
    told = " ".join(f"{_key(part)}={us / cpu_us:.3f}" for part, us in took[:_SHOWN])
    print(
        f"RESULT valid={'yes' if found.is_good else 'no'} mix={mix} samples={found.samples}"
        f" cpu_us_per_txn={cpu_us:.1f} {told}"
    )
    return 0 if found.is_good else 1


def _key(part: str) -> str:
    """Return a part's name as a key: `ledger_commit`."""
    return "_".join(re.findall(r"[a-z]+", part.lower())[:2])


if __name__ == "__main__":
    sys.exit(main())
