"""Lines of mistakes, held against the files that come with the program, and their words."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from pydantic import ValidationError

from messages.dialects.loader import packaged_names, resolve
from messages.dialects.mistakes import entry_name, first_mistake, line_of
from messages.dialects.model import DialectSpec

OWN = """
# fields.2 in a comment is nowhere
title = [
  "[not.a.table]",
  "x",
]
[[layouts]]
field = "62"
id = "later"
[layouts.tags]
"60.1" = 1
[[layouts]]
id = "other"
"""


def _text(name: str) -> str:
    return (resources.files("specs") / "dialects" / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", packaged_names())
def test_line_of_every_field_and_tag_of_a_packaged_file_begins_with_its_key(name: str) -> None:
    text = _text(name)
    table = tomllib.loads(text)
    paths: list[tuple[str, ...]] = [("fields", number) for number in table.get("fields", {})]
    paths += [
        ("layouts", layout["id"], "tags", tag)
        for layout in table["layouts"]
        for tag in layout.get("tags", {})
    ]
    lines = text.splitlines()
    assert paths
    for path in paths:
        assert lines[line_of(text, path) - 1].replace('"', "").startswith(f"{path[-1]} =")


def test_part_of_a_layout_has_the_line_of_its_own_entry() -> None:
    text = _text("pos")
    lines = text.splitlines()
    assert lines[line_of(text, ["layouts", "balances"])] == 'id = "balances"'
    sign = lines[line_of(text, ["layouts", "balances", "parts", "4", "mask"]) - 1]
    assert sign.startswith('  { id = "4", size = 1, name = "sign"')


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 3),
        (("layouts", "later"), 7),
        (("layouts", "later", "id"), 9),
        (("layouts", "later", "kind"), 7),
        (("layouts", "later", "tags", "60.1"), 11),
        (("layouts", "other", "id"), 13),
        (("layouts", "third", "id"), 0),
        (("fields", "2"), 0),
        (("not", "a", "table"), 0),
    ],
)
def test_line_is_that_of_the_key_or_of_its_table(path: tuple[str, ...], line: int) -> None:
    assert line_of(OWN, path) == line


def test_entry_goes_by_its_id_its_name_or_its_place() -> None:
    assert entry_name({"id": "a", "name": "b"}, 0) == "a"
    assert entry_name({"name": "b"}, 0) == "b"
    assert entry_name({"id": 7}, 2) == "#3"


@pytest.mark.parametrize(
    ("key", "value", "path", "words"),
    [
        ("source", 7, ("source",), "is not text"),
        ("title", "one", ("title",), "is not a list"),
        ("fields", 7, ("fields",), "is not a table"),
        ("frame", 7, ("frame",), "is not a table"),
        ("presence", {"Sale": {}}, ("presence", "Sale"), "is not written as"),
        ("frame", {"limit": 3}, ("frame", "length_bytes"), "is missing"),
        ("kind", "tariff", ("kind",), "is not 'dialect'"),
    ],
)
def test_mistake_is_told_without_a_word_of_pydantic(
    key: str, value: object, path: tuple[str, ...], words: str
) -> None:
    table = {**resolve("pos")[0], key: value}
    with pytest.raises(ValidationError) as caught:
        DialectSpec.model_validate(table)
    found, reason = first_mistake(caught.value, table)
    assert found == path
    assert words in reason
    assert "nput" not in reason
