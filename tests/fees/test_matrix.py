"""Tables C and I: the whole product, holes, overlaps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.matrix import DIMENSIONS, Box, Entry, FeeTableError, Options, Rule, cover, shown, tabulate
from fees.quote import Tariffs
from simulators.checkers.books.slow_fees import row_c, row_i
from tests.fees.tariffs import load

_OPTIONS = [
    {"waiver_scope": scope, "waiver_urban": urban}
    for scope in ("all", "purchase_only")
    for urban in (True, False)
]


def _loaded(folder: Path, options: Mapping[str, str | bool]) -> Tariffs:
    return load(folder, options)


@pytest.mark.parametrize("options", _OPTIONS)
def test_every_case_of_the_product_has_the_row_of_the_written_tables(
    tmp_path: Path, options: dict[str, str | bool]
) -> None:
    cells = _loaded(tmp_path, options).matrix.cells
    cases = list(product(*DIMENSIONS.values()))
    assert len(cases) == 11 * 3 * 2 * 2 * 3 * 2 == len(cells)
    for cell in cases:
        values = dict(zip(DIMENSIONS, cell, strict=True))
        first, second = cells[cell]
        assert (first.id, second.id) == (row_c(values), row_i(values, options)), shown(cell)


def test_every_row_decides_some_case(tmp_path: Path) -> None:
    matrix = _loaded(tmp_path, _OPTIONS[0]).matrix
    used = {rule.id for pair in matrix.cells.values() for rule in pair}
    assert used == {rule.id for rule in (*matrix.cardholder, *matrix.interbank)}
    assert len(used) == 12 + 13


def _rule(name: str, *boxes: dict[str, str], not_under: tuple[str, ...] = ()) -> Rule:
    made = (Box({d: frozenset([v]) for d, v in box.items()}) for box in boxes)
    return Rule(id=name, title=(name, name), clause="test", boxes=tuple(made), not_under=not_under)


_ALL = _rule("I0", {})


def test_an_overlap_names_both_rules_and_a_case() -> None:
    rules = [_rule("A", {"channel": "U"}), _rule("B", {}, not_under=()), _rule("D", {"city": "in"})]
    with pytest.raises(
        FeeTableError, match="table C: A and B both cover transaction=social_service, card=social"
    ):
        tabulate(rules, [_ALL], Options())


def test_a_hole_names_the_first_uncovered_case_and_counts_the_others() -> None:
    rules = [_rule("A", {"channel": "U"}), _rule("B", {"channel": "R"})]
    with pytest.raises(
        FeeTableError,
        match=r"nothing covers transaction=social_service.*channel=M.*\(and 263 more cases\)",
    ):
        tabulate(rules, [_ALL], Options())


def test_what_a_rule_yields_is_taken_out_whatever_the_order() -> None:
    small, rest = _rule("A", {"channel": "U"}), _rule("B", {}, not_under=("A",))
    for rules in ([small, rest], [rest, small]):
        cells = tabulate(rules, [_ALL], Options())
        assert {cell[4] for cell, pair in cells.items() if pair[0].id == "A"} == {"U"}
        assert {cell[4] for cell, pair in cells.items() if pair[0].id == "B"} == {"R", "M"}


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ([_rule("A", {}), _rule("A", {})], "one name"),
        ([_rule("A", {}, not_under=("Z",))], "not under Z: no such rule"),
        ([_rule("A", {}, not_under=("A",))], "not under A: no such rule"),
        ([_rule("A", {"channel": "X"})], "there is no channel X"),
        ([_rule("A", {"colour": "red"})], "there is no colour red"),
        ([], "nothing covers"),
    ],
)
def test_rules_that_make_no_table_are_refused(rules: list[Rule], complaint: str) -> None:
    with pytest.raises(FeeTableError, match=complaint):
        tabulate(rules, [_ALL], Options())


def test_a_box_counts_only_under_its_options() -> None:
    urban = Box({"channel": frozenset(["M"])}, {"waiver_urban": True})
    special = Rule(id="A", title=("A", "A"), clause="c", boxes=(urban,))
    rest = _rule("B", {}, not_under=("A",))
    for is_urban, expected in ((True, {"A", "B"}), (False, {"B"})):
        cells = tabulate([special, rest], [_ALL], Options(waiver_urban=is_urban))
        assert {pair[0].id for pair in cells.values()} == expected


_SMALL = {"a": ("1", "2", "3"), "b": ("x", "y")}
_BOX = st.fixed_dictionaries(
    {},
    optional={
        name: st.frozensets(st.sampled_from(values), min_size=1) for name, values in _SMALL.items()
    },
)


@given(st.lists(_BOX, max_size=5))
def test_a_table_is_accepted_exactly_where_every_case_has_one_entry(
    boxes: list[dict[str, frozenset[str]]],
) -> None:
    entries: list[Entry] = [(str(index), [box], []) for index, box in enumerate(boxes)]
    owners = {
        cell: [
            name
            for name, box in zip(map(str, range(len(boxes))), boxes, strict=True)
            if all(v in box.get(d, [v]) for d, v in zip(_SMALL, cell, strict=True))
        ]
        for cell in product(*_SMALL.values())
    }
    try:
        found = cover(_SMALL, entries, "t")
    except FeeTableError:
        assert any(len(names) != 1 for names in owners.values())
    else:
        assert {cell: [name] for cell, name in found.items()} == owners
