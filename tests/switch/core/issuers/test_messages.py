"""What an issuer is sent: the worked examples byte for byte, and a sealed box for the rest."""

from __future__ import annotations

import pytest

from messages.codec import Codec
from messages.crypto.vault import SealError, Vault
from messages.mab import element_mab
from switch.core.configuration import Configuration
from switch.core.issuers.messages import reversal_fields, unseal
from switch.core.issuers.wire import IssuerWire
from tests.switch.core.stage import FRAMES, INTERBANK, PAN, Stage, configuration, silent

_TERMINAL_60_2 = "05100300000"
"""DE 60.2 of the worked examples, which keep the terminal's reading loosely."""


def _golden(name: str) -> dict[int, str]:
    return Codec(INTERBANK).decode(FRAMES[name], 50).fields


def _built(stage: Stage, mti: str, fields: dict[int, str]) -> bytes:
    """Return the frame that the link builds for these fields."""
    link = stage.engine._links["bank"]
    fields.pop(128, None)
    return link.wire.build(link.heads, mti, dict(sorted(fields.items())), link.mac)


def test_the_withdrawal_is_the_worked_example_byte_for_byte() -> None:
    stage = Stage()
    stage.sign_on()
    stage.withdraw()
    sent, golden = stage.requests()[0], _golden("interbank-withdrawal")
    # The example leaves DE 55 out, has a reading of its own in 60.2, and its own numbers and time.
    # It is what a member sends: DE 15 is the clearing centre's, which here is the switch.
    own = {n: golden[n] for n in (7, 11, 12, 37)}
    sent = {n: text for n, text in sent.items() if n not in {15, 55}} | own
    assert (sent[60][:4], sent[60][15:]) == (golden[60][:4], golden[60][15:])
    sent[60] = sent[60][:4] + _TERMINAL_60_2 + sent[60][15:]
    assert _built(stage, "0200", sent) == FRAMES["interbank-withdrawal"]


def test_the_reversal_is_the_worked_example_byte_for_byte() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(46_000)
    sent, golden = stage.reversals()[0], _golden("interbank-reversal")
    own = {n: golden[n] for n in (7, 11, 12, 37, 90)}
    sent = {n: text for n, text in sent.items() if n != 55} | own
    assert sent[60][:4] == "4021"
    sent[60] = sent[60][:4] + _TERMINAL_60_2 + sent[60][15:]
    assert _built(stage, "0420", sent) == FRAMES["interbank-reversal"]


def test_field_90_names_the_original() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(46_000)
    request, reversal = stage.requests()[0], stage.reversals()[0]
    assert reversal[90][:20] == "0200" + request[11] + request[7]
    assert not {14, 26, 35, 36, 52} & reversal.keys()
    assert reversal[37] == request[37]


def test_the_sign_on_is_the_worked_example_byte_for_byte() -> None:
    stage = Stage()
    golden = _golden("interbank-sign-on")
    wire = IssuerWire(INTERBANK)
    heads = wire.heads("00010000", "99900000")
    assert wire.build_plain(heads, "0820", golden) == FRAMES["interbank-sign-on"]
    assert stage.sent[0][1].keys() == golden.keys()
    assert [stage.sent[0][1][n] for n in (33, 70)] == [golden[n] for n in (33, 70)]


def test_the_terminals_reading_and_the_dedicated_type_stand_in_field_60() -> None:
    stage = Stage()
    stage.sign_on()
    stage.withdraw(f22="052", f60="7000000200051", f52=None, f26=None, f53=None)
    assert stage.code == "55"
    stage.withdraw(f60="7000000200051")
    text = stage.requests()[0][60]
    assert text == "0000" + "05100300000" + "041" + "0" * 12


def test_what_is_sealed_opens_under_its_own_key_only() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(44_000)
    row = stage.row()
    sealed = unseal(row, stage.configuration)
    assert (sealed.pan, sealed.sequence, sealed.place[:7]) == (PAN, "001", "CQ TEST")
    assert repr(sealed) == "Sealed()"
    other: Configuration = configuration(vault=Vault(bytes(31) + b"\x01", bytes(32)))
    with pytest.raises(SealError):
        unseal(row, other)
    fields = reversal_fields(row, sealed, "99900000")
    assert element_mab(INTERBANK, "0420", fields).startswith(b"0420 19" + PAN.encode())
