"""The test products: of every kind, each with a name that a slip can hold."""

from __future__ import annotations

from simulators.products.books import Sort
from simulators.products.sample import sample_shelf


def test_there_is_something_of_every_kind() -> None:
    products = sample_shelf().products
    assert {each.sort for each in products.values()} == set(Sort)
    for name, each in products.items():
        assert (each.id, each.is_final) == (name, each.sort is not Sort.REMOTE)
        assert name.isalnum()
        assert each.unit_fen > 0
        assert len(each.name.encode("gbk")) < 40
