"""Stand-ins keep what routing needs, pass the check, and agree under one key only."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.tokens.numbers import EXPIRY, KEY_BYTES, Tokens
from messages.values import is_luhn_valid

_KEY = bytes(range(KEY_BYTES))
_PANS = st.text("0123456789", min_size=13, max_size=19)


@given(_PANS)
def test_a_stand_in_keeps_bin_last_four_and_length_and_passes_the_check(pan: str) -> None:
    token = Tokens(_KEY).pan(pan)
    assert (token[:6], token[-4:], len(token)) == (pan[:6], pan[-4:], len(pan))
    assert is_luhn_valid(token)
    assert token != pan


@given(_PANS)
def test_the_same_key_gives_the_same_stand_in_on_another_day(pan: str) -> None:
    assert Tokens(_KEY).pan(pan) == Tokens(_KEY).pan(pan)


def test_another_key_gives_others() -> None:
    pans = [f"621999{number:013d}" for number in range(200)]
    one, other = Tokens(_KEY), Tokens(bytes(KEY_BYTES))
    assert sum(one.pan(pan) == other.pan(pan) for pan in pans) == 0
    assert len({one.pan(pan) for pan in pans}) == len(pans)


@given(st.text("0123456789", max_size=12))
def test_shorter_numbers_become_as_many_digits(digits: str) -> None:
    assert len(Tokens(_KEY).pan(digits)) == len(digits)


@given(st.text("0123456789ACF=", max_size=40))
def test_what_is_no_number_becomes_as_many_digits_and_keeps_none(text: str) -> None:
    token = Tokens(_KEY).pan(text)
    assert len(token) == len(text)
    assert not token or token.isdecimal()


def test_an_account_with_letters_keeps_neither_its_first_nor_its_last() -> None:
    # Such a one once ended a recording.
    token = Tokens(_KEY).pan("C0000001000123")
    assert (token[:6], token[-4:]) != ("C00000", "0123")
    assert token.isdecimal()


def test_tracks_keep_their_form_and_lose_their_content() -> None:
    tokens = Tokens(_KEY)
    pan = "6219991234567890120"
    token = tokens.pan(pan)
    assert tokens.track(f"{pan}=3012220123456789") == f"{token}={EXPIRY}220000000000"
    track_3 = tokens.track(f"99{pan}=1561230123=4567")
    assert track_3 == f"99{token}=0000000000=0000"
    track_1 = tokens.track(f"B{pan}^LI/MING  ^30122201234")
    assert track_1 is not None
    assert "LI" not in track_1
    assert track_1.startswith(f"B{token}^TEST/CARD")
    assert tokens.track("F3A0" * 8) is None


def test_a_key_is_of_32_bytes_and_never_shown() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        Tokens(bytes(31))
    tokens = Tokens(_KEY)
    assert repr(tokens) == "Tokens()"
    assert len(tokens.name) == 8
    assert tokens.name not in _KEY.hex()
    with pytest.raises(TypeError):
        pickle.dumps(tokens)
