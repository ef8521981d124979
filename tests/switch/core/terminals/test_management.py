"""Sign-on, sign-off, echo, and what is refused with its reason; no MAC on any of it."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak, Pik, Tdk, Tmk, unwrap_field_62
from messages.crypto.track import encrypt_track
from switch.core.operations import (
    Operation,
    SignOn,
)
from tests.switch.core.stage import FRAMES, MAK, PIK, Stage

_TMK = Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def _management(stage: Stage, mti: str, code: str, **changes: str) -> None:
    fields = stage.codec.decode(FRAMES["sign-on"], 13).fields
    fields |= {60: f"00000001{code}"} | {int(key[1:]): text for key, text in changes.items()}
    stage.terminal_says(stage.build(mti, fields))


def test_a_sign_on_gives_the_worked_keys_under_the_master_key(stage: Stage) -> None:
    stage.sign_on()
    golden = stage.codec.decode(FRAMES["sign-on-response"], 13).fields
    told = stage.last()
    assert told[62] == golden[62]
    assert told.keys() == golden.keys()
    assert told[60] == golden[60]
    assert stage.told[-1][2:7].hex() == "6000000005"


def test_a_single_length_sign_on_gives_single_length_keys(stage: Stage) -> None:
    _management(stage, "0800", "001")
    content = bytes.fromhex(stage.last()[62])
    assert len(content) == 24
    assert _TMK.unwrap(Pik, content[:8]).reveal() == bytes.fromhex(PIK)[:8]
    assert _TMK.unwrap(Mak, content[12:20]).reveal() == bytes.fromhex(MAK)


def test_a_sign_on_keeps_the_open_batch_whatever_the_terminal_says(stage: Stage) -> None:
    stage.sign_on()
    _management(stage, "0800", "003", f60="00000777003")
    assert stage.last()[60] == "00000002003"


def test_the_working_keys_are_durable_before_they_are_told(stage: Stage) -> None:
    stage.stall()
    stage.sign_on()
    assert stage.told == []
    stage.flow()
    assert stage.code == "00"


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_sign_on_of_unknown_outcome_is_submitted_again(stage: Stage, fate: str) -> None:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, SignOn) and len(lost) < 2:
            lost.append(operation)
            return fate
        return ""

    stage.lose = lose
    stage.sign_on()
    stage.pass_time(1_000)
    assert stage.codes() == ["00"]
    stage.withdraw()
    assert stage.code == "00"


def test_a_sign_on_that_another_overtook_does_not_give_its_keys(stage: Stage) -> None:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, SignOn) and not lost:
            lost.append(operation)
            return "dropped"
        return ""

    stage.lose = lose
    stage.sign_on()
    stage.sign_on()
    stage.pass_time(1_000)
    assert stage.codes() == ["00", "96"]


def test_an_echo_is_answered_also_without_a_session(stage: Stage) -> None:
    stage.terminal_says(FRAMES["echo"])
    assert stage.last().keys() == {12, 13, 39, 41, 42, 60}
    assert stage.code == "00"


@pytest.mark.parametrize(
    ("mti", "network", "code"),
    [("0800", "005", "40"), ("0820", "360", "40"), ("0800", "999", "12")],
)
def test_what_nobody_serves_is_refused_with_its_reason(
    stage: Stage, mti: str, network: str, code: str
) -> None:
    _management(stage, mti, network)
    assert stage.code == code
    assert stage.report("management_refused")["network_code"] == network


def test_strangers_are_97_and_03(stage: Stage) -> None:
    _management(stage, "0800", "003", f41="99999999")
    _management(stage, "0800", "003", f42="999653080110009")
    assert stage.codes() == ["97", "03"]


def _encrypted(stage: Stage, tdk: Tdk, stan: str = "000002") -> None:
    track = stage.codec.decode(stage.withdrawal(), 13).fields[35]
    stage.withdraw(stan, f35=encrypt_track(track, tdk), f53="2610000000000000")


def test_a_sign_on_004_gives_a_track_key_under_which_tracks_are_read(stage: Stage) -> None:
    _management(stage, "0800", "004")
    tmk = next(iter(stage.configuration.terminals.values())).master_key
    keys = unwrap_field_62(tmk, bytes.fromhex(stage.last()[62]))
    assert keys.tdk is not None
    _encrypted(stage, keys.tdk)
    assert stage.code == "00"
    (asked,) = stage.requests()
    assert asked[35] == stage.codec.decode(stage.withdrawal(), 13).fields[35]
    assert asked[53] == "2600000000000000"
    assert stage.last()[53] == "2610000000000000"


def test_a_track_under_another_key_or_without_one_is_a_format_error(stage: Stage) -> None:
    _management(stage, "0800", "004")
    _encrypted(stage, Tdk(bytes(range(16))))
    assert stage.code == "30"
    assert "does not decrypt" in str(stage.report("declined")["why"])
    stage.sign_on()
    _encrypted(stage, Tdk(bytes(range(16))), "000003")
    assert stage.code == "30"
    assert "did not sign on with a track key" in str(stage.report("declined")["why"])


def test_a_track_key_outlives_the_process(stage: Stage) -> None:
    _management(stage, "0800", "004")
    tmk = next(iter(stage.configuration.terminals.values())).master_key
    keys = unwrap_field_62(tmk, bytes.fromhex(stage.last()[62]))
    stage.start()
    assert keys.tdk is not None
    _encrypted(stage, keys.tdk)
    assert stage.code == "00"
