"""Test products (simulators), all invented: two of each kind.

Bonds and wealth products are final; what is bought from afar can be given back.
"""

from __future__ import annotations

from typing import Final

from simulators import installation
from simulators.installation import PRODUCT_HOST, PRODUCT_LINK
from simulators.issuer import IssuerIdentity
from simulators.products.books import Product, Shelf, Sort

HOST: Final = PRODUCT_HOST
"""The host's institution number."""
LINK: Final = PRODUCT_LINK
"""The name of the line to it."""
_SOLD: Final = (
    ("GZ1403", Sort.BOND, "储蓄国债三年期", 100_00, 500, True),
    ("GZ1405", Sort.BOND, "储蓄国债五年期", 100_00, 500, True),
    ("LC0090", Sort.WEALTH, "惠农理财90天", 1_000_00, 50, True),
    ("LC0180", Sort.WEALTH, "惠农理财180天", 1_000_00, 50, True),
    ("YC0001", Sort.REMOTE, "化肥50公斤", 128_00, 100, False),
    ("YC0002", Sort.REMOTE, "家用药箱", 56_50, 100, False),
)
"""Identifier, kind, name, fen a unit, units left, and whether it is not taken back."""


def host_identity() -> IssuerIdentity:
    """Return what the host is set up with."""
    return installation.host_identity(HOST)


def sample_shelf() -> Shelf:
    """Return a shelf with the test products."""
    shelf = Shelf()
    for identifier, sort, name, unit_fen, left, is_final in _SOLD:
        shelf.products[identifier] = Product(
            id=identifier, sort=sort, name=name, unit_fen=unit_fen, left=left, is_final=is_final
        )
    return shelf
