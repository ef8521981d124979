"""A quarter's figures are what plain arithmetic says, for the whole, the banks and the points."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.protocol import Refusals
from switch.settlement.pricing import Pricing
from switch.settlement.quarter import Figures, Summarising, Summary
from switch.settlement.rules import rules_of
from tests.switch.core.stage import configuration
from tests.switch.settlement.village import DAY, FIRST, MERCHANT, SECOND, row, rules

_HOST = "99970000"


def _summary(*rows: Row, full: frozenset[tuple[bytes, int]] = frozenset()) -> Summary:
    return Summarising((DAY, DAY), rules(hosts=frozenset({_HOST})), full).take(rows)


def test_a_host_of_services_is_no_bank() -> None:
    summary = _summary(row(1), row(2, 0, "social_inquiry", issuer=_HOST))
    assert list(summary.issuers) == [FIRST]
    assert list(summary.services) == [_HOST]
    assert (summary.whole.requests, summary.services[_HOST].requests) == (2, 1)


def test_states_are_told_apart() -> None:
    declined = replace(row(2, state=State.DECLINED), reason="51")
    whole = _summary(
        row(1),
        declined,
        replace(declined, reason="55"),
        row(3, state=State.REVERSED),
        row(4, state=State.IN_DOUBT),
        row(5, state=State.REVERSAL_EXPIRED),
        row(6, state=State.UNSENT),
        row(7, state=State.FORESTALLED),
        row(8, kind="transfer", state=State.MOVING),
    ).whole
    assert (whole.requests, whole.approved, whole.amount_fen) == (8, 1, 50_000)
    assert whole.declined == {"51": 1, "55": 1}
    assert (whole.reversed_, whole.in_doubt, whole.manual, whole.unsent) == (1, 2, 1, 1)


def test_fees_are_charged_waived_or_free() -> None:
    whole = _summary(
        row(1, fee_fen=250, legs=(("ci", 250), ("ia", 100), ("in", 20)), fee_rules="C7 I6"),
        row(2, fee_rules="C7 I3"),
        row(3, 8_000, "social_sale", legs=(("ai", 44), ("an", 6), ("ma", 12)), fee_rules="C3 I5"),
        row(4, 0, "social_balance_inquiry", fee_rules="C4 I3"),
    ).whole
    assert (whole.fee_fen, whole.issuer_fen) == (250, 250 - 120 + 44)
    assert (whole.acquirer_fen, whole.network_fen) == (100 - 50 + 12, 26)
    assert (whole.waived, whole.free, whole.unpriced) == (2, 1, 2)
    assert whole.kinds["rural_withdrawal"].count == 2


def test_a_day_whose_cap_was_used_up_counts_once() -> None:
    rows = [row(1, 100_000), row(2, 100_000)]
    card = rows[0].key.card
    summary = _summary(*rows, full=frozenset({(card, DAY), (card, DAY + 1)}))
    assert (summary.whole.capped, summary.points[MERCHANT].capped) == (1, 1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FIRST, SECOND, _HOST]),
            st.sampled_from(["rural_withdrawal", "refund", "social_balance_inquiry"]),
            st.sampled_from([State.APPROVED, State.REVERSED]),
            st.integers(0, 10**6),
        ),
        max_size=12,
    )
)
def test_the_banks_and_the_points_sum_up_to_the_whole(
    drawn: list[tuple[str, str, State, int]],
) -> None:
    rows = [
        row(n, fen, kind, state, issuer=issuer)
        for n, (issuer, kind, state, fen) in enumerate(drawn, 1)
    ]
    summary = _summary(*rows)
    for parts in (summary.issuers | summary.services, summary.points):
        for name in Figures.__struct_fields__:
            total = getattr(summary.whole, name)
            if isinstance(total, int):
                assert sum(getattr(each, name) for each in parts.values()) == total
    approved = [each for each in drawn if each[2] is State.APPROVED]
    assert summary.whole.amount_fen == sum(e[3] for e in approved if e[1] == "rural_withdrawal")
    assert summary.whole.returned_fen == sum(e[3] for e in approved if e[1] == "refund")


def test_waived_is_what_the_notice_spared_and_never_the_principal() -> None:
    made = configuration(terminal_dialect=load_dialect("pos"))
    (terminal,) = made.terminals.values()
    made = replace(made, terminals={terminal.id: replace(terminal, is_public_welfare=True)})
    sale = row(1, 8_000, "sale", shown_card="621999*********0120", fee_rules="C3 I3")
    pricing = Pricing(made, rules_of(made))
    summary = Summarising((DAY, DAY), rules_of(made), (), pricing).take([sale])
    assert (summary.whole.waived, summary.whole.waived_fen) == (1, 50)
    assert summary.issuers[FIRST].waived_fen == summary.points[MERCHANT].waived_fen == 50


def test_refusals_of_the_switch_are_declines_with_their_reasons() -> None:
    summing = Summarising((DAY, DAY), rules(hosts=frozenset({_HOST})))
    summing.take([row(1), replace(row(2, state=State.DECLINED), reason="51")])
    cap = "daily_cap_exceeded"
    summary = summing.take_refusals(
        [
            Refusals(DAY, MERCHANT, FIRST, "61", cap, 3),
            Refusals(DAY, MERCHANT, SECOND, "", cap, 2),
            Refusals(DAY, "another", FIRST, "57", "card_not_permitted", 4),
            Refusals(DAY, "", "", "97", "terminal_unknown", 1),
        ]
    )
    assert not summary.services
    whole = summary.whole
    assert (whole.requests, whole.approved, whole.over_cap, whole.said_no) == (10, 1, 5, 9)
    assert whole.declined == {"51": 1}
    assert whole.refused == {f"61 {cap}": 3, "57 card_not_permitted": 4, "97 terminal_unknown": 1}
    first, second = summary.issuers[FIRST], summary.issuers[SECOND]
    assert (first.said_no, first.over_cap, second.said_no, second.over_cap) == (8, 3, 0, 2)
    assert summary.points["another"].refused == {"57 card_not_permitted": 4}
    assert summary.points[MERCHANT].over_cap == 5
    summing.take_refusals([Refusals(DAY, MERCHANT, _HOST, "91", "route_unavailable", 1)])
    assert summary.services[_HOST].said_no == 1
