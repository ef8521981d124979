"""A transfer while the process that began it carries it out (switch/core): the parts of both legs.

In memory only; the ledger has each leg as a row of its own, and the transfer as theirs.
"""

from __future__ import annotations

from msgspec.structs import replace

from messages.values import mask_pan
from switch.core.issuers.messages import NO_REASON, private_60_tail, seal_credit
from switch.core.operations import CapCheck, Record, ReversalPlan, Row, TransactionKey
from switch.core.terminals.identity import record_of
from switch.core.terminals.request import Part, Payee, Transaction
from switch.core.transfers.legs import CREDIT, DEBIT, leg_key

_REQUEST = "0200"


class Moving:
    """One transfer: its transaction towards the terminal, the debit, and the credit to be."""

    __slots__ = ("cap", "credit", "debit", "is_launched", "is_over", "is_reserved", "payee", "txn")

    def __init__(self, txn: Transaction, payee: Payee, caps: dict[str, CapCheck | None]) -> None:
        """Begin; `caps` are what payer and payee are held against."""
        self.txn, self.payee = txn, payee
        self.cap = caps["payee"]
        self.debit = _debit(txn, payee, caps["payer"])
        vault = txn.configuration.vault
        self.credit = leg_key(txn.key, CREDIT, vault.card_hash(payee.pan))
        self.is_reserved = self.is_launched = self.is_over = False

    @property
    def debit_row(self) -> Row | None:
        """The debit as the ledger has it, None before its end."""
        part = self.debit.part
        return part.row if part is not None else None

    @property
    def legs(self) -> tuple[TransactionKey, TransactionKey]:
        """The keys of debit and credit."""
        return self.debit.key, self.credit

    def record(self, opened_ms: int) -> Record:
        """Return what the ledger keeps of the transfer itself: no card data, and no message."""
        txn = self.txn
        txn.tail = private_60_tail(txn)
        made = record_of(txn, opened_ms)
        return replace(made, sealed=b"", link="", link_stan="", transmission="", legs=())

    def credit_record(self, number: tuple[str, str], attempt: int, opened_ms: int) -> Record:
        """Return what the ledger keeps of the credit; `number` is its DE 11 and its DE 37."""
        txn, payee, business = self.txn, self.payee, self.txn.rule.business
        stan, rrn = number
        line = payee.line or payee.way.candidates[0]
        return replace(
            txn.record,
            kind=txn.rule.id + CREDIT,
            shown_card=mask_pan(payee.pan),
            sealed=seal_credit(txn, payee.pan, attempt),
            rrn=rrn,
            link=line.link,
            link_stan=stan,
            transmission=txn.transmission,
            issuer=payee.issuer.id,
            opened_ms=opened_ms,
            mti=_REQUEST,
            processing_code=business.credit_code if business is not None else "",
            fee_fen=0,
            fee_rules="",
            legs=(),
        )

    def launch_plan(self, record: Record, due_ms: int) -> ReversalPlan:
        """Return the plan of the credit: the numbers of its request for every repeat."""
        expiry_ms = self.txn.configuration.timers.advice_expiry_ms
        return ReversalPlan(
            record.link_stan, record.transmission, NO_REASON, due_ms, due_ms + expiry_ms
        )

    def __repr__(self) -> str:
        return f"Moving({self.txn!r})"


def _debit(txn: Transaction, payee: Payee, cap: CapCheck | None) -> Transaction:
    """Return the debit as a transaction of its own: the same card, line and fee, its own key."""
    leg = Transaction(-txn.ticket, txn.request, txn.configuration, txn.received_ns)
    leg.local, leg.clearing_day, leg.trace = txn.local, txn.clearing_day, txn.trace
    leg.rule = replace(txn.rule, id=txn.rule.id + DEBIT)
    leg.terminal, leg.acquirer, leg.card = txn.terminal, txn.acquirer, txn.card
    leg.issuer, leg.issuer_id, leg.way = txn.issuer, txn.issuer_id, txn.way
    leg.line, leg.link, leg.is_usable = txn.line, txn.link, txn.is_usable
    leg.amount_fen, leg.quote, leg.cap = txn.amount_fen, txn.quote, cap
    leg.mac, leg.pik, leg.tdk = txn.mac, txn.pik, txn.tdk
    leg.translated_pin, leg.link_pik = txn.translated_pin, txn.link_pik
    leg.fingerprint = txn.fingerprint
    leg.key = leg_key(txn.key, DEBIT, txn.key.card)
    leg.part = Part(payee, (txn.key,))
    return leg
