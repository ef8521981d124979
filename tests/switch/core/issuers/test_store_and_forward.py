"""Queued reversals: repeated with one identity until 0430, a manual case otherwise."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.crypto.vault import Vault
from switch.core.configuration import Timers
from switch.core.events import LinkConnected, LinkDisconnected
from switch.core.operations import (
    Acknowledge,
    Claim,
    Operation,
)
from switch.core.transaction import State
from tests.switch.core.stage import Stage, mute, saying, silent


@pytest.fixture
def stage() -> Stage:
    """Hold a withdrawal in doubt whose bank answers nothing but network messages."""
    stage = Stage(mute)
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(45_000)
    return stage


def _sent(stage: Stage) -> list[str]:
    return [mti for mti, _ in stage.sent if mti[1] == "4"]


def test_repeats_keep_their_identity_and_back_off(stage: Stage) -> None:
    times: list[int] = []
    start = stage.elapsed_ns
    count = len(stage.reversals())
    for _ in range(700):
        stage.pass_time(1_000)
        if len(stage.reversals()) > count:
            count = len(stage.reversals())
            times.append((stage.elapsed_ns - start) // 1_000_000_000)
    assert _sent(stage) == ["0420"] + ["0421"] * (count - 1)
    # The queue is looked at once a second.
    assert all(
        least <= found - before <= least + 2
        for before, found, least in zip([0, *times], times, [1, 5, 15, 60, 300, 300], strict=False)
    )
    identities = {tuple(fields[n] for n in (7, 11, 37, 90)) for fields in stage.reversals()}
    assert len(identities) == 1
    assert stage.row().state is State.IN_DOUBT
    assert stage.ledger.totals().held_fen == 50_000


@pytest.mark.parametrize("code", ["00", "25"])
def test_an_acknowledgement_settles_it_and_releases_the_hold(stage: Stage, code: str) -> None:
    stage.bank_says("0420", stage.reversals()[0], {39: code})
    assert (stage.row().state, stage.row().reason) == (State.REVERSED, code)
    assert stage.ledger.totals().held_fen == 0
    stage.pass_time(600_000)
    assert _sent(stage) == ["0420"]
    assert stage.engine.is_idle


@pytest.mark.parametrize(
    ("answer", "reject"), [({39: "12"}, ""), ({39: "96"}, ""), ({39: "00"}, "00123")]
)
def test_any_other_answer_is_a_manual_case_that_keeps_its_hold(
    stage: Stage, answer: dict[int, str], reject: str
) -> None:
    stage.bank_says("0420", stage.reversals()[0], answer, reject=reject)
    assert stage.row().state is State.REVERSAL_EXPIRED
    assert stage.report("reversal_needs_a_person")["rrn"] == stage.row().record.rrn
    assert stage.ledger.totals().held_fen == 50_000
    stage.pass_time(600_000)
    assert _sent(stage) == ["0420"]


def test_an_acknowledgement_with_a_wrong_mac_is_not_believed(stage: Stage) -> None:
    stage.bank_says("0420", stage.reversals()[0], {39: "00"}, mac="00000000")
    assert stage.row().state is State.IN_DOUBT
    stage.issue = silent
    stage.pass_time(2_000)
    assert stage.row().state is State.REVERSED


def test_what_is_never_acknowledged_expires_to_a_manual_case() -> None:
    stage = Stage(mute, timers=Timers(advice_expiry_ms=100_000))
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(45_000 + 400_000)
    assert stage.row().state is State.REVERSAL_EXPIRED
    assert stage.row().reason == "expired"
    assert stage.ledger.totals().held_fen == 50_000


def test_a_line_that_comes_up_gets_what_was_claimed_while_it_was_down(stage: Stage) -> None:
    link = stage.configuration.links["bank"]
    stage.reconfigure(number=2, links={"bank": link, "other": replace(link, name="other")})
    stage.happen(LinkConnected("other"))
    stage.happen(LinkDisconnected("bank"))
    stage.pass_time(100_000)
    before = len(stage.reversals())
    stage.issue = silent
    stage.happen(LinkConnected("bank"))
    assert len(stage.reversals()) == before + 1
    assert stage.row().state is State.REVERSED


@pytest.mark.parametrize("kind", [Claim, Acknowledge])
@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_unknown_outcomes_are_got_over(stage: Stage, kind: type, fate: str) -> None:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, kind) and len(lost) < 4:
            lost.append(operation)
            return fate
        return ""

    stage.lose, stage.issue = lose, silent
    stage.pass_time(120_000)
    assert len(lost) == 4
    assert stage.row().state is State.REVERSED


def test_a_stalled_claim_does_not_spin(stage: Stage) -> None:
    stage.stall()
    stage.pass_time(2_000)
    stage.engine._advices.wake()
    stage.pass_time(1)
    due = stage.engine.next_deadline_ns
    assert due is not None
    assert due > stage.elapsed_ns


def test_a_box_that_cannot_be_opened_is_a_manual_case(stage: Stage) -> None:
    vault = Vault(bytes(31) + b"\x01", bytes(range(32)))
    stage.configuration = replace(stage.configuration, vault=vault)
    stage.start()
    stage.pass_time(3_000)
    assert stage.row().state is State.REVERSAL_EXPIRED
    assert stage.report("reversal_sealed")["rrn"] == stage.row().record.rrn


def test_a_reversal_of_an_approval_carries_its_authorisation() -> None:
    stage = Stage(saying("00"))
    stage.issue = lambda mti, _: {39: "00", 38: "A00002"} if mti == "0200" else {39: "00"}
    stage.sign_on()
    stage.withdraw()
    stage.reverse()
    stage.pass_time(500)
    assert stage.reversals()[0][38] == "A00002"
