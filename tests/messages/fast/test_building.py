"""Writing single fields, and what a builder refuses; equality with the codec is in test_view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from messages.errors import EncodeError
from messages.fast import building
from messages.fast.building import builder, write_bitmap, write_field, write_mti
from messages.fast.plans import read_size
from messages.view import Viewer
from tests.messages.strategies import Sample, every_dialect, field_texts, names, samples

_POS = load_dialect("pos")
_INTERBANK = load_dialect("interbank")
_ISO87 = load_dialect("iso87-ascii")


@given(names(), st.data())
def test_what_is_written_is_read_back(name: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([f for f in every_dialect()[name].fields if f]))
    text = data.draw(field_texts(field))
    written = write_field(field, text)
    assert field.read(written[field.prefix_bytes :], read_size(field, written, 0)) == text


@given(samples())
def test_good_texts_are_built_without_a_second_try(sample: Sample) -> None:
    # No digits are no number: an empty text, or a sign alone, may take the second way.
    values = {number: text for number, text in sample.values.items() if len(text) > 1}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(building, "build_slowly", None)
        body = builder(sample.dialect, tuple(values))(sample.mti, *values.values())
    assert body == building.build_slowly(sample.dialect, sample.mti, values)


def test_two_halves_of_a_byte_do_not_make_a_whole() -> None:
    digits = "04F16B5C9021D1EA"
    for values in ({52: digits + "0", 55: "9F0"}, {52: digits, 55: "9", 59: "F"}):
        with pytest.raises(EncodeError):
            Viewer(_POS).build("0200", {**values, 53: "2600000000000000"})


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        (2, "6219991234567890120", "1962199912345678901200"),
        (22, "051", "0510"),
        (23, "001", "0001"),
        (35, "6219991234567890120=49122200", "286219991234567890120D49122200"),
        (49, "156", "313536"),
        (60, "7000000200060", "001370000002000600"),
        (63, "重", "0002D6D8"),
        (64, "73BAE89D", "3733424145383944"),
        (64, "FF00112233445566", "FF00112233445566"),
    ],
)
def test_a_field_is_written_as_in_the_worked_examples(
    number: int, text: str, expected: str
) -> None:
    assert write_field(_POS.field(number), text) == bytes.fromhex(expected)
    body = Viewer(_POS).build("0200", {number: text})
    assert body[10:] == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        (2, "62199912345678901200", "has 20 digits, at most 19 are allowed"),
        (3, "01000", "has 5 digits, exactly 6 are allowed"),
        (3, "01000 ", "other characters than digits"),
        (3, "٠٠٠٠٠٠", "other characters than digits"),
        (35, "6219991234567890120d", "other characters than track characters"),
        (41, "5001000é", "a character that ASCII does not have"),
        (52, "04F16B5C9021D1E", "pairs of hexadecimal digits"),
        (52, "04F16B5C9021 D1 EA", "pairs of hexadecimal digits"),
        (63, "é重€", "a character that GBK does not have"),
        (64, "73bae89d", "8 characters 0-9 A-F"),
        (7, "0618093512", "dialect pos has no such field"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_by_field_and_never_quoted(
    number: int, text: str, reason: str
) -> None:
    viewer = Viewer(_POS)
    with pytest.raises(EncodeError, match=reason) as error:
        viewer.build("0200", {11: "000002", number: text})
    assert error.value.field == str(number)
    assert text not in str(error.value)


@pytest.mark.parametrize(
    ("name", "number", "text", "reason"),
    [
        ("interbank", 3, "01000a", "other characters than digits"),
        ("interbank", 28, "X00000100", "other characters than C or D"),
        ("interbank", 28, "C0000010 ", "other characters than C or D"),
        ("interbank", 35, "6219991234567890120d", "other characters than track characters"),
        ("iso87-ascii", 52, "04F16B5C9021D1EG", "pairs of hexadecimal digits"),
        ("odd", 19, "04F", "pairs of hexadecimal digits"),
        ("odd", 19, "04FG", "pairs of hexadecimal digits"),
        ("odd", 8, "123", "no whole bytes"),
    ],
)
def test_characters_are_checked_in_every_form(
    name: str, number: int, text: str, reason: str
) -> None:
    viewer = Viewer(every_dialect()[name])
    with pytest.raises(EncodeError, match=reason):
        viewer.build("0200", {number: text})


@pytest.mark.parametrize("mti", ["", "020", "02000", "02A0", "٠٢٠٠", "02 0"])
def test_an_mti_is_four_digits(mti: str) -> None:
    for dialect in (_POS, _INTERBANK, _ISO87):
        with pytest.raises(EncodeError, match="mti: is not 4 digits"):
            Viewer(dialect).build(mti, {3: "010000"})
        with pytest.raises(EncodeError, match="mti: is not 4 digits"):
            write_mti(dialect, mti)


def test_a_second_bitmap_comes_with_a_field_above_64() -> None:
    assert write_bitmap(_INTERBANK, [3]).hex() == "2000000000000000"
    assert write_bitmap(_INTERBANK, [3, 128]).hex() == "a0000000000000000000000000000001"
    assert write_bitmap(_INTERBANK, [3], long=True).hex() == "a0000000000000000000000000000000"
    assert write_bitmap(_ISO87, [3, 64]) == b"2000000000000001"


def test_a_field_cannot_come_twice() -> None:
    with pytest.raises(EncodeError, match="twice"):
        builder(_POS, (3, 4, 3))
    with pytest.raises(EncodeError, match="twice"):
        Viewer(_POS).patcher((3, 3))


@pytest.mark.parametrize("number", [-1, 0, 1, 7, 65, 128, 10_000])
def test_a_field_that_the_dialect_does_not_have_is_refused_everywhere(number: int) -> None:
    viewer = Viewer(_POS)
    seen = viewer.index(viewer.build("0200", {3: "010000"}))
    for ask in (
        lambda: viewer.build("0200", {3: "010000", number: "0"}),
        lambda: viewer.builder((3, number)),
        lambda: viewer.patcher((3, number)),
        lambda: seen.patch({number: "0"}),
        lambda: seen.patch({number: None}),
    ):
        with pytest.raises(EncodeError, match="dialect pos has no such field"):
            ask()


def test_a_patcher_adds_what_is_not_there_and_refuses_what_does_not_fit() -> None:
    viewer = Viewer(_POS)
    seen = viewer.index(viewer.build("0210", {3: "010000", 41: "50010001"}))
    patch = viewer.patcher((39, 11))
    added = viewer.build("0210", {3: "010000", 11: "000777", 39: "00", 41: "50010001"})
    assert patch(seen, "00", "000777") == added
    assert patch(seen, "00", "000777", head=b"head") == b"head" + added
    with pytest.raises(EncodeError) as error:
        patch(seen, "000", "000777")
    assert error.value.field == "39"
