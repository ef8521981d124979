"""A host with a terminal that signed on with the keys of the worked frames, for tests."""

from __future__ import annotations

import msgspec

from messages.crypto.keys import Mak, Pik
from messages.crypto.mac import make_mac
from messages.framing import Framing
from simulators.conformance.driving.trial import own_setup
from simulators.conformance.hearing.heard import Heard, read
from simulators.conformance.judging import recognition
from simulators.conformance.judging.happenings import Connected
from simulators.conformance.judging.host import Host
from simulators.conformance.judging.station import Keys, Station
from simulators.conformance.mutants.places import pos
from simulators.conformance.rules.reading import ALL
from switch.core.moment import Moment
from tests.simulators.conformance import frames

AT = Moment(0, 1_402_997_400_000)


def after(seconds: float) -> Moment:
    """Return the moment so much later."""
    return Moment(int(seconds * 1e9), AT.utc_ms + int(seconds * 1e3))


def heard(frame: bytes) -> Heard:
    """Return what a whole frame says."""
    found = read(pos(), Framing(pos().frame), frame[2:])
    assert isinstance(found, Heard)
    return found


def new_host() -> Host:
    """Return a host that has heard nobody."""
    setup = own_setup()
    return Host(msgspec.structs.replace(setup, terminal="", merchant="", answers=ALL))


def signed_on(
    host: Host, tid: str = "50010001", mak: bytes = frames.MAK, batch: str = frames.BATCH
) -> Station:
    """Return the station of a terminal that signed on with these keys."""
    key = Mak(mak)
    station = Station(tid)
    station.keys = Keys(Pik(frames.PIK), key, None, make_mac("pos-ecb", key))
    station.batch, station.is_signed_on = batch, True
    host.stations[tid] = station
    recognition.begin(host.suite, station, set())
    return station


def ready(tid: str = "50010001", mak: bytes = frames.MAK, batch: str = frames.BATCH) -> Host:
    """Return a host on whose connection 1 such a terminal speaks."""
    host = new_host()
    signed_on(host, tid, mak, batch)
    host.handle(Connected(1), AT)
    return host
