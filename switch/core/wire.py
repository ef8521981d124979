"""The two dialects of the switch, made ready: frames to values and values to frames.

Everything that depends on a dialect only (selections, builders, framing) is made once here.
"""

from __future__ import annotations

from collections.abc import Mapping

from messages.crypto.mac import MacAlgorithm
from messages.dialects.dialect import Dialect, TransactionRule
from messages.framing import Framing
from messages.mab import mab_builder
from messages.values import response_mti
from messages.view import View, Viewer
from switch.core.request import READ, Request

_NO_MAC_YET = "00000000"
_MAC_BYTES = 8


class TerminalWire:
    """Terminal messages of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Generate what every message needs."""
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.viewer = Viewer(dialect)
        self._base = dialect.frame.head_size
        self._select = self.viewer.select(*READ)
        self._rules: dict[str, tuple[TransactionRule, ...]] = {}
        for rule in dialect.transactions:
            self._rules[rule.mti] = (*self._rules.get(rule.mti, ()), rule)
        self._known: dict[tuple[str | None, ...], TransactionRule] = {}

    def read(self, connection: int, frame: bytes) -> Request:
        """Return the request in a frame; DecodeError where it cannot be read."""
        view = self.viewer.index(frame, self._base)
        return Request(connection, frame, view, view.mti, *self._select(view))

    def classify(self, request: Request) -> TransactionRule | None:
        """Return the transaction that the request's MTI and codes name, None for none."""
        codes = (
            request.mti,
            request.processing_code,
            request.condition_code,
            request.transaction_code,
            request.network_code,
        )
        known = self._known.get(codes)
        if known is None:
            known = self._classify(request)
            if known is not None and set(known.match) <= _CODES:
                self._known[codes] = known
        return known

    def _classify(self, request: Request) -> TransactionRule | None:
        for rule in self._rules.get(request.mti, ()):
            if all(request.value(path) in allowed for path, allowed in rule.match.items()):
                return rule
        return None

    def answer(
        self,
        request: Request,
        fields: Mapping[int, str],
        mac: MacAlgorithm | None,
        *,
        sign_on_again: bool = False,
    ) -> bytes:
        """Return a whole answer frame: TPDU swapped, MTI + 10, MACed where `mac` is given."""
        heads = self.framing.answer_heads(
            request.frame, processing_request=_SIGN_ON if sign_on_again else None
        )
        mti = response_mti(request.mti)
        if mac is None:
            return self.framing.join(heads + self.viewer.build(mti, fields))
        body = self.viewer.build(mti, {**fields, _MAC_FIELD: _NO_MAC_YET})[:-_MAC_BYTES]
        return self.framing.join(heads + body + mac.compute(body))


_MAC_FIELD = 64
_CODES = {"3", "25", "60.1", "60.3"}
_SIGN_ON = "3"
"""处理要求 3: the terminal is asked to sign on again."""

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


class IssuerWire:
    """Messages of issuer links in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Generate what every message needs."""
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.viewer = Viewer(dialect)
        self.mab = mab_builder(dialect)
        self._base = dialect.frame.head_size
        self._select = self.viewer.select(*ISSUER_READ)
        self._reject = _span_of("reject-code", dialect)

    def read(self, frame: bytes) -> tuple[View, dict[int, str]]:
        """Return view and texts of the fields in `ISSUER_READ`; DecodeError where it fails."""
        view = self.viewer.index(frame, self._base)
        texts = self._select(view)
        return view, {
            number: text
            for number, text in zip(ISSUER_READ, texts, strict=True)
            if text is not None
        }

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
        code = frame[self._reject]
        return bool(code.strip(b"0"))


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
