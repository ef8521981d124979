"""Fields divided into parts, tags and groups, and refusals that name the part and its byte."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.codec import Codec
from messages.dialects.dialect import Dialect, Layout, Part, Words
from messages.dialects.loader import load_dialect, packaged_names
from messages.dialects.subfields import (
    SubField,
    content_offsets,
    divide,
    divide_one,
    leaves,
    lookup,
    texts_by_path,
)
from messages.errors import DecodeError
from messages.masking import Mask
from tests import golden

MESSAGES: list[dict[str, Any]] = golden.load("messages")["messages"]
POS, COMPOSITE, INTERBANK = (load_dialect(n) for n in ("pos", "composite", "interbank"))
PAN = "6219991234567890120"
TRACK = f"{PAN}=4912220000000000"


def division_of(name: str) -> dict[int, tuple[SubField, ...]]:
    message = next(m for m in MESSAGES if m["name"] == name)
    dialect = load_dialect(message["dialect"])
    base = dialect.frame.length_bytes + dialect.frame.head_size
    decoded = Codec(dialect).decode(bytes.fromhex(message["frame"]), base)
    return divide(dialect, decoded.fields, decoded.raw, decoded.mti)


def divided(
    number: int, text: str, *, dialect: Dialect = POS, mti: str = "0200", **others: str
) -> dict[int, tuple[SubField, ...]]:
    fields = {int(key[1:]): value for key, value in others.items()} | {number: text}
    raw = {n: dialect.field(n).write(value)[0] for n, value in fields.items()}
    return divide(dialect, fields, raw, mti)


def texts(parts: tuple[SubField, ...]) -> dict[str, str]:
    return {part.path: part.text for part in parts}


# --------------------------------------------------------------------------------------- golden


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sign-on", {"60.1": "00", "60.2": "000001", "60.3": "003", "63.1": "01 "}),
        ("sign-on-response", {"60.2": "000002", "62.1": "EBDE39982D454516B175E781A8F63696"
         "5A5DE06AB3A04961AD5B8E130000000000000000B3EBCBBD"}),
        ("withdrawal", {"60.1": "70", "60.2": "000002", "60.3": "000", "60.4": "6", "60.5": "0",
         "55.9F26": "A1B2C3D4E5F60718", "55.9A": "140618", "55.9F02": "000000050000",
         "55.84": "A000000333010101", "55.9F41": "00000002"}),
        ("withdrawal-response", {"44.1": "99910000   ", "44.2": "99900000   ", "54[1].1": "10",
         "54[1].2": "02", "54[1].3": "156", "54[1].4": "C", "54[1].5": "000000120000",
         "55.9F36": "0012", "55.91": "11223344556677883030", "60.3": "000", "63.1": "CUP"}),
        ("settlement", {"48.1": "000000050000", "48.2": "001", "48.5": "0", "48.10": "0"}),
        ("settlement-response", {"48.5": "1", "48.10": "1", "60.3": "201"}),
        ("interbank-withdrawal", {"60.1": "0000", "60.2.5": "03", "60.3.1": "04", "60.3.2": "1"}),
        ("interbank-reversal", {"60.1": "4021", "90.1": "0200", "90.2": "100002",
         "90.3": "0618093510", "90.4": "00099900000", "90.5": "00099900000"}),
    ],
)  # fmt: skip
def test_golden_message_is_divided_into_the_written_parts(
    name: str, expected: dict[str, str]
) -> None:
    divisions = division_of(name)
    found = {path: lookup(divisions, path) for path in expected}
    assert {path: part.text if part else None for path, part in found.items()} == expected


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m["name"]))
def test_every_part_of_a_golden_message_stands_where_it_says(message: dict[str, Any]) -> None:
    dialect = load_dialect(message["dialect"])
    base = dialect.frame.length_bytes + dialect.frame.head_size
    frame = bytes.fromhex(message["frame"])
    decoded = Codec(dialect).decode(frame, base)
    offsets = content_offsets(dialect, decoded.bitmap, decoded.raw, base)
    for number, content in decoded.raw.items():
        assert frame[offsets[number] : offsets[number] + len(content)] == content
    divisions = divide(dialect, decoded.fields, decoded.raw, decoded.mti)
    for number, parts in divisions.items():
        for leaf in leaves(parts):
            content = decoded.raw[number][leaf.offset : leaf.offset + leaf.size]
            assert leaf.text in content.hex().upper() or leaf.text.encode("gbk") == content


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["name"])
def test_one_field_is_divided_as_all_of_them_are(message: dict[str, Any]) -> None:
    dialect = load_dialect(message["dialect"])
    base = dialect.frame.length_bytes + dialect.frame.head_size
    decoded = Codec(dialect).decode(bytes.fromhex(message["frame"]), base)
    whole = divide(dialect, decoded.fields, decoded.raw, decoded.mti)
    for number in decoded.fields:
        one = divide_one(dialect, number, decoded.fields, decoded.raw, decoded.mti)
        assert one == whole.get(number, ())


def test_values_have_meanings_in_both_languages() -> None:
    part = lookup(division_of("withdrawal"), "60.1")
    assert part is not None
    assert part.meaning == Words("rural withdrawal", "助农取款")
    tag = lookup(division_of("withdrawal"), "55.9F27")
    assert tag is not None
    assert tag.meaning == Words("ARQC, online", "ARQC 联机")


def test_all_texts_are_found_by_path() -> None:
    found = texts_by_path({3: "010000"}, division_of("interbank-withdrawal"))
    assert (found["3"], found["60.2"], found["60.2.5"]) == ("010000", "05100300000", "03")


# ------------------------------------------------------------------------------- parts and groups


@pytest.mark.parametrize("size", [2, 8, 11, 12, 13, 14, 17, 19])
def test_field_60_may_end_where_a_part_ends(size: int) -> None:
    text = "7000000200060123456"[:size]
    parts = divided(60, text)[60]
    assert "".join(part.text for part in parts) == text
    assert parts[0].text == "70"


@pytest.mark.parametrize(
    ("size", "path", "offset", "reason"),
    [
        (1, "60.1", 0, "ends after 1 digit of 2"),
        (5, "60.2", 1, "ends after 3 digits of 6"),
        (9, "60.3", 4, "ends after 1 digit of 3"),
        (16, "60.7", 7, "ends after 2 digits of 3"),
    ],
)
def test_field_60_that_ends_inside_a_part_is_refused_there(
    size: int, path: str, offset: int, reason: str
) -> None:
    fields = {2: PAN, 60: "7000000200060123"[:size]}
    raw = {60: POS.field(60).write(fields[60])[0]}
    with pytest.raises(DecodeError) as caught:
        divide(POS, fields, raw, "0200", {60: 100})
    error = caught.value
    assert (error.field, error.offset, error.reason) == (path, 100 + offset, reason)
    assert error.decoded == {"mti": "0200", "2": PAN, "60": fields[60]}


def test_what_follows_the_last_part_is_refused() -> None:
    with pytest.raises(DecodeError, match="F48 at byte 31: 2 digits after the last part"):
        divided(48, "0" * 64, mti="0500")


def test_groups_repeat_and_are_counted_from_one() -> None:
    two = "1002156C000000120000" + "1001156D000000000001"
    parts = texts(divided(54, two)[54])
    assert (parts["54[1].5"], parts["54[2].2"], parts["54[2].4"]) == ("000000120000", "01", "D")
    details = "02" + "00000001" + PAN.zfill(20) + "000000050000" + "01000002" + "0" * 32
    found = divided(48, details, mti="0320", f60="00000002201")
    assert texts(found[48])["48.1"] == "02"
    pan = lookup(found, "48[1].4")
    assert pan is not None
    assert (pan.text, pan.shown) == (PAN.zfill(20), "*" * 20)
    assert lookup(found, "48[3].4") is None


def test_group_that_is_not_whole_is_refused() -> None:
    with pytest.raises(DecodeError) as caught:
        divided(54, "1002156C000000120000" + "10021")
    assert (caught.value.field, caught.value.offset) == ("54[2]", 20)
    assert "group of 20 has only 5 characters" in caught.value.reason


def test_layout_depends_on_parts_of_other_fields_in_any_order() -> None:
    keys = "AB" * 24
    assert texts(divided(62, keys, mti="0810", f60="00000002001")[62]) == {"62.1": keys}
    assert 62 not in divided(62, keys, mti="0810", f60="00000002301")
    assert 62 not in divided(62, keys, mti="0800", f60="00000002001")
    assert 48 not in divided(48, "0" * 62, mti="0200")
    assert texts(divided(48, "0017", mti="0320", f60="00000002207")[48]) == {"48.1": "0017"}


def _with_layouts(*layouts: Layout) -> Dialect:
    return msgspec.structs.replace(POS, layouts={layout.field: (layout,) for layout in layouts})


def _layout(number: int, when: dict[str, tuple[str, ...]], *parts: Part) -> Layout:
    return Layout(
        id=f"of-{number}", field=number, kind="parts", when=when, parts=parts, repeat_from=None,
        tag_size=2, length_size=3, charset="gbk", tags={},
    )  # fmt: skip


def _part(path: str, size: int, *parts: Part, mask: Mask = Mask.OPEN) -> Part:
    words = Words("part", "部分")
    return Part(
        path=path, name="part", words=words, size=size, mask=mask, values={}, parts=parts
    )  # fmt: skip


def test_conditions_that_go_round_in_a_circle_do_not_hold() -> None:
    dialect = _with_layouts(
        _layout(60, {"61.1": ("12",)}, _part("60.1", 0)),
        _layout(61, {"60.1": ("34",)}, _part("61.1", 0)),
    )
    assert divided(60, "34", dialect=dialect, f61="12") == {}


def test_parts_of_a_hidden_part_are_hidden() -> None:
    inner = _part("57.1.1", 2), _part("57.1.2", 2)
    dialect = _with_layouts(_layout(57, {}, _part("57.1", 4, *inner, mask=Mask.SECRET)))
    (whole,) = divided(57, "abcd", dialect=dialect)[57]
    assert [leaf.mask for leaf in whole.children] == [Mask.SECRET] * 2
    assert (whole.text, whole.shown) == ("abcd", "****")


def test_chinese_text_is_divided_by_bytes() -> None:
    text = "CUP" + "卡状态异常".ljust(15) + " " * 20 + " " * 20 + "请联系发卡行"
    parts = divided(63, text, mti="0210")[63]
    assert parts[1].text == "卡状态异常".ljust(15)
    assert (parts[4].text, parts[4].offset, parts[4].size) == ("请联系发卡行", 63, 12)
    with pytest.raises(DecodeError) as caught:
        divided(63, "CU卡", mti="0210")
    assert (caught.value.field, caught.value.offset) == ("63.1", 0)
    assert "cuts a character" in caught.value.reason


def test_left_padded_digits_are_counted_from_the_pad() -> None:
    dialect = _with_layouts(_layout(23, {}, _part("23.1", 1), _part("23.2", 2)))
    first, second = divided(23, "001", dialect=dialect)[23]
    assert (first.offset, first.size, second.offset, second.size) == (0, 1, 1, 1)


# ----------------------------------------------------------------------------------------- tags


def test_unknown_and_repeated_tags_are_kept_and_unknown_ones_hidden() -> None:
    content = "9F3602001200" + "DF7A02ABCD" + "9F36020013" + "5F200441424344"
    divisions = divided(55, content)
    assert texts(divisions[55]) == {
        "55.9F36": "0012",
        "55.DF7A": "ABCD",
        "55.9F36[2]": "0013",
        "55.5F20": "41424344",
    }
    shown = {part.path: part.shown for part in divisions[55]}
    assert (shown["55.9F36"], shown["55.DF7A"], shown["55.5F20"]) == ("0012", "****", "********")


def test_pan_in_chip_data_is_masked_and_track_two_hidden() -> None:
    track = "6219991234567890120D49122200000000000F"
    parts = divided(55, f"5A0A{PAN}F" + f"5713{track}")[55]
    assert [part.shown for part in parts] == ["621999*********0120F", "*" * 38]


def test_scripts_are_divided_and_hidden_where_they_cannot_be() -> None:
    script = "9F180400000001" + "860684240000028A"
    divisions = divided(55, f"720F{script}" + "7103860784")
    assert [part.path for part in divisions[55]] == ["55.72", "55.71"]
    command = lookup(divisions, "55.72.86")
    assert command is not None
    assert (command.text, command.offset) == ("84240000028A", 11)
    whole, broken = divisions[55]
    assert (whole.shown, broken.shown) == (script, "******")


def test_script_with_a_hidden_tag_is_hidden_whole() -> None:
    (script,) = divided(55, f"72109F3601125A0A{PAN}F")[55]
    assert script.shown == "*" * len(script.text)


@pytest.mark.parametrize("content", ["9F36", "9F3605AA", "9F", "95" + "83000001AA"])
def test_broken_chip_data_is_refused_at_its_byte(content: str) -> None:
    with pytest.raises(DecodeError) as caught:
        divided(55, content)
    assert caught.value.field == "55"
    assert caught.value.offset <= len(content) // 2


def test_social_services_are_text_with_chinese_values() -> None:
    result = "缴费成功"
    content = "S1003PAYS2018500101199001011237S3003310" + f"S7008{result}"
    text = content.encode("gbk").hex().upper()
    divisions = divided(62, text, dialect=COMPOSITE, f60="7600000200060")
    found = {part.path: (part.text, part.shown) for part in divisions[62]}
    assert found["62.S1"] == ("PAY", "PAY")
    assert found["62.S7"] == (result, "****")
    service = lookup(divisions, "62.S1")
    assert service is not None
    assert service.meaning == Words("fee payment", "社保费缴纳")
    assert 62 not in divided(62, text, dialect=POS, f60="7600000200060")


def test_binary_value_of_a_text_tag_is_read_as_hexadecimal() -> None:
    text = (b"A1016" + bytes.fromhex("FF" * 16)).hex().upper()
    (part,) = divided(59, text)[59]
    assert (part.text, part.shown, part.size) == ("FF" * 16, "*" * 32, 16)


# ---------------------------------------------------------------------------------------- never


@given(
    st.sampled_from(packaged_names()),
    st.sampled_from(["0100", "0200", "0210", "0320", "0500", "0800", "0810"]),
    st.data(),
)
def test_any_content_is_divided_or_refused_with_a_place(
    name: str, mti: str, data: st.DataObject
) -> None:
    dialect = load_dialect(name)
    number = data.draw(st.sampled_from(sorted(dialect.layouts)))
    field = dialect.field(number)
    content = data.draw(st.binary(max_size=field.content_bytes(field.limit)))
    size = 2 * len(content) if field.unit == "digits" else len(content)
    try:
        text = field.read(content, size)
    except ValueError:
        return
    texts = {60: data.draw(st.sampled_from(["70000002003", "75000002003", "00000002001"]))}
    raw = {60: dialect.fields[60].write(texts[60])[0]} if dialect.fields[60] else {}
    refused = None
    try:
        divisions = divide(dialect, {**texts, number: text}, {**raw, number: content}, mti)
    except DecodeError as error:
        divisions, refused = {}, error
    if refused is not None:
        assert refused.field.partition(".")[0].partition("[")[0] in {str(number), "60"}
        assert 0 <= refused.offset <= max(len(content), len(texts[60]))
    for part in divisions.get(number, ()):
        assert len(part.shown) == len(part.text)
        assert part.offset + part.size <= len(content)


def test_no_text_is_in_a_repr() -> None:
    parts = divided(55, f"5A0A{PAN}F")[55]
    assert "6219" not in repr(parts)


# -------------------------------------------------------------------------------------- the net


@pytest.mark.parametrize("value", [PAN.encode().hex().upper(), f"{PAN}F", f"00{PAN}D", f"AB{PAN}0"])
def test_pan_in_an_open_tag_of_chip_data_is_hidden(value: str) -> None:
    size = len(bytes.fromhex(value.ljust(len(value) + len(value) % 2, "0")))
    content = f"9F10{size:02X}{value}".ljust(6 + 2 * size, "0")
    (tag,) = divided(55, f"{content}9F36020012")[55][:1]
    assert (tag.path, tag.mask) == ("55.9F10", Mask.SECRET)
    assert set(tag.shown) == {"*"}


def test_pan_in_a_part_of_a_binary_field_is_hidden() -> None:
    dialect = _with_layouts(_layout(59, {}, _part("59.1", 0)))
    content = PAN.encode().hex()
    (part,) = divided(59, content, dialect=dialect)[59]
    assert part.mask is Mask.SECRET


def test_pan_cut_into_open_parts_is_hidden_where_a_code_is_wrong() -> None:
    parts = divided(54, f"1002156C000000120000{PAN}0")[54]
    assert {part.shown.strip("*") for part in parts} == {""}
    assert {part.meaning for part in parts} == {None}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (54, "1001156C0000001200001002156D000000120000"),
        (60, "402105100300000041000000000000"),
        (60, "400205100300000041000000000000"),
        (90, "020000000206180935120000099900000000000000"),
    ],
)
def test_ordinary_digits_with_right_codes_are_shown_whole(number: int, text: str) -> None:
    for leaf in leaves(divided(number, text, dialect=INTERBANK)[number]):
        assert leaf.shown == leaf.text
