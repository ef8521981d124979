"""Pay-outs in settlement: from an agency to cardholders, past every point; on both engines."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.config.registry.funds import load_funds
from switch.core.operations import Operation
from switch.core.transaction import State
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import Books
from switch.ledger.sqlite import SqliteLedger
from switch.settlement import running
from switch.settlement.clearing import Clearer, Clearing
from switch.settlement.movements import movements
from switch.settlement.quarter import Summarising
from switch.settlement.rules import CREDIT, Rules, rules_of
from tests.house.source import ROOT
from tests.switch.core.stage import configuration
from tests.switch.ledger import making
from tests.switch.settlement.village import (
    ACQUIRER,
    DAY,
    FIRST,
    MERCHANT,
    SECOND,
    MemoryStore,
    row,
)

_FUNDS = load_funds("chongqing-2014", ROOT)
_KINDS = sorted({fund.kind for fund in _FUNDS.values()})
_AGENCY = "99980000"


def _rules() -> Rules:
    """Return how a city with funds settles; the agency and the second issuer are of one group."""
    made = rules_of(configuration(funds=_FUNDS))
    return replace(made, groups={_AGENCY: "one", SECOND: "one"})


def test_what_a_fund_pays_is_a_credit_that_no_terminal_counts() -> None:
    rules = _rules()
    assert _KINDS == ["benefit_payout", "subsidy_payout"]
    assert {kind.id for kind in rules.kinds.values() if kind.is_pay_out} == set(_KINDS)
    for kind in _KINDS:
        found = rules.kind(kind)
        assert found is not None
        assert (found.side, found.settles, found.is_pay_out) == (CREDIT, "none", True)
        assert not rules.counts(kind)
        assert found.words.zh != found.words.en
    assert not any(kind.is_pay_out for kind in rules_of(configuration()).kinds.values())


def test_it_goes_from_the_agency_over_the_bank_to_its_cardholder() -> None:
    rules = _rules()
    kind = rules.kind(_KINDS[0])
    assert kind is not None
    moved = movements(row(1, 11_500, _KINDS[0], acquirer=_AGENCY), kind, rules)
    assert [each[:3] for each in moved] == [
        (_AGENCY, FIRST, 11_500),
        (FIRST, f"cardholders:{FIRST}", 11_500),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*_KINDS, "rural_withdrawal", "social_sale"]),
            st.sampled_from([State.APPROVED, State.DECLINED, State.ADVISED, State.REVERSED]),
            st.integers(0, 10**9),
            st.sampled_from([FIRST, SECOND]),
        ),
        max_size=8,
    )
)
def test_whatever_is_paid_out_the_day_sums_to_zero_and_points_get_nothing_of_it(
    drawn: list[tuple[str, State, int, str]],
) -> None:
    rows = [
        row(n, fen, kind, state, issuer=issuer, acquirer=_AGENCY if kind in _KINDS else ACQUIRER)
        for n, (kind, state, fen, issuer) in enumerate(drawn, 1)
    ]
    clearer = Clearer(DAY, _rules())
    clearer.take_own(rows)
    made = clearer.done()
    paid = [each for each in rows if each.state is State.APPROVED]
    out = [each for each in paid if each.record.kind in _KINDS]
    assert sum(made.positions.values()) == 0
    assert -made.positions.get(_AGENCY, 0) == sum(each.record.amount_fen for each in out)
    at_points = sum(each.record.amount_fen for each in paid if each not in out)
    assert sum(line.net_fen for line in made.points.values()) == at_points
    assert set(made.points) <= {MERCHANT}
    off_us = [each.record.amount_fen for each in out if each.record.issuer == FIRST]
    assert -made.interbank.get(_AGENCY, 0) == sum(off_us)


def _story() -> list[Operation]:
    """Return a withdrawal, two pay-outs that were made, and one that was refused."""
    story: list[Operation] = [making.enlisting()]
    for stan, (kind, fen, state) in enumerate(
        (
            ("rural_withdrawal", 50_000, State.APPROVED),
            (_KINDS[0], 11_500, State.APPROVED),
            (_KINDS[1], 20_000, State.APPROVED),
            (_KINDS[0], 7_000, State.DECLINED),
        ),
        1,
    ):
        opened = making.opening(2 * stan, stan, fen)
        agency = {} if kind not in _KINDS else {"acquirer": _AGENCY}
        record = replace(opened.record, kind=kind, **agency)
        cap = opened.cap if not agency else None
        story += [
            replace(opened, record=record, cap=cap),
            making.closing(2 * stan + 1, stan, state),
        ]
    return story


def _cleared(books: Books) -> Clearing:
    return running.clear(books, MemoryStore(), _rules(), DAY)[0]


def test_both_engines_clear_and_report_the_same(postgres: PostgresLedger, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(SqliteLedger(path, fill_every_s=None)) as ledger:
        assert len(ledger.submit(_story())) == len(postgres.submit(_story())) == 9
    with closing(SqliteBooks(path)) as books:
        made = _cleared(books)
        assert made == _cleared(postgres)
        summaries = [
            Summarising((DAY, DAY), _rules(), each.full_days(DAY, DAY, 10**9))
            .take(each.rows(DAY, DAY))
            .whole
            for each in (books, postgres)
        ]
    assert made.count == 3
    assert made.positions == {
        _AGENCY: -31_500,
        FIRST: 0,
        f"cardholders:{FIRST}": -18_500,
        ACQUIRER: 0,
        f"point:{MERCHANT}": 50_000,
    }
    assert summaries[0] == summaries[1]
