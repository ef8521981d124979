"""Keys of legs: on their own card's bucket, and never a key that a terminal can send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.core.operations import TransactionKey
from switch.core.transfers.legs import CREDIT, DEBIT, bucket_of, is_credit, is_transfer, leg_key
from tests.switch.core.stage.moving import counter, rows, send

CARD = bytes(range(16))
KEYS = st.builds(
    TransactionKey,
    st.just(1),
    st.just(CARD),
    st.just("50010001"),
    st.just("999653080110001"),
    st.integers(0, 999_999).map("{:06d}".format),
    st.integers(1, 999_999).map("{:06d}".format),
    st.just(""),
)


@given(KEYS, KEYS, st.sampled_from([DEBIT, CREDIT]), st.binary(min_size=16, max_size=16))
def test_a_leg_has_its_own_key_and_bucket(
    one: TransactionKey, other: TransactionKey, leg: str, card: bytes
) -> None:
    made = leg_key(one, leg, card)
    assert (made.bucket, made.card) == (bucket_of(card), card)
    assert 0 <= made.bucket < 1024
    assert len(made.batch) == 6
    assert not made.batch.isdecimal()
    assert (made == leg_key(other, leg, card)) is (one == other)
    assert leg_key(one, DEBIT, card) != leg_key(one, CREDIT, card)


def test_transfers_and_credits_are_told_from_everything_else() -> None:
    stage = counter()
    send(stage)
    stage.withdraw("000003")
    parent, debit, credit = rows(stage)
    assert parent is not None
    assert debit is not None
    assert credit is not None
    assert [is_transfer(row) for row in (parent, debit, credit)] == [True, False, False]
    assert [is_credit(row) for row in (parent, debit, credit)] == [False, False, True]
    plain = stage.row("000003")
    assert not is_transfer(plain)
    assert not is_credit(plain)
