"""Fields read and write their content, each in its own form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.dialect import Field
from messages.dialects.loader import load_dialect, packaged_names

POS, INTERBANK = load_dialect("pos"), load_dialect("interbank")
EVERY_FIELD = [
    field for name in packaged_names() for field in load_dialect(name).fields if field is not None
]


@pytest.mark.parametrize(
    ("field", "text", "content"),
    [
        (POS.field(2), "6219991234567890120", "62199912345678901200"),
        (POS.field(22), "051", "0510"),
        (POS.field(23), "001", "0001"),
        (POS.field(35), "6219991234567890120=4912", "6219991234567890120D4912"),
        (POS.field(39), "A0", "4130"),
        (POS.field(52), "04F16B5C9021D1EA", "04F16B5C9021D1EA"),
        (POS.field(64), "73BAE89D", "3733424145383944"),
        (POS.field(64), "0F619F31C203B65E", "0F619F31C203B65E"),
        (INTERBANK.field(28), "D00000100", "443030303030313030"),
        (INTERBANK.field(43), "卫生院", "CEC0C9FAD4BA"),
    ],
)
def test_a_text_and_its_content_belong_together(field: Field, text: str, content: str) -> None:
    written, size = field.write(text)
    assert written.hex().upper() == content
    assert field.read(written, size) == text


@pytest.mark.parametrize("pad", "0123456789ABCDEF")
def test_a_pad_nibble_is_ignored_whatever_it_is(pad: str) -> None:
    content = bytes.fromhex("621999123456789012" + "0" + pad)
    assert POS.field(2).read(content, 19) == "6219991234567890120"


@given(field=st.sampled_from(EVERY_FIELD), content=st.binary(max_size=40))
def test_whatever_reads_writes_back_but_for_its_pad(field: Field, content: bytes) -> None:
    size = 2 * len(content) if field.unit == "digits" else len(content)
    if field.form == "mac" and len(content) != 8:
        return
    try:
        text = field.read(content, size)
    except ValueError:
        return
    if field.form != "text" or field.charset == "ascii":
        assert field.write(text) == (content, size)


@given(field=st.sampled_from(EVERY_FIELD), text=st.text(max_size=24))
def test_a_refused_text_is_never_quoted(field: Field, text: str) -> None:
    refusal = ""
    try:
        field.write(text)
    except ValueError as error:
        refusal = str(error)
    assert len(text) < 8 or text not in refusal


@pytest.mark.parametrize(
    ("number", "text", "words"),
    [
        (4, "12a", "digits 0-9"),
        (4, "١٢", "digits 0-9"),
        (35, "62?", "track characters"),
        (52, "0", "pairs of hexadecimal digits"),
        (64, "73bae89d", "8 characters 0-9 A-F, or 16 hexadecimal digits"),
        (41, "终端", "ASCII does not have"),
    ],
)
def test_a_wrong_character_is_refused_with_what_was_wanted(
    number: int, text: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        POS.field(number).write(text)


def test_a_field_that_is_not_there_is_named_with_its_dialect() -> None:
    with pytest.raises(KeyError, match="dialect pos has no field 5"):
        POS.field(5)
    with pytest.raises(KeyError, match="dialect pos has no field 128"):
        POS.field(128)


def test_an_unknown_response_code_has_the_default_words() -> None:
    assert POS.response("61").words.zh == "超出金额限制"
    assert POS.response("ZZ").words.en == "transaction failed"
