"""The table of transfers: total over the states of parent and legs, and never a leg alone."""

from __future__ import annotations

from itertools import product

import pytest

from switch.core.transaction import State
from switch.core.transfers.table import Step, next_step

OF_A_DEBIT = (
    None, State.FORWARDED, State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT,
    State.REVERSING, State.REVERSED, State.REVERSAL_EXPIRED, State.FORESTALLED,
)  # fmt: skip
OF_A_CREDIT = (
    None, State.FORWARDED, State.CREDITING, State.ADVICE_EXPIRED, State.APPROVED, State.DECLINED,
    State.UNSENT, State.REVERSING, State.REVERSED, State.REVERSAL_EXPIRED, State.FORESTALLED,
)  # fmt: skip
MAY_BE_CREDITED = {State.CREDITING, State.ADVICE_EXPIRED, State.APPROVED, State.REVERSING} | {
    State.REVERSAL_EXPIRED, State.FORWARDED, None
}  # fmt: skip
PARENTS = (State.MOVING, State.REVERSING)


@pytest.mark.parametrize("parent", PARENTS)
def test_every_state_of_both_legs_has_a_next_step(parent: State) -> None:
    for debit, credit in product(OF_A_DEBIT, OF_A_CREDIT):
        assert isinstance(next_step(parent, debit, credit), Step)


@pytest.mark.parametrize("parent", PARENTS)
def test_a_debit_is_given_back_only_when_nothing_can_be_credited(parent: State) -> None:
    for debit, credit in product(OF_A_DEBIT, OF_A_CREDIT):
        step = next_step(parent, debit, credit)
        if credit in MAY_BE_CREDITED:
            assert step not in {Step.UNDO_DEBIT, Step.END_NONE, Step.END_UNDONE}


def test_both_is_said_of_nothing_but_an_approved_credit() -> None:
    for parent, debit, credit in product(PARENTS, OF_A_DEBIT, OF_A_CREDIT):
        if next_step(parent, debit, credit) is Step.END_BOTH:
            assert (parent, credit) == (State.MOVING, State.APPROVED)


def test_undone_is_said_only_when_the_money_is_back() -> None:
    over = {State.DECLINED, State.UNSENT, State.REVERSED, State.FORESTALLED}
    for debit, credit in product(OF_A_DEBIT, OF_A_CREDIT):
        if next_step(State.REVERSING, debit, credit) is Step.END_UNDONE:
            assert debit in over
            assert credit in over


def test_a_transfer_that_is_over_has_no_next_step() -> None:
    with pytest.raises(KeyError):
        next_step(State.APPROVED, State.APPROVED, State.APPROVED)
