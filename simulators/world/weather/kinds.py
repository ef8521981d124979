"""The kinds of faults (simulators/world): how likely each is at most, and in words what it does.

Cuts and the like are per minute and line, crashes per effect, ledger faults per batch, issuer
faults per request, terminal faults per job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """One kind: the most that is drawn for it, and what happens, in words."""

    most: float
    words: str


KINDS: Final[Mapping[str, Kind]] = {
    "cut_terminal": Kind(2.0, "a terminal's line is cut, a minute"),
    "cut_link": Kind(2.0, "an issuer's line is cut, a minute"),
    "straggle": Kind(1.0, "what was on a cut line arrives before its end is noticed"),
    "half_close": Kind(1.0, "one side ends its direction of a line and still reads, a minute"),
    "stuck": Kind(0.5, "a side of a line reads nothing for a while, a minute"),
    "outage": Kind(0.3, "an issuer is away for minutes after a cut"),
    "delay": Kind(0.05, "a frame is held up on its way"),
    "duplicate": Kind(0.1, "a frame arrives twice, at once or later"),
    "overtake": Kind(0.3, "a terminal's request is held up, and what follows passes it"),
    "split": Kind(0.3, "a frame arrives in pieces"),
    "merge": Kind(0.3, "a frame arrives together with the next one"),
    "crash": Kind(0.01, "the switch dies between two effects"),
    "power_cut": Kind(0.7, "a death takes what the disk had not synced (SQLite only)"),
    "freeze": Kind(0.6, "the switch stands still for longer than its lease, a minute"),
    "drain": Kind(0.2, "the switch finishes what is in flight and starts anew, a minute"),
    "reconfigure": Kind(0.5, "another configuration comes into force, a minute"),
    "reload": Kind(1.5, "a changed registry is reloaded, a minute (where there is one)"),
    "two_switches": Kind(2.0, "two processes work on one ledger, a world"),
    "ledger_unknown": Kind(0.1, "the outcome of a commit is lost: kept, not kept, or kept later"),
    "ledger_slow": Kind(0.03, "a commit takes long"),
    "clock_jump": Kind(0.3, "the wall clock jumps, a minute"),
    "cut_over": Kind(0.5, "an issuer's business day ends earlier or later than ours, a minute"),
    "key_change": Kind(0.8, "an issuer changes a key, a minute"),
    "issuer_silent": Kind(0.2, "an issuer does not answer"),
    "issuer_deaf": Kind(0.05, "an issuer does not even hear a request"),
    "issuer_late": Kind(0.2, "an issuer answers late"),
    "issuer_thinks": Kind(0.2, "an issuer decides late"),
    "issuer_twice": Kind(0.1, "an issuer answers twice"),
    "issuer_shifts": Kind(0.15, "an issuer answers another request than it was asked"),
    "issuer_breaks_mac": Kind(
        0.03, "an issuer's answer has a wrong MAC, or is changed under its MAC"
    ),
    "issuer_rejects": Kind(0.03, "an issuer rejects a message by its header"),
    "issuer_refuses": Kind(0.1, "an issuer declines"),
    "issuer_keeps": Kind(0.3, "an issuer refuses a reversal, or an advice"),
    "terminal_repeats": Kind(0.2, "a terminal sends a request again"),
    "terminal_early": Kind(0.2, "a terminal reverses before an answer can come"),
    "terminal_late": Kind(0.1, "a terminal reverses after other transactions"),
    "terminal_never": Kind(0.3, "a terminal never reverses"),
    "terminal_power": Kind(0.05, "a terminal loses power between request and answer"),
    "terminal_old_batch": Kind(0.05, "a terminal comes with the batch before"),
    "terminal_voids": Kind(0.1, "a card refuses an approval, and the terminal takes it back"),
    "terminal_sleeps": Kind(1.0, "a terminal is switched off in the evening, and owes a reversal"),
}
"""Every kind by its name on the command line, in the order in which they are drawn."""

LONGEST_MS: Final[Mapping[str, int]] = {
    "delay_ms": 20_000,
    "ledger_slow_ms": 90_000,
    "issuer_late_ms": 90_000,
    "clock_jump_ms": 120_000,
    "stuck_ms": 90_000,
    "freeze_ms": 60_000,
}
"""The longest that is drawn for each time, in milliseconds."""
