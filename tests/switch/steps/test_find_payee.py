"""Stop 9 again: who is paid by a transfer, of which bank, and from which card a remittance is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.dialects.tlv import encode_text, text_item
from messages.reasons import Reason
from switch.core.rules import Rule
from switch.pipeline import FINANCIAL
from switch.steps.choose_route import choose_route
from switch.steps.find_payee import find_payee
from tests.switch.core.stage import OTHER_PAN, PAN, Stage
from tests.switch.core.stage.moving import PAYEE, counter, frame_of, payee_field, send


def test_it_is_the_last_stop_of_the_walk() -> None:
    assert FINANCIAL[FINANCIAL.index(choose_route) + 1 :] == (find_payee,)


def test_the_payees_bank_is_found_by_the_account_in_field_62() -> None:
    stage = counter()
    send(stage)
    assert stage.code == "00"
    assert Rule.PAYEE_KNOWN in stage.row().record.trace


@pytest.mark.parametrize(
    ("field", "code"),
    [
        (None, "30"),
        ("B1", "30"),
        (encode_text((text_item("B2", b"name", 3),)).hex().upper(), "30"),
        (payee_field("62199912345678901AB"), "30"),
        (payee_field("6219991234567890139"), "14"),
        (payee_field(PAN), "14"),
        (payee_field("4000000000000002"), "15"),
    ],
)
def test_who_cannot_be_paid_is_told_before_anything_is_opened(field: str | None, code: str) -> None:
    stage = counter()
    send(stage, f62=field)
    assert stage.code == code
    assert stage.report("declined")["rule"] == Rule.PAYEE_KNOWN
    assert stage.ledger.transactions() == []


def test_a_remittance_is_paid_from_the_settlement_card_of_its_point_only() -> None:
    stage = counter()
    send(stage, "cash_remittance", f2=PAYEE, f35=None, f62=payee_field(PAN))
    assert stage.code == "57"
    assert stage.report("declined")["rule"] == Rule.SETTLEMENT_CARD
    none = counter()
    terminals = {
        name: replace(each, settlement_card=b"")
        for name, each in none.configuration.terminals.items()
    }
    none.reconfigure(terminals=terminals)
    send(none, "cash_remittance")
    assert none.code == "57"


def test_a_payee_whose_bank_has_no_line_gets_91_and_a_repeat_its_94() -> None:
    stage = counter()
    send(stage, "transfer", "000003")
    stage.engine._links["bank"].is_ready = False
    send(stage, "transfer", "000003")
    send(stage, "transfer", "000004")
    assert stage.codes()[-3:] == ["00", "94", "91"]


def test_without_a_registry_a_transfer_is_open_only_where_its_terminal_admits_it() -> None:
    stage = Stage()
    stage.sign_on()
    stage.terminal_says(frame_of(stage, "transfer", "000003"))
    assert stage.code == "40"
    assert stage.report("declined")["reason"] == Reason.SERVICE_NOT_OPEN.value


def test_the_card_of_another_bank_is_paid_too() -> None:
    stage = counter()
    send(stage, f62=payee_field(OTHER_PAN))
    assert [fields[2] for fields in stage.requests()] == [PAN, OTHER_PAN]
