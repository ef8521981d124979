"""Field 62 of a composite terminal: written, read, and what it says of a bill."""

from __future__ import annotations

import pytest

from simulators.terminal_memory import Kind, Slip
from simulators.terminals.services import payload, sums, to_pay_fen, told


def test_what_is_written_is_read_and_what_is_empty_left_out() -> None:
    tags = {"S1": "QRY", "S2": "", "S7": "应付 1.00"}
    assert told(payload(tags)) == {"S1": "QRY", "S7": "应付 1.00"}


@pytest.mark.parametrize("content", ["", "4142", "zz", "5331303033FFFFFF"])
def test_what_is_no_payload_tells_nothing(content: str) -> None:
    assert told(content) == {}


@pytest.mark.parametrize(
    ("lines", "fen"),
    [("应付 120.00\n单据 C1", 12_000), ("无应缴单据", None), ("应付 much", None), ("", None)],
)
def test_the_first_line_says_what_the_card_bears(lines: str, fen: int | None) -> None:
    assert to_pay_fen({"S7": lines}) == fen


def _slip(kind: Kind, rrn: str, fen: int, of: str = "") -> Slip:
    return Slip(
        terminal="50010001",
        batch="000002",
        stan="000003",
        rrn=rrn,
        authorisation="",
        amount_fen=fen,
        shown_card="",
        date="0618",
        time="093000",
        kind=kind,
        of=of,
    )


def test_what_was_voided_does_not_count() -> None:
    slips = [
        _slip(Kind.CONTRIBUTION, "1", 12_000),
        _slip(Kind.MEDICAL, "2", 6_000),
        _slip(Kind.SALE, "3", 100),
        _slip(Kind.VOID, "4", 12_000, of="1"),
    ]
    assert sums(slips) == "000001000000006000"
