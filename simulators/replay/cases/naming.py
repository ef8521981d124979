"""Names of learned cases, probes and requirements (simulators/replay).

Requirements of two traces have other ids, so that both may be asked of one terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from string import ascii_uppercase
from typing import Final

from simulators.replay.cases.conversation import Step

_LETTERS: Final = 3
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def case_name(text: str) -> str:
    """Return a text as the name of a case may be: words of small letters and digits."""
    return _OTHER.sub("-", text.lower()).strip("-") or "recorded"


def step_id(name: str, number: int, step: Step) -> str:
    """Return the id of one step of a conversation."""
    return f"{name}-{number + 1}-{step.kind.replace('_', '-')}"


def requirement_ids(name: str) -> Iterator[str]:
    """Yield ids of requirements, others for every name: `T` and three letters of its digest."""
    digest = blake2b(name.encode(), digest_size=_LETTERS).digest()
    letters = "".join(ascii_uppercase[byte % len(ascii_uppercase)] for byte in digest)
    return (f"T{letters}-{number:02d}" for number in count(1))
