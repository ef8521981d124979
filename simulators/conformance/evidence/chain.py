"""A chain of hashes over the records of a run (simulators/conformance): what was altered shows.

Each record carries the hash of the one before it and its own. Whoever holds the last hash can tell
that nothing was changed, taken out or added; it is printed at the end of a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

GENESIS: Final = "0" * 64
"""What the first record has for the one before it."""
Record = dict[str, Any]


class EvidenceError(ValueError):
    """Evidence that cannot be read: where and why."""


def digest(record: Mapping[str, Any]) -> str:
    """Return the hash of a record, its own `hash` left out."""
    told = {name: value for name, value in record.items() if name != "hash"}
    text = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


class Chain:
    """Seals records one after the other."""

    def __init__(self, head: str = GENESIS) -> None:
        """Go on after a record with this hash."""
        self.head = head

    def seal(self, record: Mapping[str, Any]) -> Record:
        """Return a record with its place in the chain."""
        told = {**record, "previous": self.head}
        self.head = digest(told)
        return {**told, "hash": self.head}


def first_altered(records: Iterable[Mapping[str, Any]], head: str = "") -> str:
    """Return what is wrong with the first record that is not as it was sealed, empty for nothing.

    With `head`, the last record must have this hash.
    """
    before, count = GENESIS, 0
    for count, record in enumerate(records, 1):
        if complaint := _broken_link(record, before, count):
            return f"record {count}: {complaint}"
        before = record["hash"]
    if not count:
        return "no record"
    if head and head != before:
        return f"record {count}: the last hash is another one than was printed"
    return ""


def _broken_link(record: Mapping[str, Any], before: str, number: int) -> str:
    if not isinstance(record.get("hash"), str) or not isinstance(record.get("previous"), str):
        return "it has no place in a chain"
    if record["previous"] != before:
        return "it does not follow the record before it"
    if record.get("n") != number:
        return f"its number is {record.get('n')}"
    return "" if digest(record) == record["hash"] else "its content was altered"


def read_records(text: str, where: str) -> list[Record]:
    """Return the records of an evidence file (one a line) or of a report; EvidenceError."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    found: list[Any]
    if isinstance(whole, dict) and isinstance(whole.get("records"), list):
        found = whole["records"]
    elif isinstance(whole, dict):
        found = [whole]
    else:
        found = []
        # Text from a terminal may hold other line ends, which JSON leaves as they are.
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            try:
                found.append(json.loads(line))
            except ValueError:
                raise EvidenceError(f"{where}:{number}: no JSON") from None
    for number, record in enumerate(found, 1):
        if not isinstance(record, dict):
            raise EvidenceError(f"{where}: record {number}: no object")
    return found
