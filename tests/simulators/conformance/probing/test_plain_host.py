"""The small host is strict: no session, no answer but 77; a wrong MAC is A0."""

from __future__ import annotations

from simulators.conformance.probing.plain_host import PlainHost, Seams
from simulators.installation import terminal_identity, wires
from switch.core.moment import Moment
from tests.simulators.conformance import frames

_AT = Moment(0, 1_402_997_400_000)


def _code(host: PlainHost, frame: bytes) -> str:
    wire = wires()[0]
    (answer,), closed = host.received(frame, _AT)
    assert not closed
    return wire.hear(wire.bare(answer)).get(39)


def test_it_refuses_what_a_host_should() -> None:
    host = PlainHost(terminal_identity())
    assert _code(host, frames.ECHO) == "00"
    assert _code(host, frames.WITHDRAWAL) == "77"
    assert _code(host, frames.SIGN_ON) == "00"
    assert _code(host, frames.WITHDRAWAL) == "77"
    assert _code(host, frames.REVERSAL) == "A0"


def test_garbage_closes_and_a_mutant_may_die_of_it() -> None:
    host = PlainHost(terminal_identity(), Seams(survives=False))
    assert host.received(b"\xff" * 40, _AT) == ([], True)
    assert not host.connected()
    healthy = PlainHost(terminal_identity())
    assert healthy.received(b"\xff" * 40, _AT) == ([], True)
    assert healthy.connected()
