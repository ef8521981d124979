"""Every leg is a payment: what one loses another gets; discounts and subsidies by their kinds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.settlement.movements import acquirer_fees, movements
from tests.switch.settlement.village import ACQUIRER, FIRST, MERCHANT, row, rules

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


def test_an_acquirers_own_fees_are_what_it_gets_and_pays() -> None:
    record = row(1, legs=(("ai", 275), ("an", 40), ("in", 5), ("ma", 75))).record
    assert acquirer_fees(record) == (75, 315, 45)
