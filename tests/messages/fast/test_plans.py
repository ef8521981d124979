"""Plans, prefixes and the errors of the survey; located against surveyed is in test_view."""

from __future__ import annotations

from typing import NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.dialect import Field
from messages.dialects.loader import load_dialect
from messages.errors import DecodeError
from messages.fast.building import write_bitmap, write_mti
from messages.fast.plans import Plan, locator, read_size, survey
from tests.messages.strategies import Sample, every_dialect, samples

_POS = load_dialect("pos")


@given(samples())
def test_the_places_of_a_message_follow_each_other_and_fill_it(sample: Sample) -> None:
    plan, anchors = survey(sample.dialect, sample.frame, sample.base)
    assert plan.numbers == tuple(sample.values)
    at = sample.base + plan.body_at
    for number in plan.numbers:
        first, distance, last, rest = plan.places[number]
        assert anchors[first] + distance == at
        at = anchors[last] + rest
    assert at == len(sample.frame)


@given(samples())
def test_a_good_message_is_located_without_a_survey(sample: Sample) -> None:
    plan, anchors = survey(sample.dialect, sample.frame, sample.base)
    locate = locator(plan, lambda *made: made, _refuse)
    assert locate(sample.frame, sample.base) == (sample.frame, sample.base, plan, anchors)


def _refuse(frame: bytes, base: int) -> NoReturn:
    msg = f"a survey of {len(frame)} bytes from {base}"
    raise AssertionError(msg)


@pytest.mark.parametrize("name", every_dialect())
def test_a_length_above_the_limit_is_refused_though_its_content_is_there(name: str) -> None:
    dialect = every_dialect()[name]
    for field in filter(None, dialect.fields):
        most = 256**field.prefix_bytes if field.prefix_form == "binary" else 10**field.prefix_digits
        if field.is_fixed or field.limit + 1 >= most:
            continue
        start = write_mti(dialect, "0200") + write_bitmap(dialect, [field.number])
        good = field.limit, field.content_bytes(field.limit)
        bad = field.limit + 1, field.content_bytes(field.limit + 1)
        frames = [start + _written(field, size) + b"0" * length for size, length in (good, bad)]
        plan, anchors = survey(dialect, frames[0], 0)
        locate = locator(
            plan, lambda *made: made[3], lambda data, base: survey(dialect, data, base)
        )
        assert locate(frames[0], 0) == anchors
        with pytest.raises(DecodeError, match=rf"says {bad[0]} .*at most {good[0]} "):
            locate(frames[1], 0)


def _written(field: Field, size: int) -> bytes:
    if field.prefix_form == "binary":
        return size.to_bytes(field.prefix_bytes, "big")
    if field.prefix_form == "bcd":
        return bytes.fromhex(f"{size:0{2 * field.prefix_bytes}}")
    return f"{size:0{field.prefix_bytes}}".encode()


def test_distances_are_constant_between_variable_fields() -> None:
    plan = Plan(_POS, "0200", (2, 3, 4, 35, 41), 10)
    assert plan.places == {
        2: (0, 0, 1, 0),
        3: (1, 0, 1, 3),
        4: (1, 3, 1, 9),
        35: (1, 9, 2, 0),
        41: (2, 0, 2, 8),
    }


@given(st.integers(0, 99), st.sampled_from(["bcd", "ascii", "binary"]))
def test_a_prefix_says_a_size_up_to_the_limit(size: int, form: str) -> None:
    field = _prefixed(form, 2)
    prefix = {"bcd": bytes.fromhex(f"{size:02}"), "ascii": b"%02d" % size, "binary": bytes([size])}
    if size <= field.limit:
        assert read_size(field, b"\0\0" + prefix[form], 2) == size
    else:
        with pytest.raises(DecodeError, match=f"says {size} bytes, at most 40 are allowed"):
            read_size(field, prefix[form], 0)


@pytest.mark.parametrize(
    ("form", "prefix"),
    [("bcd", "1A"), ("bcd", "A1"), ("ascii", "2031"), ("ascii", "2B31"), ("ascii", "B231")],
)
def test_only_digits_are_a_prefix(form: str, prefix: str) -> None:
    with pytest.raises(DecodeError, match="not made of digits"):
        read_size(_prefixed(form, 2), bytes.fromhex(prefix), 0)


def test_a_prefix_of_three_digits_takes_the_bytes_of_its_form() -> None:
    assert read_size(_prefixed("bcd", 3), b"\x00\x17", 0) == 17
    assert read_size(_prefixed("ascii", 3), b"017", 0) == 17
    assert read_size(_prefixed("binary", 3), b"\x00\x11", 0) == 17


def _prefixed(form: str, digits: int) -> Field:
    fields = {"prefix_form": form, "prefix_digits": digits, "unit": "bytes", "limit": 40}
    return msgspec.structs.replace(_POS.field(44), **fields)


@pytest.mark.parametrize(
    ("name", "body", "field", "offset", "reason"),
    [
        ("pos", "02", "mti", 0, "1 bytes are left, it takes 2"),
        ("pos", "020A0000000000000000", "mti", 0, "is not 4 digits"),
        ("pos", "0200000000", "bitmap", 2, "3 bytes are left, it takes 8"),
        ("pos", "0200A000000000000000010000", "bitmap", 2, "bit 1 is set"),
        ("pos", "02000200000000000000010000", "7", 10, "a field that the dialect does not have"),
        ("pos", "02004000000000000000", "2", 10, "0 bytes are left, its length prefix takes 1"),
        ("pos", "0200400000000000000020", "2", 10, "says 20 digits, at most 19"),
        ("pos", "020040000000000000001962", "2", 12, "its content ends 9 bytes after the message"),
        ("pos", "0200200000000000000001000000", "3", 13, "1 bytes follow the last field"),
        ("pos", "0200000000000000000000", "bitmap", 10, "1 bytes follow the last field"),
        ("interbank", "30323030A000000000000000", "bitmap", 12, "0 bytes are left, it takes 8"),
        ("interbank", "3032303080000000000000008000000000000000", "65", 20, "announces a field"),
        ("iso87-ascii", "3032303032302030303030303030303030303020", "bitmap", 4, "hexadecimal"),
        ("iso87-ascii", "303230303030303030303030303030303030303A", "bitmap", 4, "hexadecimal"),
    ],
)  # fmt: skip
def test_a_survey_says_what_is_wrong_and_where(
    name: str, body: str, field: str, offset: int, reason: str
) -> None:
    with pytest.raises(DecodeError, match=reason) as error:
        survey(every_dialect()[name], bytes.fromhex(body), 0)
    assert (error.value.field, error.value.offset) == (field, offset)
