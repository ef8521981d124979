"""A terminal that forgets yesterday's reversal leaves one difference, and the books find it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.cards import Card
from simulators.installation import terminal_identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Verdict
from simulators.terminals.debts import ReversalRules
from switch.core.moment import Moment
from switch.core.transaction import State
from switch.ledger.settling.embedded import SqliteSettlement
from switch.settlement import running
from switch.settlement.cases import Note, On, decoded, encoded, resolve
from switch.settlement.reconciling import Found, Reconciler
from switch.settlement.rules import rules_of
from tests.simulators.acting import POS
from tests.switch.core.stage import Stage

_DAY_MS = 86_400_000
_FIRST, _SECOND = 20140618, 20140619


class _Shop:
    """A terminal and a switch on one line that can lose an answer."""

    def __init__(self, rules: ReversalRules) -> None:
        self.stage = Stage()
        self.terminal = Terminal(terminal_identity(), POS, rules=rules)
        self.is_deaf = False
        self.say(self.terminal.connected(self.now))

    @property
    def now(self) -> Moment:
        return Moment(self.stage.elapsed_ns, self.stage.utc_ms)

    def do(self, job: Job) -> None:
        self.say(self.terminal.ask(job, self.now))

    def say(self, frames: list[bytes]) -> None:
        """Carry frames to the switch and its answers back, until both are silent."""
        for frame in frames:
            told = len(self.stage.told)
            self.stage.terminal_says(frame)
            for answer in self.stage.told[told:]:
                if not self.is_deaf:
                    self.say(self.terminal.received(answer[2:], self.now))

    def sleep(self) -> None:
        """Let a night pass: the terminal gives up waiting, and a new day comes."""
        self.stage.elapsed_ns += _DAY_MS * 1_000_000
        self.stage.utc_ms += _DAY_MS
        self.say(self.terminal.expire(self.now))


def _withdrawal(yuan: int) -> Job:
    return Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=yuan * 100)


def _two_days(rules: ReversalRules) -> _Shop:
    shop = _Shop(rules)
    shop.do(_withdrawal(500))
    shop.is_deaf = True
    shop.do(_withdrawal(300))
    shop.is_deaf = False
    shop.sleep()
    shop.do(_withdrawal(100))
    shop.do(Job(kind=Kind.SETTLEMENT))
    return shop


def _found(shop: _Shop) -> Found:
    ledger = shop.stage.ledger
    batches = ledger.batches(_SECOND, _SECOND)
    reconciler = Reconciler(_SECOND, rules_of(shop.stage.configuration), batches, {})
    reconciler.take(ledger.rows(_FIRST, _SECOND))
    return reconciler.done()


def test_a_reversal_that_was_dropped_with_its_day_is_one_long_case_that_is_found(
    tmp_path: Path,
) -> None:
    shop = _two_days(ReversalRules(expires="day_end"))
    settled = [r for r in shop.terminal.results if r.kind is Kind.SETTLEMENT]
    assert [result.verdict for result in settled] == [Verdict.UNBALANCED]
    found = _found(shop)
    (case,) = found.cases
    (forgotten,) = [
        r for r in shop.stage.ledger.rows(_FIRST, _FIRST) if r.record.amount_fen == 30_000
    ]
    assert (case.kind, case.rrn, case.amount_fen) == ("long", forgotten.record.rrn, 30_000)
    rules = rules_of(shop.stage.configuration)
    with closing(SqliteSettlement(tmp_path / "settlement.sqlite")) as store:
        for day in (_FIRST, _SECOND):
            running.keep(store, *running.clear(shop.stage.ledger, store, rules, day))
        store.add_cases([(case.key, encoded(case))])
        (kept,) = store.cases()
        note = Note(0, "Li", "", "the till has 300 yuan too much")
        done = resolve(decoded(kept), "credit_adjustment", note, On(_SECOND, store.last_day()))
        store.change_case(replace(kept, is_open=False, body=encoded(done)))
        last, _ = running.clear(shop.stage.ledger, store, rules, _SECOND + 1)
        days = [running.kept(store, day) for day in store.days()]
    assert last.is_balanced
    net = sum(day.positions.get("point:999653080110001", 0) for day in (*days, last) if day)
    assert net == 50_000 + 10_000, "the point is credited with the cash that it paid out"


def test_a_reversal_that_is_sent_the_next_day_leaves_no_case() -> None:
    shop = _two_days(ReversalRules(expires="never"))
    assert _found(shop).cases == []
    states = [row.state for row in shop.stage.ledger.rows(_FIRST, _SECOND)]
    assert states.count(State.APPROVED) == 2
    assert State.APPROVED not in {
        row.state
        for row in shop.stage.ledger.rows(_FIRST, _SECOND)
        if row.record.amount_fen == 30_000
    }


@pytest.mark.parametrize("expires", ["never", "day_end"])
def test_the_next_batch_begins_after_either(expires: str) -> None:
    shop = _two_days(ReversalRules(expires="never" if expires == "never" else "day_end"))
    before = shop.terminal.memory.batch
    shop.do(_withdrawal(50))
    assert shop.terminal.memory.batch == before + 1
    assert shop.terminal.results[-1].verdict is Verdict.APPROVED
