"""Faults say file, line, key and reason; lines are found by headers and keys."""

from __future__ import annotations

import pytest

from switch.config.faults import ConfigurationError, Fault, Lines, Location, reason_of, shown

_TEXT = """format = 1 # a comment
[listen]
terminals = [
  "127.0.0.1:0",
]
["quoted"]
"a key" = 1

[[terminal]]
id = "1"
[[terminal]]
id = "2"
merchant = "3"

[[link.deep]]
name = "x"
"""


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("format",), 1),
        (("listen", "terminals"), 3),
        (("listen", "terminals", 0), 3),
        (("quoted", "a key"), 7),
        (("terminal", 0, "id"), 10),
        (("terminal", 1, "id"), 12),
        (("terminal", 1, "merchant"), 13),
        (("terminal", 0, "merchant"), 9),
        (("terminal", 1), 11),
        (("terminal",), 9),
        (("link", "deep", 0, "name"), 16),
        (("nowhere", "at", "all"), 0),
        ((), 0),
    ],
)
def test_a_key_has_its_line_and_a_missing_one_that_of_its_table(where: Location, line: int) -> None:
    assert Lines(_TEXT).of(where) == line


def test_a_fault_is_one_line_for_a_person() -> None:
    assert str(Fault("a.toml", 3, "cap[1].rule", "is missing")) == (
        "a.toml:3: cap[1].rule: is missing"
    )
    assert str(Fault("a.toml", 0, "", "cannot be read")) == "a.toml: cannot be read"
    assert shown(("cap", 1, "rule")) == "cap[1].rule"


def test_an_error_lists_its_faults_sorted_once_each_and_not_without_end() -> None:
    faults = [Fault("a.toml", line, "", "x") for line in range(60, 0, -1)]
    text = str(ConfigurationError([*faults, *faults]))
    assert text.startswith("a.toml:1: x\na.toml:2: x\n")
    assert text.endswith("\nand 10 more")
    assert len(ConfigurationError(faults).faults) == 60


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"type": "missing", "loc": ("a",), "msg": ""}, "is missing"),
        (
            {"type": "extra_forbidden", "loc": ("merchnt",), "msg": ""},
            "there is no such key; did you mean merchant?",
        ),
        ({"type": "extra_forbidden", "loc": ("zzz",), "msg": ""}, "there is no such key"),
        ({"type": "value_error", "loc": ("a",), "msg": "Value error, too odd"}, "too odd"),
    ],
)
def test_reasons_are_in_our_words(error: dict[str, object], reason: str) -> None:
    assert reason_of(error, ["merchant", "id"]) == reason
