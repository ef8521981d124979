"""The words between requirements and the judge (simulators/conformance): checks and attributes.

Code finds and says a check's name with attributes; requirements choose among them as data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

_MESSAGE: Final = frozenset({"mti", "transaction", "direction", "field"})
_CONDUCT: Final = frozenset({"cause", "transaction", "field"})

CHECKS: Final[Mapping[str, frozenset[str]]] = {
    # The bytes of a connection, before there is a message.
    "frame-length": _MESSAGE, "frame-limit": _MESSAGE, "tpdu-id": _MESSAGE, "class": _MESSAGE,
    # How a message is written.
    "readable": _MESSAGE, "bitmap": _MESSAGE, "trailing": _MESSAGE, "characters": _MESSAGE,
    "charset": _MESSAGE, "pad": _MESSAGE, "prefix-form": _MESSAGE, "prefix-unit": _MESSAGE,
    "fixed-length": _MESSAGE, "mac-text": _MESSAGE, "sequence-pad": _MESSAGE, "plain": _MESSAGE,
    "sub-fields": _MESSAGE,
    "asks": _MESSAGE,
    # What it has, by the presence sets of the dialect.
    "needed": _MESSAGE, "unexpected": _MESSAGE, "together": _MESSAGE,
    # Contents that a requirement spells out itself.
    "value": _MESSAGE, "size": _MESSAGE, "has": _MESSAGE, "lacks": _MESSAGE, "tags": _MESSAGE,
    "without-tags": _MESSAGE, "equal": _MESSAGE, "date": _MESSAGE,
    # The heads, over a whole run.
    "tpdu-stays": _MESSAGE, "version-stays": _MESSAGE, "asks-nothing": _MESSAGE,
    "status": _MESSAGE, "class-of-card": _MESSAGE, "class-of-stripe": _MESSAGE,
    "identity": _MESSAGE,
    # Keys, MAC, PIN.
    "mac": _MESSAGE | {"key"}, "pin-block": _MESSAGE | {"key"},
    "entry-mode-pin": _MESSAGE, "clear-pin": _MESSAGE, "clear-key": _MESSAGE,
    "clear-pan": _MESSAGE, "track-key": _MESSAGE, "track-encrypted": _MESSAGE,
    "security-control": _MESSAGE,
    "pin-length": _MESSAGE, "pin-typed": _MESSAGE, "keys-checked": _CONDUCT,
    # Numbers.
    "stan-range": _MESSAGE, "stan-new": _MESSAGE, "stan-next": _MESSAGE, "batch": _MESSAGE,
    # What follows what.
    "signed-on": _CONDUCT, "sign-on-after": _CONDUCT, "reversed": _CONDUCT,
    "reversed-first": _CONDUCT, "reversal-reason": _CONDUCT, "reversal-same": _CONDUCT,
    "reversal-tries": _CONDUCT, "reversal-repeated": _CONDUCT, "reversal-ended": _CONDUCT,
    "not-reversed": _CONDUCT, "answer-taken": _CONDUCT, "waits": _CONDUCT,
    "one-at-a-time": _CONDUCT,
    "expected": _CONDUCT, "void-of": _CONDUCT, "totals": _CONDUCT, "uploads": _CONDUCT,
    # Social services of composite terminals.
    "any-tag": _MESSAGE, "service-class": _MESSAGE, "service-code": _MESSAGE,
    "bill": _CONDUCT, "service-sums": _CONDUCT,
}  # fmt: skip
"""Check of a terminal -> the attributes that it tells, which a requirement may ask for."""

HOST_CHECKS: Final[Mapping[str, frozenset[str]]] = {
    "answered": frozenset({"probe"}),
    "readable": frozenset({"probe"}),
    "heads-swapped": frozenset({"probe"}),
    "response-mti": frozenset({"probe"}),
    "echoed": frozenset({"probe", "field"}),
    "needed": frozenset({"probe", "field"}),
    "unexpected": frozenset({"probe", "field"}),
    "mac": frozenset({"probe"}),
    "no-mac": frozenset({"probe"}),
    "code": frozenset({"probe"}),
    "known-code": frozenset({"probe"}),
    "asks": frozenset({"probe"}),
    "keys": frozenset({"probe"}),
    "batch": frozenset({"probe"}),
    "clock": frozenset({"probe"}),
    "reference": frozenset({"probe"}),
    "once": frozenset({"probe"}),
    "secrets": frozenset({"probe", "field"}),
    "survives": frozenset({"probe"}),
    "refused": frozenset({"probe"}),
}
"""Check of a host -> the attributes that it tells."""

OWN_HOST_CHECKS: Final[Mapping[str, frozenset[str]]] = {"contents": frozenset({"probe", "field"})}
"""Checks for probes of one's own, which say what the answer should hold."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one rule: what was seen, where, and whether it is as it should be.

    `offset` counts bytes of the whole frame, -1 for none. Neither `expected` nor `found` ever
    holds card data or a key.
    """

    check: str
    ok: bool
    about: Mapping[str, str] = {}
    field: str = ""
    offset: int = -1
    expected: str = ""
    found: str = ""
