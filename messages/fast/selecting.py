"""Texts of chosen fields at once: generated for each plan, neighbours read in one go.

The code knows only the good case. Where a check fails it asks the view field by field,
which finds the error, its place and its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from messages.dialects.dialect import MAC_CONTENT, Dialect, Field, Part
from messages.fast.plans import Plan, write_offset, write_size
from messages.fast.source import Source

Cut = tuple[int, int | None]
"""First character and the one after the last, None for all that is left."""
Path = tuple[int, Cut | None]
"""A DE, whole or a part of its text."""
Texts = tuple[str | None, ...]
Picker = Callable[[Any], Texts]
"""Takes a view, gives a text or None for each path."""
Teller = Callable[[Any], dict[int, str]]
"""Takes a view, gives the text of each field that is there."""

_PLAIN_TYPES: Final = ("a", "an", "ans")


def read_path(dialect: Dialect, path: int | str) -> Path:
    """Return what a path such as 41 or `60.2` means; ValueError where it has no fixed place.

    A part has one when the layout of its field is the only one, has no condition, and nothing
    before the part repeats.
    """
    name, _, below = str(path).partition(".")
    try:
        field = dialect.field(int(name))
    except KeyError as unknown:
        raise ValueError(*unknown.args) from None
    if not below:
        return field.number, None
    layouts = dialect.layouts.get(field.number, ())
    if len(layouts) != 1 or layouts[0].kind != "parts" or layouts[0].when:
        msg = f"{path} depends on the message: it has no single layout without conditions"
        raise ValueError(msg)
    if field.form not in {"bcd", "text"}:
        msg = f"{path} is part of a field that is not text"
        raise ValueError(msg)
    repeat_from = layouts[0].repeat_from
    cut = _find_part(layouts[0].parts[:repeat_from], str(path), 0)
    if cut is None:
        msg = f"{path} is no part with a place of its own"
        raise ValueError(msg)
    return field.number, cut


def _find_part(parts: Sequence[Part], path: str, start: int) -> Cut | None:
    for part in parts:
        end = start + part.size if part.size else None
        if part.path == path:
            return start, end
        if path.startswith(f"{part.path}."):
            return _find_part(part.parts, path, start)
        start += part.size
    return None


def cut_text(text: str, cut: Cut | None) -> str | None:
    """Return the part of `text`, None where the text ends before it."""
    return text if cut is None else text[cut[0] : cut[1]] or None


def picker(plan: Plan, paths: Sequence[Path], ask_again: Picker) -> Picker:
    """Generate the function that reads `paths` from any view of `plan`."""
    answers = [_answer(plan, path) for path in paths]
    return _reader(plan, paths, f"({''.join(f'{answer}, ' for answer in answers)})", ask_again)


def teller(plan: Plan, paths: Sequence[Path], ask_again: Teller) -> Teller:
    """Generate the function that gives those of `paths`, whole fields, that `plan` has."""
    told = [f"{number}: t{number}" for number, _ in paths if number in plan.places]
    return _reader(plan, paths, f"{{{', '.join(told)}}}", ask_again)


def _reader(
    plan: Plan, paths: Sequence[Path], result: str, ask_again: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """Generate the function that reads the fields of `paths` and returns an expression of them."""
    wanted = sorted({number for number, _ in paths if number in plan.places})
    source = Source("pick(view)")
    source.line("try:")
    source.line("data = view.data", 2)
    source.line(f"{_unpacked(plan, wanted)} = view.anchors", 2)
    conditions: list[str] = []
    for index, run in enumerate(_runs(plan, wanted)):
        conditions += _write_run(source, plan, run, f"s{index}")
    if conditions:
        source.line(f"if {' and '.join(conditions)}:", 2)
    source.line(f"return {result}", 3 if conditions else 2)
    source.line("except ValueError:")
    source.line("pass", 2)
    source.line(f"return {source.bind(ask_again)}(view)")
    return source.make()


def _unpacked(plan: Plan, wanted: Sequence[int]) -> str:
    used = {anchor for number in wanted for anchor in plan.places[number][::2]}
    count = 1 + sum(not plan.dialect.field(number).is_fixed for number in plan.numbers)
    return "".join(f"{f'a{n}' if n in used else '_'}, " for n in range(count))


def _answer(plan: Plan, path: Path) -> str:
    number, cut = path
    if number not in plan.places:
        return "None"
    if cut is None:
        return f"t{number}"
    start, end = cut
    return f"t{number}[{start}:{'' if end is None else end}] or None"


def _channel(field: Field) -> str:
    """Return how many neighbours can be read at once: `hex`, `ascii`, or `alone`."""
    if field.form == "bcd" and field.type == "n" and field.unit == "digits":
        return "hex"
    if field.form == "text" and field.charset == "ascii" and field.type in {"n", *_PLAIN_TYPES}:
        return "ascii"
    return "alone"


def _runs(plan: Plan, wanted: Sequence[int]) -> list[list[int]]:
    """Cut `wanted` into runs of neighbours of one channel; only the first may be variable."""
    runs: list[list[int]] = []
    end: tuple[int, int] | None = None
    channel = "alone"
    for number in wanted:
        field = plan.dialect.field(number)
        a, d, b, e = plan.places[number]
        if end == (a, d) and field.is_fixed and _channel(field) == channel != "alone":
            runs[-1].append(number)
        else:
            runs.append([number])
            channel = _channel(field)
        end = b, e
    return runs


def _write_run(source: Source, plan: Plan, run: list[int], name: str) -> list[str]:
    """Write the lines that set `t2`, `t3` ... of one run; return what must hold for them."""
    first = plan.dialect.field(run[0])
    a, d, b, e = plan.places[run[0]][:2] + plan.places[run[-1]][2:]
    content = f"data[{write_offset(a, d + first.prefix_bytes)} : {write_offset(b, e)}]"
    channel = _channel(first)
    if channel == "alone":
        return _write_alone(source, first, content, (a, d))
    read = f"{content}.hex()" if channel == "hex" else f"{content}.decode('ascii')"
    source.line(f"{name} = {read}", 2)
    fields = [plan.dialect.field(number) for number in run]
    widths = [_width(field) for field in fields]
    conditions = []
    left = sum(widths) if first.is_fixed else sum(widths[1:])
    if not first.is_fixed:
        text = name if len(run) == 1 else f"{name}[:-{left}]"
        if channel == "hex":
            size = write_size(source, first, a, d)
            text = f"{name}[:{size}]" if not first.pad_left else f"{text}[({size}) & 1 :]"
        source.line(f"t{first.number} = {text}", 2)
    for field, width in zip(fields, widths, strict=True):
        if not field.is_fixed:
            continue
        odd = channel == "hex" and field.limit & 1
        start = -left + (1 if odd and field.pad_left else 0)
        end = -left + width - (1 if odd and not field.pad_left else 0)
        source.line(f"t{field.number} = {name}[{start}:{end or ''}]", 2)
        left -= width
    if all(field.type == "n" for field in fields):
        conditions.append(f"{name}.isdigit()")
    else:
        conditions += [f"t{f.number}.isdigit()" for f in fields if f.type == "n"]
    return conditions


def _width(field: Field) -> int:
    """Return the characters that a fixed field takes in the text of its run, its pad included."""
    size = field.content_bytes(field.limit)
    return 2 * size if _channel(field) == "hex" else size


def _write_alone(source: Source, field: Field, content: str, place: tuple[int, int]) -> list[str]:
    text = f"t{field.number}"
    if field.form == "binary":
        source.line(f"{text} = {content}.hex().upper()", 2)
        return []
    if field.form == "mac":
        short = f"m{field.number}"
        source.line(f"{short} = {content}", 2)
        good = f"{source.bind(MAC_CONTENT.match)}({short})"
        source.line(f"{text} = {short}.decode() if {good} else {short}.hex().upper()", 2)
        return []
    size = str(field.limit)
    if not field.is_fixed:
        size = f"n{field.number}"
        source.line(f"{size} = {write_size(source, field, *place)}", 2)
    if field.form == "bcd" and field.type == "z" and field.unit == "digits" and not field.pad_left:
        source.line(f"{text} = {content}.hex().upper().replace('D', '=')[:{size}]", 2)
    else:
        source.line(f"{text} = {source.bind(field.read)}({content}, {size})", 2)
    return []
