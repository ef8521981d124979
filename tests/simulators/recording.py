"""Histories for the tests of checkers: whole worlds with a planted bug, and short ones by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from msgspec.structs import replace

from simulators.accounts import Accounts, Debit, Origin
from simulators.cards import FIRST_PAN, Card
from simulators.checkers.finding import Finding
from simulators.installation import configuration
from simulators.terminal_memory import Memory, Slip
from simulators.world.agenda import Agenda
from simulators.world.history import Applied, End, History, IssuerSide, Told
from simulators.world.setting import Setting
from simulators.world.world import World
from switch.core.operations import Operation, Row
from switch.core.outcomes import Outcome, TotalsAre
from switch.core.transaction import State
from tests.simulators.acting import POS
from tests.switch.ledger import making

Check = Callable[[History], Iterator[Finding]]
_SEEDS = 8
_DAYS = {"backdated": 2}
"""Plants that do nothing on the first day."""
_PROFILES = {
    "yesterday": "stages",
    "any-card": "stages",
    "late-reload": "stages",
    "unplanned": "stages",
    "any-payer": "remittances",
    "kept-cap": "banks",
    "believed-mac": "banks",
    "kept-order": "services",
    "kept-bill": "services",
    "forgotten-bill": "services",
}
"""Plants that need what only some worlds have."""
LINK = "bank"
RRN = making.record().rrn
ORIGIN = Origin(making.record().transmission, making.record().link_stan, "99900000", "99900000")


@cache
def world(seed: int, plant: str = "") -> History:
    """Let a world happen once for all tests."""
    # A world that a plant keeps from ever settling takes long; few terminals do.
    terminals, days = 3 if plant else 0, _DAYS.get(plant, 0)
    profile = _PROFILES.get(plant, "mixed")
    setting = Setting(seed=seed, plant=plant, terminals=terminals, days=days, profile=profile)
    return World(setting).run()


def sees(check: Check, plant: str) -> bool:
    """Tell whether a checker sees a planted bug in one of a few worlds."""
    return any(next(check(world(seed, plant)), "") for seed in range(_SEEDS))


def is_content(check: Check) -> bool:
    """Tell whether a checker finds nothing in worlds without a bug."""
    return not any(next(check(world(seed)), "") for seed in range(_SEEDS))


def blank() -> History:
    """Return a history in which nothing has happened."""
    history = History(configuration(), POS, Agenda(0))
    history.end = End(
        rows=[],
        advices=[],
        totals=TotalsAre({}, 0, 0, 0),
        memories={},
        issuers=[],
        settled_after_ns=0,
    )
    return history


def ended(**changes: object) -> History:
    """Return a history whose end differs from a blank one's."""
    history = blank()
    history.end = replace(history.end, **changes)
    return history


def applied(history: History, operation: Operation, outcome: Outcome) -> None:
    """Have the ledger carry out an operation."""
    number = len(history.applied) + len(history.told) + 1
    history.applied.append(Applied(number, number, number, operation, outcome))


def told(history: History, mti: str, fields: dict[int, str]) -> None:
    """Have a terminal be told something; DE 11, 41 and 60 are those of the first request."""
    fields = {11: "000001", 41: "50010001", 60: "22000001", **fields}
    frame = POS.bare(POS.say(POS.framing.build_heads(), mti, dict(sorted(fields.items()))))
    number = len(history.applied) + len(history.told) + 1
    history.told.append(Told(number, number, number, "a", POS.hear(frame)))


def row(state: State, stan: int = 1, **changes: object) -> Row:
    """Return a transaction of 500.00 yuan in a state."""
    opening = making.opening(1, stan)
    made = Row(
        key=opening.key,
        fingerprint=opening.fingerprint,
        state=state,
        record=replace(opening.record, kind="rural_withdrawal", link=LINK),
        cap=opening.cap,
        attempt=opening.attempt,
        incarnation=1,
    )
    return replace(made, **changes)


def accounts(*, withdraws: bool = True, gives_back: bool = False) -> Accounts:
    """Return an issuer's books with one withdrawal of 500.00 yuan, perhaps given back."""
    books = Accounts()
    books.open(Card(), 100_000)
    if withdraws:
        debit = Debit(origin=ORIGIN, pan=FIRST_PAN, amount_fen=50_000, rrn=RRN, terminal="50010001")
        books.withdraw(debit)
    if gives_back:
        books.give_back(ORIGIN, "000778")
    return books


def side(books: Accounts, *reversals: dict[int, str]) -> IssuerSide:
    """Return an issuer at the end: its books, and the reversals that it was sent."""
    return IssuerSide((LINK,), books, [("0420", fields) for fields in reversals])


def memory(*amounts_fen: int) -> dict[str, Memory]:
    """Return what the terminal has at the end: slips with STANs from 1."""
    kept = Memory()
    kept.slips = [
        Slip(
            terminal="50010001",
            batch="000001",
            stan=f"{stan:06d}",
            rrn=RRN,
            authorisation="123456",
            amount_fen=amount_fen,
            shown_card="621999*********0120",
            date="0618",
            time="093512",
        )
        for stan, amount_fen in enumerate(amounts_fen, 1)
    ]
    return {"50010001": kept}
