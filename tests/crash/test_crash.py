"""Kill -9 at random points under load loses and doubles nothing; and the harness would see it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench.crash.__main__ import attempt
from bench.crash.site import LIMIT_FEN
from bench.crash.trial import SETTLED_S, Trial, Verdict
from bench.crash.village import Village
from bench.serving import Switch
from simulators.accounts import Debit, Origin
from simulators.cards import FIRST_PAN
from simulators.live import run
from simulators.terminal_memory import Slip
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import Books
from tests.switch.ledger.making import closing as closed
from tests.switch.ledger.making import opening

_KILLS = 20
_RRN = "416900000001"


@pytest.mark.timeout(300)  # a switch starts twenty times, on whatever else the machine does
def test_kill_9_at_random_points_loses_and_doubles_nothing(tmp_path: Path) -> None:
    seed = secrets.randbelow(1 << 30)
    verdict = run(attempt(tmp_path / "city", _KILLS, seed))
    assert verdict.is_good, (verdict, f"python -m bench.crash {_KILLS} {seed}")
    assert verdict.kills >= _KILLS
    assert verdict.acknowledged > _KILLS
    assert verdict.in_doubt
    assert verdict.slowest_s <= SETTLED_S


class _Books:
    """A site that is only its books: the one withdrawal of the tests of the ledger, approved."""

    processes = 1

    def __init__(self, *, is_approved: bool) -> None:
        self.ledger = MemoryLedger()
        self.ledger.submit([opening(1), *([closed(2)] * is_approved)])

    def start(self, number: int) -> Switch:
        raise AssertionError(number)

    @contextmanager
    def books(self) -> Iterator[Books]:
        yield self.ledger


async def _judged(*, is_approved: bool, debits: int, has_slip: bool) -> Verdict:
    village = Village(1, 0)
    with closing(village):
        for stan in range(debits):
            village.accounts.withdraw(
                Debit(
                    origin=Origin("0618093512", f"{stan:06d}", "99900000", "99900000"),
                    pan=FIRST_PAN,
                    amount_fen=50_000,
                    rrn=_RRN,
                    terminal="50010001",
                )
            )
        if has_slip:
            village._terminals[0].terminal.memory.slips.append(
                Slip(
                    terminal="50010001",
                    batch="000001",
                    stan="000001",
                    rrn=_RRN,
                    authorisation="",
                    amount_fen=50_000,
                    shown_card="",
                    date="",
                    time="",
                )
            )
        return Trial(_Books(is_approved=is_approved), village, 0)._verdict()


def _faults(*, is_approved: bool, debits: int, has_slip: bool) -> tuple[int, int, int]:
    verdict = asyncio.run(_judged(is_approved=is_approved, debits=debits, has_slip=has_slip))
    assert LIMIT_FEN > 50_000
    assert verdict.is_good == (not verdict.lost + verdict.doubled + verdict.unsettled)
    return verdict.lost, verdict.doubled, verdict.unsettled


def test_what_was_answered_and_is_in_both_books_is_good() -> None:
    assert _faults(is_approved=True, debits=1, has_slip=True) == (0, 0, 0)


def test_a_slip_that_the_ledger_or_the_bank_does_not_have_is_lost() -> None:
    assert _faults(is_approved=False, debits=1, has_slip=True) == (1, 0, 1)
    assert _faults(is_approved=True, debits=0, has_slip=True) == (1, 0, 0)


def test_a_debit_twice_or_without_a_slip_is_doubled() -> None:
    assert _faults(is_approved=True, debits=2, has_slip=True) == (0, 1, 0)
    assert _faults(is_approved=True, debits=1, has_slip=False) == (0, 1, 0)
