"""Faults that come at any time: each does what it says, as often as it should, until they end."""

from __future__ import annotations

import pytest

from simulators.world.weather.faults import Faults
from simulators.world.weather.passing import Passing
from tests.simulators.world.staging import Parts

_TRADE_NS = 120 * 1_000_000_000


def _passed(faults: Faults) -> Parts:
    parts = Parts(faults)
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    Passing(parts.road, [parts.host], ([parts.booth], [parts.bank])).begin(0)
    parts.run(120)
    return parts


@pytest.mark.parametrize(
    "name",
    ["cut_terminal", "cut_link", "half_close", "stuck", "freeze", "drain", "clock_jump"],
)
def test_a_kind_comes_and_trade_goes_on_until_all_is_quiet(name: str) -> None:
    faults = Faults(**{name: 4.0}, stuck_ms=5_000, freeze_ms=5_000, clock_jump_ms=1_000)
    parts = _passed(faults)
    assert faults.fired[name] >= 3
    faults.is_on = False
    parts.run(900)
    assert parts.rows
    assert parts.booth.is_idle
    assert parts.host.is_idle
    assert not parts.kept.advices()


def test_what_is_off_never_comes() -> None:
    parts = _passed(Faults())
    assert not parts.faults.fired
    assert not parts.history.counts["drained"]


def test_a_wall_clock_that_jumped_stays_where_it_is() -> None:
    parts = _passed(Faults(clock_jump=10.0, clock_jump_ms=60_000))
    elapsed_ms = parts.agenda.now_ns // 1_000_000
    assert parts.agenda.moment.utc_ms - elapsed_ms != Parts().agenda.moment.utc_ms


def test_another_configuration_is_in_force_afterwards() -> None:
    parts = _passed(Faults(reconfigure=4.0))
    assert parts.host.configuration.number > 1
    assert any(told.event == "configuration_changed" for told in parts.history.reported)


def test_a_business_day_ends_at_another_time() -> None:
    assert _passed(Faults(cut_over=4.0)).issuer.day_shift_ms
