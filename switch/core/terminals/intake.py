"""From a terminal's frame to a transaction that may be opened: session, MAC, and the walk.

The session is read from the ledger at a terminal's first frame over a connection, and again before
77, 97, 99 or A0 is said: another process may have signed the terminal on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from messages.dialects.tlv import TlvError, encode_ber, parse_ber
from messages.reasons import Reason
from messages.values import mask_pan
from switch.core.configuration import Configuration
from switch.core.issuers.messages import REVERSAL_TAGS, seal
from switch.core.operations import Record, TransactionKey
from switch.core.outbox import Outbox
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Request, TerminalKeys, Transaction
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.teller import Teller
from switch.core.terminals.wire import TerminalWire

Step = Callable[[Transaction], Decline | None]
WithSession = Callable[[TerminalKeys | None, bool], None]
"""Takes the session and whether it was read from the ledger just now."""
_BUCKETS = 1024
_FINGERPRINT_BYTES = 16
_MAC_FIELD = 64


class Intake:
    """Takes financial requests and walks them to the ledger's door."""

    def __init__(
        self,
        outbox: Outbox,
        wire: TerminalWire,
        sessions: Sessions,
        teller: Teller,
        walk: tuple[Step, ...],
    ) -> None:
        """Take the order of the walk from the pipeline."""
        self._outbox = outbox
        self._wire = wire
        self._sessions = sessions
        self._teller = teller
        self._walk = walk
        self._number = 0

    def begin(
        self, request: Request, configuration: Configuration, then: Callable[[Transaction], None]
    ) -> None:
        """Take a financial request; `then` gets the transaction that may be opened."""
        self._number += 1
        txn = Transaction(self._number, request, configuration, self._outbox.at.elapsed_ns)
        txn.local = self._outbox.local
        terminal = configuration.terminals.get(request.terminal or "")
        if terminal is None:
            self._teller.refuse(txn, Decline(Reason.TERMINAL_UNKNOWN, Rule.TERMINAL_REGISTERED))
            return
        txn.terminal, txn.acquirer = terminal, terminal.acquirer
        if request.merchant != terminal.merchant:
            self._teller.refuse(txn, Decline(Reason.MERCHANT_UNKNOWN, Rule.MERCHANT_OF_TERMINAL))
            return
        txn.trace += (Rule.TERMINAL_REGISTERED, Rule.MERCHANT_OF_TERMINAL)
        self.with_session(request, configuration, partial(self._check, txn, then))

    def with_session(
        self, request: Request, configuration: Configuration, then: WithSession
    ) -> None:
        """Go on with the terminal's session: read at its first frame here, else the copy."""
        terminal = request.terminal or ""
        is_first = self._sessions.is_first(request.connection, terminal)
        known = self._sessions.known(terminal)
        if known is None or is_first:
            self.load_session(terminal, configuration, then)
        else:
            then(known, False)  # noqa: FBT003 - the copy, which may be old

    def load_session(self, terminal: str, configuration: Configuration, then: WithSession) -> None:
        """Go on with the session as the ledger has it."""
        self._sessions.load(terminal, configuration, lambda keys: then(keys, True))  # noqa: FBT003

    def _check(
        self,
        txn: Transaction,
        then: Callable[[Transaction], None],
        keys: TerminalKeys | None,
        is_fresh: bool,  # noqa: FBT001 - as `WithSession` has it
    ) -> None:
        if keys is not None:
            txn.mac, txn.pik = keys.mac, keys.pik
        decline = session_decline(txn.request, keys, checks_batch=True)
        if decline is None:
            decline = self._walked(txn)
        elif not is_fresh:
            again = partial(self._check, txn, then)
            self.load_session(txn.request.terminal or "", txn.configuration, again)
            return
        if decline is not None:
            self._teller.refuse(txn, decline)
        else:
            then(txn)

    def _walked(self, txn: Transaction) -> Decline | None:
        """Take every step of the walk; return the first refusal."""
        txn.trace += (Rule.SIGNED_ON, Rule.BATCH_OPEN, Rule.MAC_GOOD)
        rule = self._wire.classify(txn.request)
        if rule is None:
            return Decline(Reason.TRANSACTION_UNKNOWN, Rule.TRANSACTION_KNOWN)
        txn.rule = rule
        for step in self._walk:
            refusal = step(txn)
            if refusal is not None:
                return refusal
        return None


def session_decline(
    request: Request, keys: TerminalKeys | None, *, checks_batch: bool
) -> Decline | None:
    """Return why this request is not from a signed-on terminal with the right batch and key."""
    if keys is None or not keys.is_signed_on or keys.mac is None:
        return Decline(Reason.NOT_SIGNED_ON, Rule.SIGNED_ON)
    if checks_batch and request.batch != f"{keys.batch:06d}":
        return Decline(Reason.BATCH_MISMATCH, Rule.BATCH_OPEN, {"open": keys.batch})
    view = request.view
    if not view.has(_MAC_FIELD) or not keys.mac.verify(view.mab(), view.raw(_MAC_FIELD)):
        return Decline(Reason.MAC_WRONG, Rule.MAC_GOOD)
    return None


def identify(txn: Transaction) -> None:
    """Give a transaction its key, and the fingerprint that tells a repeat from a clash."""
    request = txn.request
    txn.key = transaction_key(request, txn.configuration)
    told = (
        request.mti,
        request.pan,
        request.processing_code,
        request.amount,
        request.entry_mode,
        request.transaction_code,
    )
    text = "|".join(part or "" for part in told).encode()
    txn.fingerprint = hashlib.blake2b(text, digest_size=_FINGERPRINT_BYTES).digest()


def transaction_key(request: Request, configuration: Configuration) -> TransactionKey:
    """Return what makes this request the same as another (DE 2, 41, 42, 60.2, 11, 13 if sent)."""
    card = configuration.vault.card_hash(request.pan or "")
    return TransactionKey(
        int.from_bytes(card[:2], "big") % _BUCKETS,
        card,
        request.terminal or "",
        request.merchant or "",
        request.batch or "",
        request.stan or "",
        request.date or "",
    )


def record_of(txn: Transaction, opened_ms: int) -> Record:
    """Return what the ledger keeps of a transaction; its numbers are given by now."""
    request, business = txn.request, txn.rule.business
    return Record(
        kind=txn.rule.id,
        amount_fen=txn.amount_fen,
        shown_card=mask_pan(request.pan or ""),
        sealed=seal(txn, reversal_chip(request.chip)),
        rrn=txn.rrn,
        link=txn.issuer.link,
        link_stan=txn.stan,
        transmission=txn.transmission,
        issuer=txn.issuer.id,
        acquirer=txn.acquirer,
        clearing_day=txn.local.day,
        opened_ms=opened_ms,
        time=txn.local.time,
        date=txn.local.date,
        mti=request.mti,
        processing_code=business.interbank_code if business else "",
        entry_mode=request.entry_mode or "",
        condition_code=request.condition_code or "",
        configuration=txn.configuration.number,
        trace=bytes(txn.trace),
    )


def reversal_chip(chip: str | None) -> str:
    """Return the tags of DE 55 that a reversal needs, byte for byte; empty where there are none."""
    try:
        found = {item.tag: item for item in parse_ber(bytes.fromhex(chip or ""))}
    except TlvError:
        return ""
    return encode_ber([found[tag] for tag in REVERSAL_TAGS if tag in found]).hex().upper()
