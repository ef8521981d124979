"""The product host's line: its list, an order, its result, and what is refused with a reason."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak
from simulators.installation import ZONE_MAK, wires
from simulators.issuer import heads_of
from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
from simulators.wire import Heard
from switch.core.moment import Moment

_WIRE = wires()[1]
_MAC = _WIRE.mac(Mak.from_hex(ZONE_MAK))
PAN = "6219991234567890120"


def _ask(mti: str, code: str, tags: str, host: ProductHost | None = None) -> Heard:
    asked = host or ProductHost(host_identity(), _WIRE, sample_shelf())
    asked.connected()
    fields = {
        2: PAN,
        3: code,
        7: "0601120000",
        11: "000001",
        12: "120000",
        13: "0601",
        18: "8011",
        25: "00",
        32: "99900000",
        33: "99900000",
        37: "616900000001",
        41: "50010001",
        42: "999653080110001",
        48: f"SS{tags}",
    }
    if mti == "0200":
        fields |= {4: "000000012800", 49: "156", 102: "P616900000001"}
    frame = _WIRE.say(heads_of(_WIRE, asked.identity), mti, dict(sorted(fields.items())), _MAC)
    (answer,) = asked.received(_WIRE.bare(frame), Moment(0, 1_780_000_000_000))
    return _WIRE.hear(_WIRE.bare(answer))


def test_a_list_an_order_and_its_result() -> None:
    host = ProductHost(host_identity(), _WIRE, sample_shelf())
    assert "YC0001 RMT 化肥50公斤 128.00 余100" in _ask("0100", "960000", "S1003LST", host).get(48)
    ordered = _ask("0100", "960000", "S1003ORDP2006YC0001", host)
    assert (ordered.get(39), "P1003RMTS5013P616900000001" in ordered.get(48)) == ("00", True)
    told = _ask("0100", "960000", "S1003RESS5013P616900000001", host).get(48)
    assert told.endswith("未支付")
    assert _ask("0200", "963000", "S1003RMTS5013P616900000001", host).get(39) == "00"
    assert host.shelf.products["YC0001"].left == 99


@pytest.mark.parametrize(
    ("mti", "code", "tags", "refused"),
    [
        ("0100", "960000", "S1003LSTP1003XXX", "25"),
        ("0100", "960000", "S1003ORDP2003XXX", "25"),
        ("0100", "960000", "S1003ORDP2006YC0001P3002-1", "30"),
        ("0100", "960000", "S1003ORDP2006YC0001P3003101", "61"),
        ("0100", "960000", "S1003RESS5002P1", "25"),
        ("0100", "960000", "S1003PAY", "12"),
        ("0100", "960000", "S1", "30"),
        ("0200", "963000", "S1003RMTS5002P1", "30"),
        ("0200", "963000", "S1003RMTS5013P616900000001", "25"),
        ("0200", "910000", "S1003RMTS5013P616900000001", "12"),
    ],
)
def test_a_refusal_has_its_reason(mti: str, code: str, tags: str, refused: str) -> None:
    assert _ask(mti, code, tags).get(39) == refused
