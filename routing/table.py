"""Which ways lead from an acquirer to an issuer (routing): worked out once, at load.

On us and off us are told apart by institution group, never by comparing DE 32 with DE 100. An
alternate stands here only where the acquirer registered one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from routing.links import LinkClass


class Case(StrEnum):
    """Whose leg it is, and who clears it."""

    ON_US = "on_us"
    """Acquirer and issuer belong to one group: to that bank's own host, nothing is cleared."""
    DIRECT = "direct"
    """Off us, to the issuer's host: the switch itself is the clearing centre."""
    MEMBER = "member"
    """Off us, to the node of a clearing centre, which forwards."""
    SOCIAL = "social"
    """A social service, to the social-security host."""
    PRODUCTS = "products"
    """Bonds, wealth products and remote purchases (三(三)), to the product host."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer registered: its group (empty: none), its access, perhaps an alternate."""

    group: str = ""
    access: LinkClass = LinkClass.BANK
    alternate: LinkClass | None = None

    @property
    def classes(self) -> tuple[LinkClass, ...]:
        """The classes in the order in which they are tried."""
        return (self.access,) if self.alternate is None else (self.access, self.alternate)


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """A host and the lines to it by class, at most one of each; a host of no group has none."""

    group: str = ""
    links: Mapping[LinkClass, str] = {}


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A line that may be taken, or could be if its class were registered."""

    link: str
    link_class: LinkClass
    is_alternate: bool = False


class Way(msgspec.Struct, frozen=True):
    """The lines from one acquirer to one destination: in order of choice, and those left out."""

    case: Case
    candidates: tuple[Candidate, ...]
    left_out: tuple[Candidate, ...] = ()
    """Lines that lead there, of a class that may not be used."""
    is_service: bool = False
    """Whether it leads to a host of services, and not to an issuer."""


NOWHERE: Final = Way(Case.DIRECT, ())
_SERVICES: Final = frozenset({Case.SOCIAL, Case.PRODUCTS})


class Table(msgspec.Struct, frozen=True):
    """Every way, by acquirer and issuer; `services` are those to hosts of services, by case."""

    ways: Mapping[tuple[str, str], Way] = {}
    services: Mapping[tuple[str, str], Way] = {}

    def way(self, acquirer: str, issuer: str) -> Way:
        """Return the way from an acquirer to an issuer; `NOWHERE` where the table has none."""
        return self.ways.get((acquirer, issuer), NOWHERE)

    def service_way(self, case: str, acquirer: str) -> Way:
        """Return an acquirer's way to a host, `social` or `products`; `NOWHERE` without that."""
        return self.services.get((case, acquirer), NOWHERE)

    def social_way(self, acquirer: str) -> Way:
        """Return the way of an acquirer's social services; `NOWHERE` without a host for them."""
        return self.service_way(Case.SOCIAL, acquirer)


def build(
    acquirers: Mapping[str, Registration],
    issuers: Mapping[str, Destination],
    centre: Destination | None = None,
    social: Destination | None = None,
    products: Destination | None = None,
) -> Table:
    """Return the table of all pairs; with a `centre`, what is off us goes there (`member`)."""
    ways = {
        (acquirer, issuer): _way(registration, destination, centre)
        for acquirer, registration in acquirers.items()
        for issuer, destination in issuers.items()
    }
    services: dict[tuple[str, str], Way] = {}
    for acquirer, registration in acquirers.items():
        if social is not None:
            services[Case.SOCIAL.value, acquirer] = social_way(social)
        if products is not None:
            services[Case.PRODUCTS.value, acquirer] = product_way(registration, products)
    return Table(ways, services)


def without(way: Way, link_class: LinkClass) -> Way:
    """Return a way with the lines of one class left out."""
    out = tuple(each for each in way.candidates if each.link_class is link_class)
    if not out:
        return way
    kept = tuple(each for each in way.candidates if each.link_class is not link_class)
    return Way(way.case, kept, way.left_out + out)


def is_on_us(registration: Registration, destination: Destination) -> bool:
    """Tell whether acquirer and issuer belong to one group; who has none is alone."""
    return bool(registration.group) and registration.group == destination.group


def social_way(host: Destination) -> Way:
    """Return the way to the social-security host: over 金保专网, whatever was registered."""
    return _ordered(Case.SOCIAL, (LinkClass.JINBAO,), host)


def product_way(registration: Registration, host: Destination) -> Way:
    """Return the way to the product host: over the lines that the acquirer chose (四(三)3)."""
    return _ordered(Case.PRODUCTS, registration.classes, host)


def _way(registration: Registration, issuer: Destination, centre: Destination | None) -> Way:
    if is_on_us(registration, issuer):
        return _ordered(Case.ON_US, registration.classes, issuer)
    if centre is not None:
        return _ordered(Case.MEMBER, registration.classes, centre)
    return _ordered(Case.DIRECT, registration.classes, issuer)


def _ordered(case: Case, classes: tuple[LinkClass, ...], destination: Destination) -> Way:
    links = destination.links
    candidates = tuple(
        Candidate(links[each], each, is_alternate=number > 0)
        for number, each in enumerate(classes)
        if each in links
    )
    left_out = tuple(
        Candidate(link, each) for each, link in sorted(links.items()) if each not in classes
    )
    return Way(case, candidates, left_out, case in _SERVICES)
