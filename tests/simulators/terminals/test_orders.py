"""Orders: which job each is, and which slip it is about."""

from __future__ import annotations

import msgspec
import pytest

from simulators.terminal_memory import Entry, Kind, Memory, Slip
from simulators.terminals.orders import Order, job_of


def _slip(kind: Kind, rrn: str) -> Slip:
    return Slip(
        terminal="50010001", batch="000002", stan="000002", rrn=rrn, authorisation="",
        amount_fen=50_000, shown_card="", date="0618", time="093706", kind=kind,
    )  # fmt: skip


@pytest.fixture
def memory() -> Memory:
    """Return a memory with a pre-authorisation, its completion and a sale, in this order."""
    made = Memory()
    made.slips += [
        _slip(Kind.AUTHORISATION, "000000000001"),
        _slip(Kind.COMPLETION, "000000000002"),
        _slip(Kind.SALE, "000000000003"),
    ]
    return made


@pytest.mark.parametrize(
    ("order", "rrn"),
    [
        (Order(do="completion"), "000000000001"),
        (Order(do="completion_advice"), "000000000001"),
        (Order(do="authorisation_void"), "000000000001"),
        (Order(do="completion_void"), "000000000002"),
        (Order(do="void"), "000000000003"),
        (Order(do="refund"), "000000000003"),
        (Order(do="void", rrn="000000000002"), "000000000002"),
    ],
)
def test_what_is_about_an_earlier_transaction_is_about_the_newest_that_fits(
    memory: Memory, order: Order, rrn: str
) -> None:
    job = job_of(order, memory)
    assert job.of is not None
    assert job.of.rrn == rrn


def test_a_slip_that_there_is_not_is_told(memory: Memory) -> None:
    with pytest.raises(ValueError, match="a void needs a slip with RRN 9, and there is none"):
        job_of(Order(do="void", rrn="9"), memory)
    with pytest.raises(ValueError, match="a completion needs a slip, and there is none"):
        job_of(Order(do="completion"), Memory())


def test_a_transfer_pays_another_card_than_its_own(memory: Memory) -> None:
    job = job_of(Order(do="transfer", card=1, payee=2, yuan=30), memory)
    assert job.card is not None
    assert job.payee is not None
    assert (job.amount_fen, job.card.pan != job.payee.pan) == (3_000, True)
    with pytest.raises(ValueError, match="a remittance needs a payee that is another card"):
        job_of(Order(do="remittance", card=1, payee=1), memory)


def test_a_card_is_read_as_the_order_says(memory: Memory) -> None:
    order = msgspec.json.decode(b'{"do":"withdrawal","yuan":20,"entry":"stripe"}', type=Order)
    assert job_of(order, memory).entry is Entry.STRIPE
    assert job_of(Order(do="withdrawal"), memory).entry is Entry.CHIP


@pytest.mark.parametrize("text", ['{"do":"dance"}', '{"do":"sale","entry":"nose"}', '{"yuan":1}'])
def test_what_is_no_order_is_none(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Order)
