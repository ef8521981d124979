"""Messages of issuer links, made ready: frames to texts and texts to frames.

Everything that depends on the dialect only (selections, builders, framing) is made once here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from messages.crypto.mac import MacAlgorithm
from messages.dialects.dialect import Dialect
from messages.framing import Framing
from messages.mab import mab_builder
from messages.values import response_mti
from messages.view import View, viewer_of

ISSUER_READ = (
    3,
    4,
    7,
    11,
    15,
    32,
    33,
    38,
    39,
    41,
    42,
    48,
    53,
    54,
    55,
    70,
    100,
    2,
    18,
    25,
    28,
    37,
    90,
    102,
    103,
    128,
)
"""The selection over an issuer's message: what an answer says, and what its MAC covers."""


_FEE = 28


class IssuerWire:
    """Messages of issuer links in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Generate what every message needs."""
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.viewer = viewer_of(dialect)
        self.mab = mab_builder(dialect)
        self._base = dialect.frame.head_size
        self._table = self.viewer.table(*ISSUER_READ)
        self._reject = _span_of("reject-code", dialect)
        self.reversal_has_fee = any(
            _FEE in rule.reversal.request_allows for rule in dialect.transactions if rule.reversal
        )
        """Whether the dialect's reversals carry the fee of their original (DE 28)."""

    def read(self, frame: bytes) -> tuple[View, dict[int, str]]:
        """Return view and texts of the fields in `ISSUER_READ`; DecodeError where it fails."""
        view = self.viewer.index(frame, self._base)
        return view, self._table(view)

    def build(self, heads: bytes, mti: str, fields: dict[int, str], mac: MacAlgorithm) -> bytes:
        """Return a whole frame whose last field is its MAC over the dialect's elements."""
        fields[128] = mac.compute(self.mab(mti, fields)).decode("ascii")
        return self.framing.join(heads + self.viewer.build(mti, fields))

    def build_plain(self, heads: bytes, mti: str, fields: Mapping[int, str]) -> bytes:
        """Return a whole frame without a MAC (network management)."""
        return self.framing.join(heads + self.viewer.build(mti, fields))

    def is_authentic(self, mti: str, fields: Mapping[int, str], mac: MacAlgorithm) -> bool:
        """Tell whether the MAC in field 128 is that of the elements."""
        carried = fields.get(128)
        if carried is None:
            return False
        return mac.verify(self.mab(mti, fields), carried.encode("ascii"))

    def heads(self, destination: str, source: str) -> bytes:
        """Return the head of every message that we send on a link."""
        return self.framing.build_heads(
            {
                head.name: {
                    part.name: (destination if part.role == "destination" else source).ljust(
                        part.size
                    )
                    for part in head.parts
                    if part.role in {"destination", "source"}
                }
                for head in self.dialect.frame.heads
            }
        )

    def is_rejected(self, frame: bytes) -> bool:
        """Tell whether the header says that our message was refused before processing."""
        return bool(frame[self._reject].strip(b"0"))

    def reject_code(self, frame: bytes) -> str:
        """Return the reject code of a header, as it may be told: its bytes are the peer's."""
        return frame[self._reject].decode("ascii", "backslashreplace")


@lru_cache(maxsize=256)
def answer_mti(mti: str) -> str | None:
    """Return the MTI that answers a peer's message, None for one that asks for no answer."""
    try:
        return response_mti(mti)
    except ValueError:
        return None


def _span_of(role: str, dialect: Dialect) -> slice:
    """Return the bytes of the head part with this role; an empty slice where there is none."""
    at = 0
    for head in dialect.frame.heads:
        for part in head.parts:
            nibbles = part.size if part.encoding == "bcd" else 2 * part.size
            if part.role == role:
                return slice(at // 2, (at + nibbles) // 2)
            at += nibbles
    return slice(0, 0)
