"""The probes against a small host, in one process and without waiting (simulators/conformance).

Same seams, same run: what a host mutant breaks is told at once.
"""

from __future__ import annotations

from simulators.conformance.driving.trial import START_MS
from simulators.conformance.probing.plain_host import HEALTHY, PlainHost, Seams
from simulators.conformance.probing.prober import Prober
from simulators.conformance.probing.probes import Probes, packaged_probes
from simulators.installation import terminal_identity, wires
from switch.core.moment import Moment

_NS_PER_MS = 1_000_000


def run_probes(seams: Seams = HEALTHY, own: Probes | None = None) -> Prober:
    """Ask everything of a host with these seams; return the prober with its tally.

    `own` are the probes to ask, those of the program without them.
    """
    host = PlainHost(terminal_identity(), seams)
    asked = own or Probes(probes=packaged_probes())
    identity, requirements = terminal_identity(), asked.requirements
    prober = Prober(identity, wires()[0], asked.probes, requirements=requirements)
    now_ns = 0
    host.connected()
    while not prober.is_done:
        now_ns += 1_000 * _NS_PER_MS
        closed = False
        for send in prober.next(_at(now_ns)):
            now_ns += send.after_ms * _NS_PER_MS
            answers, closed = host.received(send.data, _at(now_ns))
            for answer in answers:
                prober.received(answer, _at(now_ns))
        if closed:
            prober.disconnected(_at(now_ns))
            if not host.connected():
                prober.gone(_at(now_ns))
        elif prober.due_ns is not None:
            now_ns = prober.due_ns
            prober.expire(_at(now_ns))
    return prober


def _at(now_ns: int) -> Moment:
    return Moment(now_ns, START_MS + now_ns // _NS_PER_MS)
