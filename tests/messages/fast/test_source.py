"""A generated function sees the objects bound for it, and nothing of them in its text."""

from __future__ import annotations

import pytest

from messages.fast.source import Source


def test_a_bound_object_is_reached_by_a_name_made_from_a_number() -> None:
    secret = 'quote " and \n line'
    source = Source("give(times)")
    source.line(f"return {source.bind(secret)} * times")
    assert source.text() == "def give(times):\n    return k0 * times\n"
    assert source.make()(2) == secret * 2


def test_one_object_has_one_name() -> None:
    table, other = (1, 2), [1, 2]
    source = Source("give()")
    assert [source.bind(table), source.bind(other), source.bind(table)] == ["k0", "k1", "k0"]


def test_depth_is_indentation() -> None:
    source = Source("give(x)")
    source.line("if x:")
    source.line("return 1", 2)
    source.line("return 0")
    assert [source.make()(True), source.make()(False)] == [1, 0]


def test_a_function_sees_only_what_was_bound_for_it() -> None:
    made = []
    for value in (1, 2):
        source = Source("give()")
        source.line(f"return {source.bind(value)}")
        made.append(source.make())
    assert [give() for give in made] == [1, 2]
    stranger = Source("give()")
    stranger.line("return Source")
    with pytest.raises(NameError):
        stranger.make()()
