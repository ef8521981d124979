"""The options that the verbs of a load have in common (switch/cli), and the plan they make.

An option changes the scenario, which is then checked again as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from simulators.load.driving.running import Plan
from simulators.load.scenario.model import Scenario
from simulators.load.scenario.reading import ScenarioError, is_address, parsed, understood
from switch.cli.outcome import stop

ScenarioFile = Annotated[
    Path, typer.Argument(metavar="SCENARIO.toml", help="What is to be run; docs/load.md.")
]
Target = Annotated[
    str, typer.Option(metavar="HOST:PORT", help="The system under test; else the scenario's.")
]
As = Annotated[str, typer.Option("--as", metavar="ROLE", help="Be `terminals` or the `network`.")]
WithIssuers = Annotated[
    str,
    typer.Option(
        metavar="LISTEN,...", help="Be the issuers too, at these addresses, and tell what is added."
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Processes that share the load.")]
Seconds = Annotated[float, typer.Option(min=0, help="How long; else the scenario's.")]
Seed = Annotated[int | None, typer.Option(help="The seed; else the scenario's.")]
Rate = Annotated[float, typer.Option(min=0, help="The rate a second; else the scenario's.")]
LedgerOf = Annotated[
    Path | None,
    typer.Option(
        "--books", metavar="DIR", help="Our switch's folder: compare its ledger after the run."
    ),
]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report as HTML.")]
Language = Annotated[str, typer.Option(metavar="en|zh", help="The language of the report.")]


class Asked(msgspec.Struct, kw_only=True):
    """What the options ask for that changes a scenario."""

    file: Path
    target: str = ""
    role: str = ""
    with_issuers: str = ""
    seconds: float = 0.0
    seed: int | None = None
    rate: float = 0.0


def plan_of(asked: Asked, workers: int, csv: Path | None = None) -> Plan:
    """Return a plan; ends the verb where scenario or options do not fit together."""
    try:
        scenario = _changed(parsed(asked.file), asked)
    except ScenarioError as error:
        stop(str(error))
    target = asked.target or scenario.target
    if not is_address(target):
        stop(f"{target!r} is no HOST:PORT; the scenario or --target gives one")
    is_network, fleet = scenario.role == "network", scenario.fleet
    most = scenario.network.lines if is_network else fleet.terminals
    if workers > most and (is_network or not fleet.csv):
        stop(f"--workers {workers}: there are only {most} {'lines' if is_network else 'terminals'}")
    return Plan(
        scenario=scenario, target=target, folder=asked.file.parent, workers=workers, csv=csv
    )


def _changed(scenario: Scenario, asked: Asked) -> Scenario:
    """Return the scenario with what the options say; checked again as a whole."""
    told = msgspec.to_builtins(scenario)
    if asked.role:
        told["as"] = asked.role
    if asked.with_issuers:
        told["issuers"]["listen"] = [each.strip() for each in asked.with_issuers.split(",")]
        told["cards"]["issuers"] = max(told["cards"]["issuers"], len(told["issuers"]["listen"]))
    if asked.seconds:
        told["seconds"] = asked.seconds
        told["warm_up_s"] = min(told["warm_up_s"], asked.seconds / 4)
    if asked.seed is not None:
        told["seed"] = asked.seed
    if asked.rate:
        schedule = told["arrivals"]["schedule"]
        told["arrivals"]["rate"] = asked.rate
        if schedule not in {"constant", "poisson", "day"}:
            stop(f"--rate does not go with a schedule of {schedule}")
    return understood(told, str(asked.file))
