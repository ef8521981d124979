"""The line of a transaction in words of rules, and another one while nothing was sent yet.

A new line is durable before it is used: a reversal goes where its original went, and whoever takes
over from a dead process knows no more than the ledger does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from messages.reasons import Reason
from routing.choose import choose
from routing.links import LinkClass
from routing.table import Candidate
from switch.core.errors import InvariantBroken
from switch.core.financial.in_flight import InFlight
from switch.core.operations import Reroute
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import Closed, Fenced, Missing, Outcome, Superseded, Unknown
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction

_OVER: dict[tuple[LinkClass, bool], tuple[Rule, ...]] = {
    (LinkClass.JINBAO, False): (Rule.LINK_READY, Rule.OVER_JINBAO),
    (LinkClass.BANK, False): (Rule.LINK_READY, Rule.OVER_BANK_LINK),
    (LinkClass.JINBAO, True): (Rule.LINK_READY, Rule.OVER_ALTERNATE, Rule.OVER_JINBAO),
    (LinkClass.BANK, True): (Rule.LINK_READY, Rule.OVER_ALTERNATE, Rule.OVER_BANK_LINK),
}


def over(line: Candidate) -> tuple[Rule, ...]:
    """Return the rules by which a line was taken."""
    return _OVER[line.link_class, line.is_alternate]


def no_line(txn: Transaction) -> Decline:
    """Return the refusal of a transaction whose way has no line that can be used now."""
    facts: dict[str, object] = {"links": [each.link for each in txn.way.candidates]}
    return Decline(Reason.ROUTE_UNAVAILABLE, Rule.LINK_READY, facts)


class Rerouting:
    """Gives transactions another line."""

    def __init__(self, outbox: Outbox, in_flight: InFlight) -> None:
        """Work on the transactions in flight."""
        self._outbox = outbox
        self._in_flight = in_flight

    def begin(self, txn: Transaction, then: Callable[[Transaction], None]) -> bool:
        """Choose another line and go on with `then` once it is durable; False if there is none."""
        line = choose(txn.way, txn.is_usable)
        if line is None:
            return False
        self._outbox.report("chosen_again", rrn=txn.rrn, instead_of=txn.link, link=line.link)
        txn.line, txn.link = line, line.link
        txn.trace += (Rule.CHOSEN_AGAIN, *over(line))
        txn.record = replace(txn.record, link=line.link, trace=bytes(txn.trace))
        operation = Reroute(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            line.link,
            txn.record.trace,
        )
        self._submit(txn, operation, then)
        return True

    def _submit(
        self, txn: Transaction, operation: Reroute, then: Callable[[Transaction], None]
    ) -> None:
        self._outbox.submit(operation, partial(self._decided, txn, operation, then))

    def _decided(
        self,
        txn: Transaction,
        operation: Reroute,
        then: Callable[[Transaction], None],
        outcome: Outcome,
    ) -> None:
        match outcome:
            case Closed():
                then(txn)
            case Superseded(row):
                # Its reversal came meanwhile: the issuer never sees it.
                self._outbox.report("answer_superseded", rrn=txn.rrn, state=row.state.name)
                self._in_flight.finish(txn)
            case Fenced() | Missing():
                # Another process took the transaction over, and reverses it.
                self._outbox.report("close_fenced", rrn=txn.rrn)
                decline = Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME)
                self._in_flight.give_up(txn, decline)
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._submit, txn, operation, then))
            case _:
                raise InvariantBroken(f"a reroute got {type(outcome).__name__}")
