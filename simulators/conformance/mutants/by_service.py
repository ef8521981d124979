"""Mutants of composite terminals (simulators/conformance): social services asked for wrong.

What goes wrong is mostly in DE 62: a tag that is missing, another bill, a sum that is not true.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from simulators.cards import fictional_card
from simulators.conformance.driving.driver import Parts
from simulators.conformance.mutants.model import Change, Mutant, writes
from simulators.social_security.sample import person_of
from simulators.terminal_memory import Habits, Job, Kind, Reverses
from simulators.terminals.services import PAYMENTS, payload, told

_PAID: Final = ("bill-payment",)
_ANOTHER: Final = "202701-202712"
Tags = dict[str, str]


def _tagged(types: str, alter: Callable[[Tags], Tags]) -> Change:
    """Return what alters DE 62 of the services with these DE 60.1."""

    def changed(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if fields.get(60, "")[:2] in types.split() and 62 in fields:
            fields[62] = payload(alter(told(fields[62])))
        return mti, fields

    return changed


def _lacks(number: int, kind: str) -> Change:
    def changed(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if fields.get(60, "")[:2] == kind and mti != "0400":
            fields.pop(number, None)
        return mti, fields

    return changed


def _plain_class(mti: str, heads: bytes) -> bytes:
    return heads[:5] + b"\x61" + heads[6:] if mti == "0100" else heads


def _one_fen_more(job: Job) -> Job:
    return replace(job, amount_fen=job.amount_fen + 1) if job.kind in PAYMENTS else job


def _pays_instead(job: Job) -> Job:
    """Pay a bill instead of asking what became of it."""
    tags = told(job.content)
    if job.kind is not Kind.SOCIAL_INQUIRY or tags.get("S1") != "QRY":
        return job
    content = payload({**tags, "S1": "PAY"})
    return replace(job, kind=Kind.CONTRIBUTION, amount_fen=13_100, content=content)


def _asks_for_another(job: Job) -> Job:
    """Ask for a new bill instead of what became of the old one, and reverse late."""
    if job.kind is Kind.CONTRIBUTION:
        return replace(job, habits=Habits(reverses=Reverses.LATE, reversal_ms=250))
    tags = told(job.content)
    if job.kind is not Kind.SOCIAL_INQUIRY or tags.get("S1") != "QRY":
        return job
    return replace(job, content=payload({**tags, "S1": "PAY", "S4": _ANOTHER, "S5": ""}))


def _another_original(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    if 61 in fields:
        fields[61] = f"{fields[61][:6]}{int(fields[61][6:12]) + 500:06d}{fields[61][12:]}"
    return mti, fields


def _mutant(name: str, en: str, breaks: str, parts: Parts, **more: Any) -> Mutant:  # noqa: ANN401
    return Mutant(
        id=name, en=en, breaks=breaks, parts=parts, is_composite=True, **{"cases": _PAID, **more}
    )


SERVICE_MUTANTS: Final[tuple[Mutant, ...]] = (
    _mutant("service-in-class-61", "inquiries of social services have application class 61",
            "SOC-01", writes(heads=_plain_class), cases=("social-inquiry",)),
    _mutant("service-inquiry-without-22", "a social inquiry lacks DE 22",
            "SOC-02", writes(change=_lacks(22, "75")), cases=("social-inquiry",)),
    _mutant("bill-without-currency", "a payment of a bill lacks DE 49",
            "SOC-03", writes(change=_lacks(49, "76"))),
    _mutant("reconciliation-without-sums", "a social reconciliation lacks DE 62",
            "SOC-04", writes(change=_lacks(62, "78")), cases=("social-reconciliation",)),
    _mutant("service-without-code", "a payment of a bill lacks S1",
            "SOC-05", writes(change=_tagged("76", lambda tags: {**tags, "S1": ""}))),
    _mutant("service-of-another-kind", "a payment of a bill says BEN",
            "SOC-06", writes(change=_tagged("76", lambda tags: {**tags, "S1": "BEN"}))),
    _mutant("nobody-named", "a payment of a bill names no person",
            "SOC-07", writes(change=_tagged("76", lambda tags: {**tags, "S2": ""}))),
    _mutant("month-13", "a period ends with month 13",
            "SOC-08", writes(change=_tagged("75", lambda tags: {**tags, "S4": "202601-202613"})),
            cases=("social-inquiry",)),
    _mutant("no-bill-named", "a payment lacks the number of its bill",
            "SOC-09", writes(change=_tagged("76", lambda tags: {**tags, "S5": ""}))),
    _mutant("own-bill-number", "a payment has a bill number of the terminal's own",
            "SOC-10", writes(change=_tagged("76", lambda tags: {**tags, "S5": "T0000001"}))),
    _mutant("pays-one-fen-more", "a bill is paid with one fen more",
            "SOC-11", Parts(job=_one_fen_more)),
    _mutant("pays-a-paid-bill", "a paid bill is paid again",
            "SOC-12", Parts(job=_pays_instead), cases=("bill-paid",)),
    _mutant("new-bill-in-doubt", "after no answer another bill is asked for, then it is reversed",
            "SOC-13", Parts(job=_asks_for_another),
            cases=("bill-unanswered",), also=("REV-11",)),
    _mutant("service-void-of-another", "a void of a settlement names another DE 11",
            "SOC-14", writes(change=_another_original), cases=("fee-void",), also=("VOI-02",)),
    _mutant("reconciles-one-too-many", "a reconciliation counts one payment too many",
            "SOC-15",
            writes(change=_tagged("78", lambda tags: {**tags, "S8": f"000009{tags['S8'][6:]}"})),
            cases=("social-reconciliation",)),
    _mutant("card-as-person", "the personal number is the card's",
            "SOC-16",
            writes(change=_tagged("75 76", lambda tags: {**tags, "S6": fictional_card(0).pan})),
            also=("SEC-05",)),
    _mutant("pin-in-service", "the PIN goes along in S6",
            "SOC-17",
            writes(change=_tagged("75 76", lambda tags: {**tags, "S6": fictional_card(0).pin})),
            also=("SEC-03",)),
    _mutant("pays-for-another", "a payment names another person than its inquiry",
            "SOC-18",
            writes(change=_tagged("76", lambda tags: {**tags, "S2": person_of(1).identity}))),
)  # fmt: skip
"""In the order of their requirements."""
