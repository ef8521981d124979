"""`jinbao simulate` (switch/cli): seeded worlds on virtual time, and what their checkers say.

One line for each world that broke a promise, with the command that replays it; then tables of what
happened.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress, TextColumn

from simulators.world.plants import PLANTS
from simulators.world.setting import BUSINESS, MEMORY, SQLITE, Setting
from simulators.world.telling.conversation import conversation
from simulators.world.telling.keeping import ERRORS, Into, IntoError
from simulators.world.telling.shrinking import Shrinking
from simulators.world.telling.tally import Tally
from simulators.world.trial import CHECKERS, Verdict, Violation, attempt, many_worlds
from simulators.world.weather.kinds import KINDS
from simulators.world.weather.profiles import PROFILES
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.simulating.replaying import command, commit
from switch.cli.verbs import AsJson, verb_app

app = verb_app()
_MANY: Final = 100
_AT_ONCE: Final = 8
"""Worlds that a process is given at a time."""
_HOUR_S: Final = 3_600


Seeds = Annotated[
    int, typer.Option(metavar="N", min=0, help="How many worlds; 100, or 1 with --seed.")
]
FirstSeed = Annotated[
    int | None, typer.Option(metavar="K", min=0, help="The first seed, 0 if not given.")
]
ProfileName = Annotated[
    str, typer.Option(metavar="NAME", help=f"What goes wrong: {', '.join(PROFILES)}.")
]
Minutes = Annotated[
    int, typer.Option(metavar="M", min=1, help="Virtual minutes of trade on each day.")
]
Days = Annotated[
    int, typer.Option(metavar="D", min=0, help="Days, each settled; 0: as the profile says.")
]
Until = Annotated[int, typer.Option(metavar="STEP", min=0, help="Stop each world after this step.")]
LedgerKind = Annotated[
    str, typer.Option(metavar="KIND", help=f"{MEMORY}, or {SQLITE} with power cuts.")
]
Without = Annotated[str, typer.Option(metavar="A,B", help="Faults or business left out.")]
AtMost = Annotated[int, typer.Option(min=0, help="At most so many of those drawn.")]
PlantName = Annotated[
    str, typer.Option(metavar="NAME", help=f"A bug put in on purpose: {', '.join(PLANTS)}.")
]
Shrink = Annotated[
    bool, typer.Option(help="Look for the smallest world that fails like the first one.")
]
Trace = Annotated[bool, typer.Option("--trace", help="Show all that happened.")]
Coverage = Annotated[bool, typer.Option("--coverage", help="Show what was never met in a state.")]
IntoDirectory = Annotated[
    str | None,
    typer.Option("--into", metavar="DIR", help="Keep verdicts there; what is there is not run."),
]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Processes to use.")]


@app.command()
def simulate(
    *,
    seeds: Seeds = 0,
    seed: FirstSeed = None,
    profile: ProfileName = "mixed",
    minutes: Minutes = 3,
    days: Days = 0,
    until: Until = 0,
    ledger: LedgerKind = MEMORY,
    without: Without = "",
    terminals: AtMost = 0,
    issuers: AtMost = 0,
    cards: AtMost = 0,
    plant: PlantName = "",
    shrink: Shrink = True,
    trace: Trace = False,
    coverage: Coverage = False,
    into: IntoDirectory = None,
    jobs: Jobs = 1,
    as_json: AsJson = False,
) -> None:
    """Let worlds happen and check every promise; status 1 if one was broken.

    \b
    Examples:
      jinbao simulate --seeds 200
      jinbao simulate --seed 17 --trace
      jinbao simulate --profile storm --seeds 1000 --jobs 2
      jinbao simulate --seeds 20000 --jobs 2 --into worlds
      jinbao simulate --plant lost-reversal --seeds 20
    """  # noqa: D301 - \b keeps the lines of the examples apart
    first = Setting(
        seed=seed or 0,
        minutes=minutes,
        days=days,
        profile=profile,
        plant=plant,
        ledger=ledger,
        until=until,
        without=tuple(name for name in without.split(",") if name),
        terminals=terminals,
        issuers=issuers,
        cards=cards,
        keeps_trace=trace,
    )
    _refuse_unknown(first)
    _refuse_unmeant(into, is_mixed=as_json and trace)
    count = seeds or (_MANY if seed is None else 1)
    settings = [replace(first, seed=first.seed + number) for number in range(count)]
    tally = Tally(profile=profile, is_on_disk=ledger == SQLITE)
    running = _Running(tally, len(settings), as_json=as_json)
    failed = running.into(Path(into) if into else None, settings, jobs)
    complaints = [] if without or until else tally.complaints()
    if not as_json:
        if failed is not None:
            _explain(*failed, shrinks=shrink)
        _tell(tally, running.pace, coverage=coverage)
    _complain(complaints, as_json=as_json)
    if tally.broken or complaints:
        raise typer.Exit(BAD)


def _refuse_unknown(setting: Setting) -> None:
    """Stop at the first name that is not known."""
    for what, names, known in (
        ("plant", (setting.plant,), ("", *PLANTS)),
        ("profile", (setting.profile,), tuple(PROFILES)),
        ("ledger", (setting.ledger,), (MEMORY, SQLITE)),
        ("kind of fault or business", setting.without, (*KINDS, *BUSINESS)),
    ):
        for name in names:
            if name not in known:
                stop(f"no {what} {name}; there are {', '.join(filter(None, known))}")


def _refuse_unmeant(into: str | None, *, is_mixed: bool) -> None:
    """Stop at what nobody can mean."""
    if into == "":
        stop("--into '': should name a directory")
    if is_mixed:
        stop("--trace is lines for a person, --json objects for a program: choose one")


def _complain(complaints: list[str], *, as_json: bool) -> None:
    """Say what the run proves too little of, beside objects in one line of standard error."""
    if as_json and complaints:
        note(f"proves too little: {'; '.join(complaints)}")
    elif complaints:
        say("\n".join(f"proves too little: {complaint}" for complaint in complaints))


class _Pace:
    """How fast worlds happen: those that happen now, not those that were kept."""

    def __init__(self) -> None:
        self._began = monotonic()
        self._lasted_s = 0.0
        self._answers = 0

    def add(self, verdict: Verdict) -> None:
        """Count a world that happened."""
        self._lasted_s += verdict.lasted_s
        self._answers += verdict.requests

    @property
    def hours(self) -> float:
        """Simulated hours a second."""
        return self._lasted_s / _HOUR_S / self._took_s

    @property
    def answers(self) -> float:
        """Answers to terminals a second."""
        return self._answers / self._took_s

    @property
    def _took_s(self) -> float:
        return max(monotonic() - self._began, 1e-9)


class _Running:
    """A run: what came of its worlds so far."""

    def __init__(self, tally: Tally, total: int, *, as_json: bool) -> None:
        self._tally = tally
        self._total = total
        self._as_json = as_json
        self._failed: tuple[Setting, Verdict] | None = None
        self.pace = _Pace()

    def into(
        self, directory: Path | None, settings: list[Setting], jobs: int
    ) -> tuple[Setting, Verdict] | None:
        """Run, and keep the verdicts where a directory is given; status 2 where that cannot be."""
        if directory is None:
            return self.run(settings, jobs, None)
        try:
            with Into(directory, settings[0], commit()) as kept:
                return self.run(settings, jobs, kept)
        except IntoError as error:
            stop(str(error))
        except KeyboardInterrupt:
            note(f"{directory} keeps {self._tally.sentence}")
            note(f"{self._total - self._tally.worlds} are left: go on with the same command")
            raise

    def run(
        self, settings: list[Setting], jobs: int, kept: Into | None
    ) -> tuple[Setting, Verdict] | None:
        """Let all worlds happen but those that are kept; return the first that failed."""
        with _progress(self._total) as advance:
            by_seed = {setting.seed: setting for setting in settings}
            for verdict in kept.known() if kept is not None else ():
                if (setting := by_seed.pop(verdict.seed, None)) is not None:
                    self._take(setting, verdict)
                    advance(self._tally, self.pace)
            left = list(by_seed.values())
            self.pace = _Pace()
            for setting, (verdict, lines) in zip(left, _verdicts(left, jobs), strict=True):
                if kept is not None:
                    kept.keep(verdict)
                self.pace.add(verdict)
                for line in lines:
                    say(line)
                self._take(setting, verdict)
                advance(self._tally, self.pace)
        return self._failed

    def _take(self, setting: Setting, verdict: Verdict) -> None:
        """Add a world up, and tell of it."""
        self._tally.add(verdict)
        if self._as_json:
            say(msgspec.json.encode(verdict).decode())
        elif setting.keeps_trace:
            note(f"seed {setting.seed}: digest {verdict.digest}")
        if verdict.violations and not self._as_json:
            say(_line(verdict, setting))
        if verdict.violations and self._failed is None:
            self._failed = setting, verdict


def _line(verdict: Verdict, setting: Setting) -> str:
    """Return what a world broke first, and the command that replays it."""
    first, more = verdict.violations[0], len(verdict.violations) - 1
    others = f" (and {more} more)" if more else ""
    return (
        f"{commit()} seed {setting.seed} step {first.step}: {_promise(first)}: {first.what}{others}"
        f"; replay: {command(setting)}"
    )


def _promise(violation: Violation) -> str:
    known = CHECKERS.get(violation.promise)
    return known[0] if known is not None else "no error of our own"


def _explain(setting: Setting, verdict: Verdict, *, shrinks: bool) -> None:
    """Show the smallest world that fails like this one, and what was said in it."""
    smallest, violation = setting, verdict.violations[0]
    if shrinks and violation.promise in CHECKERS:
        search = Shrinking(setting, verdict, lambda smaller: _attempted(smaller)[0])
        smallest = search.run()
        violation = search.violation
        say(f"smallest: {violation.what}; replay: {command(smallest)}")
    if violation.rrn:
        _, history = attempt(replace(smallest, keeps_trace=True))
        say(f"the conversation of {violation.rrn}:")
        for line in conversation(history, violation.rrn):
            say(f"  {line}")


def _tell(tally: Tally, pace: _Pace, *, coverage: bool) -> None:
    """Show the tables and the sums."""
    if tally.worlds > 1:
        _table("fault", tally.faults())
        _table("promise", tally.promises())
        _table("at stake", tally.at_stake())
    if coverage:
        _table("never met", tally.never_met())
    say(tally.sentence)
    note(f"{pace.hours:.1f} simulated hours and {pace.answers:.0f} answers a second")


def _table(title: str, rows: list[tuple[str, str, str]] | list[tuple[str, str]]) -> None:
    width = max((len(row[0]) for row in rows), default=0)
    say(title)
    for first, *others in rows:
        numbers = [f"{text:>9}" if text.isdecimal() else text for text in others]
        say(f"  {first:{width}}  {'  '.join(numbers)}".rstrip())


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Tally, _Pace], None]]:
    """Show a bar where a person looks, with the speed in simulated hours."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[speed]}"))
    is_off = not console.is_terminal or total == 1
    with Progress(*columns, console=console, disable=is_off, transient=True) as bar:
        task = bar.add_task("worlds", total=total, speed="")

        def advance(tally: Tally, pace: _Pace) -> None:
            bar.update(task, completed=tally.worlds, speed=f"{pace.hours:.1f} h/s")

        yield advance


def _verdicts(settings: list[Setting], jobs: int) -> Iterator[tuple[Verdict, list[str]]]:
    """Yield verdict and trace of each world in order, from as many processes as wanted."""
    with many_worlds():
        if jobs == 1 or len(settings) < 2:  # noqa: PLR2004 - one world needs no other process
            yield from map(_attempted, settings)
            return
        with ProcessPoolExecutor(jobs, initializer=_end_at_once) as pool:
            yield from pool.map(_attempted, settings, chunksize=_AT_ONCE)


def _end_at_once() -> None:
    """Have a process of the pool end where a person interrupts: else it does what it has first."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _attempted(setting: Setting) -> tuple[Verdict, list[str]]:
    """Return the verdict on a world; an error of our own breaks a promise too."""
    try:
        verdict, history = attempt(setting)
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed that shows it is told
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} in {where.name}, {where.filename}:{where.lineno}"
        return Verdict(seed=setting.seed, violations=[Violation(ERRORS, what)]), []
    return verdict, history.lines or []
