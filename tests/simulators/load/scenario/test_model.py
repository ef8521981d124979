"""The scenario's structs: nothing misspelt, and defaults that can be run."""

from __future__ import annotations

import msgspec
import pytest

from simulators.load.scenario.model import BY_THEMSELVES, KINDS, Scenario
from simulators.terminal_memory import Kind
from simulators.terminals.services import SERVICES


def test_the_least_scenario_has_defaults_for_all_else() -> None:
    told = {"format": 1, "kind": "load", "name": "x", "as": "network"}
    scenario = msgspec.convert(told, Scenario)
    assert scenario.role == "network"
    assert scenario.loop == "open"
    assert msgspec.convert(msgspec.to_builtins(scenario), Scenario) == scenario


@pytest.mark.parametrize(
    "told",
    [
        {"format": 2, "kind": "load", "name": "x"},
        {"format": 1, "kind": "loud", "name": "x"},
        {"format": 1, "kind": "load", "name": "x", "secunds": 3},
        {"format": 1, "kind": "load", "name": "x", "arrivals": {"schedule": "sometimes"}},
    ],
)
def test_what_is_misspelt_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(told, Scenario)


def test_a_mix_can_have_whatever_a_terminal_can_do_but_reverse() -> None:
    assert set(KINDS) | set(BY_THEMSELVES | SERVICES) == {kind.value for kind in Kind}
