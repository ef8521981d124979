"""Terminal messages, made ready: frames to requests and values to frames.

Everything that depends on the dialects only (selections, builders, framing) is made once here. A
frame's dialect is told by its head, and its answer is in the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from messages.crypto.mac import MacAlgorithm
from messages.dialects.dialect import Dialect, TransactionRule
from messages.dialects.family import Family
from messages.framing import Framing
from messages.reasons import Reason
from messages.values import response_mti
from messages.view import viewer_of
from switch.core.terminals.request import READ, Request

MOST_KINDS = 1_024
"""Sets of codes that are remembered: terminals choose them, and may choose any."""
_NO_MAC_YET = "00000000"
_MAC_BYTES = 8


class TerminalWires:
    """Terminal messages of all dialects that terminals speak; the first is the usual one."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        """Generate what every message needs; ValueError where nothing tells dialects apart."""
        self._family = Family(dialects)
        self.all = tuple(TerminalWire(dialect, n) for n, dialect in enumerate(dialects))

    def of_frame(self, frame: bytes) -> TerminalWire:
        """Return the wire of a frame's dialect."""
        return self.all[self._family.which(frame)]

    def of(self, request: Request) -> TerminalWire:
        """Return the wire of a request's dialect."""
        return self.all[request.dialect]

    def read(self, connection: int, frame: bytes) -> Request:
        """Return the request in a frame; DecodeError where it cannot be read."""
        return self.all[self._family.which(frame)].read(connection, frame)

    def classify(self, request: Request) -> TransactionRule | None:
        """Return the transaction that the request's MTI and codes name, None for none."""
        return self.all[request.dialect].classify(request)

    def code_for(self, request: Request, reason: Reason) -> str:
        """Return the code by which the request's dialect says a reason."""
        return self.all[request.dialect].dialect.reasons[reason].code


class TerminalWire:
    """Terminal messages of one dialect."""

    def __init__(self, dialect: Dialect, number: int = 0) -> None:
        """Generate what every message needs; `number` is its place among the dialects."""
        self._number = number
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.viewer = viewer_of(dialect)
        self._base = dialect.frame.head_size
        self._select = self.viewer.select(*READ)
        self._rules: dict[str, tuple[TransactionRule, ...]] = {}
        for rule in dialect.transactions:
            self._rules[rule.mti] = (*self._rules.get(rule.mti, ()), rule)
        self._known: dict[tuple[str | None, ...], TransactionRule] = {}

    def read(self, connection: int, frame: bytes) -> Request:
        """Return the request in a frame; DecodeError where it cannot be read."""
        view = self.viewer.index(frame, self._base)
        return Request(connection, self._number, frame, view, view.mti, *self._select(view))

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
            if known is not None and len(self._known) < MOST_KINDS and known.match.keys() <= _CODES:
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
        fields: dict[int, str],
        mac: MacAlgorithm | None,
        *,
        sign_on_again: bool = False,
        asks: str = "",
    ) -> bytes:
        """Return a whole answer frame: TPDU swapped, MTI + 10, MACed where `mac` is given."""
        heads = self.framing.answer_heads(
            request.frame, processing_request=_SIGN_ON if sign_on_again else asks or None
        )
        mti = response_mti(request.mti)
        if mac is None:
            return self.framing.join(heads + self.viewer.build(mti, fields))
        fields[_MAC_FIELD] = _NO_MAC_YET
        body = self.viewer.build(mti, fields)[:-_MAC_BYTES]
        return self.framing.join(heads + body + mac.compute(body))


_MAC_FIELD = 64
_CODES = {"3", "25", "60.1", "60.3"}
_SIGN_ON = "3"
"""处理要求 3: the terminal is asked to sign on again."""
