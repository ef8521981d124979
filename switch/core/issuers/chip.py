"""Which tags of a chip's data (DE 55) outlive the request: those that a reversal carries.

A terminal sends the same tags in the same sizes again and again: a layout is worked out once, and
every later message only proves that its tags and lengths stand where they stood.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Final, NamedTuple

from messages.dialects.tlv import TlvError, parse_ber

REVERSAL_TAGS: Final = ("95", "9F10", "9F1E", "9F36", "DF31")
"""The tags of DE 55 that a reversal carries, in that order."""
MOST_LAYOUTS: Final = 256
"""Layouts remembered, the last one of each size of DE 55."""
_Cut = Callable[[str], tuple[str, ...]]
_NOTHING: Final = slice(0, 0)


class _Layout(NamedTuple):
    """Where tags and lengths stand in the hexadecimal text, what they are, and what to take."""

    headers: _Cut
    expected: tuple[str, ...]
    wanted: _Cut


_layouts: Final[dict[int, _Layout]] = {}


def reversal_chip(chip: str | None) -> str:
    """Return the tags of DE 55 that a reversal needs, byte for byte; empty where there are none."""
    if not chip:
        return ""
    layout = _layouts.get(len(chip))
    if layout is None or layout.headers(chip) != layout.expected:
        layout = _learn(chip)
        if layout is None:
            return ""
    return "".join(layout.wanted(chip))


def _learn(chip: str) -> _Layout | None:
    """Return the layout of this DE 55; None where it is no TLV."""
    try:
        items = parse_ber(bytes.fromhex(chip))
    except TlvError:
        return None
    headers, places, at = [_NOTHING, _NOTHING], {}, 0
    for item in items:
        end = 2 * (item.offset + len(item.value))
        headers.append(slice(at, end if item.is_filler else 2 * item.offset))
        places[item.tag] = slice(at, end)
        at = end
    wanted = [places[tag] for tag in REVERSAL_TAGS if tag in places]
    cut = itemgetter(*headers)
    layout = _Layout(cut, cut(chip), itemgetter(*wanted, _NOTHING, _NOTHING))
    if len(_layouts) < MOST_LAYOUTS or len(chip) in _layouts:
        _layouts[len(chip)] = layout
    return layout
