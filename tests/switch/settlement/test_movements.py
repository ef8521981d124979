"""Every leg is a payment: what one loses another gets; discounts and subsidies by their kinds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fees.quote import Stored
from switch.settlement.movements import Movement, movements, put_right, service_fees
from tests.switch.settlement.village import ACQUIRER, FIRST, MERCHANT, SECOND, row, rules

_POINT, _HOLDERS = f"point:{MERCHANT}", f"cardholders:{FIRST}"


def _net(
    kind: str, fen: int, legs: tuple[tuple[str, int], ...], subsidy_fen: int = 0
) -> dict[str, int]:
    found = rules(subsidy_fen=subsidy_fen)
    of_kind = found.kind(kind)
    assert of_kind is not None
    net: dict[str, int] = {}
    for payer, payee, amount, _ in movements(row(1, fen, kind, legs=legs), of_kind, found):
        net[payer] = net.get(payer, 0) - amount
        net[payee] = net.get(payee, 0) + amount
    return net


def test_a_withdrawal_credits_the_point_with_the_cash_it_paid() -> None:
    net = _net("rural_withdrawal", 50_000, (("ci", 250), ("ia", 100), ("in", 20)), 30)
    assert net == {
        _HOLDERS: -50_250,
        FIRST: 250 - 100 - 20,
        ACQUIRER: 100 - 30,
        "network": 20,
        _POINT: 50_000 + 30,
    }


def test_a_sale_credits_the_point_less_the_whole_discount() -> None:
    net = _net("social_sale", 50_000, (("ai", 275), ("an", 40), ("ma", 75)))
    assert net == {
        _HOLDERS: -50_000,
        FIRST: 275,
        ACQUIRER: 75,
        "network": 40,
        _POINT: 50_000 - 275 - 40 - 75,
    }


def test_a_void_undoes_its_sale_to_the_fen() -> None:
    sale = _net("social_sale", 50_000, (("ai", 275), ("an", 40), ("ma", 75)))
    void = _net("social_void", 50_000, (("ia", 275), ("na", 40), ("am", 75)))
    assert {name: sale[name] + void[name] for name in sale} == dict.fromkeys(sale, 0)


@given(
    st.sampled_from(["rural_withdrawal", "bill_payment", "sale", "refund", "completion_void"]),
    st.integers(0, 10**9),
    st.lists(
        st.tuples(
            st.sampled_from(["ci", "ca", "ai", "an", "in", "ia", "ma", "ic", "ac", "am", "na"]),
            st.integers(1, 10**6),
        ),
        max_size=6,
    ),
    st.integers(0, 500),
)
def test_whatever_the_legs_it_sums_to_zero(
    kind: str, fen: int, legs: list[tuple[str, int]], subsidy_fen: int
) -> None:
    assert sum(_net(kind, fen, tuple(legs), subsidy_fen).values()) == 0


def test_service_fees_are_those_between_banks_and_network_alone() -> None:
    """A merchant's fee is no bank's, and what goes to the network stands in a column of its own."""
    record = row(1, legs=(("ai", 66), ("an", 10), ("in", 5), ("ma", 18), ("ci", 250))).record
    assert service_fees(record) == (0, 66, 10, 5)
    back = row(1, legs=(("ia", 66), ("na", 10), ("am", 18))).record
    assert service_fees(back) == (66, 0, -10, 0)


def _adjustment(kind: str, legs: Stored = (), *, is_turned: bool = False) -> list[Movement]:
    of_kind = rules().kind(kind)
    assert of_kind is not None
    moved = movements(row(1, 8_000, kind, legs=legs), of_kind, rules())
    return [Movement(m.payee, m.payer, m.fen, "") for m in moved] if is_turned else moved


def test_what_is_put_right_is_its_principal_its_fees_and_the_network_s() -> None:
    legs = (("ci", 250), ("ia", 100), ("in", 20))
    (claimed,) = put_right(_adjustment("rural_withdrawal", legs), ACQUIRER)
    assert claimed == (ACQUIRER, FIRST, MERCHANT, 8_000, 100, 0, {FIRST: 20})
    (back,) = put_right(_adjustment("rural_withdrawal", legs, is_turned=True), "")
    assert back == (ACQUIRER, FIRST, MERCHANT, -8_000, 0, 100, {FIRST: -20})
    (refund,) = put_right(_adjustment("refund"), ACQUIRER)
    assert (refund.fen, refund.gets, refund.pays) == (-8_000, 0, 0)


def test_of_a_transfer_each_bank_has_its_part() -> None:
    debit = _adjustment("transfer_debit", (("ci", 300), ("an", 7)))
    to_second = [
        Movement(m.payer.replace(FIRST, SECOND), m.payee.replace(FIRST, SECOND), m.fen, "")
        for m in _adjustment("transfer_credit")
    ]
    first, second = put_right([*debit, *to_second], ACQUIRER)
    assert (first.issuer, first.fen, first.network) == (FIRST, 8_000, {ACQUIRER: 7})
    assert (second.issuer, second.fen, second.network) == (SECOND, -8_000, {})


def test_an_issuer_s_own_books_touch_no_acquirer() -> None:
    (own,) = put_right([Movement(f"cardholders:{FIRST}", FIRST, 700, "")], "")
    assert own == ("", FIRST, "", 700, 0, 0, {})
