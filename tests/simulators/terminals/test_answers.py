"""What a terminal makes of an answer."""

from __future__ import annotations

import pytest

from simulators.installation import terminal_identity
from simulators.requests import fields
from simulators.terminal_memory import Kind, Verdict
from simulators.terminals.answers import Awaiting, answers, echoes, fee_fen, result_of, slip_of
from simulators.wire import Heard
from tests.simulators.acting import POS, answer_of, answered, signed_on_terminal, withdrawal


def _awaiting() -> Awaiting:
    memory = signed_on_terminal().memory
    mti, sent = fields(withdrawal(), terminal_identity(), memory, 20140618)
    return Awaiting(Kind.WITHDRAWAL, b"", mti, sent, withdrawal(), None, 0)


def _heard(changes: dict[int, str | None] | None = None) -> Heard:
    return POS.hear(answered(signed_on_terminal(), "withdrawal-response", changes or {}))


def test_an_answer_has_the_mti_and_the_trace_number_of_its_request() -> None:
    assert answers(_awaiting(), _heard())
    assert not answers(_awaiting(), _heard({11: "000009"}))
    assert not answers(_awaiting(), POS.hear(answer_of("reversal-response")))


@pytest.mark.parametrize("number", [3, 4, 41, 42])
def test_an_answer_echoes_or_leaves_out(number: int) -> None:
    text = _heard().get(number)
    assert echoes(_awaiting(), _heard({number: None}))
    assert not echoes(_awaiting(), _heard({number: text[:-1] + "9"}))


def test_a_slip_names_what_an_original_is_found_by() -> None:
    slip = slip_of("50010001", _awaiting(), _heard())
    assert (slip.stan, slip.batch, slip.rrn) == ("000002", "000002", "061809350002")
    assert (slip.amount_fen, slip.code, slip.kind) == (50_000, "70", Kind.WITHDRAWAL)


def test_a_result_without_an_answer_has_no_code() -> None:
    result = result_of(_awaiting(), Verdict.NO_ANSWER, None)
    assert (result.code, result.stan, result.amount_fen) == ("", "000002", 50_000)
    assert "***" in result.shown_card


def test_the_remark_of_a_fee_is_read_as_an_amount() -> None:
    assert fee_fen("CUP" + " " * 40 + "FEE 4.00") == 400
    assert fee_fen("CUP") == 0
