"""Promise: no clear card data stands in a report, a log line or a stored row.

The cards of the world, their tracks, and every PIN block and track that the switch was sent are
looked for, as digits and as bytes, in all that it reports and stores; so is all that looks like a
PAN.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import msgpack

from simulators.checkers.finding import Finding
from simulators.world.history import History

PROMISE = "no clear card data in any report, log or stored row"
_LOOKS_LIKE_A_PAN = re.compile(rb"62(?<![0-9]62)[0-9]{14,17}(?![0-9])")
"""Prefix 62 of all cards here; an RRN has 12 digits. What is sought begins with what it looks for:
so much faster is it found that there is none."""
_SHORTEST = 8
"""Characters: what is shorter may stand in anything by chance."""


def check(history: History) -> Iterator[Finding]:
    """Yield each report and each row that holds what it must not."""
    secrets = [secret for secret in sorted(history.secrets) if len(secret) >= _SHORTEST]
    if holder := _holds_secret(b"\n".join([told.text for told in history.reported]), secrets):
        for told in history.reported:
            if _holds_secret(told.text, secrets):
                yield Finding(f"the report {told.event} holds {holder}", step=told.step)
    rows = [*history.end.rows, *(advice.row for advice in history.end.advices)]
    if holder := _holds_secret(msgpack.encode(rows), secrets):
        for row in rows:
            if _holds_secret(msgpack.encode(row), secrets):
                rrn = row.record.rrn
                yield Finding(f"the row of {rrn} holds {holder}", rrn=rrn)


def _holds_secret(text: bytes, secrets: list[bytes]) -> str:
    """Return what kind of secret a text holds, empty for none."""
    if _LOOKS_LIKE_A_PAN.search(text):
        return "a clear PAN"
    return "card data" if any(secret in text for secret in secrets) else ""
