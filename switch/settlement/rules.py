"""How transactions settle (switch/settlement): what a kind is, who is one bank, what a point gets.

Made once from a configuration; what differs between kinds is said by the dialects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from messages.dialects.dialect import Dialect, TransactionRule, Words
from switch.core.configuration import Configuration, Fund

DEBIT, CREDIT = "debit", "credit"
_FROM_CARD_TO_CARD: Final = frozenset({"transfer", "remittance"})
_LEGS: Final = {"_debit": DEBIT, "_credit": CREDIT}
"""What the kinds of a transfer's legs end with."""
_PAY_OUTS: Final = {
    "benefit_payout": Words("Benefit pay-out", "待遇发放"),
    "subsidy_payout": Words("Fiscal subsidy pay-out", "财政补贴发放"),
}
_PASSED_ON: Final = frozenset({"sale", "payment", "void", "refund"})


class KindOf(msgspec.Struct, frozen=True, gc=False):
    """A kind of transaction: its side, its place in the fee tables, its marks, its words.

    `is_passed_on`: what its acquirer pays to others comes from the merchant (the discount).
    """

    id: str
    side: str
    """Of its clearing."""
    settles: str
    """Of a terminal's totals."""
    fee: str
    special: str
    is_rural_withdrawal: bool
    words: Words
    is_leg: bool = False
    """Whether it is the debit or the credit of a transfer, which the transfer itself tells of."""
    is_pay_out: bool = False
    """Whether an agency pays cardholders: no terminal and no service point has a part in it."""

    @property
    def is_transfer(self) -> bool:
        """Whether it goes from card to card: what passes through the point is nobody's of it."""
        return self.fee in _FROM_CARD_TO_CARD

    @property
    def is_passed_on(self) -> bool:
        """Whether the merchant bears what the acquirer pays, and gets it back in a return."""
        return self.fee in _PASSED_ON


class Rules(msgspec.Struct, frozen=True):
    """What clearing must know beside the rows. `categories` are DE 18 by terminal."""

    kinds: Mapping[str, KindOf]
    groups: Mapping[str, str]
    categories: Mapping[str, str] = {}
    subsidy_fen: int = 0
    hosts: frozenset[str] = frozenset()
    """Hosts of services, which stand where an issuer does and are no bank."""

    def kind(self, name: str) -> KindOf | None:
        """Return a kind that moves money, None for any other."""
        found = self.kinds.get(name)
        return found if found is not None and found.side in {DEBIT, CREDIT} else None

    def counts(self, name: str) -> bool:
        """Tell whether a kind counts in a terminal's totals."""
        found = self.kinds.get(name)
        return found is not None and found.settles in {DEBIT, CREDIT}

    def is_on_us(self, issuer: str, acquirer: str) -> bool:
        """Tell whether two institutions are one bank: then nothing is cleared between them."""
        if issuer == acquirer:
            return True
        group = self.groups.get(issuer, "")
        return bool(group) and group == self.groups.get(acquirer, "")


def rules_of(configuration: Configuration, subsidy_fen: int = 0) -> Rules:
    """Return the rules of an installation."""
    return Rules(
        kinds={**_kinds(configuration.terminal_dialects), **_pay_outs(configuration.funds)},
        groups={
            **{each.id: each.group for each in configuration.issuers.values()},
            **{each.id: each.group for each in configuration.acquirers.values()},
        },
        categories={each.id: each.category for each in configuration.terminals.values()},
        subsidy_fen=subsidy_fen,
        hosts=frozenset(
            host.id
            for host in (configuration.social_host, configuration.product_host)
            if host is not None
        )
        - configuration.issuers.keys(),
    )


def _of_nothing(rule: TransactionRule) -> KindOf:
    return KindOf(rule.id, "none", "none", "", "000", is_rural_withdrawal=False, words=rule.words)


def _pay_outs(funds: Mapping[str, Fund]) -> dict[str, KindOf]:
    """Return the kinds of pay-outs (待遇发放): credits of an agency, in no terminal's batch."""
    return {
        fund.kind: KindOf(
            fund.kind,
            CREDIT,
            "none",
            "",
            "000",
            is_rural_withdrawal=False,
            words=_PAY_OUTS.get(fund.kind, Words(fund.kind, fund.kind)),
            is_pay_out=True,
        )
        for fund in funds.values()
    }


def _kinds(dialects: Iterable[Dialect]) -> dict[str, KindOf]:
    found: dict[str, KindOf] = {}
    for rule in (rule for dialect in dialects for rule in dialect.transactions):
        business = rule.business
        if business is not None:
            found[rule.id] = KindOf(
                rule.id,
                "none" if business.fee in _FROM_CARD_TO_CARD else business.settles,
                business.settles,
                business.fee,
                business.special_fee_type + business.special_fee_level,
                business.counts_to_cap,
                rule.words,
            )
        else:
            found.setdefault(rule.id, _of_nothing(rule))
    for kind in [each for each in found.values() if each.is_transfer]:
        for ending, side in _LEGS.items():
            name = kind.id + ending
            leg = replace(kind, id=name, side=side, settles="none", is_rural_withdrawal=False)
            found[name] = replace(leg, is_leg=True)
    return found
