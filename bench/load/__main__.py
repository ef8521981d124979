"""`python -m bench.load`: what the load generator costs and whether it is honest; some 3 minutes.

The generator on one core, a host that only answers on the other. In turn: the highest rate that it
drives validly (terminals behind a concentrator, then each on a connection of its own), hosts whose
delays are known, a host that freezes, and, against the same hosts, the `load` command of
iso8583sim. The last line is `RESULT key=value ...`. `--only rates`, `delays` or `others` is a part.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from simulators.load.driving.running import Plan, Run
from simulators.load.measuring.histograms import merged
from simulators.load.measuring.results import Result
from simulators.load.scenario.reading import understood

_RATES: Final = (2_500, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000)
_RATE_S: Final = 6.0
_TERMINALS: Final = 500
_SHARED: Final = {"model": "concentrator", "lines": 8}
_HELD: Final = {"model": "held"}
_DELAY_S: Final = 5.0
_DELAY_RUNS: Final = 3
"""The least disturbed of so many counts: other work on a machine only ever adds."""
_FREEZE: Final = "9,2"
_FREEZE_S: Final = 20.0
_OTHER: Final = Path("build") / "iso8583sim"
_OTHER_RELEASE: Final = "iso8583sim>=1.6,<2"
_CONCURRENCY: Final = 50
_KEPT_UP: Final = 0.999
_MOST_OFF: Final = 0.02
_FROZEN_MS: Final = 500
"""A host that freezes 2 s in 20 shows at p99 in an open loop, and must not in a closed one."""


@contextmanager
def _host(folder: Path, core: int, *arguments: str) -> Iterator[int]:
    """Run a host on a core; give its port."""
    told = folder / "port"
    told.unlink(missing_ok=True)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    command = [sys.executable, "-m", "bench.load.host", str(told), *arguments]
    process = subprocess.Popen(command)  # noqa: S603 - our own module
    os.sched_setaffinity(0, allowed)
    try:
        while not told.exists():
            if process.poll() is not None:
                raise RuntimeError("the host did not start")
            time.sleep(0.02)
        yield int(told.read_text(encoding="ascii"))
    finally:
        process.terminate()
        process.wait(10)


def _run(port: int, core: int, **changes: Any) -> Result:  # noqa: ANN401 - any part of a scenario
    told = {
        "format": 1,
        "kind": "load",
        "name": "bench",
        "fleet": {"terminals": _TERMINALS, "sign_on": "none"},
        "limits": {"timeout_ms": 10_000},
        **changes,
    }
    plan = Plan(scenario=understood(told), target=f"127.0.0.1:{port}", cores=(core,))
    return asyncio.run(Run(plan).run())


def _percentiles(result: Result, *wanted: float, sent: bool = False) -> list[float]:
    tally = merged(cell.actual if sent else cell.intended for cell in result.whole.cells)
    return [tally.percentile_ms(each) for each in wanted]


def _work_us(result: Result) -> float:
    """Return the CPU a transaction took, looking ahead not counted."""
    ended = sum(result.whole.accounts.outcomes.values())
    return result.whole.health.busy * result.seconds * 1e6 / max(1, ended)


def _highest(folder: Path, cores: list[int], connection: Mapping[str, object]) -> dict[str, float]:
    found: dict[str, float] = {"max_tps": 0.0}
    for rate in _RATES:
        with _host(folder, cores[1]) as port:
            arrivals = {"schedule": "poisson", "rate": float(rate)}
            result = _run(port, cores[0], arrivals=arrivals, seconds=_RATE_S, connection=connection)
        accounts = result.whole.accounts
        kept_up = accounts.outcomes.get("approved", 0) >= _KEPT_UP * accounts.intended
        p50, p99, p999 = _percentiles(result, 50, 99, 99.9)
        work_us = _work_us(result)
        why = result.invalid[0] if result.invalid else ("" if kept_up else "it did not keep up")
        print(
            f"{connection['model']} {rate:6}/s: p50 {p50:.3f} ms, p99 {p99:.3f} ms, "
            f"p99.9 {p999:.3f} ms, "
            f"{work_us:.1f} us CPU, {result.whole.health.busy:.0%} busy {why}"
        )
        if why:
            break
        found = {"max_tps": rate, "cpu_us": work_us, "p50_ms": p50, "p99_ms": p99}
    return found


def _calibrated(folder: Path, cores: list[int], delays: str) -> tuple[float, float]:
    """Return how far p50 and p99 are from what the host did, as shares."""
    return min((_once_calibrated(folder, cores, delays) for _ in range(_DELAY_RUNS)), key=max)


def _once_calibrated(folder: Path, cores: list[int], delays: str) -> tuple[float, float]:
    kept = folder / "kept"
    with _host(folder, cores[1], "--delay", delays, "--delays", str(kept)) as port:
        arrivals = {"schedule": "poisson", "rate": 400.0}
        result = _run(port, cores[0], arrivals=arrivals, seconds=_DELAY_S, warm_up_s=0.0)
    true_us = sorted(map(int, kept.read_text(encoding="ascii").split()))
    errors = []
    # From the moment of sending: what a request waits for its own sender is no delay of the host.
    told_ms = _percentiles(result, 50, 99, sent=True)
    for percentile, reported in zip((50, 99), told_ms, strict=True):
        true_ms = true_us[len(true_us) * percentile // 100] / 1e3
        errors.append(abs(reported - true_ms) / true_ms)
        print(f"delay {delays} s, p{percentile}: host {true_ms:.2f} ms, told {reported:.2f} ms")
    # How long a core is taken away while nothing but the generator is on it: no figure is finer.
    print(f"  late p99 {result.whole.health.late.percentile_ms(99):.2f} ms {result.invalid[:1]}")
    return errors[0], errors[1]


def _frozen(folder: Path, cores: list[int], loop: str) -> list[float]:
    with _host(folder, cores[1], "--delay", "0.002", "--freeze", _FREEZE) as port:
        result = _run(
            port, cores[0], loop=loop, seconds=_FREEZE_S,
            arrivals={"schedule": "poisson", "rate": 500.0},
            fleet={"terminals": _CONCURRENCY, "sign_on": "none"},
        )  # fmt: skip
    found = _percentiles(result, 50, 95, 99)
    shown = ", ".join(f"p{p} {ms:.2f} ms" for p, ms in zip((50, 95, 99), found, strict=True))
    print(f"2 s frozen in {_FREEZE_S:.0f}, {loop} loop: {shown}")
    return found


def _other_installed() -> Path:
    if not (_OTHER / "bin" / "iso8583sim").exists():
        venv.create(_OTHER, with_pip=True)
        pip = (str(_OTHER / "bin" / "pip"), "install", "--quiet", _OTHER_RELEASE)
        subprocess.run(pip, check=True)  # noqa: S603 - into an environment of its own
    return _OTHER / "bin" / "iso8583sim"


def _other(folder: Path, cores: list[int], count: int, *host: str) -> dict[str, float]:
    """Return what iso8583sim says of a host: messages a second, and p50, p99, max in ms."""
    command = [str(_other_installed()), "load", "-n", str(count), "-c", str(_CONCURRENCY)]
    command += ["--connections", str(_CONCURRENCY)]
    with _host(folder, cores[1], *host) as port:
        allowed = os.sched_getaffinity(0)
        # Inherited by the process.
        os.sched_setaffinity(0, {cores[0]})
        done = subprocess.run(  # noqa: S603 - what was installed above
            [*command, "--port", str(port)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "100"},
        )
        os.sched_setaffinity(0, allowed)
    text = done.stdout.replace(",", "")
    found = {"tps": float(_after(text, r"Throughput\D+([\d.]+)"))}
    for name in ("p50", "p95", "p99", "max"):
        found[name] = float(_after(text, rf"Latency {name}\D+([\d.]+)"))
    return found


def _after(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"iso8583sim says nothing like {pattern}")
    return found[1]


def _rates(folder: Path, cores: list[int]) -> tuple[bool, str]:
    shared, held = _highest(folder, cores, _SHARED), _highest(folder, cores, _HELD)
    told = (
        f"max_tps={shared['max_tps']:.0f} cpu_us_per_txn={shared.get('cpu_us', 0):.1f}"
        f" p99_ms={shared.get('p99_ms', 0):.3f} held_tps={held['max_tps']:.0f}"
        f" held_cpu_us_per_txn={held.get('cpu_us', 0):.1f}"
    )
    return shared["max_tps"] > 0, told


def _delays(folder: Path, cores: list[int]) -> tuple[bool, str]:
    fixed = _calibrated(folder, cores, "0.05")
    bimodal = _calibrated(folder, cores, "0.005,0.05")
    opened, closed = _frozen(folder, cores, "open"), _frozen(folder, cores, "closed")
    worst = max(*fixed, *bimodal)
    told = (
        f"calibration_worst={worst:.2%} frozen_open_p99_ms={opened[2]:.0f}"
        f" frozen_closed_p99_ms={closed[2]:.1f}"
    )
    return worst <= _MOST_OFF and opened[2] > _FROZEN_MS > closed[2], told


def _others(folder: Path, cores: list[int]) -> tuple[bool, str]:
    other = _other(folder, cores, 20_000)
    print(f"iso8583sim, a host that answers at once: {other}")
    # As many as it sends in some 20 s at 2 ms and 50 at once, had the host not frozen.
    count = int(other["tps"] * 16)
    frozen = _other(folder, cores, count, "--delay", "0.002", "--freeze", _FREEZE)
    print(f"iso8583sim, 2 s frozen: {frozen}")
    told = (
        f"other_tps={other['tps']:.0f} other_p99_ms={other['p99']:.2f}"
        f" other_frozen_p99_ms={frozen['p99']:.2f}"
    )
    return True, told


_PARTS: Final = {"rates": _rates, "delays": _delays, "others": _others}


def main() -> int:
    """Measure, print and judge; 1 where the generator is not what it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=_PARTS)
    only = parser.parse_args().only
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:  # noqa: PLR2004 - one for the generator, one for the host
        print("bench.load needs two cores")
        return 1
    with tempfile.TemporaryDirectory() as made:
        parts = [_PARTS[only]] if only else list(_PARTS.values())
        judged = [part(Path(made), cores) for part in parts]
    is_good = all(good for good, _ in judged)
    print(f"RESULT valid={'yes' if is_good else 'no'} " + " ".join(told for _, told in judged))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
