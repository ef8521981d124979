"""What is read before an operation is decided."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from switch.core.operations import (
    FindByRrn,
    FindOriginal,
    Hasten,
    LeaseNumbers,
    LoadSession,
    NoteDownload,
    Operation,
    Renew,
    Reroute,
    Resolve,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
)
from switch.ledger.needs import (
    BatchKey,
    BlockKey,
    Due,
    Intents,
    Leases,
    Need,
    RrnKey,
    SessionKey,
    Sums,
    cap_of,
    needs,
    original_of,
)
from switch.ledger.rows import CapKey
from tests.switch.ledger.making import (
    BUCKET,
    CARD,
    DAY,
    acknowledging,
    answering,
    claiming,
    closing,
    counting_refusals,
    ending,
    enlisting,
    key,
    launching,
    opening,
    reversing,
    settling,
    uploading,
    voiding,
)
from tests.switch.ledger.test_decide import run

NEEDED: tuple[tuple[Operation, tuple[Need, ...]], ...] = (
    (opening(1), (key(), CapKey(BUCKET, CARD, DAY))),
    (closing(1), (key(),)),
    (Reroute(1, key(), 1, "other", b""), (key(),)),
    (launching(1), (key(),)),
    (reversing(1), (key(),)),
    (acknowledging(1), (key(),)),
    (answering(1), (key(),)),
    (Hasten(1, key(), 0), (key(),)),
    (FindOriginal(1, key()), (key(),)),
    (FindByRrn(1, "416900000001"), (RrnKey("416900000001"),)),
    (Resolve(1, 2, key()), (key(),)),
    (SignOn(1, "50010001", b""), (SessionKey("50010001"),)),
    (SignOff(1, "50010001"), (SessionKey("50010001"),)),
    (NoteDownload(1, "50010001", "keys", 2), (SessionKey("50010001"),)),
    (LoadSession(1, "50010001"), (SessionKey("50010001"),)),
    (LeaseNumbers(1, "rrn", 10), (BlockKey("rrn"),)),
    (enlisting(), (BlockKey("incarnation"), Leases())),
    (Renew(1, 1, 2), (Leases(),)),
    (TakeOver(1, 4, 5, 6), (Leases(), Intents(4, 5, 6))),
    (claiming(1, 5, incarnation=4, limit=6), (Leases(), Due(4, 5, 6))),
    (counting_refusals(1, {"a": 1}), ()),
    (Totals(1), (Sums(),)),
    (settling(1), (SessionKey("50010001"), BatchKey("50010001", "000001", "999653080110001"))),
    (uploading(1, 2), (SessionKey("50010001"), BatchKey("50010001", "000001"))),
    (ending(1, 2), (SessionKey("50010001"), BatchKey("50010001", "000001"))),
)


@pytest.mark.parametrize(("operation", "expected"), NEEDED)
def test_an_operation_names_what_it_needs(operation: Operation, expected: tuple[Need, ...]) -> None:
    assert needs(operation) == expected


def test_every_kind_of_operation_is_known() -> None:
    assert {type(operation) for operation, _ in NEEDED} == set(get_args(Operation))


def test_an_open_without_a_cap_needs_no_day() -> None:
    assert needs(msgspec.structs.replace(opening(1), cap=None)) == (key(),)


def test_a_row_brings_the_day_that_it_was_opened_for() -> None:
    stored, _ = run([opening(1, day=DAY + 1)])
    row = stored.transactions[key()]
    assert cap_of(row) == CapKey(BUCKET, CARD, DAY + 1)
    assert cap_of(msgspec.structs.replace(row, cap=None)) is None


def test_what_takes_of_another_needs_that_too_and_brings_it_along() -> None:
    assert needs(voiding(1, 2, of=1)) == (key(2), key(1))
    stored, _ = run([opening(1), closing(2), voiding(3, 2, of=1)])
    assert original_of(stored.transactions[key(2)]) == key(1)
    assert original_of(stored.transactions[key(1)]) is None
