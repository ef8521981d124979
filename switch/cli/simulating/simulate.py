"""`jinbao simulate` (switch/cli): seeded worlds on virtual time, and what their checkers say.

One line for each world that broke a promise, with the command that replays it.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from simulators.world.plants import PLANTS
from simulators.world.trial import CHECKERS, Verdict, Violation, attempt
from simulators.world.world import Setting
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.verbs import AsJson, verb_app

app = verb_app()
_MINUTES_A_DAY: Final = 24 * 60
_MANY: Final = 100


class Tally(msgspec.Struct):
    """What came of all worlds together."""

    worlds: int = 0
    broken: int = 0
    requests: int = 0
    approved: int = 0
    reversed_: int = 0
    crashes: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one world."""
        self.worlds += 1
        self.broken += bool(verdict.violations)
        self.requests += verdict.requests
        self.approved += verdict.approved
        self.reversed_ += verdict.reversed_
        self.crashes += verdict.crashes

    @property
    def sentence(self) -> str:
        """The sums in one sentence."""
        kept = f"{self.broken} broke a promise" if self.broken else "every promise was kept"
        return (
            f"{self.worlds} worlds, {self.requests} requests answered, {self.approved} approved, "
            f"{self.reversed_} reversed, {self.crashes} crashes: {kept}"
        )


@app.command()
def simulate(
    *,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=0, help="How many worlds; 100, or 1 with --seed.")
    ] = 0,
    seed: Annotated[
        int | None, typer.Option(metavar="S", min=0, help="The first seed, 0 if not given.")
    ] = None,
    minutes: Annotated[
        int, typer.Option(metavar="M", min=1, help="Virtual minutes of trade in each world.")
    ] = 5,
    days: Annotated[int, typer.Option(metavar="D", min=0, help="Virtual days instead.")] = 0,
    plant: Annotated[
        str, typer.Option(metavar="NAME", help=f"A bug put in on purpose: {', '.join(PLANTS)}.")
    ] = "",
    trace: Annotated[bool, typer.Option("--trace", help="Show all that happened.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let worlds happen and check every promise; status 1 if one was broken.

    \b
    Examples:
      jinbao simulate --seeds 200
      jinbao simulate --seed 17 --trace
      jinbao simulate --plant lost-reversal --seeds 20
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if plant and plant not in PLANTS:
        stop(f"no plant {plant}; there are {', '.join(PLANTS)}")
    first = 0 if seed is None else seed
    count = seeds or (_MANY if seed is None else 1)
    settings = [
        Setting(
            seed=first + number,
            minutes=days * _MINUTES_A_DAY or minutes,
            plant=plant,
            keeps_trace=trace,
        )
        for number in range(count)
    ]
    tally = Tally()
    for verdict in _verdicts(settings):
        tally.add(verdict)
        if as_json:
            say(msgspec.json.encode(verdict).decode())
        elif verdict.violations:
            say(_line(verdict, settings[verdict.seed - first]))
    if not as_json:
        say(tally.sentence)
    if tally.broken:
        raise typer.Exit(BAD)


def _line(verdict: Verdict, setting: Setting) -> str:
    """Return what a world broke first, and the command that replays it."""
    first, more = verdict.violations[0], len(verdict.violations) - 1
    promise = CHECKERS[first.promise][0] if first.promise in CHECKERS else "no error of our own"
    others = f" (and {more} more)" if more else ""
    plant = f" --plant {setting.plant}" if setting.plant else ""
    replay = f"jinbao simulate --seed {setting.seed} --minutes {setting.minutes}{plant}"
    return f"seed {setting.seed}: {promise}: {first.what}{others}; replay: {replay}"


def _verdicts(settings: list[Setting]) -> Iterator[Verdict]:
    """Yield one verdict a world, with a bar of progress where a person looks."""
    console = Console(stderr=True)
    for setting in track(
        settings,
        description="worlds",
        console=console,
        disable=not console.is_terminal or len(settings) == 1,
        transient=True,
    ):
        yield _attempted(setting)


def _attempted(setting: Setting) -> Verdict:
    """Return the verdict on a world; an error of our own breaks a promise too."""
    try:
        verdict, history = attempt(setting)
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed that shows it is told
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} in {where.name}, {where.filename}:{where.lineno}"
        return Verdict(
            seed=setting.seed,
            digest="",
            violations=[Violation("errors", what)],
            requests=0,
            approved=0,
            reversed_=0,
            crashes=0,
            settled_after_s=None,
        )
    for line in history.lines or ():
        say(line)
    if setting.keeps_trace:
        note(f"seed {setting.seed}: digest {verdict.digest}")
    return verdict
