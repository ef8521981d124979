"""待遇发放: a pay-out is one credit of a card, an advice that is idempotent by its number.

It is opened under a key that its payment number alone decides, queued at once, and sent to the
card's issuer until that answers; so a file that comes again, or a crash in it, pays nobody twice.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

import msgspec

from messages.reasons import Reason
from messages.values import mask_pan
from routing.links import LinkClass
from switch.core.configuration import Configuration, Fund
from switch.core.issuers.messages import NO_REASON, Sealed, seal_values
from switch.core.moment import Local, clearing_day
from switch.core.operations import (
    Close,
    Open,
    Operation,
    Record,
    ReversalPlan,
    Row,
    TransactionKey,
)
from switch.core.rules import Decline, Rule
from switch.core.transaction import State
from switch.registry.snapshot import Asked

TERMINAL: Final = "PAYOUTS0"
"""DE 41 of every pay-out: no terminal has it."""
CREDIT: Final = "290000"
"""DE 3 of the credit of a card."""
CHANNEL: Final = "payout"
"""The channel of the registry's stages for what no terminal does."""
NUMBER_DIGITS: Final = 12
"""Digits of a payment number."""
_CATEGORY: Final = "9399"
_PLACE: Final = "BENEFIT PAY-OUT".ljust(40)
_AGENCY_DIGITS: Final = 11
_FUND_DIGITS: Final = 4
_BUCKETS: Final = 1024


class Payout(msgspec.Struct, frozen=True):
    """One credit: its payment number, the card, the amount in fen, the fund that bears it."""

    number: str
    pan: str
    amount_fen: int
    fund: str

    def __repr__(self) -> str:
        return f"Payout({self.number}, {self.amount_fen} fen, fund {self.fund})"


class Numbers(NamedTuple):
    """What a pay-out is given: attempts of its open and close, DE 11, and DE 37."""

    attempt: int
    close_attempt: int
    stan: str
    rrn: str


def key_of(payout: Payout, agency: str, configuration: Configuration) -> TransactionKey:
    """Return what makes a pay-out the same as another: its agency and its payment number."""
    return _key(payout, f"{agency:0>{_AGENCY_DIGITS + _FUND_DIGITS}}", agency, configuration)


def earlier_keys(
    payout: Payout, agency: str, configuration: Configuration
) -> tuple[TransactionKey, ...]:
    """Return the keys under which it was kept when a fund was part of them, one of each fund."""
    return tuple(
        _key(payout, f"{agency:0>{_AGENCY_DIGITS}}{fund}", agency, configuration)
        for fund in configuration.funds
    )


def _key(
    payout: Payout, merchant: str, agency: str, configuration: Configuration
) -> TransactionKey:
    mark = configuration.vault.card_hash(f"{agency}{payout.number}")
    half = NUMBER_DIGITS // 2
    return TransactionKey(
        (mark[0] << 8 | mark[1]) % _BUCKETS,
        mark,
        TERMINAL,
        merchant,
        payout.number[:half],
        payout.number[half:],
        "",
    )


def fingerprint_of(payout: Payout) -> bytes:
    """Return what tells a repeat of a pay-out from another one under its number."""
    text = f"{payout.pan}|{payout.amount_fen}|{payout.fund}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def is_fund_open(fund: Fund, configuration: Configuration, agency: str, day: int) -> str:
    """Return why a fund is not paid out on a day, empty where it is."""
    registry = configuration.registry
    if registry is None:
        from_day = fund.open_from
        if from_day is not None and from_day <= day:
            return ""
        return f"fund {fund.code} is not open ({fund.clause}): the registry can open its stage"
    asked = Asked(fund.kind, CHANNEL, "", agency, is_social=True, day=day)
    verdict = registry.judge(asked)
    if verdict.is_open:
        return ""
    return (
        f"fund {fund.code} is not open: stage {verdict.stage or 'none'},"
        f" from {verdict.from_day or 'no day recorded'}, clause {fund.clause}"
    )


def refusal(payout: Payout, configuration: Configuration, day: int) -> Decline | None:
    """Return why no card is credited on a day, whatever its issuer would say."""
    found = configuration.card_range(payout.pan)
    if found is None or found.issuer not in configuration.issuers:
        return Decline(Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)
    if not found.is_social:
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.SOCIAL_CARD)
    if not _link(found.issuer, found.prefix, configuration, day):
        return Decline(Reason.LINE_FAILURE, Rule.ROUTE_EXISTS)
    return None


def operations(
    payout: Payout,
    configuration: Configuration,
    agency: str,
    numbers: Numbers,
    at: tuple[Local, int],
) -> tuple[Operation, ...]:
    """Return what has a new pay-out recorded: an advice, or a refusal that stands for ever.

    `at` is the second in Shanghai and the time in UTC milliseconds.
    """
    key, incarnation = key_of(payout, agency, configuration), numbers.attempt >> 40
    refused = refusal(payout, configuration, at[0].day)
    record = _record(payout, configuration, agency, numbers, at)
    opening = Open(
        numbers.attempt,
        key,
        fingerprint_of(payout),
        record,
        None,
        incarnation,
        is_reversible=False,
    )
    if refused is not None:
        code = configuration.terminal_dialect.reasons[refused.reason].code
        close = Close(numbers.close_attempt, key, incarnation, State.DECLINED, code, None, None)
        return opening, close
    expires_ms = at[1] + configuration.timers.advice_expiry_ms
    # Due since ever: whoever records it may have a clock that is ahead of the sender's.
    plan = ReversalPlan(numbers.stan, record.transmission, NO_REASON, 0, expires_ms)
    return (msgspec.structs.replace(opening, plan=plan),)


def _record(
    payout: Payout,
    configuration: Configuration,
    agency: str,
    numbers: Numbers,
    at: tuple[Local, int],
) -> Record:
    local, now_ms = at
    found = configuration.card_range(payout.pan)
    issuer, prefix = (found.issuer, found.prefix) if found is not None else ("", "")
    sealed = Sealed(payout.pan, "", "", "", _PLACE, _CATEGORY, "")
    return Record(
        kind=configuration.funds[payout.fund].kind,
        amount_fen=payout.amount_fen,
        shown_card=mask_pan(payout.pan),
        sealed=seal_values(sealed, numbers.attempt, configuration),
        rrn=numbers.rrn,
        link=_link(issuer, prefix, configuration, local.day),
        link_stan=numbers.stan,
        transmission=local.transmission,
        issuer=issuer,
        acquirer=agency,
        clearing_day=clearing_day(local, configuration.cut_over),
        opened_ms=now_ms,
        time=local.time,
        date=local.date,
        mti="0220",
        processing_code=CREDIT,
        entry_mode="012",
        condition_code="00",
        configuration=configuration.number,
        trace=bytes((Rule.ISSUER_KNOWN, Rule.STAGE_OPEN)),
    )


def _link(issuer: str, prefix: str, configuration: Configuration, day: int) -> str:
    """Return the line of a credit, 金保专网 first; empty where none leads there.

    Without an issuer's plan that covers the card (五(二)), its own lines of 金保专网 do not count.
    """
    known, registry = configuration.issuers.get(issuer), configuration.registry
    of_issuer = known.links if known is not None else ()
    is_connected = registry is None or registry.is_connected(issuer, prefix, day)
    jinbao = {
        name: configuration.links[name].link_class is LinkClass.JINBAO
        for name in configuration.centre or of_issuer
    }
    may_use = [name for name in jinbao if configuration.centre or is_connected or not jinbao[name]]
    return min(may_use, key=lambda name: not jinbao[name], default="")


class Outcome(NamedTuple):
    """How a pay-out stands: paid, rejected, pending or manual, with DE 39 and DE 37."""

    status: str
    code: str
    rrn: str


def outcome_of(payout: Payout, row: Row) -> Outcome:
    """Return how a pay-out stands by the ledger; its number may be another one's."""
    if row.fingerprint != fingerprint_of(payout):
        return Outcome("rejected", "94", "")
    status = _STATUS.get(row.state, "pending")
    return Outcome(status, row.reason if status == "rejected" else "", row.record.rrn)


_STATUS: Final = {
    State.APPROVED: "paid",
    State.DECLINED: "rejected",
    State.ADVICE_EXPIRED: "manual",
}
