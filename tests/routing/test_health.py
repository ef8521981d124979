"""The breaker: opens after failures in a row, rests, lets one through, and believes its outcome."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing.health import Breaker, Health, Limits

MS = 1_000_000
LIMITS = Limits(failures=3, rest_ms=10)


def _opened() -> Breaker:
    breaker = Breaker(LIMITS)
    period = breaker.sent(0)
    assert [breaker.failed(period, 0) for _ in range(3)] == [False, False, True]
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_forgets_them() -> None:
    breaker = Breaker(LIMITS)
    period = breaker.sent(0)
    for _ in range(5):
        assert not breaker.failed(period, 0)
        assert not breaker.failed(period, 0)
        breaker.answered()
    assert breaker.health is Health.CLOSED
    assert _opened().health is Health.OPEN


def test_silences_that_began_before_an_answer_say_nothing_of_a_line() -> None:
    breaker = Breaker(LIMITS)
    silent = [breaker.sent(0) for _ in range(9)]
    breaker.answered()
    # Nothing else is sent for a while, and then they all time out, one after the other.
    assert not any(breaker.failed(period, 9 * MS) for period in silent)
    later = [breaker.sent(9 * MS) for _ in range(3)]
    assert [breaker.failed(period, 20 * MS) for period in later] == [False, False, True]


def test_while_it_rests_nothing_passes_and_then_one_does() -> None:
    breaker = _opened()
    assert not breaker.is_passable(10 * MS - 1)
    assert breaker.is_passable(10 * MS)
    breaker.sent(10 * MS)
    assert breaker.health is Health.HALF_OPEN
    assert not breaker.is_passable(11 * MS)


def test_the_probe_decides() -> None:
    good, bad = _opened(), _opened()
    good.sent(10 * MS)
    good.answered()
    assert good.is_passable(10 * MS)
    period = bad.sent(10 * MS)
    assert bad.failed(period, 30 * MS)
    assert not bad.is_passable(40 * MS - 1)
    assert bad.is_passable(40 * MS)


def test_what_was_sent_before_says_nothing_of_the_probe_and_does_not_lengthen_the_rest() -> None:
    breaker = Breaker(LIMITS)
    before = breaker.sent(0)
    for _ in range(3):
        breaker.failed(before, 0)
    assert not breaker.failed(before, 9 * MS)
    assert breaker.is_passable(10 * MS)
    breaker.sent(10 * MS)
    assert not breaker.failed(before, 11 * MS)
    assert breaker.health is Health.HALF_OPEN


def test_a_new_connection_begins_anew() -> None:
    breaker = _opened()
    old = breaker.sent(0)
    breaker.reset()
    assert breaker.is_passable(0)
    for _ in range(5):
        assert not breaker.failed(old, 0)
    assert breaker.health is Health.CLOSED


class Machine(RuleBasedStateMachine):
    """A breaker beside a model that keeps the whole history and derives everything from it."""

    @initialize()
    def begin(self) -> None:
        self.breaker = Breaker(LIMITS)
        self.now_ns = 0
        self.in_flight: list[tuple[int, int]] = []
        self.row = 0
        self.opened_ns: int | None = None
        self.probe: int | None = None
        self.sends = 0
        self.since = 0

    @rule(by_ms=st.integers(0, 15))
    def time_passes(self, by_ms: int) -> None:
        self.now_ns += by_ms * MS

    @precondition(lambda self: self.breaker.is_passable(self.now_ns))
    @rule()
    def send(self) -> None:
        if self.opened_ns is not None:
            assert self.now_ns >= self.opened_ns + LIMITS.rest_ms * MS
            assert self.probe is None
            self.probe = self.sends
        self.in_flight.append((self.sends, self.breaker.sent(self.now_ns)))
        self.sends += 1

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        number, period = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        opened = self.breaker.failed(period, self.now_ns)
        if self.opened_ns is not None:
            assert opened is (number == self.probe)
        elif number >= self.since:
            self.row += 1
            assert opened is (self.row == LIMITS.failures)
        else:
            assert not opened
        if opened:
            self.opened_ns, self.probe, self.row = self.now_ns, None, 0

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        assert self.breaker.answered() is (self.opened_ns is not None)
        self.since = self.sends
        self.opened_ns, self.probe, self.row = None, None, 0

    @invariant()
    def it_passes_what_the_model_passes(self) -> None:
        if self.opened_ns is None:
            expected = True
        else:
            expected = self.probe is None and self.now_ns >= self.opened_ns + LIMITS.rest_ms * MS
        assert self.breaker.is_passable(self.now_ns) is expected


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
