"""Two traces compared for `jinbao trace diff` (switch/cli): their files, rules and dialects.

STANs count unless any will do; then they are not compared either.
"""

from __future__ import annotations

import time
from typing import Final

from msgspec.structs import replace

from messages.dialects.loader import SpecError, load_joined
from simulators.replay.again.rules import load_rules
from simulators.replay.trace.form import Side, TraceError
from simulators.replay.trace.reading import Trace
from simulators.replay.verdict.between import Between
from simulators.replay.verdict.comparing import Comparer
from simulators.replay.verdict.telling import Told
from simulators.wire import Wire
from switch.cli.outcome import note

_STAN: Final = "11"


def compared(
    one: str, other: str, rules_file: str, spoken: tuple[str, str], *, any_stan: bool
) -> Told:
    """Return what differs between two traces; TraceError where they cannot be compared.

    `spoken` are the dialects of terminals and issuers, where the traces' own names do not say.
    """
    rules = load_rules(rules_file)
    if any_stan:
        ignore = replace(rules.ignore, terminal=(*rules.ignore.terminal, _STAN))
        rules = replace(rules, ignore=ignore)
    first, second = Trace(one, note), Trace(other, note)
    names = first.header.dialects
    if not names:
        raise TraceError(f"{one}: its header names no dialect")
    if second.header.dialects != names:
        raise TraceError(f"{other}: other dialects than {one}")
    begun = time.monotonic()
    try:
        given = dict(zip(("terminal", "issuer"), spoken, strict=True))
        wires: dict[Side, Wire] = {
            side: Wire(load_joined(given[side] or name))
            for side, name in sorted(names.items(), reverse=True)
        }
    except (SpecError, ValueError) as error:
        raise TraceError(str(error)) from None
    comparers = {side: Comparer(wire.dialect, rules, side) for side, wire in wires.items()}
    found = Between(wires, comparers, any_stan=any_stan).of(first, second)
    all_of_them = list(comparers.values())
    return Told(
        trace=one,
        target=other,
        comparer=all_of_them[0],
        others=tuple(all_of_them[1:]),
        names=("one", "other"),
        title="Two traces 两份报文记录对比",
        made_by="jinbao trace diff",
        sent=0,
        signed_on=0,
        left_out=dict(found.left_out),
        unasked=0,
        remarks=(),
        seconds=time.monotonic() - begun,
    )
