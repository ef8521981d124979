"""Reads a load scenario (simulators/load): a TOML file to a `Scenario`, or where and why not.

What no single key can tell (shares, files, faults beyond the run) is checked here too, before
anything is sent.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import msgspec

from messages.dialects.loader import SpecError, load_dialect
from simulators.installation import CARDS_EACH
from simulators.load.scenario import bounds, thresholds
from simulators.load.scenario.model import KINDS, Scenario
from simulators.load.scenario.schedules import ScheduleError, pieces

_ENDING: Final = ".toml"
_LAST_PORT: Final = 65_535
_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$")
_INSTITUTION: Final = re.compile(r"[0-9]{8,11}")
_MOST_STEPS: Final = 1_000_000
_NETWORK_KINDS: Final = ("withdrawal", "sale", "payment", "balance", "reversal", "echo")
_ISSUER_FAULTS: Final = ("issuer_slow", "issuer_silent", "issuer_down", "link_flap", "link_outage")


class ScenarioError(ValueError):
    """A scenario that cannot be run: the file, the key and the reason."""


def packaged() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the program."""
    files = (resources.files("specs") / "load").iterdir()
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in files))


def read(path: Path) -> Scenario:
    """Read a scenario file, or one of the program's by its name.

    ScenarioError names file, key and reason.
    """
    scenario = parsed(path)
    check(scenario, str(path))
    return scenario


def parsed(path: Path) -> Scenario:
    """Read a scenario as it stands in its file; whether it fits together is for `check`."""
    source: Path | Traversable = path
    if not path.exists() and str(path) in packaged():
        source = resources.files("specs") / "load" / f"{path}{_ENDING}"
    try:
        told = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: {error}") from None
    return _converted(told, str(path))


def understood(told: object, name: str = "scenario") -> Scenario:
    """Return what a mapping says, ScenarioError where it does not say a scenario."""
    scenario = _converted(told, name)
    check(scenario, name)
    return scenario


def _converted(told: object, name: str) -> Scenario:
    try:
        return msgspec.convert(told, Scenario)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _PLACE.search(text)
        place = f"{found['place']}: " if found and found["place"] else ""
        raise ScenarioError(f"{name}: {place}{_PLACE.sub('', text)}") from None


def check(scenario: Scenario, name: str) -> None:
    """Raise ScenarioError for the first thing that does not fit together."""
    for complaint in _complaints(scenario):
        raise ScenarioError(f"{name}: {complaint}")


def _complaints(scenario: Scenario) -> Iterator[str]:
    yield from bounds.complaints(scenario)
    if not 0 <= scenario.warm_up_s < scenario.seconds:
        yield "warm_up_s: a warm-up is shorter than the run"
    if scenario.loop == "open":
        try:
            pieces(scenario.arrivals, scenario.seconds)
        except ScheduleError as error:
            yield str(error)
    yield from _mix(scenario)
    yield from _thresholds(scenario)
    yield from _draws(scenario)
    yield from _dialect(scenario)
    yield from _faults(scenario)
    for name in ("listen", "alternates"):
        for address in getattr(scenario.issuers, name):
            if not is_address(address):
                yield f"issuers.{name}: {address!r} is no HOST:PORT"


def _thresholds(scenario: Scenario) -> Iterator[str]:
    kinds = {*(item.kind for item in scenario.mix), *scenario.at_end}
    if scenario.fleet.sign_on == "storm":
        kinds.add("sign_on")
    for text in scenario.thresholds:
        try:
            told = thresholds.parse(text)
        except thresholds.ThresholdError as error:
            yield f"thresholds: {error}"
            continue
        if told.kind and told.kind not in kinds:
            yield f"thresholds: {text!r}: this run has no {told.kind!r}"
        if told.figure.startswith("added_") and not scenario.issuers.listen:
            yield f"thresholds: {text!r}: what is added is known only with issuers of ours"


def _dialect(scenario: Scenario) -> Iterator[str]:
    is_network = scenario.role == "network"
    name = scenario.network.dialect if is_network else scenario.fleet.dialect
    try:
        load_dialect(name)
    except SpecError as error:
        yield f"{'network' if is_network else 'fleet'}.dialect: {error}"
    for key in ("own_id", "peer_id"):
        if not _INSTITUTION.fullmatch(getattr(scenario.network, key)):
            yield f"network.{key}: an institution's id has 8 to 11 digits"


def is_address(text: str) -> bool:
    """Tell whether a text is HOST:PORT."""
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdecimal() and int(port) <= _LAST_PORT


def _mix(scenario: Scenario) -> Iterator[str]:
    known = _NETWORK_KINDS if scenario.role == "network" else KINDS
    if not scenario.mix or not sum(item.weight for item in scenario.mix):
        yield "mix: it has no transaction"
    for item in scenario.mix:
        if item.kind not in known:
            yield f"mix.kind: {item.kind!r} is none of {', '.join(known)}"
        if item.weight < 0:
            yield "mix.weight: a weight is 0 or more"
    if strangers := [kind for kind in scenario.at_end if kind not in KINDS]:
        yield f"at_end: {strangers[0]!r} is none of {', '.join(KINDS)}"


def _draws(scenario: Scenario) -> Iterator[str]:
    amounts, think = scenario.amounts, scenario.think
    if amounts.draw == "choice" and not amounts.choices:
        yield "amounts.choices: it has none"
    if amounts.weights and len(amounts.weights) != len(amounts.choices):
        yield "amounts.weights: not as many as choices"
    if amounts.weights and not sum(amounts.weights):
        yield "amounts.weights: all of them are 0"
    if amounts.draw == "uniform" and (amounts.to_fen < amounts.fen or amounts.step_fen < 1):
        yield "amounts.to_fen: it is below fen, or the step is none"
    elif (
        amounts.draw == "uniform" and amounts.to_fen - amounts.fen > amounts.step_fen * _MOST_STEPS
    ):
        yield f"amounts.step_fen: there would be more than {_MOST_STEPS} different amounts"
    if think.draw == "exponential" and think.ms <= 0:
        yield "think.ms: an exponential rest has a mean above 0"
    yield from _people(scenario)


def _people(scenario: Scenario) -> Iterator[str]:
    cards = scenario.cards
    if not 0 <= cards.hot_share <= 1:
        yield "cards.hot_share: a share is from 0 to 1"
    if cards.count < 1 or cards.issuers < 1:
        yield "cards.count: there is no card"
    if cards.issuers > 1 and cards.count > cards.issuers * CARDS_EACH and not cards.csv:
        yield f"cards.count: several issuers have {CARDS_EACH} fictional cards each"
    if scenario.fleet.terminals < 1 and not scenario.fleet.csv:
        yield "fleet.terminals: there is no terminal"
    if scenario.network.lines < 1 or scenario.network.window < 1 or scenario.connection.lines < 1:
        yield "lines: there is none"


def _faults(scenario: Scenario) -> Iterator[str]:
    is_network = scenario.role == "network"
    if is_network and scenario.at_end:
        yield "at_end: it is for terminals; a network ends no day"
    for fault in scenario.fault:
        if is_network and fault.kind not in _ISSUER_FAULTS:
            yield f"fault.kind: {fault.kind} is made by terminals, and this is the network"
        if fault.from_s < 0 or fault.for_s <= 0 or fault.from_s >= scenario.seconds:
            yield f"fault.from_s: {fault.kind} begins within the run and lasts"
        if not 0 <= fault.share <= 1:
            yield "fault.share: a share is from 0 to 1"
        issuers = scenario.issuers
        if fault.kind in _ISSUER_FAULTS and fault.issuer >= len(issuers.listen):
            yield f"fault.issuer: {fault.kind} needs an issuer in issuers.listen"
        if fault.kind == "link_outage" and fault.issuer >= len(issuers.alternates):
            yield "fault.issuer: link_outage needs the issuer's address in issuers.alternates"
