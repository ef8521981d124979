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
from tests.house.source import ROOT

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
        (HEAD.replace("format = 1", "format = true"), "format", 1, "the file says true"),
        (HEAD.replace("format = 1", "format = 1.0"), "format", 1, "the file says 1.0"),
        (HEAD.replace("format = 1\n", ""), "format", 0, "is missing"),
        (HEAD.replace('"dialect"', '"tariff"'), "kind", 2, 'reads kind = "dialect"'),
        (HEAD + "[fields.4\n", "", 5, "Expected"),
        (HEAD + "[frame]\nlimits = 3\n", "frame.limits", 6, "is no key that this table has"),
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
        (HEAD.replace('"pos"', '"nobody"'), "extends", 4, "there are composite, interbank"),
        (
            HEAD + 'transaction_types = ["cq-none"]\n',
            "transaction_types",
            5,
            "names cq-none, which is nowhere; there are cq-products-2014",
        ),
        (HEAD + '[fields.200]\nen="x"\nzh="x"\ntype="n"\n', "fields.200.name", 5, "is missing"),
        (HEAD + '[fields]\n2 = "x"\n', "fields.2", 6, "is not a table"),
        (HEAD + 'title = ["one"]\n', "title", 5, "is missing"),
        (HEAD + '[[layouts]]\nid = "own"\nfield = "62"\n', "layouts.own.kind", 5, "is missing"),
        (HEAD + '[[layouts]]\nfield = "62"\n', "layouts.#1", 5, "has no id"),
        (
            HEAD + '[[transactions]]\nid="one"\nen="x"\nmti="0200"\npresence="sale"\n',
            "transactions.one.zh",
            5,
            "is missing",
        ),
        (
            HEAD
            + '[[layouts]]\nid = "own"\nfield = "63"\nkind = "parts"\nparts = [\n'
            + '  { id = "1", size = 2, name = "one", en = "x", zh = "x" },\n'
            + '  { id = "2", size = 1, name = "two", en = "x", zh = "x", parts = [\n'
            + '    { id = "3", size = 1, name = "two", en = "x" },\n  ] },\n]\n',
            "layouts.own.parts.2.parts.3.zh",
            12,
            "is missing",
        ),
        (HEAD + '[fields.35]\nmask = "open"\n', "fields.35.mask", 6, "never open"),
        (
            HEAD + '[[layouts]]\nid = "emv"\nfield = "55"\nkind = "ber-tlv"\n[layouts.tags]\n'
            '57 = { en = "x", zh = "x" }\n',
            "layouts.emv.tags.57.mask",
            10,
            "never open",
        ),
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


def test_mistake_in_transaction_types_has_its_file_entry_and_line(tmp_path: Path) -> None:
    types = tmp_path / "types.toml"
    types.write_text(
        'format = 1\nkind = "transaction-types"\nname = "own"\ntitle = ["x", "x"]\nsource = ""\n'
        '[[transactions]]\nid = "one"\nen = "x"\nmti = "0200"\npresence = "sale"\n',
        encoding="utf-8",
    )
    with pytest.raises(SpecError, match=r"types\.toml:6: transactions\.one\.zh: is missing"):
        load_dialect(write(tmp_path, HEAD + f'transaction_types = ["{types}"]\n'))


@pytest.mark.parametrize("name", packaged_names())
def test_source_of_every_packaged_dialect_is_a_page_that_exists(name: str) -> None:
    source = load_dialect(name).source
    assert not source.startswith("docs/") or (ROOT / source).is_file()


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
