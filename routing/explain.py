"""Why this line, and why not the others (routing): each line of a way with its verdict, in words.

The same choice as `choose`, told: a line is taken, stands by, cannot be used, or may not be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from routing.choose import choose
from routing.links import CLASS_WORDS, LinkClass, Told
from routing.table import Candidate, Case, Way


class Verdict(StrEnum):
    """What becomes of one line."""

    TAKEN = "taken"
    STANDS_BY = "stands_by"
    """It would do, and another came first."""
    DOWN = "down"
    """It is not connected and signed on, or full."""
    RESTING = "resting"
    """Its breaker is open: requests over it failed in a row."""
    NOT_REGISTERED = "not_registered"
    """It leads there, and the acquirer did not register its class."""
    NOT_PERMITTED = "not_permitted"
    """It leads there, and social services go over 金保专网 only."""


USABLE: Final = ""
"""What a line's standing is while it takes messages."""

CASE_WORDS: Final[Mapping[Case, Told]] = {
    Case.ON_US: Told(
        "on us: acquirer and issuer are one bank; to its own host, nothing is cleared",
        "本行交易：收单与发卡同属一家机构，直接送该行主机，不清算",
    ),
    Case.DIRECT: Told(
        "off us: to the issuer's host; the switch is the clearing centre",
        "跨行交易：直接送发卡行主机，由本平台承担清算中心职能",
    ),
    Case.MEMBER: Told("off us: to the clearing centre, which forwards", "跨行交易：送清算中心转接"),
    Case.SOCIAL: Told("a social service: to the social-security host", "社保业务：送社保主机"),
    Case.PRODUCTS: Told(
        "bonds, wealth products, remote purchase: to the product host",
        "国债、理财、远程消费：送产品主机",
    ),
}
"""Whose leg it is, in words."""

_WHY: Final[Mapping[Verdict, Told]] = {
    Verdict.DOWN: Told("it is down", "线路不可用"),
    Verdict.RESTING: Told("it failed several times in a row and rests", "连续失败，暂停使用"),
    Verdict.NOT_REGISTERED: Told(
        "the acquirer did not register this class", "收单机构未登记该类线路"
    ),
    Verdict.NOT_PERMITTED: Told("social services go over 金保专网 only", "社保业务仅可经金保专网"),
}
_FIRST: Final = Told("it is the access that the acquirer registered", "收单机构登记的接入方式")
_ONLY: Final = Told("it is the one network for social services", "社保业务唯一网络")
_INSTEAD: Final = Told(
    "it is the registered alternate, and nothing was sent yet", "已登记的备用线路，且尚未发送"
)
_BEHIND: Final = Told("another line comes first", "另一线路优先")


class Line(msgspec.Struct, frozen=True):
    """One line and its verdict."""

    link: str
    link_class: LinkClass
    class_words: Told
    is_alternate: bool
    verdict: Verdict
    why: Told


class Explanation(msgspec.Struct, frozen=True):
    """The whole of a choice: the case, the link taken (empty: none), and every line there is."""

    case: Case
    case_words: Told
    link: str
    lines: tuple[Line, ...]


def explain(way: Way, standing: Callable[[str], str]) -> Explanation:
    """Return why a way takes the line it takes; `standing` is `USABLE`, `down` or `resting`."""
    taken = choose(way, lambda link: standing(link) == USABLE)
    lines = [
        *(_candidate(way.case, each, taken, standing(each.link)) for each in way.candidates),
        *(_left_out(way.case, each) for each in way.left_out),
    ]
    return Explanation(way.case, CASE_WORDS[way.case], taken.link if taken else "", tuple(lines))


def _candidate(case: Case, each: Candidate, taken: Candidate | None, standing: str) -> Line:
    if each == taken:
        first = _ONLY if case is Case.SOCIAL else _FIRST
        return _line(each, Verdict.TAKEN, _INSTEAD if each.is_alternate else first)
    if standing == USABLE:
        return _line(each, Verdict.STANDS_BY, _BEHIND)
    verdict = Verdict(standing)
    return _line(each, verdict, _WHY[verdict])


def _left_out(case: Case, each: Candidate) -> Line:
    verdict = Verdict.NOT_PERMITTED if case is Case.SOCIAL else Verdict.NOT_REGISTERED
    return _line(each, verdict, _WHY[verdict])


def _line(each: Candidate, verdict: Verdict, why: Told) -> Line:
    words = CLASS_WORDS[each.link_class]
    return Line(each.link, each.link_class, words, each.is_alternate, verdict, why)
