"""Answers are judged field by field; the worked answer of the reference is without fault."""

from __future__ import annotations

from messages.crypto.keys import Mak
from messages.crypto.mac import make_mac
from messages.framing import Framing
from simulators.conformance.hearing.heard import Heard, read
from simulators.conformance.mutants.places import pos
from simulators.conformance.probing.answer import Asked, judge_answer
from simulators.conformance.probing.probes import Probe
from simulators.installation import terminal_identity, wires
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard
from tests.switch.cli.running import sample


def _answer(name: str, change: tuple[int, int] | None = None) -> Heard:
    whole = bytearray(bytes.fromhex(sample(name)))
    if change is not None:
        whole[change[0]] = change[1]
    found = read(pos(), Framing(pos().frame), bytes(whole[2:]))
    assert isinstance(found, Heard)
    return found


def _broken(answer: Heard, probe: Probe | None = None) -> set[str]:
    probe = probe or Probe(id="p", en="", zh="", send="withdrawal")
    fields = wires()[0].hear(frames.WITHDRAWAL[2:]).fields
    asked = Asked(
        probe=probe, frame=frames.WITHDRAWAL, mti="0200", fields=fields,
        heard=heard(frames.WITHDRAWAL),
    )  # fmt: skip
    mac = make_mac("pos-ecb", Mak(frames.MAK))
    return {j.check for j in judge_answer(asked, answer, mac, terminal_identity()) if not j.ok}


def test_the_worked_answer_is_without_fault() -> None:
    assert _broken(_answer("withdrawal-response")) == set()


def test_addresses_that_were_not_swapped_and_a_wrong_mac_are_found() -> None:
    assert _broken(_answer("withdrawal-response", (3, 0x99))) == {"heads-swapped"}
    assert _broken(_answer("withdrawal-response", (-1, 0x30))) == {"mac"}


def test_a_code_that_is_not_wanted_is_found() -> None:
    probe = Probe(id="p", en="", zh="", send="withdrawal", codes=["A0"], asks="3")
    assert _broken(_answer("withdrawal-response"), probe) == {"code", "asks"}
