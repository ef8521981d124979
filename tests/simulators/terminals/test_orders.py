"""Orders: which job each is, and which slip it is about."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from simulators.terminal_memory import Entry, Kind, Memory, Result, Slip, Verdict
from simulators.terminals.orders import Order, job_of, next_of
from simulators.terminals.services import told


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


def _ended(kind: Kind, verdict: Verdict = Verdict.APPROVED, **told: str) -> Result:
    return Result(kind=kind, verdict=verdict, told=told)


def test_a_purchase_is_a_list_an_order_its_payment_and_its_result(memory: Memory) -> None:
    order = Order(do="purchase", product="GZ1403", units=3)
    placed = _ended(Kind.PRODUCT_INQUIRY, S5="P1", S7="应付 300.00", P1="BND")
    ended = [_ended(Kind.SIGN_ON), _ended(Kind.PRODUCT_INQUIRY), placed, _ended(Kind.BOND), placed]
    asked = [next_of(order, ended[:count], memory) for count in range(len(ended) + 1)]
    kinds = [job and job.kind for job in asked]
    inquiry = Kind.PRODUCT_INQUIRY
    # A sign-on that came before is no step of it.
    assert kinds == [inquiry, inquiry, inquiry, Kind.BOND, inquiry, None]
    tags = [told(job.content) for job in asked if job is not None]
    assert [each["S1"] for each in tags] == ["LST", "LST", "ORD", "BND", "RES"]
    assert (tags[2]["P2"], tags[2]["P3"], tags[3]["S5"]) == ("GZ1403", "3", "P1")
    assert asked[3] is not None
    assert asked[3].amount_fen == 30_000


@pytest.mark.parametrize("done", [1, 2, 3])
def test_a_purchase_ends_where_a_step_is_refused(memory: Memory, done: int) -> None:
    placed = _ended(Kind.PRODUCT_INQUIRY, S5="P1", S7="应付 300.00", P1="BND")
    steps = [_ended(Kind.PRODUCT_INQUIRY), placed, _ended(Kind.BOND)][:done]
    steps[-1] = replace(steps[-1], verdict=Verdict.DECLINED)
    assert next_of(Order(do="purchase"), steps, memory) is None


def test_any_other_order_is_one_job(memory: Memory) -> None:
    order = Order(do="sale", yuan=10)
    assert next_of(order, [], memory) == job_of(order, memory)
    assert next_of(order, [_ended(Kind.SALE)], memory) is None
