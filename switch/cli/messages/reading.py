"""From the bytes that a person gave to all that can be said of them (switch/cli): a `Reading`."""

from __future__ import annotations

from functools import cache

import msgspec

from messages.codec import Codec, Message
from messages.dialects.detect import detect
from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, load_dialect
from messages.dialects.rules import Classification, Finding, classify, findings
from messages.dialects.subfields import SubField, divide
from messages.framing import head_hex, split
from switch.cli.outcome import stop


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded message with everything that its dialect says about it, unmasked.

    `heads` are the TPDU, header and so on as hexadecimal digits (empty for a bare body);
    `detected` says why the dialect was taken, None where it was named.
    """

    dialect: Dialect
    detected: str | None
    heads: dict[str, str]
    message: Message
    parts: tuple[SubField, ...]
    found: Classification | None
    findings: tuple[Finding, ...]


def dialect_named(name: str) -> Dialect:
    """Return a dialect by name or file; a wrong one ends the verb with status 2."""
    try:
        return load_dialect(name)
    except SpecError as error:
        stop(str(error))
