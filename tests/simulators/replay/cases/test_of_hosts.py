"""The same host answers as a trace taught, one that differs in a field fails by it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.answers import Reply
from simulators.conformance.probing.plain_host import Seams
from simulators.conformance.probing.probes import Probe, Probes, Sends, with_probe_files
from simulators.conformance.probing.trial import run_probes
from simulators.replay.cases.conversation import Conversation
from simulators.replay.cases.of_hosts import probes_of
from simulators.replay.trace.form import Frame
from tests.simulators.replay.cases.talks import DIALECTS, VOLATILE, trace_of

_SENDS: Final[tuple[tuple[Sends, int, str], ...]] = (
    ("sign_on", 0, ""), ("echo", 0, ""), ("balance", 0, ""), ("withdrawal", 300, ""),
    ("sale", 73, ""), ("void", 73, "p-4"), ("payment", 55, ""), ("reversal", 0, "p-6"),
    ("sign_off", 0, ""),
)  # fmt: skip
_ASKED = tuple(
    Probe(id=f"p-{number}", en="", zh="", send=send, yuan=yuan, of=of)
    for number, (send, yuan, of) in enumerate(_SENDS)
)


def _trace() -> list[Frame]:
    """Return what a host was asked, and what it answered."""
    return trace_of(run_probes(own=Probes(probes=_ASKED)).notes, asks="sent")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learn the probes once."""
    told = Conversation(DIALECTS, {}).of(_trace())
    path = tmp_path_factory.mktemp("learned") / "probes.toml"
    path.write_text(probes_of(told, "tuesday", VOLATILE), encoding="utf-8")
    return path


def _failures(learned: Path, seams: Seams | None = None) -> set[tuple[str, str]]:
    own = with_probe_files([str(learned)])
    prober = run_probes(seams or Seams(), own)
    assert prober.is_done
    names = {each.id for each in own.requirements}
    return {
        (each.case, each.judgement.field)
        for each in prober.tally.failures
        if each.requirement in names
    }


def _answers(number: int, text: str | None, mti: str = "0210") -> Seams:
    def reply(answer: Reply, heard: Heard) -> Reply:
        if answer.mti == mti and heard.get("4") in {"", f"{30_000:012d}"}:
            if text is None:
                answer.fields.pop(number, None)
            else:
                answer.fields[number] = text
        return replace(answer, fields=dict(sorted(answer.fields.items())))

    return Seams(reply=reply)


def test_the_same_host_answers_as_it_did(learned: Path) -> None:
    assert _failures(learned) == set()
    own = with_probe_files([str(learned)])
    assert [each.send for each in own.probes] == [each.send for each in _ASKED]
    prober = run_probes(own=own)
    assert not prober.tally.failures
    names = [each.id for each in own.requirements]
    assert {prober.tally.verdicts()[name] for name in names} == {"pass"}
    assert len(names) == len(_ASKED)


@pytest.mark.parametrize(
    ("number", "text", "field"),
    [
        (39, "05", "39"),
        (49, "840", "49"),
        (44, "11111111   22222222   ", "44.1"),
        (38, None, "38"),
        (54, "1002156C000000120000", "54"),
        (63, "CUX", "63.1"),
    ],
)
def test_a_host_that_differs_in_a_field_fails_by_that_field(
    learned: Path, number: int, text: str | None, field: str
) -> None:
    found = _failures(learned, _answers(number, text))
    assert ("tuesday-4-withdrawal", field) in found
    assert not any(case == "tuesday-7-payment" for case, _ in found)


def test_a_reversal_is_of_what_it_was_of(learned: Path) -> None:
    probes = {each.id: each for each in with_probe_files([str(learned)]).probes}
    assert probes["tuesday-7-payment-reversal"].of == "tuesday-7-payment"
    assert probes["tuesday-6-void"].of == "tuesday-5-sale"
    found = _failures(learned, _answers(39, "25", "0410"))
    assert not found
    lost = Seams(code=lambda code, heard: "25" if heard.mti == "0400" else code)
    assert ("tuesday-7-payment-reversal", "39") in _failures(learned, lost)


def test_silence_where_an_answer_was_recorded_is_a_failure(learned: Path) -> None:
    deaf = Seams(hears=lambda data: b"" if data[13:15].hex() == "0200" else data)
    assert ("tuesday-4-withdrawal", "") in _failures(learned, deaf)


def test_what_was_refused_for_its_pin_or_mac_is_asked_so_again() -> None:
    told = Conversation(DIALECTS, {}).of(_trace())
    for step, code in zip(told.steps[2:4], ("55", "A0"), strict=True):
        assert step.answer is not None
        step.answer.texts = {**step.answer.texts, "39": code}
    asked = tomllib.loads(probes_of(told, "tuesday", VOLATILE))["probes"]
    assert asked[2]["pin"] == "654321"
    assert asked[3]["defect"] == "wrong-mac"


def test_what_our_terminal_does_not_ask_is_told() -> None:
    told = Conversation(DIALECTS, {}).of(_trace())
    told.steps[4].kind = told.steps[4].kind.SETTLEMENT
    text = probes_of(told, "tuesday", VOLATILE)
    sends = [each["send"] for each in tomllib.loads(text)["probes"]]
    # A void of what is not asked is not asked either.
    assert "sale" not in sends
    assert "void" not in sends
    assert told.left_out.total() == 2
    assert "settlement, which our terminal does not ask a host" in text
