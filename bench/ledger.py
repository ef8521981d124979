"""What a withdrawal costs in the ledger: `python -m bench.ledger`, some 40 seconds.

The ledger (a log of batches, tables behind it) against the same decision over rows that are written
at once, row by row or as a set. The variants take turns on the same operations; a figure is the
median of the turns. CPU is that of the whole process. The last line is `RESULT key=value ...`.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns, sleep
from typing import Final, Protocol

import apsw
import msgspec

from switch.core.operations import (
    Answer,
    CapCheck,
    Close,
    Open,
    Operation,
    Record,
    TransactionKey,
)
from switch.core.outcomes import (
    Closed,
    Opened,
    Outcome,
)
from switch.core.transaction import State
from switch.ledger.decide import decide
from switch.ledger.embedded.shelf import Shelf
from switch.ledger.embedded.tables import Filling, Tables, encode
from switch.ledger.memory import MemoryLedger
from switch.ledger.needs import cap_of, needs
from switch.ledger.rows import CapKey, ReadSet
from switch.ledger.sqlite import SqliteLedger

_TRANSACTIONS: Final = 10_000
_TERMINALS: Final = 1_000
_BATCHES: Final = (8, 25)
"""Transactions opened, and as many closed, in one batch."""
_IN_FLIGHT: Final = 2
"""Batches between the open of a transaction and its close: what an issuer needs."""
_TURNS: Final = 3
_PACE_NS: Final = 4_000_000
"""Between two batches of a switch that is busy, and not more than that."""
_SYNCS: Final = 300
_SYNC_BYTES: Final = 300
_DAY: Final = 20140618
_SEED: Final = 8583


class Store(Protocol):
    """A ledger, as far as it is measured."""

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch durably."""

    def close(self) -> None:
        """Finish."""


class BoundRows:
    """No log and nothing in memory: each row is read and written by a statement of its own."""

    def __init__(self, path: Path) -> None:
        self._tables = Tables(path)
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("synchronous", "full")
        self._next = 1

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Read, decide, write, commit."""
        stored, numbers = ReadSet(), dict[TransactionKey, int]()
        for operation in batch:
            for need in needs(operation):
                day: object = need
                if isinstance(need, TransactionKey):
                    if (found := self._tables.find(need)) is None:
                        continue
                    numbers[need], row = found
                    stored.put(need, row)
                    day = cap_of(row)
                if isinstance(day, CapKey):
                    stored.caps.update(self._tables.caps([day]))
        decision = decide(batch, stored)
        rows = []
        for key, row in decision.written.transactions.items():
            number = numbers.get(key)
            if number is None:
                number, self._next = self._next, self._next + 1
            columns = (key.terminal, key.batch, key.stan, row.record.rrn, int(row.state), _DAY)
            rows.append((number, *columns, row.record.amount_fen, encode(row)))
        caps = [
            (cap.card, cap.day, cap.bucket, day.held_fen, day.committed_fen)
            for cap, day in decision.written.caps.items()
        ]
        with self._connection:
            self._connection.executemany(_PUT_ROW, rows)
            self._connection.executemany(_PUT_CAP, caps)
        return decision.outcomes

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
        self._tables.close()


_PUT_ROW: Final = """
    INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number) DO UPDATE SET state = excluded.state, body = excluded.body"""
_PUT_CAP: Final = "INSERT OR REPLACE INTO caps VALUES (?, ?, ?, ?, ?)"


class SetRows:
    """No log: rows are read from memory, and written to the tables as one set a batch."""

    def __init__(self, path: Path) -> None:
        self._tables = Tables(path)
        self._shelf = Shelf(self._tables)
        self._sequence = 0

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide in memory, write the tables, commit."""
        self._shelf.fetch(batch)
        decision = decide(batch, self._shelf.stored)
        bodies, numbers = dict[int, bytes](), self._shelf.numbers
        for key, row in decision.written.transactions.items():
            bodies[numbers.setdefault(key, len(numbers) + 1)] = encode(row)
        filling = Filling()
        filling.add(bodies, decision.written, numbers)
        self._sequence += 1
        self._tables.write(filling, self._sequence)
        self._shelf.keep(decision.written, self._sequence)
        return decision.outcomes

    def close(self) -> None:
        """Close the tables."""
        self._tables.close()


class InThread:
    """Another store, whose batches are committed by a thread of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1)

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Hand the batch over, and wait."""
        return self._thread.submit(self._store.submit, batch).result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()
        self._store.close()


VARIANTS: Final[dict[str, Callable[[Path], Store]]] = {
    "memory": lambda _: MemoryLedger(),
    "log": SqliteLedger,
    "log_thread": lambda path: InThread(SqliteLedger(path)),
    "set_rows": SetRows,
    "bound_rows": BoundRows,
    "bound_thread": lambda path: InThread(BoundRows(path)),
}


class Turn(msgspec.Struct, frozen=True):
    """One run of one variant; microseconds."""

    cpu_us: float
    p50_us: float
    p99_us: float
    longest_us: float


def operations() -> tuple[list[Open], list[Close]]:
    """Return withdrawals of as many cards, and their approvals."""
    chance = random.Random(_SEED)
    opens, closes = [], []
    for number in range(_TRANSACTIONS):
        terminal, stan = number % _TERMINALS, number // _TERMINALS + 1
        card = chance.randbytes(16)
        key = TransactionKey(
            card[0] * 4, card, f"{50_000_000 + terminal}", "999653080110001", "000001",
            f"{stan:06d}", "0618",
        )  # fmt: skip
        rrn = f"4169{number:08d}"
        record = Record(
            "rural-withdrawal", 50_000, "621999******0120", chance.randbytes(120), rrn, "bank",
            f"{number % 999_999 + 1:06d}", "0618093512", "99910000", "99900000", _DAY,
            1_403_055_312_000 + number, "093512", "0618", "0200", "010000", "051", "00", 1,
            bytes(range(12)),
        )  # fmt: skip
        opens.append(
            Open(2**40 + number, key, chance.randbytes(16), record, CapCheck(_DAY, 200_000), 1)
        )
        answer = Answer("093512", "0618", "0619", rrn, "123456", "00", "")
        closes.append(Close(2**41 + number, key, 1, State.APPROVED, "approved", answer, None))
    return opens, closes


def batches(opens: Sequence[Open], closes: Sequence[Close], size: int) -> Iterator[list[Operation]]:
    """Yield batches as a busy switch makes them: new requests, and answers to earlier ones."""
    lag = _IN_FLIGHT * size
    for start in range(0, _TRANSACTIONS + lag, size):
        yield [
            *opens[start : start + size],
            *closes[max(0, start - lag) : max(0, start - lag + size)],
        ]


def run(make: Callable[[Path], Store], work: Sequence[list[Operation]], every_ns: int = 0) -> Turn:
    """Measure one variant on an empty store, its close included; a batch at most `every_ns`."""
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=Path.cwd()) as folder:
        store = make(Path(folder) / "ledger.db")
        times, done = [], 0
        cpu = process_time_ns()
        due = perf_counter_ns()
        for batch in work:
            if (early := due - perf_counter_ns()) > 0 and every_ns:
                sleep(early / 1e9)
            due += every_ns
            begun = perf_counter_ns()
            outcomes = store.submit(batch)
            times.append((perf_counter_ns() - begun) / 1_000)
            done += sum(isinstance(outcome, Opened | Closed) for outcome in outcomes)
        store.close()
        cpu = process_time_ns() - cpu
    if done != 2 * _TRANSACTIONS:
        raise SystemExit(f"{2 * _TRANSACTIONS - done} operations were refused")
    times.sort()
    return Turn(
        cpu / 1_000 / _TRANSACTIONS, median(times), times[len(times) * 99 // 100], times[-1]
    )


def fdatasync_us() -> float:
    """Return the median of a bare append of 300 bytes with fdatasync."""
    with tempfile.TemporaryFile(dir=Path.cwd()) as file:
        times = []
        for _ in range(_SYNCS):
            begun = perf_counter_ns()
            os.write(file.fileno(), bytes(_SYNC_BYTES))
            os.fdatasync(file.fileno())
            times.append((perf_counter_ns() - begun) / 1_000)
    return median(times)


def main() -> None:
    """Run all variants in turns, and print their medians."""
    opens, closes = operations()
    figures = {"fdatasync_p50_us": fdatasync_us()}
    print(f"{_TRANSACTIONS} withdrawals a turn, {_TURNS} turns; microseconds")
    print(f"{'variant':14} {'batch':>5} {'CPU/txn':>8} {'p50':>8} {'p99':>8} {'longest':>9}")
    for size in _BATCHES:
        work = list(batches(opens, closes, size))
        turns: dict[str, list[Turn]] = {name: [] for name in VARIANTS}
        for _ in range(_TURNS):
            for name, make in VARIANTS.items():
                turns[name].append(run(make, work))
        for name, found in turns.items():
            cpu, p50, p99 = (
                median(getattr(turn, field) for turn in found)
                for field in ("cpu_us", "p50_us", "p99_us")
            )
            longest = max(turn.longest_us for turn in found)
            print(f"{name:14} {size:5} {cpu:8.1f} {p50:8.0f} {p99:8.0f} {longest:9.0f}")
            figures[f"{name}_{size}_cpu_us"] = cpu
            if name == "log":
                figures |= {
                    f"log_{size}_p50_us": p50,
                    f"log_{size}_p99_us": p99,
                    f"log_{size}_longest_us": longest,
                }
    paced = run(SqliteLedger, list(batches(opens, closes, _BATCHES[0])), _PACE_NS)
    rate = _BATCHES[0] * 1_000_000_000 // _PACE_NS
    print(
        f"log, {rate} a second {_BATCHES[0]:2} {paced.cpu_us:8.1f} {paced.p50_us:8.0f}"
        f" {paced.p99_us:8.0f} {paced.longest_us:9.0f}"
    )
    figures |= {
        "paced_cpu_us": paced.cpu_us,
        "paced_p50_us": paced.p50_us,
        "paced_p99_us": paced.p99_us,
        "paced_longest_us": paced.longest_us,
    }
    print("RESULT", *(f"{name}={figure:.1f}" for name, figure in figures.items()))


if __name__ == "__main__":
    main()
