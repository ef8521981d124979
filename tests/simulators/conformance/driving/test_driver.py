"""The driver does actions one after the other, and gives a void the slip of its case."""

from __future__ import annotations

from simulators.conformance.driving.driver import PAUSE_NS, Driver, Ear
from simulators.conformance.driving.trial import Trial, own_setup, plan, run
from simulators.installation import terminal_identity, wires
from switch.core.moment import Moment
from tests.simulators.conformance import frames


def test_nothing_is_sent_before_the_pause_and_one_request_after_it() -> None:
    cases = plan(own_setup().suite, Trial(cases=("echo",)))
    driver = Driver(terminal_identity(), wires()[0], cases)
    assert driver.connected(Moment(0, 0)) == []
    assert driver.expire(Moment(1, 0)) == []
    (frame,) = driver.expire(Moment(PAUSE_NS, 0))
    assert frame[13:15] in {bytes.fromhex("0800"), bytes.fromhex("0820")}
    assert not driver.is_done


def test_an_ear_cuts_frames_from_any_pieces() -> None:
    ear = Ear(wires()[0])
    assert ear.hear(frames.ECHO[:5]) == []
    assert ear.hear(frames.ECHO[5:] + b"\0\0") == [frames.ECHO[2:]]
    assert not ear.hangs_up


def test_a_void_is_of_the_sale_of_its_case() -> None:
    ran = run(Trial(cases=("sale-void",)))
    (station,) = ran.host.stations.values()
    sale, void = station.book
    assert (sale.kind, void.kind) == ("social_sale", "social_void")
    assert sale.is_voided
