"""Daily reconciliation: the terminal's count and sum against the host's."""

from __future__ import annotations

import pytest

from tests.switch.core.social import DUE_FEN, HEADER, Clinic, payload
from tests.switch.core.stage.registered import open_registry


def _reconcile(clinic: Clinic, count: int, fen: int, *, batch: str = "000002") -> None:
    fields = {
        11: "000009",
        41: "50010001",
        42: "999653080110001",
        60: f"78{batch}211",
        62: payload({"S1": "REC", "S8": f"{count:06d}{fen:012d}"}),
        64: "00000000",
    }
    clinic.terminal_says(clinic.build("0500", fields, HEADER))


def test_a_day_that_agrees_is_balanced() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    _reconcile(clinic, 1, DUE_FEN)
    assert clinic.code == "00"
    assert clinic.tags()["S8"] == "000001000000012000"


def test_a_voided_payment_does_not_count() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.void("000004", "000003")
    _reconcile(clinic, 0, 0)
    assert clinic.code == "00"


@pytest.mark.parametrize(("count", "fen"), [(2, DUE_FEN), (1, DUE_FEN + 1)])
def test_a_day_that_differs_is_told_the_host_s_own_sums(count: int, fen: int) -> None:
    clinic = Clinic()
    clinic.pay("000003")
    _reconcile(clinic, count, fen)
    assert clinic.code == "95"
    assert clinic.tags() == {"S1": "REC", "S7": "对账不平", "S8": "000001000000012000"}


def test_a_wrong_batch_is_asked_to_sign_on() -> None:
    clinic = Clinic()
    _reconcile(clinic, 0, 0, batch="000007")
    assert clinic.code == "77"


def test_a_host_that_is_away_or_silent_is_told_as_such() -> None:
    clinic = Clinic()
    clinic.temper("0500", ignores=True)
    _reconcile(clinic, 0, 0)
    clinic.pass_time(9_000)
    assert clinic.code == "91"
    clinic.disconnect_host()
    _reconcile(clinic, 0, 0)
    assert clinic.code == "91"


def test_an_answer_that_nobody_can_prove_is_no_verdict() -> None:
    clinic = Clinic()
    clinic.temper("0500", breaks_mac=True)
    _reconcile(clinic, 0, 0)
    assert clinic.code == "96"


def test_sums_are_needed() -> None:
    clinic = Clinic()
    fields = {11: "000009", 41: "50010001", 42: "999653080110001", 60: "78000002211"}
    fields |= {62: payload({"S1": "REC"}), 64: "00000000"}
    clinic.terminal_says(clinic.build("0500", fields, HEADER))
    assert clinic.code == "30"
    assert clinic.report("declined")["why"] == "field 62 lacks S8"


def test_without_a_host_there_is_no_line() -> None:
    clinic = Clinic()
    clinic.reconfigure(social_host=None)
    _reconcile(clinic, 0, 0)
    assert clinic.code == "92"


def test_what_is_registered_as_a_plain_pos_is_refused() -> None:
    clinic = Clinic()
    only = frozenset({"social_reconciliation"})
    for device, code in (("pos", "58"), ("composite", "00")):
        devices = {"50010001": device}
        clinic.reconfigure(registry=open_registry(devices=devices, composite_only=only))
        _reconcile(clinic, 0, 0)
        assert clinic.code == code
