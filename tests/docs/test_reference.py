"""docs/reference says what the dialect files and the command line say.

A failure prints the lines of a table to take out (-) and to put in (+), or the option that is not
described. What a dialect has from the one that it extends is not repeated in its page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import unified_diff
from typing import Any, Final

import pytest

from messages.dialects.dialect import Field
from messages.dialects.loader import load_dialect, resolve
from tests.house.source import ROOT
from tests.switch.cli.running import leaves

_REFERENCE: Final = ROOT / "docs" / "reference"
Row = tuple[str, ...]
Rows = Iterator[Row]


def _both(words: Mapping[str, str] | list[str]) -> str:
    en, zh = (words["en"], words["zh"]) if isinstance(words, Mapping) else words
    return en if en == zh else f"{en} {zh}"


def _spec(name: str) -> dict[str, Any]:
    return resolve(name)[0]


def _codes(values: str | Mapping[str, list[str]] | None) -> str:
    """Return a link to a table of codes, or the codes themselves where they have no table."""
    if isinstance(values, str):
        return f"`{values}`"
    return "; ".join(f"{code} {_both(words)}" for code, words in (values or {}).items())


def heads(name: str) -> Rows:
    """Yield the parts of what stands before the MTI."""
    yield "Head", "Part", "Size", "Default", "Allowed", "Meaning", "Codes"
    units = {"bcd": "digit", "ascii": "character", "binary": "byte"}
    for head in _spec(name)["frame"].get("head", ()):
        for part in head["parts"]:
            unit = units[part["encoding"]]
            size = f"1 {unit}" if part["size"] == 1 else f"{part['size']} {unit}s"
            default = f"`{part['default']}`" if "default" in part else ""
            allowed = " ".join(part.get("allowed", ()))
            codes = _codes(part.get("values"))
            yield head["name"], part["name"], size, default, allowed, _both(part), codes


def fields(name: str) -> Rows:
    """Yield the data elements."""
    yield "DE", "Name", "Meaning", "Type", "Form", "Pad", "Mask", "Codes"
    for field in load_dialect(name).fields:
        if field is not None:
            codes = _codes(_spec(name)["fields"][str(field.number)].get("values"))
            words = _both([field.words.en, field.words.zh])
            form = _form(field)
            number = str(field.number)
            kind = _type(field)
            yield number, field.name, words, kind, form, _pad(field), str(field.mask), codes


def _type(field: Field) -> str:
    prefix = "L" * field.prefix_digits
    return f"{field.type}..{field.limit} {prefix}" if prefix else f"{field.type}{field.limit}"


def _form(field: Field) -> str:
    form = field.charset if field.form == "text" else field.form
    return form if field.is_fixed or form != "bcd" else f"{form}, length in {field.unit}"


def _pad(field: Field) -> str:
    is_padded = field.form == "bcd" and (not field.is_fixed or field.limit % 2 == 1)
    return f"{'left' if field.pad_left else 'right'} {field.pad_digit}" if is_padded else ""


def parts(name: str) -> Rows:
    """Yield the layouts of fields and their parts."""
    yield "Layout", "Part", "Size", "Meaning", "Mask", "Codes"
    for layout in _spec(name)["layouts"]:
        when = "; ".join(
            f"{path} {' '.join(values)}" for path, values in layout.get("when", {}).items()
        )
        start = layout.get("repeat_from")
        again = f"; parts repeat from number {start + 1}" if start is not None else ""
        condition = f"{layout['kind']}{f'; when {when}' if when else ''}{again}"
        yield f"`{layout['id']}`", layout["field"], "", condition, "", ""
        yield from _inner(layout["id"], layout["field"], layout.get("parts", ()))


def _inner(layout: str, above: str, inside: Iterable[Mapping[str, Any]]) -> Rows:
    for part in inside:
        path = f"{above}.{part['id']}"
        mask = part.get("mask", "open")
        codes = _codes(part.get("values"))
        yield f"`{layout}`", path, str(part["size"]), _both(part), mask, codes
        yield from _inner(layout, path, part.get("parts", ()))


def tags(name: str) -> Rows:
    """Yield the known tags of fields that hold TLV."""
    yield "DE", "Tag", "Meaning", "Mask", "Codes"
    for layout in _spec(name)["layouts"]:
        for tag, told in layout.get("tags", {}).items():
            codes = _codes(told.get("values"))
            yield layout["field"], tag, _both(told), told.get("mask", "open"), codes


def codes(name: str) -> Rows:
    """Yield the tables of codes."""
    yield "Table", "Code", "Meaning"
    for table, values in _spec(name)["values"].items():
        for code, words in values.items():
            yield f"`{table}`", code, _both(words)


def presence(name: str) -> Rows:
    """Yield which fields each kind of message has."""
    yield "Set", "Message", "Must have", "May have", "Together"
    for kind, told in _spec(name)["presence"].items():
        together = "; ".join(
            f"{number} with {' '.join(others)}"
            for number, others in told.get("together", {}).items()
        )
        for message in ("request", "response"):
            listed = told[message].split()
            needs = " ".join(number for number in listed if not number.endswith("c"))
            may = " ".join(number[:-1] for number in listed if number.endswith("c"))
            yield f"`{kind}`", message, needs, may, together


def transactions(name: str) -> Rows:
    """Yield what tells the transactions apart."""
    yield "Transaction", "Meaning", "MTI", "Told apart by", "Presence", "Reversal", "Note"
    for told in _spec(name)["transactions"]:
        match = "; ".join(
            f"{path} = {values if isinstance(values, str) else ' '.join(values)}"
            for path, values in told["match"].items()
        )
        back = f"{told['reversal_mti']} `{told['reversal']}`" if "reversal" in told else "none"
        used = f"`{told['presence']}`"
        note = told.get("note", "")
        yield f"`{told['id']}`", _both(told), told["mti"], match, used, back, note


def responses(name: str) -> Rows:
    """Yield the response codes, and what stands for one that is not among them."""
    yield "Code", "Class", "Meaning", "What the terminal does"
    spec = _spec(name)
    for code, told in [*spec["responses"].items(), ("other", spec["default_response"])]:
        yield code, told["class"], _both(told), _both([told["action"], told["action_zh"]])


def reasons(name: str) -> Rows:
    """Yield which code and words each reason becomes."""
    yield "Reason", f"Code in `{name}`"
    for reason, told in _spec(name)["reasons"].items():
        yield f"`{reason}`", f"{told['code']} {_both(told)}"


_Table = Callable[[str], Rows]
_COMMON: Final[Mapping[str, _Table]] = {
    "Field table": fields,
    "Presence sets": presence,
    "Transactions": transactions,
    "Parts": parts,
    "Codes": codes,
    "Response codes": responses,
}
TABLES: Final[Mapping[str, tuple[str, Mapping[str, _Table]]]] = {
    "dialect-pos.md": ("pos", {"TPDU and header": heads, **_COMMON, "Tags": tags}),
    "reasons.md": ("pos", {"Reasons and response codes": reasons}),
    "dialect-composite.md": (
        "composite",
        {
            "TPDU and header": heads,
            "Presence sets": presence,
            "Transactions": transactions,
            "Parts": parts,
            "Tags": tags,
            "Codes": codes,
        },
    ),
    "dialect-interbank.md": (
        "interbank",
        {"Header": heads, **_COMMON, "Tags": tags, "Reasons": reasons},
    ),
    "dialect-iso87-ascii.md": ("iso87-ascii", {**_COMMON, "Reasons": reasons}),
}
"""Page -> its dialect, and what each of its headings has a table of."""


def expected(name: str, table: _Table) -> list[str]:
    """Return the lines of a table: head, ruler, and the rows that `name` does not inherit."""
    lineage = load_dialect(name).lineage
    inherited = set(table(lineage[1])) if len(lineage) > 1 else set()
    title, *rows = table(name)
    kept = [row for row in rows if row not in inherited]
    return [_line(title), _line(tuple("---" for _ in title)), *map(_line, kept)]


def _line(cells: Row) -> str:
    return f"| {' | '.join(cells)} |"


def section(page: str, heading: str) -> list[str]:
    """Return the lines between a heading of a page and the next one."""
    lines = (_REFERENCE / page).read_text("utf-8").splitlines()
    level = [at for at, line in enumerate(lines) if line.lstrip("#") == f" {heading}"]
    assert len(level) == 1, f"{page} has {len(level)} headings {heading!r}"
    below = lines[level[0] + 1 :]
    stop = next((at for at, line in enumerate(below) if line.startswith("#")), len(below))
    return below[:stop]


@pytest.mark.parametrize(
    ("page", "heading"), [(page, heading) for page, (_, told) in TABLES.items() for heading in told]
)
def test_the_table_says_what_the_dialect_says(page: str, heading: str) -> None:
    name, told = TABLES[page]
    have = [line for line in section(page, heading) if line.startswith("|")]
    want = expected(name, told[heading])
    if have != want:
        where = f"docs/reference/{page}, {heading}"
        change = unified_diff(have, want, where, "the dialect", lineterm="", n=0)
        pytest.fail("\n".join(change), pytrace=False)


VERBS: Final = {" ".join(words): command for words, command in leaves()}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_described(verb: str) -> None:
    text = "\n".join(section("commands.md", f"`jinbao {verb}`"))
    params = VERBS[verb].params
    options = [param.opts[0] for param in params if param.param_type_name == "option"]
    assert [option for option in options if f"`{option}`" not in text] == []
