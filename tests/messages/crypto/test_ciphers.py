"""Block ciphers: known answers, kept contexts, and recovery after a failure."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psec import des

from messages.crypto.ciphers import Algorithm, BlockCipher, CbcChain
from tests.golden import load

_SM4 = load("crypto")["sm4_self_test"]
_KEY = bytes.fromhex(load("crypto")["keys"]["mak_double"])
_psec_warns = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning"
)


def test_sm4_gives_the_standard_known_answer() -> None:
    cipher = BlockCipher(Algorithm.SM4, bytes.fromhex(_SM4["key"]))
    block = cipher.encrypt(bytes.fromhex(_SM4["plain"]))
    assert block.hex().upper() == _SM4["cipher"]
    assert cipher.decrypt(block) == bytes.fromhex(_SM4["plain"])


@_psec_warns
@given(
    st.sampled_from((8, 16)).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    st.binary(min_size=8, max_size=8),
)
def test_3des_equals_psec(key: bytes, block: bytes) -> None:
    cipher = BlockCipher(Algorithm.TDES, key)
    assert cipher.encrypt(block) == des.encrypt_tdes_ecb(key, block)
    assert cipher.decrypt(block) == des.decrypt_tdes_ecb(key, block)


@given(st.sampled_from(Algorithm), st.lists(st.integers(1, 4), max_size=6), st.data())
def test_a_kept_context_remembers_nothing(
    algorithm: Algorithm, lengths: list[int], data: st.DataObject
) -> None:
    kept = BlockCipher(algorithm, _KEY)
    for length in lengths:
        size = length * algorithm.block_size
        text = data.draw(st.binary(min_size=size, max_size=size))
        assert kept.encrypt(text) == BlockCipher(algorithm, _KEY).encrypt(text)
        assert kept.decrypt(kept.encrypt(text)) == text


@given(st.sampled_from(Algorithm), st.lists(st.binary(max_size=70), max_size=8))
def test_a_chain_starts_from_zero_each_time(algorithm: Algorithm, texts: list[bytes]) -> None:
    chain = CbcChain(algorithm, _KEY)
    size = algorithm.block_size
    for text in texts:
        padded = text + bytes(-len(text) % size) or bytes(size)
        assert chain.last_block(text, len(padded)) == _cbc_by_hand(algorithm, padded)


def _cbc_by_hand(algorithm: Algorithm, padded: bytes) -> bytes:
    """CBC from single ECB blocks: the definition, written another way."""
    cipher, size = BlockCipher(algorithm, _KEY), algorithm.block_size
    block = bytes(size)
    for at in range(0, len(padded), size):
        block = bytes(a ^ b for a, b in zip(block, padded[at : at + size], strict=True))
        block = cipher.encrypt(block)
    return block


@pytest.mark.parametrize("algorithm", Algorithm)
def test_part_of_a_block_is_refused_and_does_no_harm(algorithm: Algorithm) -> None:
    cipher, block = BlockCipher(algorithm, _KEY), bytes(algorithm.block_size)
    expected = cipher.encrypt(block)
    for operation in (cipher.encrypt, cipher.decrypt):
        with pytest.raises(ValueError, match="whole blocks"):
            operation(b"abc")
    assert cipher.encrypt(block) == expected
    assert cipher.decrypt(expected) == block


@pytest.mark.parametrize("algorithm", Algorithm)
def test_an_interrupted_context_is_dropped_and_made_anew(algorithm: Algorithm) -> None:
    size = algorithm.block_size
    cipher, chain, text = BlockCipher(algorithm, _KEY), CbcChain(algorithm, _KEY), b"x" * size
    encrypted, last = cipher.encrypt(text), chain.last_block(text, size)
    assert cipher.decrypt(encrypted) == text
    for holder, context in ((cipher, "_encrypt"), (cipher, "_decrypt"), (chain, "_update")):
        setattr(holder, context, _interrupted(getattr(holder, context)))
    with pytest.raises(KeyboardInterrupt):
        cipher.encrypt(text)
    with pytest.raises(KeyboardInterrupt):
        cipher.decrypt(text)
    with pytest.raises(KeyboardInterrupt):
        chain.last_block(text, size)
    assert cipher.encrypt(text) == encrypted
    assert cipher.decrypt(encrypted) == text
    assert chain.last_block(text, size) == last


def _interrupted(update: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Let the context do its work, so that its state moves on, and lose the result."""

    def lose(blocks: bytes) -> bytes:
        update(blocks)
        raise KeyboardInterrupt

    return lose


def test_a_text_longer_than_its_size_is_refused_and_does_no_harm() -> None:
    chain = CbcChain(Algorithm.TDES, _KEY)
    last = chain.last_block(b"0200", 8)
    with pytest.raises(OverflowError):
        chain.last_block(b"nine byte", 8)
    assert chain.last_block(b"0200", 8) == last


@pytest.mark.parametrize("kind", [BlockCipher, CbcChain])
def test_ciphers_are_neither_pickled_nor_copied(kind: type[BlockCipher | CbcChain]) -> None:
    holder = kind(Algorithm.TDES, _KEY)
    with pytest.raises(TypeError, match="holds a key"):
        pickle.dumps(holder)
    with pytest.raises(TypeError, match="holds a key"):
        deepcopy(holder)
