"""The bytes that a MAC covers where a dialect chooses elements instead of the whole message.

The POS dialects cover the message up to its MAC field: `View.mab` has that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from messages.crypto.mac import clean_mab
from messages.dialects.dialect import Dialect
from messages.fast.source import Source

MOST_KINDS: Final = 256
"""Sets of fields, with their MTI and in the order given, that are remembered."""
_Plan = tuple[tuple[int, int, int], ...]
"""DE, characters to take or 0, prefix digits of every element after the MTI."""


def element_mab(dialect: Dialect, mti: str, fields: Mapping[int, str]) -> bytes:
    """Return the MAB of a message: its elements in the dialect's order, cleaned and joined.

    An element of variable length brings its length prefix. ValueError for a dialect whose MAC
    covers a whole message, or that has none.
    """
    return mab_builder(dialect)(mti, fields)


def mab_builder(dialect: Dialect) -> Callable[[str, Mapping[int, str]], bytes]:
    """Return `mab(mti, fields)` for many messages of one dialect; see `element_mab`."""
    rule = dialect.mac
    if rule is None or rule.covers != "elements":
        raise ValueError(f"in dialect {dialect.name} no MAC covers elements")
    lists = {mti: _plan(dialect, names) for mti, names in rule.elements.items()}
    default = lists["default"]

    made: dict[tuple[str | int, ...], Callable[..., str]] = {}

    def mab(mti: str, fields: Mapping[int, str]) -> bytes:
        key: tuple[str | int, ...] = (mti, *fields)
        join = made.get(key)
        if join is None:
            join = _joiner(lists.get(mti, default), tuple(fields))
            if len(made) < MOST_KINDS:
                made[key] = join
        return clean_mab(join(mti, *fields.values()))

    return mab


@lru_cache(maxsize=MOST_KINDS)
def _joiner(plan: _Plan, numbers: tuple[int, ...]) -> Callable[..., str]:
    """Generate the function that joins MTI and elements of a message with these fields.

    Lines of one dialect, and an engine that starts anew, share it.
    """
    source = Source(f"join({', '.join(['mti', *(f't{number}' for number in numbers)])})")
    elements = ["{mti}"]
    for number, limit, digits in plan:
        if number in numbers:
            prefix = f"{{len(t{number}):0{digits}d}}" if digits else ""
            cut = f"[:{limit}]" if limit and not digits else ""
            elements.append(f"{prefix}{{t{number}{cut}}}")
    source.line(f'return f"{" ".join(elements)}"')
    return source.make()


def _plan(dialect: Dialect, names: tuple[tuple[int | str, int], ...]) -> _Plan:
    return tuple(
        (name, limit, dialect.field(name).prefix_digits)
        for name, limit in names
        if isinstance(name, int)
    )
