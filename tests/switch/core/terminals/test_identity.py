"""Keys and fingerprints: what makes two requests the same, and what the ledger keeps."""

from __future__ import annotations

from typing import Any

import pytest

from switch.core.terminals.identity import transaction_key
from switch.core.terminals.wire import TerminalWire
from tests.switch.core.stage import OTHER_PAN, PAN, POS, Stage, configuration

_WIRE = TerminalWire(POS)


def _key(**changes: Any) -> object:  # noqa: ANN401 - as loose as what it is passed to
    frame = Stage().withdrawal(**changes)
    return transaction_key(_WIRE.read(1, frame[2:]), configuration())


@pytest.mark.parametrize(
    "changes",
    [
        {"stan": "000003"},
        {"f41": "50010002"},
        {"f42": "999653080110002"},
        {"f60": "7000000300060"},
        {"f2": OTHER_PAN},
        {"f13": "0618"},
    ],
)
def test_each_part_of_the_key_tells_requests_apart(changes: dict[str, str]) -> None:
    assert _key(**changes) != _key()


@pytest.mark.parametrize(
    "changes", [{"f4": "000000001000"}, {"f22": "052"}, {"f60": "7100000200060"}, {"f14": "5012"}]
)
def test_nothing_else_is_part_of_the_key(changes: dict[str, str]) -> None:
    assert _key(**changes) == _key()


@pytest.mark.parametrize(
    ("field", "text", "is_same"),
    [
        ("f4", "000000001000", False),
        ("f22", "052", False),
        ("f14", "5012", True),
        ("f53", "2600000000000000", True),
    ],
)
def test_the_fingerprint_tells_a_repeat_from_another_request(
    field: str, text: str, *, is_same: bool
) -> None:
    fingerprints = []
    for changes in ({}, {field: text}):
        stage = Stage()
        stage.sign_on()
        stage.withdraw(**changes)
        fingerprints.append(stage.row().fingerprint)
    assert (fingerprints[0] == fingerprints[1]) == is_same


def test_the_record_keeps_what_later_steps_need_and_no_clear_card() -> None:
    stage = Stage()
    stage.sign_on()
    stage.withdraw()
    row = stage.row()
    record = row.record
    assert (record.kind, record.amount_fen, record.clearing_day) == (
        "rural_withdrawal",
        50_000,
        20140618,
    )
    assert (record.issuer, record.acquirer, record.link) == ("99910000", "99900000", "bank")
    assert record.shown_card == "621999*********0120"
    assert len(record.trace) < 64
    assert PAN.encode() not in record.sealed
    assert 0 <= row.key.bucket < 1024
