"""Promise: one 0420 per original, whatever the causes: its repeats are the same message.

DE 7, DE 11, DE 60.1 and DE 90 never change (domain rule: repeats are 0421 and keep them).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History

PROMISE = "exactly one 0420 per original"
_IDENTITY = (7, 11, 4, 37, 41, 42)


def check(history: History) -> Iterator[Finding]:
    """Yield each original for which an issuer was sent two different reversals."""
    for side in history.end.issuers:
        seen: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for _, fields in side.reversals:
            identity = tuple(fields.get(number, "") for number in _IDENTITY)
            seen[fields[90]].add((*identity, fields[60][:4]))
        for original, identities in sorted(seen.items()):
            if len(identities) > 1:
                what = f"{side.name}: {original[4:10]} was reversed by {len(identities)} messages"
                yield Finding(what)
