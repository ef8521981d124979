"""What a terminal uploads of chips when it settles (simulators): 0320 with DE 60.3 = 203, 204, 205.

A TC of what the card and its bank both approved, an AAC of what was refused, and the approvals
whose cryptogram (ARPC) the card did not believe. Cards that sign nothing have none of them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from simulators.chip import Chip
from simulators.requests import Identity
from simulators.terminal_memory import Memory, Uploaded
from simulators.terminals.answers import Awaiting

MTI: Final = "0320"
TRIES: Final = 3
"""How often an upload is sent."""
MOST: Final = 1_000
"""How many a terminal keeps; the oldest go first."""
_TC, _AAC = 0x40, 0x00
"""Cryptogram information data (9F27) of the card's last word."""
_COPIED: Final = (2, 4, 11, 22, 23, 49)


class Upload(StrEnum):
    """What is uploaded; the value is DE 60.3."""

    CERTIFICATE = "203"
    REFUSED = "204"
    ARPC_WRONG = "205"


def note(identity: Identity, memory: Memory, awaiting: Awaiting, upload: Upload) -> None:
    """Keep what the chip of a request said last, for the end of the batch."""
    card = awaiting.job.card if awaiting.job is not None else None
    asked = awaiting.fields
    chip = asked.get(55, "")
    if card is None or not card.signs or not chip:
        return
    kind = _TC if upload is Upload.CERTIFICATE else _AAC
    last = Chip(card.pan, card.sequence, card.key).last_word(chip, kind)
    fields = {number: asked[number] for number in _COPIED if number in asked}
    fields |= {2: card.pan, 41: identity.id, 42: identity.merchant, 55: last}
    fields[60] = f"00{asked[60][2:8]}{upload}"
    memory.uploads.append(Uploaded(fields=dict(sorted(fields.items()))))
    del memory.uploads[:-MOST]


def take_back(memory: Memory, stan: str) -> None:
    """Forget what a transaction that is reversed after all would have uploaded."""
    memory.uploads[:] = [each for each in memory.uploads if each.fields[11] != stan]


def next_upload(memory: Memory) -> Uploaded | None:
    """Return what is to be uploaded next; what is of another batch is forgotten."""
    batch = f"{memory.batch:06d}"
    memory.uploads[:] = [each for each in memory.uploads if each.fields[60][2:8] == batch]
    return memory.uploads[0] if memory.uploads else None


def told(memory: Memory, uploaded: Uploaded, code: str) -> None:
    """Take the answer to an upload, empty for none: a refused one is not sent again."""
    if (code or uploaded.tries >= TRIES) and uploaded in memory.uploads:
        memory.uploads.remove(uploaded)
