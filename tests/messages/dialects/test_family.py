"""Dialects on one listener: by the header class, and only where something tells them apart."""

from __future__ import annotations

import pytest

from messages.dialects.family import Family, joined
from messages.dialects.loader import SpecError, load_dialect, load_joined
from messages.framing import Deframer, Framing
from tests import golden

_SALE = bytes.fromhex(
    next(m["frame"] for m in golden.load("messages")["messages"] if m["name"] == "withdrawal")
)


def test_the_header_class_tells_a_composite_terminal_from_a_pos() -> None:
    family = Family([load_dialect("pos"), load_dialect("composite")])
    frame = _SALE[2:]
    assert family.which(frame) == 0
    composite = frame[:5] + b"\x64" + frame[6:]
    assert family.which(composite) == 1
    assert family.which(frame[:5] + b"\x77" + frame[6:]) == 0
    assert Deframer(family.frame).feed(_SALE[:2] + composite + _SALE) == [composite, frame]
    refusal = Framing(load_dialect("pos").frame).head_refusal(_SALE[:2] + composite, 0, len(frame))
    assert refusal is not None


def test_one_dialect_is_itself() -> None:
    pos = load_dialect("pos")
    family = Family([pos])
    assert family.frame == pos.frame
    assert family.which(_SALE[2:]) == 0


@pytest.mark.parametrize(
    ("others", "why"),
    [(("pos", "pos"), "nothing before the MTI"), (("pos", "interbank"), "are not alike")],
)
def test_dialects_that_nothing_tells_apart_share_no_listener(
    others: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Family([load_dialect(name) for name in others])


def test_dialects_read_as_one_have_all_heads_and_every_mask() -> None:
    pos, composite = load_dialect("pos"), load_dialect("composite")
    both = load_joined("pos+composite")
    assert both.name == "pos+composite"
    assert both.frame == Family([pos, composite]).frame
    assert (both.fields, both.layouts) == (composite.fields, composite.layouts)
    assert joined([pos]) is pos
    # The other way round the secrets of social services would be open.
    with pytest.raises(ValueError, match="pos does not cover composite"):
        joined([composite, pos])
    for names in ("pos+none", "pos+interbank"):
        with pytest.raises(SpecError):
            load_joined(names)
