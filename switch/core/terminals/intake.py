"""From a terminal's frame to a transaction that may be opened: session, MAC, and the walk.

The session is read from the ledger at a terminal's first frame over a connection, and again before
77, 99 or A0 is said: another process may have signed the terminal on. (97 needs no session.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from messages.reasons import Reason
from switch.core.configuration import Configuration
from switch.core.financial.in_flight import InFlight
from switch.core.financial.opening import Opening
from switch.core.financial.originals import Originals
from switch.core.outbox import Outbox
from switch.core.rules import OF_A_DAY, Decline, Rule
from switch.core.terminals.answers import SIGN_ON_AGAIN
from switch.core.terminals.identity import transaction_key
from switch.core.terminals.request import Request, TerminalKeys, Transaction
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.wire import TerminalWires

Step = Callable[[Transaction], Decline | None]
_NO_STAN = frozenset({None, "000000"})
"""DE 11 counts 000001-999999."""
_TOO_LATE = Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
_OF_ANY_BATCH = frozenset({"0620"})
"""What tells of an earlier transaction may come after its batch was settled."""


class Intake:
    """Takes financial requests and walks them to the ledger's door."""

    def __init__(
        self,
        outbox: Outbox,
        wire: TerminalWires,
        sessions: Sessions,
        rooms: tuple[Originals, Opening],
        walk: tuple[Step, ...],
    ) -> None:
        """Take the order of the walk from the pipeline."""
        self._outbox = outbox
        self._wire = wire
        self._sessions = sessions
        self._originals, self._opening = rooms
        self._in_flight: InFlight = self._opening.in_flight
        self._walk = walk
        self._number = 0

    def begin(self, request: Request, configuration: Configuration) -> None:
        """Take a financial request; every outcome is one answer."""
        self._number += 1
        outbox, in_flight = self._outbox, self._in_flight
        txn = Transaction(self._number, request, configuration, outbox.at.elapsed_ns)
        txn.local = outbox.local
        txn.clearing_day = outbox.clearing_day(configuration.cut_over)
        txn.is_usable = self._opening.is_usable
        terminal = configuration.terminals.get(request.terminal or "")
        if terminal is None:
            decline = Decline(Reason.TERMINAL_UNKNOWN, Rule.TERMINAL_REGISTERED)
            in_flight.refuse(txn, decline)
            return
        txn.terminal, txn.acquirer = terminal, terminal.acquirer
        if request.merchant != terminal.merchant:
            in_flight.refuse(txn, Decline(Reason.MERCHANT_UNKNOWN, Rule.MERCHANT_OF_TERMINAL))
        elif terminal.only_dialect is not None and terminal.only_dialect != request.dialect:
            decline = Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.DIALECT_REGISTERED)
            in_flight.refuse(txn, decline)
        elif not self._sessions.may_use(
            request.connection, configuration.acquirers[terminal.acquirer]
        ):
            decline = Decline(Reason.SERVICE_NOT_FOR_TERMINAL, Rule.ACCESS_REGISTERED)
            in_flight.refuse(txn, decline)
        elif len(in_flight) >= configuration.limits.transactions_in_flight:
            in_flight.refuse(txn, Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND))
        elif (keys := self._sessions.at_hand(request)) is not None:
            self._check(txn, False, keys)  # noqa: FBT003 - the copy, which may be old
        else:
            self._check_afresh(txn)

    def _check_afresh(self, txn: Transaction) -> None:
        """Go on with the session as the ledger has it; the terminal's time runs meanwhile."""
        self._in_flight.hold(txn)
        then = partial(self._check, txn, True)  # noqa: FBT003 - as the ledger has it
        self._sessions.load(txn.terminal.id, txn.configuration, then)

    def _check(
        self,
        txn: Transaction,
        is_fresh: bool,  # noqa: FBT001 - bound by position before the keys are known
        keys: TerminalKeys | None,
    ) -> None:
        if txn.answered:
            self._in_flight.refuse(txn, _TOO_LATE)
            return
        if keys is not None:
            txn.mac, txn.pik, txn.tdk, txn.asks = keys.mac, keys.pik, keys.tdk, keys.asks
        decline = session_decline(txn.request, keys) or self._walked(txn)
        if decline is not None:
            self._declined(txn, is_fresh, decline)
        elif txn.rule.business is not None and txn.rule.business.originals:
            self._originals.find(txn, partial(self._found, txn, is_fresh))
        else:
            self._open(txn, is_fresh, None)

    def _found(
        self,
        txn: Transaction,
        is_fresh: bool,  # noqa: FBT001 - as in `_check`
        decline: Decline | None,
    ) -> None:
        """Go on after the look for an original, with the session that there is by now.

        A copy may have been told 77 or A0 meanwhile, under a later session: its terminal has let go
        of the request, and would never ask what became of it.
        """
        if session_decline(txn.request, self._sessions.known(txn.terminal.id)) is None:
            self._open(txn, is_fresh, decline)
        else:
            self._check_afresh(txn)

    def _open(
        self,
        txn: Transaction,
        is_fresh: bool,  # noqa: FBT001 - as in `_check`
        decline: Decline | None,
    ) -> None:
        """Open a transaction whose original, if it needs one, was looked for."""
        if decline is not None:
            self._opening.keep_refused(txn, decline)
        decline = decline or self._opening.open(txn)
        if decline is not None:
            self._declined(txn, is_fresh, decline)

    def _declined(
        self,
        txn: Transaction,
        is_fresh: bool,  # noqa: FBT001 - as in `_check`
        decline: Decline,
    ) -> None:
        if decline.rule in OF_A_DAY:
            self._opening.refuse_for_its_day(txn, decline)
        elif decline.reason not in SIGN_ON_AGAIN:
            self._in_flight.refuse(txn, decline)
        elif not is_fresh:
            self._check_afresh(txn)
        elif self._is_copy(txn):
            # What is in flight will be answered: told 77 first, a terminal would take it for
            # refused, and it may be approved.
            self._outbox.report("copy_not_answered", terminal=txn.terminal.id)
            self._in_flight.finish(txn)
        else:
            self._in_flight.refuse(txn, decline)

    def _is_copy(self, txn: Transaction) -> bool:
        """Tell whether the same request is in flight and not answered."""
        before = self._in_flight.with_key(transaction_key(txn.request, txn.configuration))
        return before is not None and not before.answered

    def _walked(self, txn: Transaction) -> Decline | None:
        """Take every step of the walk; return the first refusal."""
        txn.trace = [*_BEFORE_THE_WALK]
        if self._sessions.is_access_known(txn.request.connection):
            txn.trace.append(Rule.ACCESS_REGISTERED)
        rule = self._wire.classify(txn.request)
        if rule is None:
            return Decline(Reason.TRANSACTION_UNKNOWN, Rule.TRANSACTION_KNOWN)
        if txn.request.stan in _NO_STAN:
            why: dict[str, object] = {"why": "field 11 is missing or zero"}
            return Decline(Reason.FORMAT_ERROR, Rule.TRANSACTION_KNOWN, why)
        txn.rule = rule
        for step in self._walk:
            refusal = step(txn)
            if refusal is not None:
                return refusal
        return None


_BEFORE_THE_WALK = (
    Rule.TERMINAL_REGISTERED,
    Rule.MERCHANT_OF_TERMINAL,
    Rule.SIGNED_ON,
    Rule.BATCH_OPEN,
    Rule.MAC_GOOD,
)


def session_decline(request: Request, keys: TerminalKeys | None) -> Decline | None:
    """Return why this request is not from a signed-on terminal with the right batch and key."""
    if keys is None or not keys.is_signed_on or keys.mac is None:
        return Decline(Reason.NOT_SIGNED_ON, Rule.SIGNED_ON)
    if request.batch != keys.batch_text and request.mti not in _OF_ANY_BATCH:
        return Decline(Reason.BATCH_MISMATCH, Rule.BATCH_OPEN, {"open": keys.batch_text})
    return mac_decline(request, keys)


def mac_decline(request: Request, keys: TerminalKeys | None) -> Decline | None:
    """Return why this request is not proven by the terminal's working key."""
    mac = keys.mac if keys is not None else None
    if mac is not None and mac is request.proven:
        return None
    covered = request.view.mab_and_mac()
    if mac is None or covered is None or not mac.verify(*covered):
        return Decline(Reason.MAC_WRONG, Rule.MAC_GOOD)
    return None
