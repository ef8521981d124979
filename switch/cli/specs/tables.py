"""Dialects as tables (switch/cli): the list of them, and one with all that it says.

For whoever writes a profile: nothing that a dialect says is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table

from messages.dialects.compile import walk_parts
from messages.dialects.dialect import Dialect, Field, Layout, Words
from switch.cli.drawing import drawn, plain, table


def dialect_list(dialects: Sequence[Dialect]) -> str:
    """Return one line for each dialect."""
    made = table("name", "extends", "fields", "transactions", "title")
    for dialect in dialects:
        made.add_row(
            dialect.name,
            ", ".join(dialect.lineage[1:]) or "-",
            str(sum(field is not None for field in dialect.fields)),
            str(len(dialect.transactions)),
            plain(_both(dialect.title)),
        )
    return drawn(made)


def dialect_table(dialect: Dialect) -> str:
    """Return the frame, fields, layouts, transactions and response codes of a dialect."""
    return drawn(*_parts(dialect))


def _parts(dialect: Dialect) -> Iterator[RenderableType]:
    yield plain(f"{dialect.name}: {_both(dialect.title)}", "bold")
    yield plain(f"source: {dialect.source}")
    frame = dialect.frame
    yield plain(
        f"frame: length in {frame.length_bytes} bytes ({frame.length_encoding}), "
        f"at most {frame.limit} bytes; MTI {dialect.mti_form}, bitmap {dialect.bitmap_form}"
    )
    yield ""
    yield from _heads(dialect)
    yield _fields(dialect)
    yield ""
    yield _layouts(dialect)
    yield ""
    yield _transactions(dialect)
    yield ""
    yield _responses(dialect)


def _heads(dialect: Dialect) -> Iterator[RenderableType]:
    for head in dialect.frame.heads:
        made = table(
            "part", "size", "default", "meaning", title=f"{head.name}: {_both(head.words)}"
        )
        for part in head.parts:
            made.add_row(
                part.name,
                f"{part.size} {'digits' if part.encoding == 'bcd' else 'bytes'}",
                plain(part.default or "-"),
                plain(_both(part.words)),
            )
        yield made
        yield ""


def _fields(dialect: Dialect) -> Table:
    made = table("F", "name", "type", "mask", "meaning", title="fields")
    for field in filter(None, dialect.fields):
        made.add_row(
            str(field.number), field.name, _type(field), field.mask.value, plain(_both(field.words))
        )
    return made


def _type(field: Field) -> str:
    prefix = ".." if not field.is_fixed else ""
    counted = f" {'L' * field.prefix_digits}" if field.prefix_digits else ""
    return f"{field.type}{prefix}{field.limit}{counted} {field.form}"


def _layouts(dialect: Dialect) -> Table:
    made = table("part", "size", "mask", "when", "meaning", title="layouts")
    for layouts in dialect.layouts.values():
        for layout in layouts:
            when = _conditions(layout.when)
            made.add_row(str(layout.field), layout.kind, "", plain(when), plain(layout.id))
            for part in walk_parts(layout.parts):
                size = str(part.size) if part.size else "rest"
                made.add_row(f"  {part.path}", size, part.mask.value, "", plain(_both(part.words)))
            _tags(layout, made)
    return made


def _tags(layout: Layout, made: Table) -> None:
    for name, tag in layout.tags.items():
        made.add_row(f"  {name}", "", tag.mask.value, "", plain(_both(tag.words)))


def _transactions(dialect: Dialect) -> Table:
    made = table("transaction", "MTI", "reversal", "when", "meaning", title="transactions")
    for rule in dialect.transactions:
        made.add_row(
            rule.id,
            rule.mti,
            rule.reversal_mti or "-",
            plain(_conditions(rule.match)),
            plain(_both(rule.words)),
        )
    return made


def _responses(dialect: Dialect) -> Table:
    made = table("F39", "class", "meaning", "action", title="response codes")
    for code, response in dialect.responses.items():
        made.add_row(code, response.cls, plain(_both(response.words)), plain(response.action.en))
    return made


def _conditions(when: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{path} = {' or '.join(values)}" for path, values in when.items())


def _both(words: Words) -> str:
    return words.en if words.en == words.zh else f"{words.en} {words.zh}"
