"""Script results (simulators): what a card did with its issuer's scripts, told until it is heard.

A script result is kept like a reversal record: it survives a loss of power, is sent again with the
same STAN, and is left after as many tries.
"""

from __future__ import annotations

from typing import Final

from simulators import requests
from simulators.chip import script_chip, script_results
from simulators.requests import Identity
from simulators.terminal_memory import Memory, Telling, Unresolved
from simulators.terminals.answers import Awaiting, slip_of
from simulators.wire import Heard

TRIES: Final = 3
"""How often a script result is sent."""
_HEARD: Final = frozenset({"00", "94"})
"""DE 39 of a 0630 that ends it: taken, or taken before."""
_LAST_STAN: Final = 999_999


def run_scripts(identity: Identity, memory: Memory, awaiting: Awaiting, heard: Heard) -> None:
    """Let the card carry out the scripts of an answer, and note what is to be told of them."""
    card = awaiting.job.card if awaiting.job is not None else None
    results = script_results(heard.get(55))
    asked = awaiting.fields.get(55, "")
    if card is None or not results or not asked:
        return
    slip = slip_of(identity.id, awaiting, heard)
    fields = requests.script_fields(card, slip, identity, memory)
    fields |= {22: awaiting.fields[22], 55: script_chip(asked, results)}
    memory.stan = memory.stan % _LAST_STAN + 1
    memory.tellings.append(Telling(fields=dict(sorted(fields.items())), results=results))


def next_telling(memory: Memory, *, flushes: bool, rests: bool) -> Telling | None:
    """Return the script result to be told now: by itself at first, later before a job."""
    first = memory.tellings[0] if memory.tellings else None
    return None if first is None or rests or (first.tries and not flushes) else first


def told(memory: Memory, telling: Telling, code: str) -> None:
    """Take the answer to a script result; empty for none."""
    if code in _HEARD:
        memory.tellings.remove(telling)
    elif code or telling.tries >= TRIES:
        memory.tellings.remove(telling)
        memory.unresolved.append(
            Unresolved(
                terminal=telling.fields[41],
                batch=telling.fields[60][2:8],
                stan=telling.fields[11],
                amount_fen=0,
                why=f"the script result was answered {code}" if code else "no 0630 came",
            )
        )
