"""Reports say the same in every form, escape what came from a wire, and show no card."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest

from simulators.replay.again.rules import Tolerance
from simulators.replay.verdict import comparing
from simulators.replay.verdict.comparing import LATE, Outcome
from simulators.replay.verdict.telling import Told, groups_of, junit_cases, page, plain
from tests.simulators.replay.days import POS, bare, forms
from tests.simulators.replay.verdict.test_comparing import answer, comparer, outcome
from tests.switch.cli.replaying.test_canaries import CANARIES, _frames


def told(*, is_good: bool = False) -> Told:
    """Return what a report is made of."""
    found = comparer(Tolerance(field="39", answered="94", why="sent <before>"))
    found.take(outcome(answer(f39="94")))
    found.take(outcome(answer()))
    if not is_good:
        found.take(outcome(answer(f39="<b", f44="<script>alert(1)</script>"[:25])))
    return Told(
        trace="day.jsonl", target="127.0.0.1:1", comparer=found, sent=3, signed_on=1,
        left_out={"no card": 2}, unasked=0, remarks=("a remark",), seconds=1.5,
    )  # fmt: skip


def test_the_verdict_depends_on_what_nobody_explains() -> None:
    assert not told().is_good
    assert told().verdict == "1 of 3 differ without a reason; 2 were left out"
    assert told(is_good=True).is_good
    first = groups_of(told())[0][0]
    assert not first.tolerated


def test_silence_is_no_difference_and_no_success() -> None:
    found = comparer()
    found.take(msgspec.structs.replace(outcome(None), missing=LATE))
    found.take(outcome(answer()))
    report = msgspec.structs.replace(told(), comparer=found, late=1)
    assert not report.is_good
    assert report.verdict == (
        "0 of 2 differ without a reason, 1 got no answer in time (1 came late); 2 were left out"
    )
    assert (plain(report)["unanswered"], plain(report)["late_answers"]) == (1, 1)
    assert "No answer" in page(report)
    assert "<failure" in junit_cases(report)


def test_answers_that_nobody_waits_for_are_no_success() -> None:
    found = comparer()
    found.take(outcome(answer()))
    found.unasked(answer())
    report = msgspec.structs.replace(told(), comparer=found, left_out={})
    assert not report.is_good
    assert report.verdict.endswith("1 answers came that nobody waits for")
    assert plain(report)["unexplained_unasked"] == 1
    assert "Unasked" in page(report)
    assert "<failure" in junit_cases(report)


def test_json_has_everything() -> None:
    said = plain(told())
    assert msgspec.json.decode(msgspec.json.encode(said)) == said
    assert said["compared"] == 3
    assert said["left_out"] == {"no card": 2}
    assert {"39", "44.1", "44.3"} <= {each["field"] for each in said["differences"]}
    assert "6219991234567890120" not in str(said)


def test_junit_is_xml_with_a_case_for_every_kind() -> None:
    suite = ET.fromstring(junit_cases(told()))[0]  # noqa: S314 - our own text
    assert suite.get("name") == "replay"
    failures = suite.findall("testcase/failure")
    assert len(failures) == int(suite.get("failures", "0")) > 0
    assert len(suite.findall("testcase")) == int(suite.get("tests", "0"))
    good = ET.fromstring(junit_cases(told(is_good=True)))[0]  # noqa: S314 - our own text
    assert good.get("failures") == "0"


def test_the_page_needs_nothing_else_and_escapes_what_came_from_a_wire() -> None:
    text = page(told())
    assert "http://" not in text
    assert "https://" not in text
    assert "<script>alert" not in text
    assert "621999*********0120" in text
    assert "6219991234567890120" not in text
    assert "1 of 3 differ without a reason; 2 were left out" in text


def test_hidden_fields_leave_room_for_what_stands_beside_them() -> None:
    text = page(told())
    assert "********* " not in text.replace("621999*********0120", "")
    assert re.search(r">\*{8} \([0-9]{2,3} hidden\)<", text)
    longest = max(re.findall(r"<td[^>]*>([^<]*)</td>", text), key=len)
    assert len(longest) < 80


def test_no_canary_of_a_request_or_an_answer_stands_in_any_report() -> None:
    """What is compared is not clean: requests and new answers have the numbers of real cards."""
    found = comparer()
    whole = [POS.bare(each.data) for each in _frames() if each.side == "terminal"]
    for one in whole:
        for other in whole:
            found.take(Outcome("0200 010000", one, one, other, 1, 2))
            found.take(Outcome("0200 010000", one, bare("withdrawal-response"), other, 1, 2), one)
    assert len(found.groups) > 20
    report = msgspec.structs.replace(told(), comparer=found)
    texts = (page(report), junit_cases(report), msgspec.json.encode(plain(report)).decode())
    # No trace has a cryptogram, and a test card's gives nothing away.
    for canary in CANARIES[:-1]:
        for form in forms(canary):
            assert not any(form in text.encode() for text in texts), canary


def test_kinds_beyond_those_that_are_told_apart_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert told().ungrouped == ""
    monkeypatch.setattr(comparing, "MOST_GROUPS", 2)
    found = comparer()
    for code in ("01", "02", "03", "04", "03"):
        found.take(outcome(answer(f39=code)))
    report = msgspec.structs.replace(told(), comparer=found)
    assert len(found.groups) == 2
    assert plain(report)["ungrouped"] > 0
    assert sum(each.count for each in found.groups.values()) + found.ungrouped >= 5
    assert report.ungrouped in page(report)
    assert report.ungrouped in junit_cases(report)
