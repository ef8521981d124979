"""Reading never raises: a file has a model or faults, and every fault has its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switch.config.faults import Fault
from switch.config.files import CapsFile, JinbaoFile, TerminalsFile
from switch.config.reading import Source, Sources
from tests.switch.config import folders


def _source(tmp_path: Path, text: str) -> Source[CapsFile]:
    path = tmp_path / "caps.toml"
    path.write_text(text, "utf-8")
    return Source(path, CapsFile)


@pytest.mark.parametrize(
    ("text", "line", "key", "reason"),
    [
        ("format = 2", 1, "format", "Input should be 1"),
        ("", 0, "format", "is missing"),
        ("format = 1\ncap = 3", 2, "cap", "Input should be a valid list"),
        ("format = 1\n\nfrmat = 1", 3, "frmat", "there is no such key; did you mean format?"),
        (
            "format = 1\n[[cap]]\nfrom_day = 2011-01-01\nlimit = 1\nrule = 'x'",
            4,
            "cap[0].limit",
            "there is no such key; did you mean limit_fen?",
        ),
        (
            "format = 1\n[[cap]]\nfrom_day = '2011-01-01'\nlimit_fen = 1\nrule = 'x'",
            3,
            "cap[0].from_day",
            "Input should be a valid date",
        ),
    ],
)
def test_a_wrong_key_or_value_has_its_line_and_reason(
    tmp_path: Path, text: str, line: int, key: str, reason: str
) -> None:
    source = _source(tmp_path, text)
    assert source.model is None
    assert Fault(str(tmp_path / "caps.toml"), line, key, reason) in source.faults


def test_what_is_no_toml_has_the_line_where_it_stops_being_it(tmp_path: Path) -> None:
    (fault,) = _source(tmp_path, "format = 1\ncap = \n").faults
    assert (fault.line, fault.reason) == (2, "Invalid value")


def test_a_number_that_lost_its_zeros_is_no_toml(tmp_path: Path) -> None:
    (fault,) = _source(tmp_path, "format = 1\nx = 0800").faults
    assert fault.line == 2


def test_a_file_that_is_not_there_or_not_text_is_a_fault(tmp_path: Path) -> None:
    assert [f.reason for f in Source(tmp_path / "no.toml", CapsFile).faults] == [
        "cannot be read: FileNotFoundError"
    ]
    (tmp_path / "caps.toml").write_bytes(b"\xff\xfe")
    assert Source(tmp_path / "caps.toml", CapsFile).faults[0].reason == (
        "cannot be read: UnicodeDecodeError"
    )


def test_every_fault_of_a_file_is_found_at_once(tmp_path: Path) -> None:
    source = _source(tmp_path, "format = 1\n[[cap]]\nlimit_fen = -1\n")
    assert {fault.key for fault in source.faults} == {
        "cap[0].from_day",
        "cap[0].limit_fen",
        "cap[0].rule",
    }


def test_what_is_there_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    folder = folders.make(tmp_path / "city")
    sources = Sources(folder)
    sources.terminals.check_unique("terminal", "id", ["a", "b", "a"])
    (fault,) = sources.faults
    assert fault.key == "terminal[2].id"
    assert fault.reason.startswith("a is there already, in line ")


def test_models_are_there_when_every_file_is_good(tmp_path: Path) -> None:
    folder = folders.make(tmp_path / "city")
    models = Sources(folder).models
    assert models is not None
    assert [entry.id for entry in models.terminals.terminal] == list(folders.TERMINALS)
    (folder / "caps.toml").unlink()
    assert Sources(folder).models is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_model_or_faults_and_never_an_error(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    for kind in (JinbaoFile, TerminalsFile, CapsFile):
        source = Source(path, kind)
        assert (source.model is None) is bool(source.faults)
