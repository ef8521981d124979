"""The probes, one after the other: a host that keeps the rules passes, one that is gone fails."""

from __future__ import annotations

from simulators.cards import FIRST_PAN
from simulators.conformance.judging.host import DONE
from simulators.conformance.probing.prober import MOST_STRAY, WAIT_NS, Prober
from simulators.conformance.probing.probes import packaged_probes
from simulators.conformance.probing.trial import run_probes
from simulators.installation import terminal_identity, wires
from switch.core.moment import Moment

_AT = Moment(0, 1_402_997_400_000)


def _prober() -> Prober:
    return Prober(terminal_identity(), wires()[0], packaged_probes())


def test_no_false_alarm_on_a_healthy_host() -> None:
    prober = run_probes()
    assert not prober.tally.failures
    assert set(prober.tally.verdicts().values()) == {"pass"}
    assert sum(note.words == DONE for note in prober.notes) == len(packaged_probes())
    assert [note.number for note in prober.notes] == list(range(2, len(prober.notes) + 2))


def test_a_host_that_says_nothing_is_waited_for_once_a_probe() -> None:
    prober = _prober()
    (send,) = prober.next(_AT)
    assert len(send.data) == 54
    assert prober.next(_AT) == []
    prober.expire(Moment(WAIT_NS - 1, _AT.utc_ms))
    waited = [prober.is_waiting]
    prober.expire(Moment(WAIT_NS, _AT.utc_ms))
    waited.append(prober.is_waiting)
    assert waited == [True, False]
    assert prober.tally.failed() == {"HST-01"}


def test_a_host_that_hangs_up_or_is_gone_fails_and_ends() -> None:
    prober = _prober()
    prober.next(_AT)
    prober.disconnected(_AT)
    assert prober.tally.failed() == {"HST-01"}
    prober.gone(_AT)
    assert prober.is_done
    assert "HST-30" in prober.tally.failed()


def test_garbage_from_a_host_is_a_finding() -> None:
    prober = _prober()
    prober.next(_AT)
    prober.received(b"\xff" * 40, _AT)
    assert "HST-02" in prober.tally.failed()


def test_garbage_ends_its_probe_and_a_flood_of_answers_is_kept_in_part() -> None:
    prober = _prober()
    (send,) = prober.next(_AT)
    prober.received(b"\xff" * 40_000, _AT)
    assert (prober.is_waiting, prober.is_broken) == (False, True)
    assert max(len(note.frame) for note in prober.notes) < 1_000
    prober.disconnected(_AT)
    assert not prober.is_broken
    for _ in range(5):
        prober.received(send.data * 100, _AT)
    assert sum(note.what == "received" for note in prober.notes) == 1 + MOST_STRAY


def test_nothing_printed_holds_a_card() -> None:
    assert FIRST_PAN not in repr(run_probes().notes)
