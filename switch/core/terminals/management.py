"""Network management from terminals: sign-on with new keys, sign-off, echo; no MAC on any of it.

Whatever else comes outside the financial messages is answered with the reason it is not served.
"""

from __future__ import annotations

from functools import partial

from messages.crypto.keys import KeyLayout, Mak, Pik, Tdk, wrap_field_62
from messages.dialects.dialect import TransactionRule
from messages.reasons import Reason
from switch.core.batches.settling import SETTLEMENT, UPLOAD, TerminalBatches
from switch.core.configuration import Configuration, Terminal
from switch.core.incarnation.trace_numbers import Numbers, rrn_text
from switch.core.operations import (
    Answer,
)
from switch.core.outbox import Outbox
from switch.core.social.reconciling import Reconciling
from switch.core.terminals.answers import SIGN_ON_AGAIN, management
from switch.core.terminals.downloads import Downloads
from switch.core.terminals.request import Request, TerminalKeys
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.wire import TerminalWires

_LAYOUTS = {
    "001": KeyLayout.SINGLE,
    "003": KeyLayout.DOUBLE,
    "004": KeyLayout.DOUBLE_WITH_TRACK,
}
"""DE 60.3 of a sign-on -> the layout of DE 62; other sign-ons are not served."""
_SINGLE, _DOUBLE = 8, 16
_DOWNLOADS = frozenset({"download", "download_by_advice", "status_upload"})


class Management:
    """Answers sign-on, sign-off, echo and downloads."""

    def __init__(
        self,
        outbox: Outbox,
        wire: TerminalWires,
        sessions: Sessions,
        rrns: Numbers,
        reconciling: Reconciling,
    ) -> None:
        """Share sessions and numbers with the transactions."""
        self._reconciling = reconciling
        self._outbox = outbox
        self._wire = wire
        self._sessions = sessions
        self._rrns = rrns
        self._downloads = Downloads(sessions)
        self._batches = TerminalBatches(outbox, wire, sessions)

    def begin(self, request: Request, configuration: Configuration) -> None:
        """Take a management message, or refuse one that nobody serves."""
        rule = self._wire.classify(request)
        terminal = configuration.terminals.get(request.terminal or "")
        registry = configuration.registry
        if terminal is None:
            self._answer(request, Reason.TERMINAL_UNKNOWN)
        elif request.merchant != terminal.merchant:
            self._answer(request, Reason.MERCHANT_UNKNOWN)
        elif rule is None:
            self._answer(request, Reason.TRANSACTION_UNKNOWN, terminal)
        elif terminal.only_dialect not in {None, request.dialect} or (
            rule.id == "sign_on"
            and not self._sessions.may_use(
                request.connection, configuration.acquirers[terminal.acquirer]
            )
        ):
            self._answer(request, Reason.SERVICE_NOT_FOR_TERMINAL, terminal)
        elif rule.refuse is not None:
            self._answer(request, rule.refuse, terminal)
        elif registry is not None and registry.is_refused(
            registry.devices.get(terminal.id, ""), rule.id
        ):
            self._answer(request, Reason.SERVICE_NOT_FOR_TERMINAL, terminal)
        else:
            self._serve(rule, request, terminal, configuration)

    def _serve(
        self,
        rule: TransactionRule,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
    ) -> None:
        business = rule.business
        if business is not None and business.social is not None:
            self._reconciling.begin(request, terminal, configuration, business.social)
        elif rule.id == "echo":
            # An echo says nothing of an acquirer (DE 32).
            self._answer(request, Reason.APPROVED)
        elif rule.id in {SETTLEMENT, UPLOAD}:
            told = partial(self._settled, rule, request, terminal)
            self._batches.begin(rule, request, terminal, configuration, told)
        elif rule.id == "sign_off":
            then = partial(self._signed_off, request, terminal)
            self._sessions.sign_off(terminal.id, configuration, then)
        elif rule.id == "sign_on" and request.network_code in _LAYOUTS:
            then_keys = partial(self._keys_drawn, request, terminal, configuration)
            self._outbox.draw_keys(configuration.mak_bytes, then_keys)
        elif rule.id not in _DOWNLOADS or not self._downloads.serve(
            request, configuration, partial(self._downloaded, request, terminal)
        ):
            self._answer(request, Reason.SERVICE_NOT_OPEN, terminal)

    def _settled(
        self,
        rule: TransactionRule,
        request: Request,
        terminal: Terminal,
        reason: Reason,
        content: dict[int, str],
    ) -> None:
        """Answer a settlement or an upload; the result of a settlement is in DE 48, not in 39."""
        if reason is not Reason.APPROVED:
            self._answer(request, reason, terminal, sign_on_again=reason in SIGN_ON_AGAIN)
            return
        fields = self._fields(request, reason, terminal)
        if rule.id == SETTLEMENT:
            del fields[39]
        fields |= {number: text for number, text in content.items() if text}
        frame = self._wire.of(request).answer(request, fields, None)
        self._outbox.to_terminal(request.connection, frame)

    def _downloaded(
        self, request: Request, terminal: Terminal, content: str | None, asks: str
    ) -> None:
        fields = self._fields(request, Reason.APPROVED, terminal)
        if content is not None:
            fields[62] = content
        frame = self._wire.of(request).answer(request, fields, None, asks=asks)
        self._outbox.to_terminal(request.connection, frame)

    def _keys_drawn(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        pik_bytes: bytes,
        mak_bytes: bytes,
    ) -> None:
        layout = _LAYOUTS[request.network_code or ""]
        if layout is KeyLayout.SINGLE:
            pik_bytes, mak_bytes = pik_bytes[:_SINGLE], mak_bytes[:_SINGLE]
        keys = Pik(pik_bytes), Mak(mak_bytes)
        if layout is KeyLayout.DOUBLE_WITH_TRACK:
            then = partial(self._track_key_drawn, request, terminal, configuration, keys)
            self._outbox.draw_keys(_DOUBLE, then)
        else:
            self._sign_on(request, terminal, configuration, (*keys, None))

    def _track_key_drawn(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        keys: tuple[Pik, Mak],
        *drawn: bytes,
    ) -> None:
        self._sign_on(request, terminal, configuration, (*keys, Tdk(drawn[0])))

    def _sign_on(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        keys: tuple[Pik, Mak, Tdk | None],
    ) -> None:
        layout = _LAYOUTS[request.network_code or ""]
        wrapped = wrap_field_62(terminal.master_key, *keys, layout=layout).hex().upper()
        then = partial(self._signed_on, request, terminal, wrapped)
        given = tuple(key for key in keys if key is not None)
        self._sessions.sign_on(request, configuration, given, then)

    def _signed_on(
        self, request: Request, terminal: Terminal, wrapped: str, keys: TerminalKeys | None
    ) -> None:
        if keys is None:
            self._answer(request, Reason.SYSTEM_ERROR, terminal)
            return
        fields = self._fields(request, Reason.APPROVED, terminal)
        head, tail = (request.private_60 or "")[:2], (request.private_60 or "")[8:]
        fields[60] = f"{head}{keys.batch_text}{tail}"
        fields[62] = wrapped
        frame = self._wire.of(request).answer(request, fields, None, asks=keys.asks)
        self._outbox.to_terminal(request.connection, frame)

    def _signed_off(self, request: Request, terminal: Terminal, _keys: TerminalKeys | None) -> None:
        self._answer(request, Reason.APPROVED, terminal)

    def _answer(
        self,
        request: Request,
        reason: Reason,
        terminal: Terminal | None = None,
        *,
        sign_on_again: bool = False,
    ) -> None:
        if reason is not Reason.APPROVED:
            self._outbox.report(
                "management_refused",
                reason=reason.value,
                mti=request.mti,
                network_code=request.network_code,
                terminal=request.terminal,
            )
        fields = self._fields(request, reason, terminal)
        wire = self._wire.of(request)
        frame = wire.answer(request, fields, None, sign_on_again=sign_on_again)
        self._outbox.to_terminal(request.connection, frame)

    def _fields(
        self, request: Request, reason: Reason, terminal: Terminal | None
    ) -> dict[int, str]:
        at, rrn = self._outbox.local, ""
        if reason is Reason.APPROVED and request.stan is not None:
            number = self._rrns.take()
            rrn = rrn_text(number, at.day) if number is not None else ""
        code = self._wire.code_for(request, reason)
        answer = Answer(at.time, at.date, "", rrn, "", code, "")
        return management(request, answer, terminal.acquirer if terminal else "")
