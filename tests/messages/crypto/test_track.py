"""Tracks under a track key: the public example, both ways, and what is no track."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.keys import Tdk
from messages.crypto.track import TrackError, decrypt_track, encrypt_track

_TDK = Tdk.from_hex("3B5D7F91B3D5F71929384A5B6D7C8F9E")
_OTHER = Tdk.from_hex("5B3D7F91B3D5F71929384A5B6D7C8F9E")
_CLEAR = "6219991234567890120=4912220000000000"
tracks = st.builds(
    "{:0{}}={:0{}}".format,
    st.integers(0, 10**13 - 1),
    st.integers(13, 19),
    st.integers(0, 10**7 - 1),
    st.integers(7, 17),
)


def test_the_known_example() -> None:
    sent = encrypt_track(_CLEAR, _TDK)
    assert sent.replace("=", "D") == "6219991234567890127095F5E35005AE2400"
    assert decrypt_track(sent, _TDK) == _CLEAR


@given(tracks)
def test_a_track_comes_back_and_only_its_block_changes(track: str) -> None:
    sent = encrypt_track(track, _TDK)
    assert decrypt_track(sent, _TDK) == track
    end = (len(track) + 1) // 2 * 2 - 2
    assert sent[: end - 16] == track[: end - 16]
    assert sent[end:] == track[end:]


@pytest.mark.parametrize("text", ["", "6219=1", "62=123456", "621999123456789012G=49122200000"])
def test_what_is_no_track_or_too_short_is_refused(text: str) -> None:
    with pytest.raises(TrackError):
        decrypt_track(text, _TDK)
    with pytest.raises(TrackError):
        encrypt_track(text, _TDK)


def test_another_key_does_not_make_a_track_of_it() -> None:
    with pytest.raises(TrackError, match="does not decrypt"):
        decrypt_track(encrypt_track(_CLEAR, _TDK), _OTHER)
