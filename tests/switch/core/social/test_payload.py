"""The payload of a social service: tags, lengths that count bytes of GBK, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.dialect import Social
from switch.core.social.payload import (
    LONGEST,
    PayloadError,
    from_host,
    of_request,
    read,
    to_host,
    write,
)

_PAYMENT = Social(leg="payment", services=("PAY",), needs=("S5",), any_of=("S2", "S6"))
_TEXTS = st.text(st.sampled_from("0123456789ABC 中文险"), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(["S1", "S2", "S5", "S7"]), _TEXTS))
def test_what_is_written_is_read_back(values: dict[str, str]) -> None:
    assert read(write(values)) == values
    assert from_host(to_host(values)) == write(values).hex().upper()


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(PayloadError):
        assert read(write(read(content))) == read(content)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "S1 is none of PAY"),
        (b"S1003FEE", "S1 is none of PAY"),
        (b"S1003PAYS6002P1", "field 62 lacks S5"),
        (b"S1003PAYS5002B1", "field 62 has none of S2, S6"),
        (b"S1003PAYS5002B-S6002P1", "S5 is not at most 28 letters and digits"),
        (b"S1003PAYS1003PAY", "field 62 has S1 twice"),
        (b"S1009PAY", "field 62 at byte 0: a tag announces 9 bytes, 3 are left"),
        (b"S1003PAYS7002\xff\xff", "field 62 is not GBK text"),
        (b"S7" + b"%03d" % LONGEST + b" " * LONGEST, f"field 62 has more than {LONGEST} bytes"),
    ],
)
def test_a_payload_that_is_wrong_says_why(content: bytes, wrong: str) -> None:
    assert of_request(content.hex(), _PAYMENT)[1] == wrong


def test_a_good_payload_has_nothing_wrong() -> None:
    values, wrong = of_request(b"S1003PAYS5002B1S6002P1".hex(), _PAYMENT)
    assert not wrong
    assert values == {"S1": "PAY", "S5": "B1", "S6": "P1"}


def test_what_is_not_for_the_terminal_is_left_out() -> None:
    assert not from_host("")
    assert not from_host("NK0123")
