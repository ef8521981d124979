"""Probes are data, and every requirement that speaks of one speaks of one that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.conformance.probing.probes import host_suite, packaged_probes, with_probe_files
from simulators.conformance.rules.reading import RulesError, host_requirements
from simulators.conformance.rules.vocabulary import HOST_CHECKS


def test_probes_have_names_of_their_own_and_words_in_both_languages() -> None:
    probes = packaged_probes()
    assert len({probe.id for probe in probes}) == len(probes) > 20
    assert all(probe.en and probe.zh for probe in probes)
    assert len(host_suite(probes).cases) == len(probes)


def test_requirements_name_probes_that_are_there_and_every_check_is_used() -> None:
    names = {probe.id for probe in packaged_probes()}
    for requirement in host_requirements():
        assert set(requirement.where.get("probe", ())) <= names, requirement.id
    assert {r.check for r in host_requirements()} == set(HOST_CHECKS)


_OWN = """format = 1
kind = "conformance-probes"
alone = true

[[probes]]
id = "one"
en = "One"
zh = "一"
send = "withdrawal"
fen = 12345
"""

_REQUIREMENT = """[[requirements]]
id = "{}"
area = "a"
en = "a"
zh = "a"
source = "a"
check = "{}"
"""


def _file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_own_probes_come_alone_or_besides(tmp_path: Path) -> None:
    (probe,) = with_probe_files([_file(tmp_path, _OWN)]).probes
    assert (probe.id, probe.amount_fen) == ("one", 12_345)
    beside = with_probe_files([_file(tmp_path, _OWN.replace("alone = true\n", ""))]).probes
    assert beside == (*packaged_probes(), probe)
    assert with_probe_files([]).probes == packaged_probes()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('of = "two"\n', "probe one: of: there is no probe two before it"),
        ('pin = "12"\n', "probe one: pin: should be 4 to 12 digits"),
        ('expects = { "39" = "(" }\n', "probe one: expects.39: "),
        ("what = 1\n", "own.toml: Object contains unknown field `what`"),
        (_OWN.partition("alone = true")[2].replace("One", "Again"), "probe one: is there twice"),
        (
            _REQUIREMENT.format("HST-01", "contents"),
            "requirement HST-01: is there twice",
        ),
        (
            _REQUIREMENT.format("OWN-01", "stan-new"),
            "own.toml: OWN-01: check: stan-new should be one of",
        ),
    ],
)
def test_a_wrong_file_of_probes_is_named_with_its_place(
    tmp_path: Path, more: str, why: str
) -> None:
    with pytest.raises(RulesError) as error:
        with_probe_files([_file(tmp_path, _OWN + more)])
    assert why in str(error.value)


def test_a_void_says_what_it_is_a_void_of(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="a void is about an earlier probe"):
        with_probe_files([_file(tmp_path, _OWN.replace("withdrawal", "void"))])
    with pytest.raises(RulesError, match="No such file"):
        with_probe_files([str(tmp_path / "none.toml")])
