"""`python -m bench.load`: what the load generator costs and whether it is honest; some 9 minutes.

The generator on one core, a host that only answers on the other. In turn: the highest rate that it
drives validly, hosts whose delays are known, a host that freezes, the `load` command of iso8583sim
against the same hosts, and where our own switch gives way. The last line is `RESULT key=value ...`;
`--only rates`, `delays`, `others` or `limit` is a part.
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
from statistics import median
from typing import Any, Final, NamedTuple

from bench.load.limit import own_switch
from simulators.load.driving.running import Plan, Run
from simulators.load.measuring.histograms import merged
from simulators.load.measuring.results import Result
from simulators.load.scenario.reading import understood

_RATES: Final = (10_000, 15_000, 20_000, 25_000, 30_000)
_AIM: Final = 15_000
"""What the generator must drive validly on one core."""
_RATE_S: Final = 5.0
_RATE_RUNS: Final = 3
"""A rate counts where most of its runs are valid."""
_RATE_MORE: Final = 2
_AWAY: Final = 0.02
"""An invalid run in which the core was given to others for so much of the time is repeated."""
_UNITS: Final = 200_000
_TERMINALS: Final = 500
_SHARED: Final = {"model": "concentrator", "lines": 8}
_HELD: Final = {"model": "held"}
_DELAY_S: Final = 5.0
_DELAY_RUNS: Final = 3
_CALIBRATED: Final = (50, 99)
_FIXED: Final = "0.05"
_BIMODAL: Final = "0.005,0.005,0.005,0.05"
"""Three of four after 5 ms: p50 is the one, p99 the other."""
_FREEZE: Final = "9,2"
_FREEZE_S: Final = 20.0
_OTHER: Final = Path("build") / "iso8583sim"
_OTHER_RELEASE: Final = "iso8583sim>=1.6,<2"
_OTHER_COUNT: Final = 8_000
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


def _cpu_us(result: Result) -> float:
    """Return the CPU a transaction took, looking ahead counted."""
    health = result.whole.health
    return health.cpu_s * 1e6 / max(1, health.transactions)


def _highest(folder: Path, cores: list[int], connection: Mapping[str, object]) -> dict[str, float]:
    found: dict[str, float] = {"max_tps": 0.0}
    for rate in _RATES:
        runs: list[tuple[Result, str]] = []
        for _ in range(_RATE_RUNS + _RATE_MORE):
            run = _at(folder, cores, connection, float(rate))
            away = run[0].whole.health.away_s / _RATE_S
            # A run in which the core was somebody else's tells nothing of the generator.
            if not run[1] or away < _AWAY:
                runs.append(run)
            if len(runs) == _RATE_RUNS:
                break
        if sum(not why for _, why in runs) <= _RATE_RUNS // 2:
            break
        results = [result for result, why in runs if not why]
        latencies = zip(*(_percentiles(result, 50, 99) for result in results), strict=True)
        p50, p99 = map(median, latencies)
        work_us, cpu_us = median(map(_work_us, results)), median(map(_cpu_us, results))
        found = {
            "max_tps": rate,
            "work_us": work_us,
            "cpu_us": cpu_us,
            "p50_ms": p50,
            "p99_ms": p99,
        }
    return found


def _at(
    folder: Path, cores: list[int], connection: Mapping[str, object], rate: float
) -> tuple[Result, str]:
    """Return a run at a rate, and why it does not count."""
    unit_ns = _unit_ns(cores[0])
    with _host(folder, cores[1]) as port:
        arrivals = {"schedule": "poisson", "rate": rate}
        result = _run(port, cores[0], arrivals=arrivals, seconds=_RATE_S, connection=connection)
    accounts, health = result.whole.accounts, result.whole.health
    kept_up = accounts.outcomes.get("approved", 0) >= _KEPT_UP * accounts.intended
    p50, p99, p999 = _percentiles(result, 50, 99, 99.9)
    why = result.invalid[0] if result.invalid else ("" if kept_up else "it did not keep up")
    print(
        f"{connection['model']} {rate:6.0f}/s: p50 {p50:.3f} ms, p99 {p99:.3f} ms,"
        f" p99.9 {p999:.3f} ms, {_work_us(result):.1f} us of work"
        f" and {_cpu_us(result):.1f} us CPU with looking, {health.busy:.0%} busy,"
        f" late {health.late.share_above(10_000):.2%}, core away {health.away_s:.2f} s,"
        f" a turn of a plain loop {unit_ns:.0f} ns {why}"
    )
    return result, why


def _unit_ns(core: int) -> float:
    """Return what a turn of a plain loop costs on a core: how fast the machine is just now."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    begun, kept, total = time.thread_time_ns(), dict[int, int](), 0
    for number in range(_UNITS):
        total += number
        kept[number & 255] = total
    cost = (time.thread_time_ns() - begun) / _UNITS
    os.sched_setaffinity(0, allowed)
    return cost


class _Told(NamedTuple):
    """What a count says of one percentile: nominal, what the host really kept, what was told."""

    nominal_ms: float
    true_ms: float
    told_ms: float

    @property
    def off_true(self) -> float:
        """How far it is from what the host did, as a share."""
        return abs(self.told_ms - self.true_ms) / self.true_ms

    @property
    def off_nominal(self) -> float:
        """How far it is from what the host should have done."""
        return abs(self.told_ms - self.nominal_ms) / self.nominal_ms


def _calibrated(folder: Path, cores: list[int], delays: str) -> list[tuple[float, float]]:
    """Return how far p50 and p99 are off, of the true and of the nominal: medians of all counts."""
    counts = [_once_calibrated(folder, cores, delays) for _ in range(_DELAY_RUNS)]
    medians = []
    for number, percentile in enumerate(_CALIBRATED):
        tolds = [count[number] for count in counts]
        off_true = median(told.off_true for told in tolds)
        off_nominal = median(told.off_nominal for told in tolds)
        print(
            f"delay {delays} s, p{percentile}, median of {_DELAY_RUNS}:"
            f" told {median(told.told_ms for told in tolds):.2f} ms,"
            f" {off_true:.2%} off what the host did ({median(t.true_ms for t in tolds):.2f} ms),"
            f" {off_nominal:.2%} off {tolds[0].nominal_ms:g} ms"
        )
        medians.append((off_true, off_nominal))
    return medians


def _once_calibrated(folder: Path, cores: list[int], delays: str) -> list[_Told]:
    kept = folder / "kept"
    with _host(folder, cores[1], "--delay", delays, "--delays", str(kept)) as port:
        arrivals = {"schedule": "poisson", "rate": 400.0}
        # Whoever sleeps is woken late, by milliseconds where a core sleeps as well.
        limits = {"timeout_ms": 10_000, "look_ms": 1_000}
        result = _run(
            port, cores[0], arrivals=arrivals, seconds=_DELAY_S, warm_up_s=0.0, limits=limits
        )
    true_us = sorted(map(int, kept.read_text(encoding="ascii").split()))
    nominal_ms = sorted(float(each) * 1e3 for each in delays.split(","))
    # From the moment of sending: what a request waits for its own sender is no delay of the host.
    told_ms = _percentiles(result, *_CALIBRATED, sent=True)
    tolds = [
        _Told(
            nominal_ms[len(nominal_ms) * percentile // 100],
            true_us[len(true_us) * percentile // 100] / 1e3,
            told,
        )
        for percentile, told in zip(_CALIBRATED, told_ms, strict=True)
    ]
    health = result.whole.health
    shown = "; ".join(
        f"p{p} told {each.told_ms:.2f} ms, host {each.true_ms:.2f} ms"
        for p, each in zip(_CALIBRATED, tolds, strict=True)
    )
    # How long a core is taken away while nothing but the generator is on it: no figure is finer.
    print(f"  {shown}; core away {health.away_s:.2f} s of {_DELAY_S:g} s {result.invalid[:1]}")
    return tolds


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


def _own_closed(folder: Path, cores: list[int]) -> dict[str, float]:
    """Return the same of our closed loop, with MACs and PIN blocks, and the MACs looked at."""
    with _host(folder, cores[1]) as port:
        result = _run(
            port, cores[0], loop="closed", seconds=_DELAY_S,
            fleet={"terminals": _CONCURRENCY, "sign_on": "none"},
        )  # fmt: skip
    names = ("p50", "p95", "p99", "max")
    found = dict(zip(names, _percentiles(result, 50, 95, 99, 100), strict=True))
    count = sum(len(cell.intended) for cell in result.whole.cells)
    return {"tps": count / (result.seconds - 1), **found}


def _after(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"iso8583sim says nothing like {pattern}")
    return found[1]


def _rates(folder: Path, cores: list[int]) -> tuple[bool, str]:
    shared, held = _highest(folder, cores, _SHARED), _highest(folder, cores, _HELD)
    told = (
        f"max_tps={shared['max_tps']:.0f} aim_tps={_AIM}"
        f" work_us_per_txn={shared.get('work_us', 0):.1f}"
        f" cpu_us_per_txn={shared.get('cpu_us', 0):.1f}"
        f" p99_ms={shared.get('p99_ms', 0):.3f} held_tps={held['max_tps']:.0f}"
        f" held_work_us_per_txn={held.get('work_us', 0):.1f}"
        f" held_cpu_us_per_txn={held.get('cpu_us', 0):.1f}"
    )
    return shared["max_tps"] >= _AIM, told


def _delays(folder: Path, cores: list[int]) -> tuple[bool, str]:
    offs = [*_calibrated(folder, cores, _FIXED), *_calibrated(folder, cores, _BIMODAL)]
    opened, closed = _frozen(folder, cores, "open"), _frozen(folder, cores, "closed")
    worst, worst_nominal = (max(each) for each in zip(*offs, strict=True))
    told = (
        f"calibration_worst={worst:.2%} of_nominal={worst_nominal:.2%}"
        f" frozen_open_p99_ms={opened[2]:.0f} frozen_closed_p99_ms={closed[2]:.1f}"
    )
    return worst <= _MOST_OFF and opened[2] > _FROZEN_MS > closed[2], told


def _others(folder: Path, cores: list[int]) -> tuple[bool, str]:
    other = _other(folder, cores, _OTHER_COUNT)
    print(f"iso8583sim, a host that answers at once: {other}")
    own = _own_closed(folder, cores)
    print(f"Jinbao, closed loop, the same host and as many connections: {own}")
    # As many as it sends in some 20 s at 2 ms and 50 at once, had the host not frozen.
    count = int(other["tps"] * 16)
    frozen = _other(folder, cores, count, "--delay", "0.002", "--freeze", _FREEZE)
    print(f"iso8583sim, 2 s frozen: {frozen}")
    told = (
        f"other_tps={other['tps']:.0f} other_p99_ms={other['p99']:.2f}"
        f" own_closed_tps={own['tps']:.0f} own_closed_p99_ms={own['p99']:.2f}"
        f" other_frozen_p99_ms={frozen['p99']:.2f}"
    )
    return True, told


_PARTS: Final = {"rates": _rates, "delays": _delays, "others": _others, "limit": own_switch}


def main() -> int:
    """Measure, print and judge; 1 where the generator is not what it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=_PARTS)
    only = parser.parse_args().only
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:  # noqa: PLR2004 - one for the generator, one for the host
        print("bench.load needs two cores")
        return 1
    # This process only shows; where the generator is it would take its core.
    os.sched_setaffinity(0, set(cores[1:]))
    with tempfile.TemporaryDirectory() as made:
        parts = [_PARTS[only]] if only else list(_PARTS.values())
        judged = [part(Path(made), cores) for part in parts]
    is_good = all(good for good, _ in judged)
    print(f"RESULT valid={'yes' if is_good else 'no'} " + " ".join(told for _, told in judged))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
