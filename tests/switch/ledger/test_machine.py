"""All ledgers are driven with the same operations, against arithmetic that knows none of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from switch.core.operations import (
    ATTEMPT_BITS,
    Close,
    Enlist,
    FindByRrn,
    FindOriginal,
    Hasten,
    LeaseNumbers,
    LoadSession,
    Open,
    Operation,
    Renew,
    Reroute,
    Resolve,
    Reverse,
    Row,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
)
from switch.core.outcomes import (
    CapExceeded,
    Closed,
    Enlisted,
    Fenced,
    Opened,
    Outcome,
    Resolved,
    ReversalQueued,
    Spent,
    TotalsAre,
)
from switch.core.social.bill import BillState, is_owed, stands
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import CapShown
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import (
    CARD,
    DAY,
    LIMIT_FEN,
    acknowledging,
    advising,
    answering,
    billing,
    claiming,
    closing,
    ending,
    key,
    launching,
    opening,
    reversing,
    rrn,
    settling,
    uploading,
    voiding,
)

STANS = range(1, 9)
DAYS = (DAY, DAY + 1)
AMOUNTS = (0, 10_000, 40_000, 60_000, LIMIT_FEN, LIMIT_FEN + 1)
_REVERSAL_ENDS = (State.REVERSAL_EXPIRED, State.REVERSED, State.REVERSED)
ENDS = (*_REVERSAL_ENDS, State.APPROVED, State.ADVICE_EXPIRED, State.DECLINED)
BILL_ENDS = (
    BillState.CONFIRMED,
    BillState.CANCELLED,
    BillState.CANCELLING,
    BillState.PERSON,
)
OUTCOMES = (State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT)
WITHDRAWN = frozenset({State.APPROVED})
GIVEN_BACK = frozenset({State.DECLINED, State.UNSENT, State.REVERSED})
HELD = frozenset(
    {State.FORWARDED, State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED}
    | {State.CREDITING, State.ADVICE_EXPIRED}
)

QUEUED = frozenset({State.IN_DOUBT, State.REVERSING, State.ADVISED, State.CREDITING})

stans = st.sampled_from(STANS)
# A kind of operation, a STAN, and a number from which the rest of the operation is taken.
wishes = st.lists(
    st.tuples(
        st.sampled_from(
            ["open"] * 8
            + ["void", "refund"] * 3
            + ["by rrn"]
            + ["bill", "answer"] * 4
            + ["close"] * 6
            + ["reverse"] * 2
            + ["acknowledge"] * 2
            + ["claim", "take over", "find", "again", "again", "totals", "renew"]
            + ["settle", "upload", "end"]
            + ["sign on", "sign off", "load", "numbers", "enlist", "hasten", "reroute", "launch"]
        ),
        stans,
        st.integers(0, 1_000),
    ),
    min_size=1,
    max_size=8,
)


class Arithmetic:
    """What a card's days must have, from nothing but the outcomes that were handed out."""

    def __init__(self) -> None:
        self.amounts: dict[int, tuple[int, int]] = {}
        """By STAN: day and amount of what was opened."""
        self.states: dict[int, State] = {}
        self.totals: dict[int, int] = {}
        """By STAN: the amount of everything that was opened."""
        self.takings: dict[int, tuple[int, int]] = {}
        """By STAN: of which other STAN it takes, and how much."""

    def taken(self, stan: int) -> int:
        """Add up what others have taken of a transaction or are about to."""
        return sum(
            fen
            for by, (of, fen) in self.takings.items()
            if of == stan and self.states[by] not in GIVEN_BACK
        )

    def day(self, day: int) -> CapShown:
        """Add up a day."""
        held = committed = 0
        for stan, (of, amount) in self.amounts.items():
            held += amount * (of == day and self.states[stan] in HELD)
            committed += amount * (of == day and self.states[stan] in WITHDRAWN)
        return CapShown(day, held, committed)

    def learn(self, operation: Operation, outcome: Outcome) -> None:
        """Check what an Open was told about the cap, and note the state of a row."""
        if isinstance(operation, Open):
            self._learn_open(operation, outcome)
        elif isinstance(outcome, Closed | ReversalQueued):
            self.states[int(outcome.row.key.stan)] = outcome.row.state

    def _learn_open(self, operation: Open, outcome: Outcome) -> None:
        stan, amount, cap = int(operation.key.stan), operation.record.amount_fen, operation.cap
        if isinstance(outcome, Opened) and stan not in self.totals:
            self.totals[stan] = amount
        if cap is None:
            self._learn_taking(operation, outcome)
            return
        before = self.day(cap.day)
        used = before.held_fen + before.committed_fen
        match outcome:
            case Opened(committed_fen, held_fen) if stan not in self.amounts:
                assert used + amount <= LIMIT_FEN
                assert (committed_fen, held_fen) == (before.committed_fen, before.held_fen + amount)
                self.amounts[stan], self.states[stan] = (cap.day, amount), State.FORWARDED
            case CapExceeded(limit_fen, committed_fen, held_fen):
                assert stan not in self.amounts
                assert used + amount > limit_fen == LIMIT_FEN
                assert (committed_fen, held_fen) == (before.committed_fen, before.held_fen)

    def _learn_taking(self, operation: Open, outcome: Outcome) -> None:
        stan, taking = int(operation.key.stan), operation.taking
        assert taking is not None
        of = int(taking.of.stan)
        match outcome:
            case Opened() if stan not in self.states:
                assert self.states[of] is State.APPROVED
                assert self.taken(of) + taking.fen <= self.totals[of]
                self.takings[stan] = (of, taking.fen)
                is_advice = operation.plan is not None
                self.states[stan] = State.ADVISED if is_advice else State.FORWARDED
            case Spent():
                is_approved = self.states[of] is State.APPROVED
                assert not is_approved or self.taken(of) + taking.fen > self.totals[of]


class Ledgers(RuleBasedStateMachine):
    """The machine: batches, and batches whose fate is unknown; `real` is compared with memory."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = MemoryLedger()
        self.real = self.opened()
        self.arithmetic = Arithmetic()
        self.count = 0
        self.starts = 0
        self.incarnation = 1
        self.done: list[Operation] = []

    def opened(self) -> SqliteLedger | PostgresLedger:
        """Open an empty ledger to be compared."""
        raise NotImplementedError

    @initialize()
    def start(self) -> None:
        """Enlist a process."""
        self.starts += 1
        nonce = b"start %d" % self.starts
        (outcome,) = self._both([Enlist(1, nonce, 0, 500)])
        assert isinstance(outcome, Enlisted)
        assert outcome.incarnation >= self.incarnation
        self.incarnation = outcome.incarnation

    @rule(wishes=wishes)
    def submit(self, wishes: list[tuple[str, int, int]]) -> None:
        """Submit a batch to both."""
        self._both(self._operations(wishes))

    @rule(wishes=wishes, is_kept=st.booleans(), is_late=st.booleans())
    def lose(self, wishes: list[tuple[str, int, int]], *, is_kept: bool, is_late: bool) -> None:
        """Lose sight of a batch, ask what became of it, and let it arrive late."""
        batch = [o for o in self._operations(wishes) if not isinstance(o, Totals)]
        self.memory.crash(batch, is_kept=is_kept)
        if is_kept:
            for operation, outcome in zip(batch, self.real.submit(batch), strict=True):
                self.arithmetic.learn(operation, outcome)
        lost = [o for o in batch if isinstance(o, Open | Close | Reverse)]
        for operation in lost:
            (outcome,) = self._both([Resolve(self._attempt(), operation.attempt, operation.key)])
            assert isinstance(outcome, Resolved | Fenced)
            if is_late and isinstance(outcome, Resolved) and outcome.verdict != "done":
                assert self._both([operation]) == [Fenced()]

    @invariant()
    def caps_are_what_arithmetic_says(self) -> None:
        """Compare each day; none is ever over its limit."""
        days = [self.arithmetic.day(day) for day in DAYS]
        assert all(day.held_fen + day.committed_fen <= LIMIT_FEN for day in days)
        shown = {day.day: day for day in self.memory.caps(CARD)}
        assert [shown.get(day.day, CapShown(day.day, 0, 0)) for day in days] == days

    @invariant()
    def what_is_taken_is_what_arithmetic_says(self) -> None:
        """Compare each row; nothing is ever taken twice."""
        for row in self.memory.transactions():
            assert row.taken_fen == self.arithmetic.taken(int(row.key.stan))
            assert row.taken_fen <= row.record.amount_fen

    @invariant()
    def a_bill_follows_its_debit(self) -> None:
        """Hold both legs against one another, and against the queue."""
        queued = {advice.row.key for advice in self.memory.advices()}
        for row in self.memory.transactions():
            assert stands(row.state, row.bill)
            reverses = row.state in QUEUED
            is_awaited = (reverses and row.plan is not None) or is_owed(row.state, row.bill)
            assert is_awaited == (row.key in queued)

    def teardown(self) -> None:
        """Compare the books once more, then let go."""
        totals = self.memory.totals()
        assert self.real.totals() == totals
        assert self.real.advices() == self.memory.advices()
        days = [day for day in self.memory.caps(CARD) if day.held_fen or day.committed_fen]
        assert [d for d in self.real.caps(CARD) if d.held_fen or d.committed_fen] == days
        held = sum(day.held_fen for day in days)
        capped = [row for row in self.memory.transactions() if row.cap is not None]
        assert totals.held_fen == held == _sum(capped, HELD)
        self.real.close()

    def _both(self, batch: Sequence[Operation]) -> list[Outcome]:
        outcomes = self.memory.submit(batch)
        assert self.real.submit(batch) == outcomes
        for operation, outcome in zip(batch, outcomes, strict=True):
            self.arithmetic.learn(operation, outcome)
            if isinstance(outcome, TotalsAre):
                assert sum(count for count, _ in outcome.by_state.values()) >= outcome.queued
        return outcomes

    def _attempt(self) -> int:
        self.count += 1
        return self.incarnation << ATTEMPT_BITS | self.count

    def _operations(self, wishes: list[tuple[str, int, int]]) -> list[Operation]:
        batch = [self._operation(*wish) for wish in wishes]
        self.done += [o for o in batch if not isinstance(o, Totals)]
        return batch

    def _operation(self, kind: str, stan: int, number: int) -> Operation:
        if kind == "again" and self.done:
            return self.done[number % len(self.done)]
        attempt, ours = self._attempt(), self.incarnation
        # Now and then a process that was taken over still speaks.
        speaker = max(1, ours - (number % 5 == 0))
        makers: dict[str, Callable[[], Operation]] = {
            "open": lambda: opening(
                self.count,
                stan,
                AMOUNTS[number % len(AMOUNTS)],
                day=DAYS[number % 2],
                incarnation=speaker,
            ),
            "bill": lambda: billing(
                self.count, stan, AMOUNTS[number % len(AMOUNTS)], incarnation=speaker
            ),
            "answer": lambda: answering(
                self.count, stan, BILL_ENDS[number % len(BILL_ENDS)], f"{number % 3:02d}"
            ),
            "close": lambda: closing(self.count, stan, OUTCOMES[number % 4], incarnation=speaker),
            "void": lambda: voiding(
                self.count, stan, 1 + number % 8, AMOUNTS[1 + number % 4], incarnation=speaker
            ),
            "refund": lambda: advising(
                self.count, stan, 1 + number % 8, 1 + number * 30, incarnation=speaker
            ),
            "by rrn": lambda: FindByRrn(attempt, rrn(stan)),
            "reverse": lambda: reversing(self.count, stan, incarnation=ours),
            "acknowledge": lambda: acknowledging(self.count, stan, ENDS[number % len(ENDS)]),
            "claim": lambda: claiming(
                self.count, number * 3, incarnation=ours, limit=1 + number % 3
            ),
            "take over": lambda: TakeOver(attempt, ours, number, 1 + number % 3),
            "totals": lambda: Totals(attempt),
            "renew": lambda: Renew(attempt, speaker, number),
            "sign on": lambda: SignOn(attempt, "50010001", b"keys %d" % number),
            "sign off": lambda: SignOff(attempt, "50010001"),
            "settle": lambda: settling(
                self.count,
                number * 500,
                number % 3,
                batch=f"00000{1 + number % 2}",
                incarnation=ours,
            ),
            "upload": lambda: uploading(self.count, stan, number % 9, incarnation=ours),
            "end": lambda: ending(self.count, number % 4, incarnation=ours),
            "load": lambda: LoadSession(attempt, "50010001"),
            "reroute": lambda: Reroute(attempt, key(stan), speaker, f"link {number}", b""),
            "launch": lambda: launching(self.count, stan, incarnation=speaker),
            "hasten": lambda: Hasten(attempt, key(stan), number),
            "numbers": lambda: LeaseNumbers(attempt, ("stan", "rrn")[number % 2], 1 + number),
            "enlist": lambda: Enlist(attempt, b"other %d" % (number % 4), 0, number),
        }
        return makers.get(kind, lambda: FindOriginal(attempt, key(stan)))()


def _sum(rows: Sequence[Row], states: frozenset[State]) -> int:
    return sum(row.record.amount_fen for row in rows if row.state in states)


class EmbeddedLedgers(Ledgers):
    """The embedded ledger, which one process has for itself: its start ends all leases."""

    def opened(self) -> SqliteLedger:
        """Open an empty ledger in files of its own."""
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        return self._opened("0")

    @rule(is_killed=st.booleans())
    def restart(self, *, is_killed: bool) -> None:
        """Open the ledger again, as it was left or as it was when it was killed."""
        if is_killed:
            image = self.folder / f"{self.starts}"
            shutil.copytree(self.folder / f"{self.starts - 1}", image)
            self.real.close()
        else:
            self.real.close()
            (self.folder / f"{self.starts - 1}").rename(self.folder / f"{self.starts}")
        self.real = self._opened(f"{self.starts}")
        self.memory.restart()
        self.start()

    @rule()
    def fill(self) -> None:
        """Bring the tables up to date."""
        assert isinstance(self.real, SqliteLedger)
        self.real.fill()

    def teardown(self) -> None:
        """Compare the order of the transactions too, then throw the files away."""
        assert self.real.transactions() == self.memory.transactions()
        super().teardown()
        shutil.rmtree(self.folder)

    def _opened(self, name: str) -> SqliteLedger:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        # Nothing stays in memory that need not, so that what left is read again all the time.
        return SqliteLedger(folder / "ledger.db", fill_every_s=None, kept=0)


TestEmbeddedLedgers = EmbeddedLedgers.TestCase
TestEmbeddedLedgers.settings = settings(max_examples=25, stateful_step_count=25)
