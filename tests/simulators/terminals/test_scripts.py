"""Scripts of an issuer: the card carries them out, and what it did is told until it is heard."""

from __future__ import annotations

import pytest

from simulators.chip import issuer_script
from simulators.issuer import Temper
from simulators.terminal_memory import Kind, Verdict
from simulators.terminals.scripts import TRIES
from simulators.wire import Heard
from switch.core.transaction import State
from tests.scenarios.counter import Counter

_PUT = "04DA9F790A000000010000A1B2C3D4"
_BROKEN = "04DA9F790B000000010000A1B2C3D4"


@pytest.fixture
def counter() -> Counter:
    """Return a counter whose bank sends a script with every answer to a request."""
    made = Counter()
    script = issuer_script("00000001", _PUT)
    made.bank.temper = lambda heard: Temper(script=script if heard.mti == "0200" else "")
    return made


def test_what_a_card_did_reaches_its_issuer(counter: Counter) -> None:
    result = counter.do(Kind.WITHDRAWAL, 500)
    assert (result.kind, result.verdict, result.of) == (
        Kind.SCRIPT_RESULT,
        Verdict.APPROVED,
        "2000000001",
    )
    counter.pass_time(2)
    [told] = counter.accounts.book().scripts
    assert (told.results, told.rrn) == ("2000000001", counter.slip.rrn)
    assert told.shown_card == counter.card.shown
    assert {row.state for row in counter.ledger.transactions()} == {State.APPROVED}
    assert counter.balance_fen == 1_000_000 - 50_000


def test_a_card_is_blocked_with_a_refusal_and_that_is_told_too(counter: Counter) -> None:
    script = issuer_script("00000002", "8416000004A1B2C3D4")
    counter.bank.temper = lambda heard: Temper(
        code="43" * heard.mti.startswith("02"), script=script
    )
    counter.do(Kind.WITHDRAWAL, 500)
    verdicts = [(r.kind, r.verdict, r.code) for r in counter.terminal.results[-2:]]
    assert verdicts == [
        (Kind.WITHDRAWAL, Verdict.DECLINED, "43"),
        (Kind.SCRIPT_RESULT, Verdict.APPROVED, "00"),
    ]


def test_the_command_that_failed_is_named(counter: Counter) -> None:
    script = issuer_script("00000003", _PUT, _BROKEN, template="71")
    counter.bank.temper = lambda _: Temper(script=script)
    assert counter.do(Kind.SALE, 20).of == "1200000003"


def test_the_switch_tells_a_silent_issuer_until_it_answers(counter: Counter) -> None:
    before = counter.bank.temper

    def deaf(heard: Heard) -> Temper:
        return Temper(ignores=True) if heard.mti.startswith("062") else before(heard)

    counter.bank.temper = deaf
    assert counter.do(Kind.WITHDRAWAL, 500).code == "00"
    counter.pass_time(5)
    assert counter.accounts.book().scripts == ()
    counter.bank.temper = before
    counter.pass_time(120)
    assert len(counter.accounts.book().scripts) == 1


def test_a_script_result_without_an_answer_is_sent_again_before_the_next_transaction(
    counter: Counter,
) -> None:
    counter.is_deaf_to = "0620"
    counter.do(Kind.WITHDRAWAL, 500)
    counter.pass_time(61)
    [telling] = counter.terminal.memory.tellings
    assert telling.tries == 1
    counter.is_deaf_to = ""
    counter.bank.temper = lambda _: Temper()
    counter.do(Kind.SALE, 20)
    assert [r.kind for r in counter.terminal.results[-2:]] == [Kind.SCRIPT_RESULT, Kind.SALE]
    assert not counter.terminal.memory.tellings


def test_a_script_result_is_left_after_its_tries(counter: Counter) -> None:
    counter.is_deaf_to = "0620"
    counter.do(Kind.WITHDRAWAL, 500)
    counter.pass_time(61)
    for _ in range(TRIES):
        counter.bank.temper = lambda _: Temper()
        counter.do(Kind.SALE, 20)
        counter.pass_time(61)
    assert not counter.terminal.memory.tellings
    assert [entry.why for entry in counter.terminal.memory.unresolved] == ["no 0630 came"]


def test_an_approval_that_the_card_refuses_runs_no_script(counter: Counter) -> None:
    script = issuer_script("00000001", _PUT)
    counter.bank.temper = lambda _: Temper(script=script, breaks_chip=True)
    counter.use_signing_card()
    counter.do(Kind.WITHDRAWAL, 500)
    assert counter.terminal.results[-1].verdict is Verdict.CHIP_REFUSED
    assert not counter.terminal.memory.tellings
