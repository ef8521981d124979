"""The fast path says what the codec says, on good messages and on damaged ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import view as view_module
from messages.codec import Codec, Message
from messages.dialects.loader import load_dialect
from messages.errors import DecodeError, EncodeError
from messages.view import View, Viewer
from tests.messages.strategies import (
    Sample,
    codec_of,
    damaged,
    every_dialect,
    field_texts,
    mtis,
    names,
    samples,
)

WITHDRAWAL = bytes.fromhex(
    "60000500006132003200010200702406C020C09A1119621999123456789012000100000000000500000000024912"
    "051000010012366219991234567890120D4912220000000000353030313030303139393936353330383031313030"
    "303131353604F16B5C9021D1EA260000000000000001459F2608A1B2C3D4E5F607189F2701809F101307010103A0"
    "B802010A010000000000B7C8D9EA9F3704123456789F36020012950500000000009A031406189C01019F02060000"
    "000500005F2A02015682027C009F1A0201569F03060000000000009F3303E0E9C89F34034203009F3501229F1E08"
    "35303031303030318408A0000003330101019F090200209F41040000000200137000000200060037334241453839"
    "44"
)
BASE = 11
_ODD_CHARACTERS = "0129AFafGg=DC/: \t²٣é重\x80"


@cache
def _viewer(name: str) -> Viewer:
    """Return a viewer that keeps its plans from example to example."""
    return Viewer(every_dialect()[name])


def _viewers(sample: Sample) -> tuple[Viewer, Codec]:
    return _viewer(sample.name), codec_of(sample.name)


def _indexed(viewer: Viewer, frame: bytes, base: int) -> View:
    """Index twice: the first of its kind is surveyed, the second located by its plan."""
    viewer.index(frame, base)
    return viewer.index(frame, base)


def _decoded(codec: Codec, frame: bytes, base: int) -> Message | None:
    try:
        return codec.decode(frame, base)
    except DecodeError:
        return None


def _viewed(viewer: Viewer, frame: bytes, base: int) -> tuple[str, dict[int, str]] | None:
    try:
        seen = viewer.index(frame, base)
        return seen.mti, {number: seen.text(number) for number in seen.numbers}
    except DecodeError:
        return None


@given(samples())
def test_a_view_says_of_every_field_what_the_codec_says(sample: Sample) -> None:
    viewer, codec = _viewers(sample)
    message = codec.decode(sample.frame, sample.base)
    seen = _indexed(viewer, sample.frame, sample.base)
    assert (seen.mti, seen.numbers) == (sample.mti, tuple(sample.values))
    assert {n: seen.text(n) for n in seen.numbers} == sample.values == message.fields
    assert {n: seen.raw(n) for n in seen.numbers} == message.raw
    assert all(seen.has(n) == (n in message.fields) for n in range(129))


@given(samples(), st.data())
def test_view_and_codec_agree_on_damaged_messages(sample: Sample, data: st.DataObject) -> None:
    viewer, codec = _viewers(sample)
    viewer.index(sample.frame, sample.base)
    frame = data.draw(damaged(sample.frame, sample.base))
    message = _decoded(codec, frame, sample.base)
    seen = _viewed(viewer, frame, sample.base)
    assert seen == (None if message is None else (message.mti, message.fields))


@given(samples(), st.data())
def test_located_and_surveyed_views_are_equal(sample: Sample, data: st.DataObject) -> None:
    viewer, _ = _viewers(sample)
    viewer.index(sample.frame, sample.base)
    frame = data.draw(st.just(sample.frame) | damaged(sample.frame, sample.base))
    assert _shape(viewer.index, frame, sample.base) == _shape(viewer._survey, frame, sample.base)


def _shape(index: Callable[[bytes, int], View], frame: bytes, base: int) -> object:
    try:
        seen = index(frame, base)
    except DecodeError as error:
        return error.field, error.offset, error.reason
    return seen.mti, seen.numbers, seen.anchors, seen.plan.places


@given(names(), st.binary(max_size=400), st.integers(0, 50))
def test_arbitrary_bytes_are_a_view_or_a_decode_error(name: str, frame: bytes, base: int) -> None:
    seen = _viewed(_viewer(name), frame, base)
    message = _decoded(codec_of(name), frame, base)
    assert seen == (None if message is None else (message.mti, message.fields))


@pytest.mark.parametrize("filler", [b"\0", b"\x11", b"0", b"1", b"9", b"F", b"\x99", b"\xff"])
@pytest.mark.parametrize("name", every_dialect())
def test_64_kib_of_anything_is_a_decode_error(name: str, filler: bytes) -> None:
    with pytest.raises(DecodeError):
        _viewer(name).index(filler * (1 << 16), 0)


@given(samples(), st.data())
def test_a_selection_says_what_the_single_texts_say(sample: Sample, data: st.DataObject) -> None:
    viewer, _ = _viewers(sample)
    known = [field.number for field in sample.dialect.fields if field]
    absent = data.draw(st.lists(st.sampled_from(known), max_size=3))
    paths = [n for n in sample.values if data.draw(st.integers(0, 3))] + absent
    select = viewer.select(*paths)

    def single(seen: View) -> tuple[str | None, ...]:
        return tuple(seen.text(n) if seen.has(n) else None for n in paths)

    def there(seen: View) -> dict[int, str]:
        return {n: seen.text(n) for n in paths if seen.has(n)}

    frame = data.draw(st.just(sample.frame) | damaged(sample.frame, sample.base))
    assert _picked(viewer, select, frame, sample) == _picked(viewer, single, frame, sample)
    table = viewer.table(*paths)
    assert _picked(viewer, table, frame, sample) == _picked(viewer, there, frame, sample)


def _picked(viewer: Viewer, pick: Callable[[View], object], frame: bytes, sample: Sample) -> object:
    try:
        return pick(_indexed(viewer, frame, sample.base))
    except DecodeError as error:
        return error.field, error.offset, error.reason


@given(samples(), st.data())
def test_a_wrong_digit_is_found_by_a_selection_as_by_text(
    sample: Sample, data: st.DataObject
) -> None:
    viewer, _ = _viewers(sample)
    seen = _indexed(viewer, sample.frame, sample.base)
    numbers = [
        n for n, text in sample.values.items() if sample.dialect.field(n).type == "n" and text
    ]
    if not numbers:
        return
    start, end = seen.span(data.draw(st.sampled_from(numbers)))
    frame = bytearray(sample.frame)
    frame[data.draw(st.integers(start, end - 1))] = data.draw(st.sampled_from(b"\x1a\xa1\x2f:\xff"))
    select = viewer.select(*sample.values)

    def single(seen: View) -> tuple[str | None, ...]:
        return tuple(map(seen.text, sample.values))

    found = _picked(viewer, select, bytes(frame), sample)
    assert found == _picked(viewer, single, bytes(frame), sample)


@given(samples(), st.randoms())
def test_build_makes_the_bytes_of_the_codec(sample: Sample, random: Random) -> None:
    viewer, codec = _viewers(sample)
    items = list(sample.values.items())
    random.shuffle(items)
    expected = codec.encode(sample.mti, sample.values)
    assert viewer.build(sample.mti, dict(items)) == expected
    numbers, texts = [n for n, _ in items], [text for _, text in items]
    assert viewer.builder(numbers)(sample.mti, *texts) == expected


@given(samples(), st.data())
def test_build_refuses_what_the_codec_refuses(sample: Sample, data: st.DataObject) -> None:
    viewer, codec = _viewers(sample)
    values = dict(sample.values)
    mti = data.draw(st.just(sample.mti) | st.text("019aF ²٣", max_size=5))
    if values:
        number = data.draw(st.sampled_from(sorted(values)))
        text = values[number]
        odd = st.text(_ODD_CHARACTERS, max_size=20)
        wrong_size = st.sampled_from([text + "0", text[:-1]])
        at = data.draw(st.integers(0, max(len(text) - 1, 0)))
        wrong = st.sampled_from(_ODD_CHARACTERS).map(lambda c: text[:at] + c + text[at + 1 :])
        values[number] = data.draw(odd | wrong_size | wrong)
    assert _made(viewer.build, mti, values) == _made(codec.encode, mti, values)


def _made(
    make: Callable[[str, dict[int, str]], bytes], mti: str, values: dict[int, str]
) -> bytes | None:
    try:
        return make(mti, values)
    except EncodeError:
        return None


@given(samples(), st.data())
def test_patch_is_decode_change_encode(sample: Sample, data: st.DataObject) -> None:
    viewer, codec = _viewers(sample)
    seen = _indexed(viewer, sample.frame, sample.base)
    message = codec.decode(sample.frame, sample.base)
    changes = _draw_changes(data, sample)
    head = data.draw(st.none() | st.binary(max_size=60))
    mti = data.draw(st.none() | mtis())
    values = {n: text for n, text in {**message.fields, **changes}.items() if text is not None}
    kept = {n: content for n, content in message.raw.items() if n not in changes}
    body = codec.encode(mti or sample.mti, values, raw=kept, bitmap=message.bitmap)
    expected = (sample.frame[: sample.base] if head is None else head) + body
    assert seen.patch(changes, head, mti) == expected


def _draw_changes(data: st.DataObject, sample: Sample) -> dict[int, str | None]:
    known = [field.number for field in sample.dialect.fields if field]
    numbers = data.draw(st.sets(st.sampled_from(known), max_size=5))
    if sample.values:
        numbers |= data.draw(st.sets(st.sampled_from(sorted(sample.values)), max_size=5))
    return {n: data.draw(st.none() | field_texts(sample.dialect.field(n))) for n in sorted(numbers)}


@given(samples(), st.data())
def test_a_patcher_does_what_patch_does(sample: Sample, data: st.DataObject) -> None:
    viewer, _ = _viewers(sample)
    seen = _indexed(viewer, sample.frame, sample.base)
    changes = {n: text for n, text in _draw_changes(data, sample).items() if text is not None}
    head = data.draw(st.none() | st.binary(max_size=60))
    patch = viewer.patcher(tuple(changes))
    assert patch(seen, *changes.values(), head=head) == seen.patch(changes, head)


@given(samples())
def test_a_full_viewer_answers_as_one_with_plans(sample: Sample) -> None:
    viewer, _ = _viewers(sample)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(view_module, "MOST_PLANS", 0)
        patched.setattr(view_module, "MOST_BUILDERS", 0)
        full = Viewer(sample.dialect)
        select, table = full.select(*sample.values), full.table(*sample.values)
        seen = _indexed(full, sample.frame, sample.base)
        assert select(seen) == tuple(sample.values.values())
        assert table(seen) == sample.values
        assert full.build(sample.mti, sample.values) == viewer.build(sample.mti, sample.values)
        assert not full._locators
        assert not full._builders
    assert seen.anchors == viewer.index(sample.frame, sample.base).anchors


def test_strangers_cannot_make_a_viewer_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_module, "MOST_PLANS", 3)
    viewer = Viewer(load_dialect("pos"))
    for mti in range(10):
        body = viewer.build(f"{mti:04}", {3: "000000"})
        assert viewer.index(body).text(3) == "000000"
    assert len(viewer._locators) == len(viewer._kept) == 3


def test_a_common_kind_takes_the_fast_path_again_after_a_flood_of_strange_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(view_module, "MOST_PLANS", 4)
    monkeypatch.setattr(view_module, "MOST_BUILDERS", 4)
    monkeypatch.setattr(view_module, "SLOW_TURNS", 3)
    viewer = Viewer(load_dialect("pos"))
    select = viewer.select(3)
    for mti in range(1000, 1100):
        select(viewer.index(viewer.build(f"{mti}", {3: "000000", 11: "000001"})))
    common = viewer.build("0200", {3: "010000", 4: "000000050000"})
    for _ in range(3):
        assert select(viewer.index(common)) == ("010000",)
        assert viewer.build("0200", {3: "010000", 4: "000000050000"}) == common
    assert common[:10] in viewer._locators
    assert (3, 4) in viewer._builders
    assert len(viewer._locators) == len(viewer._kept) == 4


def test_pickers_of_plans_that_went_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_module, "MOST_PLANS", 4)
    monkeypatch.setattr(view_module, "SLOW_TURNS", 1)
    viewer = Viewer(load_dialect("pos"))
    select = viewer.select(3)
    for mti in range(1000, 1050):
        assert select(viewer.index(viewer.build(f"{mti}", {3: "000000"}))) == ("000000",)
    (pickers,) = [
        cell.cell_contents
        for name, cell in zip(select.__code__.co_freevars, select.__closure__ or (), strict=True)
        if name == "pickers"
    ]
    assert len(pickers) <= 4


def test_messages_that_differ_above_field_64_have_plans_of_their_own() -> None:
    for name in ("interbank", "iso87-ascii"):
        viewer = Viewer(load_dialect(name))
        values = {3: "010000", 70: "301"}, {3: "010000", 90: "0" * 42}, {3: "010000"}
        for _ in range(2):
            for one in values:
                seen = viewer.index(viewer.build("0800", one))
                assert {n: seen.text(n) for n in seen.numbers} == one
        assert len(viewer._kept) == 3


def test_a_message_with_a_fault_leaves_no_plan() -> None:
    viewer = Viewer(load_dialect("pos"))
    with pytest.raises(DecodeError):
        viewer.index(WITHDRAWAL[:-1], BASE)
    assert not viewer._locators


@pytest.mark.parametrize(
    ("cut", "field", "offset"),
    [(12, "mti", 11), (15, "bitmap", 13), (21, "2", 21), (22, "2", 22), (35, "4", 35)],
)
def test_a_cut_message_names_field_and_offset(cut: int, field: str, offset: int) -> None:
    viewer = Viewer(load_dialect("pos"))
    _indexed(viewer, WITHDRAWAL, BASE)
    with pytest.raises(DecodeError) as error:
        viewer.index(WITHDRAWAL[:cut], BASE)
    assert (error.value.field, error.value.offset) == (field, offset)


def test_the_withdrawal_of_the_worked_example_is_read_from_its_frame() -> None:
    viewer = Viewer(load_dialect("pos"))
    select = viewer.select(2, 3, 4, 11, 41, "60.1", "60.2", "60.6", 39)
    expected = (
        "6219991234567890120", "010000", "000000050000", "000002", "50010001",
        "70", "000002", None, None,
    )  # fmt: skip
    assert select(viewer.index(WITHDRAWAL, BASE)) == expected
    assert select(viewer.index(WITHDRAWAL, BASE)) == expected
    assert viewer.index(WITHDRAWAL, BASE).mab() == WITHDRAWAL[BASE:-8]
    assert viewer.index(WITHDRAWAL, BASE).span(2) == (22, 32)
    assert viewer.index(WITHDRAWAL, BASE).start_of(2) == 21


def test_a_pad_nibble_may_be_anything() -> None:
    viewer = Viewer(load_dialect("pos"))
    frame = bytearray(WITHDRAWAL)
    frame[31] |= 0x0F
    assert viewer.index(WITHDRAWAL, BASE).text(2) == viewer.index(bytes(frame), BASE).text(2)
    select = viewer.select(2, 3)
    assert select(viewer.index(bytes(frame), BASE)) == ("6219991234567890120", "010000")


@pytest.mark.parametrize("path", [1, 65, 7, "48.1", "63.1", "60.9", "54.1", "55.82", "x", "41.1"])
def test_a_path_without_a_place_of_its_own_cannot_be_selected(path: int | str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Viewer(load_dialect("pos")).select(path)


def test_a_view_shows_no_content() -> None:
    seen = Viewer(load_dialect("pos")).index(WITHDRAWAL, BASE)
    assert "0200" in repr(seen)
    for secret in ("621999", "\\x19\\x62", "04F16B", "04f16b"):
        assert secret not in repr(seen) + str(seen.__rich_repr__())
    with pytest.raises(TypeError):
        msgspec.json.encode(seen)


def test_an_encode_error_names_the_field_and_not_the_value() -> None:
    viewer = Viewer(load_dialect("pos"))
    with pytest.raises(EncodeError) as error:
        viewer.build("0200", {2: "6219991234567890120X", 3: "010000"})
    assert error.value.field == "2"
    assert "621999" not in str(error.value)


def test_what_the_mac_covers_and_what_its_field_holds_come_together() -> None:
    pos, interbank = Viewer(load_dialect("pos")), Viewer(load_dialect("interbank"))
    seen = pos.index(WITHDRAWAL, BASE)
    assert seen.mab_and_mac() == (seen.mab(), seen.raw(64))
    assert pos.index(pos.build("0820", {11: "000001"})).mab_and_mac() is None
    other = interbank.index(interbank.build("0200", {3: "010000", 128: "73BAE89D"}))
    assert other.mab_and_mac() is None


def test_only_a_mac_over_the_whole_message_has_a_mab() -> None:
    interbank = Viewer(load_dialect("interbank"))
    seen = interbank.index(interbank.build("0200", {3: "010000", 128: "73BAE89D"}))
    with pytest.raises(ValueError, match="no MAC covers a whole message"):
        seen.mab()


def test_a_selection_refuses_the_view_of_another_dialect() -> None:
    select = Viewer(load_dialect("interbank")).select(3)
    with pytest.raises(ValueError, match="is given a view of pos"):
        select(Viewer(load_dialect("pos")).index(WITHDRAWAL, BASE))


def test_an_absent_field_is_a_key_error() -> None:
    seen = Viewer(load_dialect("pos")).index(WITHDRAWAL, BASE)
    for ask in (seen.text, seen.raw, seen.span, seen.start_of):
        with pytest.raises(KeyError):
            ask(39)


def test_whoever_wants_the_same_table_gets_the_one_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(view_module, "MOST_TABLES", 2)
    viewer = Viewer(load_dialect("pos"))
    first, second = viewer.table(3, 4), viewer.table(4, 3)
    assert viewer.table(3, 4) is first
    assert viewer.table(4, 3) is second
    seen = viewer.index(WITHDRAWAL, BASE)
    assert viewer.table(11)(seen) == viewer.table(11)(seen) != {}
    assert len(viewer._tables) == 2
