"""What a terminal takes from answers: keys, approvals, what they leave it owing."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak, Pik, Tdk, wrap_field_62
from simulators.cards import Card
from simulators.installation import MAK, PIK, terminal_identity
from simulators.requests import WITH_TRACK_KEY
from simulators.terminal import Terminal
from simulators.terminal_memory import Entry, Job, Kind, Verdict
from tests.simulators.acting import POS, answer_of, answered, at, said, signed_on_terminal

_TDK = Tdk.from_hex("00112233445566778899AABBCCDDEEFF")


def _with_track_key() -> Terminal:
    """Return a terminal that signed on by itself and was given a track key."""
    identity = terminal_identity()
    terminal = Terminal(type(identity)(
        id=identity.id, merchant=identity.merchant, master_key=identity.master_key,
        sign_on=WITH_TRACK_KEY,
    ), POS)  # fmt: skip
    terminal.connected(at())
    [asked] = said(terminal.ask(Job(kind=Kind.BALANCE, card=Card()), at()))
    assert (asked.mti, asked.get(60)[8:11]) == ("0800", "004")
    keys = wrap_field_62(identity.master_key, Pik.from_hex(PIK), Mak.from_hex(MAK), _TDK)
    changed: dict[int, str | None] = {
        11: asked.get(11), 60: asked.get(60), 62: keys.hex().upper(),
    }  # fmt: skip
    answer = answered(terminal, "sign-on-response", changed)
    [balance] = said(terminal.received(answer, at(1)))
    assert balance.mti == "0200"
    assert balance.get(35) != Card().track_2
    assert balance.get(53) == "2610000000000000"
    return terminal


def test_with_a_track_key_no_track_is_sent_in_clear() -> None:
    assert _with_track_key().memory.tdk is not None


def test_a_sign_on_without_one_ends_the_track_key() -> None:
    terminal = _with_track_key()
    terminal.disconnected(at(2))
    terminal.memory.is_signed_on = False
    terminal.connected(at(3))
    [asked] = said(terminal.ask(Job(kind=Kind.SIGN_ON), at(3)))
    changed: dict[int, str | None] = {11: asked.get(11)}
    terminal.received(answered(terminal, "sign-on-response", changed), at(4))
    assert terminal.memory.tdk is None


@pytest.mark.parametrize(("entry", "told"), [(Entry.CHIP, "051"), (Entry.CONTACTLESS, "071")])
def test_a_chip_is_told_with_how_it_was_read(entry: Entry, told: str) -> None:
    terminal = signed_on_terminal()
    job = Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=50_000, entry=entry)
    [asked] = said(terminal.ask(job, at(2)))
    assert asked.get(22) == told
    assert asked.get(55)


def test_an_approval_ends_what_was_owed_and_a_wrong_mac_does_not() -> None:
    for example, verdict, owed in (
        ("withdrawal-response", Verdict.APPROVED, 0),
        ("wrong", Verdict.MAC_WRONG, 1),
    ):
        terminal = signed_on_terminal()
        terminal.ask(Job(kind=Kind.WITHDRAWAL, card=Card(), amount_fen=50_000), at(2))
        frame = answer_of("withdrawal-response")
        frame = frame if example != "wrong" else frame[:-1] + bytes([frame[-1] ^ 1])
        terminal.received(frame, at(3))
        assert terminal.results[-1].verdict is verdict
        assert len(terminal.memory.owed) == owed
