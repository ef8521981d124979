"""A crooked wire hears like any, writes with its defect, and leaves the shared wire alone."""

from __future__ import annotations

from simulators.conformance.mutants.model import Defect, crooked, unchanged
from simulators.installation import wires
from tests.simulators.conformance import frames


def _drops(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    fields.pop(63)
    return mti, fields


def test_a_defect_is_in_the_copy_only() -> None:
    wire = wires()[0]
    heard = wire.hear(frames.SIGN_ON[2:])
    heads = wire.framing.build_heads()
    bent = crooked(Defect(change=_drops))(wire)
    assert wire.say(heads, heard.mti, heard.fields) == frames.SIGN_ON
    whole = bent.say(heads, heard.mti, heard.fields)
    assert 63 not in bent.hear(bent.bare(whole)).fields
    assert 63 in heard.fields


def test_without_a_defect_nothing_changes() -> None:
    wire = wires()[0]
    heard = wire.hear(frames.SIGN_ON[2:])
    same = crooked(Defect())(wire)
    assert same.say(wire.framing.build_heads(), heard.mti, heard.fields) == frames.SIGN_ON
    assert unchanged("0200", {3: "0"}) == ("0200", {3: "0"})
