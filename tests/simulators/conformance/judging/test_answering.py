"""Sessions, books and debts change with each answer."""

from __future__ import annotations

from simulators.conformance.judging.answering import FIRST_BATCH
from simulators.conformance.judging.happenings import Connected, Received
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, after, new_host, ready


def test_a_sign_on_gives_keys_and_a_batch_that_stays() -> None:
    host = new_host()
    host.handle(Connected(1), AT)
    host.handle(Received(1, frames.SIGN_ON), AT)
    station = host.stations["50010001"]
    first = station.keys
    assert (station.batch, station.is_signed_on) == (f"{FIRST_BATCH:06d}", True)
    host.handle(Received(1, frames.ECHO), after(1))
    station.must_sign_on = "77"
    host.handle(Received(1, frames.SIGN_ON), after(2))
    assert station.batch == f"{FIRST_BATCH:06d}"
    assert station.older is first
    assert station.keys is not first


def test_a_batch_that_the_host_closed_is_another_after_the_next_sign_on() -> None:
    host = new_host()
    host.handle(Connected(1), AT)
    host.handle(Received(1, frames.SIGN_ON), AT)
    station = host.stations["50010001"]
    station.is_batch_closed = True
    host.handle(Received(1, frames.SIGN_ON), after(1))
    assert (station.batch, station.is_batch_closed) == (f"{FIRST_BATCH + 1:06d}", False)


def test_an_approved_withdrawal_is_booked_and_its_reversal_takes_it_out() -> None:
    host = ready()
    host.handle(Received(1, frames.WITHDRAWAL), AT)
    (booked,) = host.stations["50010001"].book
    assert (booked.stan, booked.amount_fen, booked.kind) == ("000002", 50_000, "rural_withdrawal")
    host.handle(Received(1, frames.REVERSAL), after(1))
    assert not host.stations["50010001"].book
    # Nobody had a cause for it.
    assert "REV-27" in host.tally.failed()
