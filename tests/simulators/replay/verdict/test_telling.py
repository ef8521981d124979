"""Reports say the same in every form, escape what came from a wire, and show no card."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import msgspec

from simulators.replay.again.rules import Tolerance
from simulators.replay.verdict.telling import Told, groups_of, junit_cases, page, plain
from tests.simulators.replay.verdict.test_comparing import answer, comparer, outcome


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
