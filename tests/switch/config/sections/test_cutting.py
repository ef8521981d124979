"""Sections are taken out of a file, and nothing else of it."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switch.config.sections.cutting import NOTE, cut
from switch.config.sections.rows import FILE_OF, SECTIONS

_TEXT = """\
# The file.
format = 1

# About the one.
[[one]]
id = "a" # of a
# more of a
list = [
  "x",
]

[[one]]
id = "b"
# other = 1

# Not of anything.

# About the other.
[[two]] # two
id = "c"

[table]
key = "[[one]]"
[[one]]
id = "d"
"""


def test_tables_go_with_their_comments_and_all_else_stays() -> None:
    assert cut(_TEXT, {"one"}) == (
        "# The file.\nformat = 1\n\n" + NOTE.format(kind="one") + "\n"
        "# Not of anything.\n\n# About the other.\n"
        '[[two]] # two\nid = "c"\n\n[table]\nkey = "[[one]]"\n'
    )


def test_lines_may_end_as_they_do_elsewhere() -> None:
    left = cut(_TEXT.replace("\n", "\r\n"), {"one"})
    assert tomllib.loads(left) == tomllib.loads(cut(_TEXT, {"one"}))


def test_what_is_not_there_is_not_taken_out() -> None:
    assert cut(_TEXT, {"three"}) == _TEXT
    assert cut("format = 1\n", {"one"}) == "format = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        'format = 1\none = [{ id = "a" }]\n',
        'format = 1\n[["one"]]\nid = "a"\n',
        'format = 1\n[[one]]\nid = """\n[[two]]\n"""\n',
        'format = 1\n[[one]]\nid = "a"\n[one.more]\nid = "b"\n',
    ],
)
def test_what_cannot_be_told_apart_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be taken out by itself"):
        cut(text, {"one"})


@settings(max_examples=20)
@given(st.sets(st.sampled_from([*SECTIONS, "link"])))
def test_the_defaults_lose_what_is_asked_for_and_keep_their_own_comments(kinds: set[str]) -> None:
    for name in sorted(set(FILE_OF.values())):
        text = (resources.files("specs") / "defaults" / f"{name}.toml").read_text("utf-8")
        left = cut(text, kinds)
        before = tomllib.loads(text)
        assert tomllib.loads(left) == {k: v for k, v in before.items() if k not in kinds}
        assert left.splitlines()[0] == text.splitlines()[0]
        assert all(NOTE.format(kind=kind) in left for kind in kinds & before.keys())
        assert "\n\n\n" not in left
