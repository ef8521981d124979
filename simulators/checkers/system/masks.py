"""Promise: no clear card data stands in a report, a log line or a stored row.

The cards of the world, their tracks, and every PIN block and track that the switch was sent are
looked for, as digits and as bytes, in all that it reports and stores; so is all that looks like a
PAN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from msgspec import msgpack

from simulators.checkers.finding import Finding
from simulators.world.history import History

PROMISE = "no clear card data in any report, log or stored row"
_LOOKS_LIKE_A_PAN = re.compile(rb"62(?<![0-9]62)[0-9]{14,17}(?![0-9])")
"""Prefix 62 of all cards here; an RRN has 12 digits. What is sought begins with what it looks for:
so much faster is it found that there is none."""
_SHORTEST = 8
"""Characters: what is shorter may stand in anything by chance."""
_BEGINNING = 4
"""Bytes by which secrets are put together."""
_Alike = tuple[bytes, list[bytes]]
"""What secrets begin with, and the secrets."""


def check(history: History) -> Iterator[Finding]:
    """Yield each report and each row that holds what it must not."""
    secrets = _by_beginning(history.secrets)
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


def _by_beginning(secrets: Iterable[bytes]) -> list[_Alike]:
    """Return what secrets begin with, and those that do: cards and tracks mostly begin alike.

    Where the beginning is not found, none of them is: a world's rows are looked through once for
    all of them.
    """
    long = sorted(secret for secret in secrets if len(secret) >= _SHORTEST)
    alike = [list(group) for _, group in groupby(long, lambda secret: secret[:_BEGINNING])]
    return [(group[0][:_BEGINNING] if group[1:] else group[0], group) for group in alike]


def _holds_secret(text: bytes, secrets: list[_Alike]) -> str:
    """Return what kind of secret a text holds, empty for none."""
    if _LOOKS_LIKE_A_PAN.search(text):
        return "a clear PAN"
    for beginning, alike in secrets:
        if beginning in text and any(secret in text for secret in alike):
            return "card data"
    return ""
