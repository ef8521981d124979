"""Reloads: each switch hears of a changed registry in its own time, and never of an older one."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.world.history import History
from simulators.world.matrix.asking import Gate
from simulators.world.matrix.gazette import Gazette
from simulators.world.weather.faults import stream
from tests.simulators.world.matrix.test_drawing import drawn
from tests.simulators.world.staging import Parts


def _parts() -> tuple[Parts, Gazette, History]:
    parts, registry = Parts(), drawn(1).registry
    parts.history.gate = Gate(frozenset())
    parts.host.set_out(replace(parts.host.configuration, registry=registry))
    parts.host.start()
    return parts, Gazette(registry, [parts.host], parts.agenda), parts.history


def test_a_published_registry_is_in_force_within_seconds() -> None:
    parts, gazette, history = _parts()
    gazette.publish(stream(1, "reload"))
    parts.run(5)
    assert parts.host.configuration.registry is gazette.registry
    assert gazette.registry.change == 2
    assert history.gate is not None
    assert len(history.gate.reloads) == 1


def test_of_two_changes_the_newest_is_read_and_none_twice() -> None:
    parts, gazette, history = _parts()
    chance = stream(1, "reload")
    for _ in range(3):
        gazette.publish(chance)
    parts.run(5)
    assert parts.host.configuration.registry is gazette.registry
    assert history.gate is not None
    assert len(history.gate.reloads) == 1


def test_who_is_down_takes_it_when_it_is_back() -> None:
    parts, gazette, history = _parts()
    parts.host.die()
    gazette.publish(stream(1, "reload"))
    parts.run(60)
    assert parts.host.is_started
    assert parts.host.configuration.registry is gazette.registry
    assert history.gate is not None
    assert len(history.gate.reloads) == 1
