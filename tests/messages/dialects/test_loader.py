"""Finding, merging and refusing dialect files."""

from __future__ import annotations

from pathlib import Path

import pytest

from messages.dialects.loader import (
    SpecError,
    flatten,
    load_dialect,
    merge,
    packaged_names,
    resolve,
)
from messages.reasons import Reason

HEAD = 'format = 1\nkind = "dialect"\nname = "mine"\nextends = "pos"\n'


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", packaged_names())
def test_packaged_dialect_loads_and_maps_every_reason(name: str) -> None:
    dialect = load_dialect(name)
    assert set(dialect.reasons) == set(Reason)
    assert all(text.words.en and text.words.zh for text in dialect.reasons.values())


def test_the_four_dialects_come_with_the_program() -> None:
    assert packaged_names() == ("composite", "interbank", "iso87-ascii", "pos")


def test_extending_keeps_what_is_not_said_and_changes_what_is(tmp_path: Path) -> None:
    text = (
        HEAD + '[message.mac]\nalgorithm = "x9.19"\n[responses.Z9]\nclass = "C"\nen="x"\nzh="x"\n'
    )
    mine, pos = load_dialect(write(tmp_path, text)), load_dialect("pos")
    assert mine.mac is not None
    assert pos.mac is not None
    assert (mine.mac.algorithm, mine.mac.field) == ("x9.19", pos.mac.field)
    assert mine.fields == pos.fields
    assert mine.response("Z9").cls == "C"
    assert mine.lineage[1:] == ("pos",)


def test_a_list_entry_is_replaced_by_its_id_and_others_stay(tmp_path: Path) -> None:
    text = HEAD + (
        '[[transactions]]\nid = "echo"\nen = "Line test"\nzh = "线路测试"\nmti = "0820"\n'
        'match = { "60.3" = "302" }\npresence = "echo"\n'
    )
    mine, pos = load_dialect(write(tmp_path, text)), load_dialect("pos")
    assert [t.id for t in mine.transactions] == [t.id for t in pos.transactions]
    assert next(t for t in mine.transactions if t.id == "echo").match == {"60.3": ("302",)}


@pytest.mark.parametrize(("removed", "gone"), [("fields.58", "58"), ("transactions.load", "load")])
def test_what_is_removed_is_gone(tmp_path: Path, removed: str, gone: str) -> None:
    mine = load_dialect(write(tmp_path, HEAD + f'remove = ["{removed}"]\n'))
    numbers = {str(f.number) for f in mine.fields if f is not None}
    assert gone not in numbers | {t.id for t in mine.transactions}


def test_social_transactions_come_from_a_file_of_their_own() -> None:
    withdrawal = next(t for t in load_dialect("pos").transactions if t.id == "rural_withdrawal")
    assert withdrawal.match["60.1"] == ("70",)
    assert withdrawal.reversal_mti == "0400"


@pytest.mark.parametrize(
    ("text", "key", "line", "words"),
    [
        (HEAD.replace("format = 1", "format = 2"), "format", 1, "this release reads format = 1"),
        (HEAD.replace('"dialect"', '"tariff"'), "kind", 2, "should be 'dialect'"),
        (HEAD + "[fields.4\n", "", 5, "Expected"),
        (HEAD + "[frame]\nlimits = 3\n", "frame.limits", 6, "Extra inputs"),
        (
            HEAD + '[fields.99]\nname="x"\nen=""\nzh=""\ntype="n"\nlength=2\n',
            "fields.99",
            5,
            "data",
        ),
        (HEAD + '[fields.4]\nprefix = "LL"\n', "fields.4", 5, "go together"),
        (HEAD + 'remove = ["fields.5"]\n', "remove", 5, "which is not there"),
        (HEAD + '[reasons.mac_wrong]\ncode = "ZZ"\n', "reasons.mac_wrong.code", 6, "not in"),
        (HEAD + '[reasons.bored]\ncode="05"\nen="x"\nzh="x"\n', "reasons.bored", 5, "not a reason"),
        (HEAD + '[presence.sale]\nrequest = "2 3 5"\n', "presence.sale.request", 6, "'5' is no"),
        (HEAD.replace('"pos"', '"nobody"'), "", 0, "no dialect of this name"),
        (
            HEAD + '[[transactions]]\nid="twin"\nen=""\nzh=""\nmti="0200"\n'
            'match={3="000000"}\npresence="sale"\n',
            "transactions.twin.match",
            10,
            "could be completion as well",
        ),
        (
            HEAD + '[[layouts]]\nid="odd"\nfield="5"\nkind="ber-tlv"\n',
            "layouts.odd.field",
            7,
            "does not exist",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_key_and_reason(
    tmp_path: Path, text: str, key: str, line: int, words: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_dialect(write(tmp_path, text))
    error = caught.value
    assert words in error.reason
    assert error.key.startswith(key)
    assert error.line == line


def test_a_dialect_that_extends_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD.replace('"pos"', f'"{path}"'), encoding="utf-8")
    with pytest.raises(SpecError, match="extends itself"):
        load_dialect(str(path))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SpecError, match=r"nowhere\.toml: no such file"):
        load_dialect("nowhere.toml")


def test_merge_changes_neither_side() -> None:
    old, new = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert merge(old, new) == {"a": {"b": 1, "c": 2}}
    assert (old, new) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_flatten_names_list_entries_by_their_id() -> None:
    flat = dict(flatten(resolve("pos")[0]))
    assert flat["transactions.sale.mti"] == "0200"
    assert flat["fields.2.mask"] == "pan"
