"""Masks keep the length and fail closed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messages.masking import HIDDEN, Mask, mask_text


@given(text=st.text(max_size=60), mask=st.sampled_from([Mask.SECRET, Mask.BY_LAYOUT]))
def test_a_hidden_value_shows_its_length_only(text: str, mask: Mask) -> None:
    assert mask_text(text, mask) == HIDDEN * len(text)


@given(digits=st.text("0123456789", min_size=13, max_size=19))
def test_a_pan_shows_first_six_and_last_four(digits: str) -> None:
    shown = mask_text(digits, Mask.PAN)
    assert shown[:6] + shown[-4:] == digits[:6] + digits[-4:]
    assert set(shown[6:-4]) == {HIDDEN}


@given(text=st.text(max_size=12))
def test_what_cannot_be_a_pan_shows_nothing(text: str) -> None:
    assert mask_text(text, Mask.PAN) == HIDDEN * len(text)


def test_an_open_value_is_shown() -> None:
    assert mask_text("000000050000", Mask.OPEN) == "000000050000"
