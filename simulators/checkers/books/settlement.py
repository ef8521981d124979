"""Promise: every day settles. Batches count what the ledger has, a clearing sums to zero.

The sides are told apart here by arithmetic of their own: terminals by their slips, issuers by their
accounts. What a terminal never learned is exactly one difference that reconciliation finds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from simulators.checkers.books.approvals import unresolved
from simulators.checkers.books.effects import effect_fen
from simulators.checkers.finding import Finding
from simulators.checkers.social.both import refused_late
from simulators.terminal_memory import Kind
from simulators.terminals.settling import CREDITS, DEBITS
from simulators.world.history import History
from switch.core.batches.values import NOT_TOLD, Batch, Sums
from switch.core.errors import InvariantBroken
from switch.core.operations import Row
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer
from switch.settlement.clearing import Clearer, Clearing
from switch.settlement.movements import CARDHOLDERS, POINT
from switch.settlement.reconciling import Reconciler
from switch.settlement.rules import CREDIT, DEBIT, Rules, rules_of

PROMISE = "every batch counts what the ledger has, clearing sums to zero, differences are found"
SLIPPED: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
"""States of what its terminal has a slip of."""
_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
_DETAIL: Final = "201"
_FROM_CARD_TO_CARD: Final = frozenset({Kind.TRANSFER, Kind.REMITTANCE})
_SIGNS: Final = {DEBIT: 1, CREDIT: -1}
Place = tuple[str, str, str]


def check(history: History) -> Iterator[Finding]:
    """Yield whatever does not settle; nothing for a world whose terminals were not asked to."""
    batches = history.end.batches
    if batches is None:
        return
    rules = rules_of(history.configuration)
    settled = {batch.key for batch in batches}
    for terminal, memory in history.end.memories.items():
        slips = {slip.batch for slip in memory.slips if slip.kind in DEBITS | CREDITS}
        for number in sorted(slips):
            if (terminal, number) not in settled:
                yield Finding(f"{terminal} never settled batch {number}")
    for batch in batches:
        yield from _counted(history, batch, rules)
    yield from _cleared(history, rules)
    yield from _reconciled(history, batches, rules)


def _sign(row: Row, rules: Rules) -> int:
    """Return 1 for what debits a card, -1 for what credits one, 0 for what moves nothing."""
    kind = rules.kinds.get(row.record.kind)
    return _SIGNS.get(kind.side, 0) if kind is not None else 0


def counts(row: Row, rules: Rules) -> int:
    """Return 1 or -1 for a debit or credit of a terminal's totals: of a transfer, not its legs."""
    kind = rules.kinds.get(row.record.kind)
    return _SIGNS.get(kind.settles, 0) if kind is not None else 0


def _counted(history: History, batch: Batch, rules: Rules) -> Iterator[Finding]:
    rows = [
        (row.record.amount_fen, counts(row, rules))
        for row in history.end.rows
        if (row.key.terminal, row.key.batch) == batch.key and row.state in SLIPPED
    ]
    debits = [fen for fen, sign in rows if sign > 0]
    credits_ = [fen for fen, sign in rows if sign < 0]
    expected = Sums(sum(debits), len(debits), sum(credits_), len(credits_))
    if batch.counted != (expected, Sums()):
        yield Finding(f"batch {batch.number} of {batch.terminal} counts {batch.counted[0]}")
    slips = history.end.memories[batch.terminal].slips
    own = [
        (slip.amount_fen, 1 if slip.kind in DEBITS else -1)
        for slip in slips
        if slip.batch == batch.number and slip.kind in DEBITS | CREDITS
    ]
    agrees = Counter(own) == Counter(each for each in rows if each[1])
    if batch.is_balanced and not agrees:
        yield Finding(f"batch {batch.number} of {batch.terminal} is balanced, and differs")
    if not batch.is_balanced and (batch.told == NOT_TOLD or batch.told != _details(batch)):
        yield Finding(f"batch {batch.number} of {batch.terminal} is not uploaded whole")


def _details(batch: Batch) -> int:
    """Return how many transactions were uploaded; what chips said last is not among them."""
    return sum(detail.kind == _DETAIL for detail in batch.details)


def _cleared(history: History, rules: Rules) -> Iterator[Finding]:
    made: list[Clearing] = []
    for day in sorted({row.record.clearing_day for row in history.end.rows}):
        clearer = Clearer(day, rules)
        clearer.take_own(history.end.rows)
        try:
            made.append(clearer.done())
        except InvariantBroken as error:
            yield Finding(str(error))
            return
    net: Counter[str] = Counter()
    for clearing in made:
        net.update(clearing.positions)
    if sum(net.values()):
        yield Finding(f"points, banks, cardholders and network come to {sum(net.values())} fen")
    yield from _of_cardholders(history, rules, net)
    yield from _of_points(history, rules, made, net)


def _of_cardholders(history: History, rules: Rules, net: Counter[str]) -> Iterator[Finding]:
    """Hold what cardholders are cleared for against the issuers' accounts."""
    end = history.end
    rows = {row.key: row for row in end.rows}
    manual = {row.record.rrn for row in end.rows if row.state in _MANUAL}
    for side in end.issuers:
        moved = sum(
            debit.effect_fen
            for debit in side.accounts.debits.values()
            if not debit.is_returned and debit.rrn not in manual
        )
        here = [
            row for row in end.rows if row.record.link in side.links and row.state is State.APPROVED
        ]
        # An authorisation is held by its issuer and never cleared; a completion frees it.
        held = sum(
            effect_fen(row, rows)
            + (_sign(row, rules) * row.record.amount_fen + row.record.fee_fen)
            * bool(_sign(row, rules))
            for row in here
        )
        issuers = {row.record.issuer for row in here}
        cleared = sum(net[CARDHOLDERS + issuer] for issuer in issuers)
        if moved != cleared + held:
            yield Finding(
                f"{side.name}: accounts moved by {moved} fen, {cleared} are cleared, {held} held"
            )


def _of_points(
    history: History, rules: Rules, made: list[Clearing], net: Counter[str]
) -> Iterator[Finding]:
    """Hold what points are credited with against their terminals' slips."""
    end, known = history.end, unresolved(history)
    open_ = {_place(row) for row in end.rows if row.state in _MANUAL}
    # Whose bill was refused after its slip was printed: it was given back.
    open_ |= refused_late(history) - {_place(row) for row in end.rows if row.state in SLIPPED}
    paper = 0
    for memory in end.memories.values():
        for slip in memory.slips:
            is_open = (slip.terminal, slip.batch, slip.stan) in open_
            if not is_open and slip.kind not in _FROM_CARD_TO_CARD:
                paper += slip.amount_fen * ((slip.kind in DEBITS) - (slip.kind in CREDITS))
    for row in end.rows:
        if row.state is State.APPROVED and _place(row) in known:
            paper += _sign(row, rules) * row.record.amount_fen
    lines = [line for clearing in made for line in clearing.points.values()]
    gross = sum(line.withdrawn_fen + line.sold_fen - line.returned_fen for line in lines)
    if gross != paper:
        yield Finding(f"points are credited with {gross} fen, their slips come to {paper}")
    total = sum(fen for account, fen in net.items() if account.startswith(POINT))
    if total != sum(line.net_fen for line in lines):
        yield Finding("the lines of the points are not what their accounts are")
    passing, one_leg = sum(line.passing_fen for line in lines), _of_one_leg(end.rows, rules)
    if passing != one_leg:
        yield Finding(f"points keep {passing} fen of transfers, of which {one_leg} wait for a leg")


def _of_one_leg(rows: list[Row], rules: Rules) -> int:
    """Return what transfers come to whose one leg is done while a person looks at the other."""
    by_key, fen = {row.key: row for row in rows}, 0
    for row in rows:
        legs = [leg for key in row.linked if (leg := by_key.get(key))] if is_transfer(row) else []
        if any(leg.state in _MANUAL for leg in legs):
            done = (leg for leg in legs if leg.state is State.APPROVED)
            fen += sum(_sign(leg, rules) * leg.record.amount_fen for leg in done)
    return fen


def _reconciled(history: History, batches: list[Batch], rules: Rules) -> Iterator[Finding]:
    """See that each difference is found once, and nothing else is."""
    found: Counter[tuple[str, Place]] = Counter()
    for day in sorted({batch.day for batch in batches}):
        of_day = [batch for batch in batches if batch.day == day]
        reconciler = Reconciler(day, rules, of_day, {})
        reconciler.take(history.end.rows)
        for case in reconciler.done().cases:
            if case.kind != "manual":
                found[case.kind, (case.terminal, case.batch, case.stan)] += 1
    slips = {
        (slip.terminal, slip.batch, slip.stan): slip.kind in CREDITS
        for memory in history.end.memories.values()
        for slip in memory.slips
        if slip.kind in DEBITS | CREDITS
    }
    ended = {batch.key for batch in batches}
    counted = {
        _place(row): counts(row, rules) < 0
        for row in history.end.rows
        if row.state in SLIPPED and counts(row, rules) and _place(row)[:2] in ended
    }
    # A refund that only the ledger has is money that its point gave up: the other way round.
    words = ("long", "short")
    expected = Counter({(words[counted[place]], place): 1 for place in counted.keys() - slips})
    missing = [place for place in slips.keys() - counted if place[:2] in ended]
    expected.update({(words[not slips[place]], place): 1 for place in missing})
    for (kind, place), times in sorted((expected - found).items()):
        yield Finding(f"{' '.join(place)} is {kind}, and found {times} times too seldom")
    for (kind, place), times in sorted((found - expected).items()):
        yield Finding(f"{' '.join(place)} is found {kind} {times} times too often")


def _place(row: Row) -> Place:
    return row.key.terminal, row.key.batch, row.key.stan
