"""`jinbao load` (switch/cli): run a scenario, find the limit, compare two results.

Status 1 where a threshold is broken, a promise does not hold, or the run is invalid.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Annotated

import msgspec
import typer

from simulators import live
from simulators.load import books, page
from simulators.load.comparing import compare as compared
from simulators.load.driving.part import UNWRITTEN, LoadError, Progress
from simulators.load.driving.running import Plan, Run
from simulators.load.measuring.results import Result, ResultError, from_json, to_json
from simulators.load.scenario.model import Scenario
from switch.cli import load as on_demand
from switch.cli.books.reading import opened
from switch.cli.loading import showing
from switch.cli.loading.asking import (
    As,
    Asked,
    Html,
    Language,
    LedgerOf,
    Rate,
    ScenarioFile,
    Seconds,
    Seed,
    Target,
    WithIssuers,
    Workers,
    plan_of,
)
from switch.cli.loading.ledger import read_ledger
from switch.cli.loading.limit import find
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.verbs import AsJson, verb_app

app = verb_app("Load a host with simulated terminals or as the network, honestly measured.")
_SETTLE_S = 60.0


@app.command()
def run(
    scenario: ScenarioFile,
    *,
    target: Target = "",
    role: As = "",
    with_issuers: WithIssuers = "",
    workers: Workers = 1,
    seconds: Seconds = 0.0,
    rate: Rate = 0.0,
    seed: Seed = None,
    books_of: LedgerOf = None,
    html: Html = None,
    language: Language = "en",
    result: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result as JSON, to compare.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a line for every transaction.")
    ] = None,
    jobs: Annotated[
        str, typer.Option(metavar="URL", help="Share out to `load worker` over this database.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run a scenario; status 1 if a threshold is broken or the run is invalid.

    \b
    Examples:
      jinbao load run city.toml --target 127.0.0.1:8583 --html report.html
      jinbao load run city.toml --with-issuers 127.0.0.1:9583 --books city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    asked = Asked(
        file=scenario, target=target, role=role, with_issuers=with_issuers, seconds=seconds,
        seed=seed, rate=rate,
    )  # fmt: skip
    _language(language)
    if csv is not None and jobs:
        stop("--csv does not go with --jobs: the transactions are on the machines of the workers")
    plan = plan_of(asked, workers, csv)
    _can_write(result, csv, html)
    if books_of is not None:
        with opened(books_of):
            pass  # it is there: else the verb ends here, and not after the run
    found = carried_out(plan, as_json=as_json, jobs=jobs)
    if books_of is not None:
        ledger = read_ledger(books_of, found.started_utc_ms - 1_000, _SETTLE_S)
        found.checks += books.ledger_checks(found.whole.accounts, ledger)
    if result is not None:
        result.write_bytes(to_json(found))
    if html is not None:
        html.write_text(page.report(found, "zh" if language == "zh" else "en"), encoding="utf-8")
    if as_json:
        say(msgspec.json.encode({"result": msgspec.Raw(to_json(found))}).decode())
    else:
        say(showing.summary(found))
    if not found.is_good:
        raise typer.Exit(BAD)


@app.command(name="find-limit")
def find_limit(
    scenario: ScenarioFile,
    *,
    target: Target = "",
    role: As = "",
    with_issuers: WithIssuers = "",
    workers: Workers = 1,
    seconds: Seconds = 0.0,
    first: Annotated[float, typer.Option("--from", min=0.1, help="The first rate.")] = 100.0,
    most: Annotated[float, typer.Option(min=1, help="Never ask for more.")] = 100_000.0,
    precision: Annotated[float, typer.Option(min=0.005, help="As a share of the rate.")] = 0.05,
    confirm: Annotated[int, typer.Option(min=1, help="Passes that confirm the limit.")] = 2,
    pid: Annotated[int, typer.Option(min=0, help="The host's process: watch its CPU.")] = 0,
    html: Html = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Find the highest rate that keeps the thresholds, confirm it, and say what gave way.

    \b
    Examples:
      jinbao load find-limit city.toml --target 127.0.0.1:8583 --from 200 --seconds 10
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _language(language)
    asked = Asked(
        file=scenario, target=target, role=role, with_issuers=with_issuers, seconds=seconds
    )
    plan = plan_of(asked, workers)
    if not plan.scenario.thresholds:
        stop(f"{scenario}: a limit needs thresholds to keep")

    def carry_out(changed: Scenario) -> Result:
        changed_plan = msgspec.structs.replace(plan, scenario=changed)
        return carried_out(changed_plan, as_json=False)

    _can_write(html)
    limit = find(plan.scenario, carry_out, (first, most, precision, confirm), pid, as_json=as_json)
    if html is not None and limit.at_edge is not None:
        told = page.report(limit.at_edge, "zh" if language == "zh" else "en")
        html.write_text(told, encoding="utf-8")
    if not limit.edge:
        raise typer.Exit(BAD)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="A.json", help="A result of `load run`.")],
    second: Annotated[Path, typer.Argument(metavar="B.json", help="Another one.")],
    *,
    tolerance: Annotated[
        float, typer.Option(min=0, help="What a latency may move, as a share.")
    ] = 0.1,
    as_json: AsJson = False,
) -> None:
    """Compare two results; status 1 if the second is worse in anything that matters.

    \b
    Examples:
      jinbao load compare monday.json tuesday.json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    found = compared(_result(first), _result(second), tolerance)
    if as_json:
        say(msgspec.json.encode(found).decode())
    else:
        say(showing.comparison(found))
    if found.is_worse:
        raise typer.Exit(BAD)


@app.command()
def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="From `load run`.")],
    html: Annotated[Path, typer.Argument(metavar="FILE", help="Where the report goes.")],
    *,
    language: Language = "en",
) -> None:
    """Write the HTML report of a result again, in either language.

    \b
    Examples:
      jinbao load report monday.json monday.html --language zh
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _language(language)
    told = page.report(_result(result), "zh" if language == "zh" else "en")
    html.write_text(told, encoding="utf-8")


@app.command()
def worker(
    url: Annotated[str, typer.Argument(metavar="URL", help="The PostgreSQL ledger's database.")],
    *,
    name: Annotated[str, typer.Option(help="What it is called; else host and process.")] = "",
    once: Annotated[bool, typer.Option("--once", help="End after one share.")] = False,
) -> None:
    """Drive shares of `load run --jobs URL` on this machine until it is ended.

    \b
    Examples:
      jinbao load worker postgresql://jinbao@10.0.0.5/ledger
    """  # noqa: D301 - \b keeps the lines of the examples apart
    try:
        live.run(_sharing().work(url, name, once=once))
    except LoadError as error:
        stop(str(error))


def carried_out(plan: Plan, *, as_json: bool, jobs: str = "") -> Result:
    """Run a plan and return its result; ends the verb where it cannot begin."""
    with showing.LiveView(plan.scenario, wanted=not as_json) as view:

        def show(latest: list[Progress]) -> None:
            if as_json:
                say(msgspec.json.encode({"progress": latest}).decode())
            else:
                view.show(latest)

        try:
            running = _sharing().given_out(jobs, plan, show) if jobs else Run(plan, show).run()
            found: Result = live.run(running)
        except LoadError as error:
            stop(str(error))
    for name in found.lost_workers:
        note(f"{name} ended before its run was over")
    for told in found.whole.notes:
        if told.startswith(UNWRITTEN):
            note(told)
    return found


def _sharing() -> ModuleType:
    """Return what talks to the job table; ends the verb where its driver is missing."""
    try:
        return on_demand.load_workers()
    except ImportError:
        stop(on_demand.NO_DRIVER)


def _can_write(*files: Path | None) -> None:
    """End the verb where a result would have no place: before the run, and not after it."""
    for file in files:
        if file is not None and (file.is_dir() or not file.parent.is_dir()):
            why = "it is a folder" if file.is_dir() else "there is no such folder"
            stop(f"{file}: cannot be written: {why}")


def _language(language: str) -> None:
    if language not in {"en", "zh"}:
        stop(f"--language {language!r} is neither en nor zh")


def _result(path: Path) -> Result:
    try:
        return from_json(path.read_bytes())
    except OSError as error:
        stop(f"{path}: cannot be read ({type(error).__name__})")
    except ResultError as error:
        stop(f"{path}: {error}")
