"""One link: its keys in force, and the one before for a while."""

from __future__ import annotations

from messages.crypto.keys import Mak, Pik
from messages.crypto.mac import make_mac
from routing.health import Breaker, Limits
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.wire import IssuerWire
from tests.switch.core.stage import INTERBANK, configuration

_OTHER = Mak(bytes(range(16)))
_TEXTS = {7: "0618093512", 11: "000777", 39: "00", 41: "50010001"}


def _line() -> IssuerLink:
    wire = IssuerWire(INTERBANK)
    return IssuerLink(configuration().links["bank"], wire, lambda _: None, Breaker(Limits()))


def _under(line: IssuerLink, mak: Mak) -> dict[int, str]:
    mab = line.wire.mab("0210", _TEXTS)
    return _TEXTS | {128: make_mac("x9.19", mak).compute(mab).decode()}


def test_it_begins_disconnected_with_the_configured_keys() -> None:
    line = _line()
    assert not (line.is_connected)
    assert not (line.is_ready)
    assert not (line.is_member)
    assert line.pik == line.link.pik
    assert line.is_authentic("0210", _under(line, line.link.mak), 0)


def test_the_old_mac_key_proves_answers_until_its_time_is_over() -> None:
    line = _line()
    line.change_mak(_OTHER, 1_000)
    assert line.is_authentic("0210", _under(line, _OTHER), 5_000)
    assert line.is_authentic("0210", _under(line, line.link.mak), 999)
    assert not line.is_authentic("0210", _under(line, line.link.mak), 1_000)
    assert not line.is_authentic("0210", _TEXTS, 0)


def test_a_new_pin_key_is_another_object_even_where_its_bytes_are_the_same() -> None:
    line = _line()
    before = line.pik
    line.change_pik(Pik(before.reveal()))
    assert line.pik is not before
