"""Contents are judged against what requirements spell out, and against presence sets."""

from __future__ import annotations

import msgspec
import pytest

from simulators.conformance.judging.contents import applies, heads, identity, presence, spelled
from simulators.conformance.mutants.places import swap
from simulators.conformance.rules.model import Requirement
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard

_HEAD = 13


def _requirement(check: str, **told: object) -> Requirement:
    given = {"id": "X-01", "area": "a", "en": "", "zh": "", "source": "", "check": check}
    return msgspec.convert({**given, **told}, Requirement)


@pytest.mark.parametrize(
    ("requirement", "ok"),
    [
        (_requirement("value", path="49", allowed=["156"]), True),
        (_requirement("value", path="49", allowed=["840"]), False),
        (_requirement("value", path="22", pattern="05[12]"), True),
        (_requirement("size", path="60", sizes=[11]), False),
        (_requirement("has", fields=[52]), True),
        (_requirement("has", fields=[62]), False),
        (_requirement("lacks", fields=[52]), False),
        (_requirement("tags", path="55", tags=["9F26"]), True),
        (_requirement("tags", path="55", tags=["71"]), False),
        (_requirement("without-tags", path="55", tags=["57"]), True),
        (_requirement("equal", path="55.9F02", other="4"), True),
        (_requirement("equal", path="55.5F2A", other="4"), False),
        (_requirement("date", path="55.9A"), True),
        (_requirement("date", path="55.9F37"), False),
    ],
)
def test_each_check_says_yes_and_no(requirement: Requirement, ok: bool) -> None:
    found = list(spelled(requirement, heard(frames.WITHDRAWAL)))
    assert [judgement.ok for judgement in found] == [ok]


def test_where_limits_by_attribute_and_by_the_text_of_a_path() -> None:
    said = heard(frames.WITHDRAWAL)
    assert applies(_requirement("has", where={"22": ["05."], "mti": ["0200"]}), said)
    assert not applies(_requirement("has", where={"22": ["02."]}), said)
    assert not applies(_requirement("has", where={"62": [".*"]}), said)
    assert not applies(_requirement("has", where={"direction": ["reversal"]}), said)


def test_presence_names_what_is_missing_and_what_is_too_much() -> None:
    assert all(j.ok for j in presence(heard(frames.WITHDRAWAL)))
    assert all(j.ok for j in presence(heard(frames.SIGN_ON)))
    body = frames.SIGN_ON[_HEAD:]
    bits = (int.from_bytes(body[2:10]) & ~2).to_bytes(8)
    short = body[:2] + bits + swap(body, 63, b"", length=True)[10:]
    whole = (len(short) + 11).to_bytes(2) + frames.SIGN_ON[2:_HEAD] + short
    assert [(j.check, j.field) for j in presence(heard(whole)) if not j.ok] == [("needed", "63")]


def test_heads_are_compared_with_the_first() -> None:
    before: dict[str, str] = {}
    assert all(j.ok for j in heads(heard(frames.WITHDRAWAL), before))
    before["tpdu"] = "00030000"
    assert [j.check for j in heads(heard(frames.WITHDRAWAL), before) if not j.ok] == ["tpdu-stays"]


def test_the_numbers_of_the_terminal_under_test() -> None:
    said = heard(frames.ECHO)
    assert all(j.ok for j in identity(said, [("41", "50010001"), ("42", "")]))
    assert [j.ok for j in identity(said, [("41", "50010002")])] == [False]
