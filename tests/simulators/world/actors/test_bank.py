"""A bank in its world: reached again after a loss, with a temper for each request."""

from __future__ import annotations

from simulators.world.weather.faults import Faults
from simulators.world.weather.passing import Passing
from switch.core.transaction import State
from tests.simulators.world.staging import Parts

_TRADE_NS = 120 * 1_000_000_000


def _traded(faults: Faults) -> Parts:
    parts = Parts(faults)
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    parts.run(180)
    return parts


def test_a_lost_line_is_made_again() -> None:
    parts = Parts()
    parts.host.start()
    parts.run(10)
    first = parts.host.links["bank-1"]
    first.cut()
    parts.run(30)
    assert parts.host.links["bank-1"] is not first


def test_a_silent_bank_leaves_reversals_and_no_approval() -> None:
    parts = _traded(Faults(issuer_silent=1.0))
    states = {row.state for row in parts.rows if row.is_reversible}
    assert State.APPROVED not in states
    assert states & {State.IN_DOUBT, State.REVERSING}


def test_a_bank_that_refuses_leaves_declines_only() -> None:
    parts = _traded(Faults(issuer_refuses=1.0))
    states = [row.state for row in parts.rows if row.cap is not None]
    assert State.DECLINED in states
    assert State.APPROVED not in states


def test_keys_change_while_it_trades() -> None:
    parts = Parts(Faults(key_change=20.0))
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    Passing(parts.road, [parts.host], ([parts.booth], [parts.bank])).begin(0)
    parts.run(120)
    changes = [told for told in parts.history.reported if told.event == "key_changed"]
    assert changes
    assert any(row.state is State.APPROVED for row in parts.rows)


def test_it_is_idle_when_nothing_is_thought_over() -> None:
    parts = Parts()
    assert parts.bank.is_idle
