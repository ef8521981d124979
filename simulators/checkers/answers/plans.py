"""Promise: nothing goes to a bank over 金保专网 before its plan is approved, or beyond it (五(二)).

Told from the frames on the lines and from the drawn plans alone, day by day. A message is of the
day on which it is sent, or of that on which its request came; the plans are those of the newest
registry that any switch had by then, for a world takes no plan back.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History
from simulators.world.matrix.asking import Sent
from switch.core.moment import local
from switch.registry.snapshot import Registry

PROMISE = "nothing goes over 金保专网 before its bank's plan is approved, or beyond its ranges"
_DAY_MS = 86_400_000


def check(history: History) -> Iterator[Finding]:
    """Yield each message that had to go another way."""
    gate = history.gate
    if gate is None or not gate.sent:
        return
    came = arrivals(history)
    for sent in gate.sent:
        if not any(covers(sent.registry, sent, day) for day in {sent.day, *came.get(sent.rrn, ())}):
            what = f"a {sent.mti} of {sent.rrn} went over {sent.link}, without a plan"
            yield Finding(what, rrn=sent.rrn, step=sent.step)


def covers(registry: Registry, sent: Sent, day: int) -> bool:
    """Tell whether a bank's plan is approved on a day, and names the card or all cards."""
    for bank, plan in registry.connections.items():
        if bank == sent.bank and plan.approved <= day:
            return not plan.ranges or any(sent.pan[: len(each)] == each for each in plan.ranges)
    return False


def arrivals(history: History) -> dict[str, set[int]]:
    """Return on which day the request of each RRN came: a row knows it without its year."""
    found: dict[str, set[int]] = {}
    for row in history.end.rows:
        record = row.record
        days = {local(record.opened_ms - back).day for back in (0, _DAY_MS)}
        found[record.rrn] = {day for day in days if f"{day}"[4:] == record.date}
    return found
