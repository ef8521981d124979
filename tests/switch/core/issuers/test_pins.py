"""A PIN block on its way: proven, and given to the issuer under the key of its link."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Pik
from messages.crypto.pin import decode_pin_block, encode_pin_block
from messages.reasons import Reason
from switch.core.errors import InvariantBroken
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.pins import translate_pin
from switch.core.rules import Rule
from switch.core.terminals.request import Transaction
from tests.switch.core.stage import PAN, PIK, Stage
from tests.switch.steps.walking import walker

_PIN = "123456"
_OTHER = Pik.from_hex("0123456789ABCDEFFEDCBA9876543210")


@pytest.fixture
def link() -> IssuerLink:
    """Return the link of the stage."""
    return Stage().engine._links["bank"]


def _walker(block: bytes | str | None, security: str = "2600000000000000") -> Transaction:
    text = block.hex().upper() if isinstance(block, bytes) else block
    txn = walker(pin_block=text, security=security)
    txn.pik = Pik.from_hex(PIK)
    return txn


def test_the_issuer_reads_the_pin_that_was_typed(link: IssuerLink) -> None:
    txn = _walker(encode_pin_block(_PIN, PAN, Pik.from_hex(PIK)))
    assert translate_pin(txn, link) is None
    assert txn.translated_pin is not None
    assert decode_pin_block(bytes.fromhex(txn.translated_pin), PAN, link.pik) == _PIN
    assert (txn.link_pik, txn.trace) == (link.pik, [Rule.PIN_BLOCK_GOOD])


def test_the_worked_example_is_translated_as_worked(link: IssuerLink) -> None:
    txn = _walker("04F16B5C9021D1EA")
    assert translate_pin(txn, link) is None
    assert txn.translated_pin == "7B6B4263E0A7B2E9"


def test_a_block_without_pan_is_bound_to_it_for_the_issuer(link: IssuerLink) -> None:
    txn = _walker(encode_pin_block(_PIN, None, Pik.from_hex(PIK)), "1600000000000000")
    assert translate_pin(txn, link) is None
    assert txn.translated_pin is not None
    assert decode_pin_block(bytes.fromhex(txn.translated_pin), PAN, link.pik) == _PIN


def test_after_a_key_change_the_new_key_is_used_and_noted(link: IssuerLink) -> None:
    link.change_pik(_OTHER)
    txn = _walker(encode_pin_block(_PIN, PAN, Pik.from_hex(PIK)))
    assert translate_pin(txn, link) is None
    assert txn.link_pik is link.pik
    assert txn.translated_pin is not None
    assert decode_pin_block(bytes.fromhex(txn.translated_pin), PAN, _OTHER) == _PIN


@pytest.mark.parametrize(
    "block", [encode_pin_block(_PIN, PAN, _OTHER), "0000000000000000", "FFFFFFFFFFFFFFFF"]
)
def test_a_block_that_proves_wrong_is_refused_without_its_content(
    link: IssuerLink, block: bytes | str
) -> None:
    txn = _walker(block)
    decline = translate_pin(txn, link)
    assert decline is not None
    assert (decline.reason, decline.rule) == (Reason.PIN_BLOCK_WRONG, Rule.PIN_BLOCK_GOOD)
    assert _PIN not in repr(decline)
    assert not hasattr(txn, "translated_pin") or txn.translated_pin is None
    assert txn.trace == []


def test_without_a_block_there_is_nothing_to_do(link: IssuerLink) -> None:
    txn = _walker(None)
    assert translate_pin(txn, link) is None
    assert txn.trace == []


def test_a_block_without_any_key_of_the_terminal_is_our_own_bug(link: IssuerLink) -> None:
    txn = _walker("04F16B5C9021D1EA")
    txn.pik = None
    with pytest.raises(InvariantBroken):
        translate_pin(txn, link)
