"""Registrations, destinations and ways for the tests of routing."""

from __future__ import annotations

from hypothesis import strategies as st

from routing.links import LinkClass
from routing.table import Destination, Registration

GROUPS = ("", "first", "second")


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    """Draw what an acquirer may register."""
    access = draw(st.sampled_from(LinkClass))
    others = [each for each in LinkClass if each is not access]
    return Registration(
        group=draw(st.sampled_from(GROUPS)),
        access=access,
        alternate=draw(st.sampled_from([None, *others])),
    )


def destinations(prefix: str = "to") -> st.SearchStrategy[Destination]:
    """Draw a host with some of the links that a host may have."""
    links = st.sets(st.sampled_from(LinkClass)).map(
        lambda classes: {each: f"{prefix}-{each}" for each in sorted(classes)}
    )
    return st.builds(Destination, group=st.sampled_from(GROUPS), links=links)
