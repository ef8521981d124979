"""Files of requirements, cases and answers are read strictly; what is wrong has a place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.conformance.rules.model import Match
from simulators.conformance.rules.reading import (
    RulesError,
    checked,
    load_answers,
    packaged_suite,
    with_files,
)
from tests.house.source import ROOT

_REQUIREMENT = """
format = 1
kind = "conformance-requirements"

[[requirements]]
id = "OWN-01"
area = "own"
en = "Ours."
zh = "自有。"
source = "own"
check = "value"
path = "42"
pattern = "9996.*"
"""


def _file(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_there_are_at_least_80_requirements_in_both_languages() -> None:
    requirements = packaged_suite().requirements
    assert len(requirements) >= 80
    for each in requirements:
        assert each.en.endswith("."), each.id
        assert each.zh.endswith("。"), each.id
        assert re.search("[\u4e00-\u9fff]", each.zh), each.id


def test_every_source_is_a_heading_that_is_there() -> None:
    for each in packaged_suite().requirements:
        if each.source.startswith("notice "):
            continue
        page, _, anchor = each.source.partition("#")
        text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
        assert anchor in anchors, each.id


def test_a_requirement_of_ones_own_is_added(tmp_path: Path) -> None:
    suite = with_files(packaged_suite(), [_file(tmp_path, _REQUIREMENT)])
    assert suite.requirements[-1].id == "OWN-01"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"OWN-01"', '"own"', "id"),
        ('"value"', '"guess"', "check"),
        ('"9996.*"', '"9996("', "pattern"),
        ("path =", "paths =", "paths"),
        ("format = 1", "format = 2", "format"),
        ('pattern = "9996.*"', 'needs = ["wings"]', "wings"),
        ('pattern = "9996.*"', 'where = { colour = ["red"] }', "colour"),
        ("format = 1", "format = ", "line"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = _file(tmp_path, _REQUIREMENT.replace(old, new, 1))
    with pytest.raises(RulesError, match=said):
        with_files(packaged_suite(), [path])


def test_two_cases_of_one_amount_are_refused() -> None:
    suite = packaged_suite()
    one, other = suite.case("withdrawal"), suite.case("no-answer")
    twin = replace(other, match=Match(transactions=["rural_withdrawal"], yuan=one.match.yuan))
    with pytest.raises(RulesError, match="no-answer"):
        checked(suite.requirements, [one, twin, suite.case("sign-on")])


def test_alike_cases_are_told_apart_by_their_order() -> None:
    suite = packaged_suite()
    one, sign_on = suite.case("withdrawal"), suite.case("sign-on")
    twin = replace(one, id="again", after=["sign-on", "withdrawal"])
    for cases in ([sign_on, one, twin], [sign_on, twin, one]):
        assert checked(suite.requirements, cases).cases == tuple(cases)
    circle = replace(one, after=["sign-on", "again"])
    assert len(checked(suite.requirements, [sign_on, circle, twin]).cases) == 3


def test_cases_of_ones_own_may_come_alone_and_with_requirements(tmp_path: Path) -> None:
    text = """
format = 1
kind = "conformance-cases"
alone = true
[[cases]]
id = "own"
en = "E"
zh = "中"
tell = "T"
tell_zh = "说"
do = [{ job = "sign_on" }]
match = { transactions = ["sign_on"] }
"""
    own = text + _REQUIREMENT.partition('requirements"')[2]
    suite = with_files(packaged_suite(), [_file(tmp_path, own)])
    assert [each.id for each in suite.cases] == ["own"]
    assert suite.requirements[-1].id == "OWN-01"
    beside = with_files(packaged_suite(), [_file(tmp_path, own.replace("true", "false"))])
    assert len(beside.cases) == len(packaged_suite().cases) + 1
    with pytest.raises(RulesError, match="guess"):
        with_files(packaged_suite(), [_file(tmp_path, own.replace('"value"', '"guess"'))])


def test_a_case_after_one_that_is_not_there_is_refused() -> None:
    suite = packaged_suite()
    with pytest.raises(RulesError, match="no case sign-on"):
        checked(suite.requirements, [suite.case("withdrawal")])


def test_answers_are_read_and_a_stranger_among_them_is_told(tmp_path: Path) -> None:
    good = 'format = 1\nkind = "conformance-answers"\nfeatures = { chip = true, void = false }\n'
    assert load_answers(_file(tmp_path, good)).having() == {"chip"}
    with pytest.raises(RulesError, match="wings"):
        load_answers(_file(tmp_path, good.replace("void", "wings")))
    with pytest.raises(RulesError, match="No such file"):
        load_answers(str(tmp_path / "nothing.toml"))
    # Single keys are the terminal's to ask for (its network code): there is no answer about them.
    for line, said in (
        ("response_timer_s = -1", "response_timer_s"), ("response_timer_s = nan", "above 0"),
        ("response_timer_s = 601", "600"), ('keys = "single"', "keys"), ("mak_bytes = 9", "9"),
    ):  # fmt: skip
        with pytest.raises(RulesError, match=said):
            load_answers(_file(tmp_path, f"{good}{line}\n"))
