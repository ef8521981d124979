"""Sessions are copies of the ledger's: losing one costs a look, never a sign-on."""

from __future__ import annotations

from msgspec.structs import replace

from messages.crypto.keys import Mak
from messages.crypto.mac import make_mac
from messages.crypto.vault import Vault
from switch.core.configuration import Cap, Limits, Terminal
from switch.core.events import TerminalConnected, TerminalDisconnected
from tests.switch.core.stage import FRAMES, Stage, configuration


def _second(stage_configuration: dict[str, Terminal]) -> dict[str, Terminal]:
    first = stage_configuration["50010001"]
    return {"50010001": first, "50010002": replace(first, id="50010002")}


def _sign_on(stage: Stage, terminal: str) -> None:
    fields = stage.codec.decode(FRAMES["sign-on"], 13).fields
    stage.terminal_says(stage.build("0800", fields | {41: terminal}))


def test_a_session_that_had_to_go_is_loaded_again() -> None:
    terminals = _second(dict(configuration().terminals))
    stage = Stage(limits=Limits(sessions_in_memory=1), terminals=terminals)
    stage.sign_on()
    _sign_on(stage, "50010002")
    assert len(stage.engine._sessions._known) == 1
    stage.withdraw(f4="000000001000")
    stage.withdraw("000002", f41="50010002", f4="000000001000")
    stage.withdraw("000003", f4="000000001000")
    assert stage.codes() == ["00"] * 5


def test_many_terminals_share_one_connection_and_each_keeps_its_own_session() -> None:
    stage = Stage(terminals=_second(dict(configuration().terminals)))
    stage.sign_on()
    stage.withdraw(f4="000000001000")
    stage.withdraw("000002", f41="50010002", f4="000000001000")
    assert stage.codes() == ["00", "00", "77"]


def test_a_thousand_terminals_work_over_one_connection() -> None:
    first = configuration().terminals["50010001"]
    names = [f"5002{number:04d}" for number in range(1_000)]
    stage = Stage(
        terminals={name: replace(first, id=name) for name in names},
        caps=(Cap(20110101, 10**9, "177"),),
    )
    pik, mak = stage.keys
    maks = [mak[:6] + (number * 2).to_bytes(2, "big") for number in range(1_000)]
    for name, own in zip(names, maks, strict=True):
        stage.keys = (pik, own)
        _sign_on(stage, name)
    # Each with its own MAK, none of them the last that was given.
    for name, own in zip(names, maks, strict=True):
        stage.mac = make_mac("pos-ecb", Mak(own))
        stage.withdraw(f41=name, f4="000000001000")
    assert stage.codes() == ["00"] * 2_000
    told = [stage.codec.decode(frame, 13).fields[41] for frame in stage.told]
    assert told == names * 2
    assert set(stage.connections) == {1}
    assert len(stage.requests()) == 1_000


def test_a_session_outlives_its_connection() -> None:
    stage = Stage()
    stage.sign_on()
    stage.happen(TerminalDisconnected(1))
    stage.happen(TerminalConnected(2))
    stage.terminal_says(stage.withdrawal(), connection=2)
    assert stage.code == "00"
    assert stage.engine._sessions._seen.keys() == {2}


def test_keys_sealed_under_another_data_key_ask_for_a_sign_on() -> None:
    stage = Stage()
    stage.sign_on()
    vault = Vault(bytes(31) + b"\x01", bytes(range(32)))
    stage.configuration = replace(stage.configuration, vault=vault)
    stage.start()
    stage.withdraw()
    assert stage.code == "77"
    assert stage.report("session_sealed")["terminal"] == "50010001"
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "00"
