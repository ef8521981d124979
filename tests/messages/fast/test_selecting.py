"""Which paths have a place, and what a selection of parts reads; the rest is in test_view."""

from __future__ import annotations

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from messages.errors import DecodeError
from messages.fast.plans import survey
from messages.fast.selecting import cut_text, picker, read_path
from messages.view import View, Viewer
from tests.messages.strategies import Sample, samples

_POS = load_dialect("pos")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (41, (41, None)),
        ("41", (41, None)),
        ("60.1", (60, (0, 2))),
        ("60.2", (60, (2, 8))),
        ("60.8", (60, (17, None))),
        ("44.2", (44, (11, 22))),
    ],
)
def test_a_path_is_a_field_or_a_cut_of_its_text(path: int | str, expected: object) -> None:
    assert read_path(_POS, path) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (7, "dialect pos has no field 7"),
        ("seven", "invalid literal"),
        ("48.1", "depends on the message"),
        ("63.1", "depends on the message"),
        ("62.1", "depends on the message"),
        ("55.82", "depends on the message"),
        ("41.1", "depends on the message"),
        ("54.1", "no part with a place of its own"),
        ("60.9", "no part with a place of its own"),
    ],
)
def test_a_path_without_a_place_is_refused_with_the_reason(path: int | str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_path(_POS, path)


@given(samples())
def test_good_texts_are_read_without_asking_again(sample: Sample) -> None:
    plan, anchors = survey(sample.dialect, sample.frame, sample.base)
    view = View(sample.frame, sample.base, plan, anchors)
    # Nothing is no number, and a pad nibble that is no digit is looked at by itself.
    numbers = [n for n, text in sample.values.items() if text]
    numbers = [n for n in numbers if sample.dialect.field(n).pad_digit == "0"]
    pick = picker(plan, [(n, None) for n in numbers], _refuse)
    assert pick(view) == tuple(sample.values[n] for n in numbers)


def _refuse(view: View) -> NoReturn:
    msg = f"asked again: {view}"
    raise AssertionError(msg)


@given(st.text("0123456789", min_size=0, max_size=40))
def test_parts_are_cuts_of_the_text_and_none_after_its_end(text: str) -> None:
    viewer = Viewer(_POS)
    frame = viewer.build("0200", {3: "010000", 60: text})
    select = viewer.select("60.1", 60, "60.8", "60.2", 3, "61.1")
    expected = (text[:2] or None, text, text[17:] or None, text[2:8] or None, "010000", None)
    assert select(viewer.index(frame)) == expected
    assert cut_text(text, None) == text


def test_the_same_path_may_be_asked_twice() -> None:
    viewer = Viewer(_POS)
    seen = viewer.index(viewer.build("0200", {3: "010000"}))
    assert viewer.select(3, 3, 4)(seen) == ("010000", "010000", None)
    assert viewer.select()(seen) == ()


def test_neighbours_between_which_a_field_stands_are_read_apart() -> None:
    viewer = Viewer(_POS)
    values = {2: "62199912345678901", 3: "010000", 4: "000000050000", 11: "000002"}
    seen = viewer.index(viewer.build("0200", values))
    assert viewer.select(2, 4)(seen) == (values[2], values[4])
    assert viewer.select(11, 3)(seen) == (values[11], values[3])


@pytest.mark.parametrize("numbers", [(53,), (51, 53), (25, 26)])
def test_letters_are_no_number_whatever_stands_beside_it(numbers: tuple[int, ...]) -> None:
    viewer = Viewer(load_dialect("interbank"))
    fields = [viewer.dialect.field(number) for number in numbers]
    body = viewer.build("0200", {field.number: "0" * field.limit for field in fields})
    viewer.index(body)
    with pytest.raises(DecodeError, match=f"F{numbers[-1]} .*other characters than digits"):
        viewer.select(*numbers)(viewer.index(body[:-1] + b"A"))
