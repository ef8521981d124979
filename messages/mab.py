"""The bytes that a MAC covers where a dialect chooses elements instead of the whole message.

The POS dialects cover the message up to its MAC field: `View.mab` has that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from messages.crypto.mac import interbank_mab
from messages.dialects.dialect import Dialect


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

    def mab(mti: str, fields: Mapping[int, str]) -> bytes:
        elements = [mti]
        for number, limit, digits in lists.get(mti, default):
            text = fields.get(number)
            if text is not None:
                if digits:
                    elements.append(f"{len(text):0{digits}d}{text}")
                else:
                    elements.append(text[:limit] if limit else text)
        return interbank_mab(elements)

    return mab


def _plan(
    dialect: Dialect, names: tuple[tuple[int | str, int], ...]
) -> tuple[tuple[int, int, int], ...]:
    """Return (DE, characters to take or 0, prefix digits) for every element after the MTI."""
    return tuple(
        (name, limit, dialect.field(name).prefix_digits)
        for name, limit in names
        if isinstance(name, int)
    )
