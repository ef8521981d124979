"""A host of services without I/O (simulators): an interbank line, and books behind it.

A bill is reserved (0200), confirmed (0220) and cancelled (0420); what the host does wrong is asked
for per message by a `Temper`, as of a bank. What it knows and sells is for those that extend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from messages.dialects.tlv import TlvError, encode_text, parse_text, text_item
from simulators.accounts import Accounts
from simulators.issuer import Issuer, IssuerIdentity, Temper
from simulators.services.deeds import DONE, Deed, DeedBooks
from simulators.wire import Heard, Wire
from switch.core.moment import Moment, local

FORMAT_ERROR: Final = "30"
UNDO: Final = "950000"
"""DE 3 of what undoes a payment, whose RRN DE 103 tells."""
Told = tuple[str, dict[str, str]]
"""DE 39 and the tags of an answer."""
_INQUIRY, _RESERVE, _TOTALS = "0100", "0200", "0500"
_USAGE, _CHARSET = "SS", "gbk"
_ECHOED: Final = (3, 4, 7, 11, 12, 13, 25, 32, 33, 37, 41, 42, 49, 102)
_MTI_AT: Final = 46
"""The header of an interbank message takes so many bytes."""


class ServiceHost(Issuer):
    """The host and its one line. `temper` is asked for every message but those of the line."""

    said: Mapping[str, str] = {}
    """What the slip says of a refusal (S7), by DE 39."""

    def __init__(self, identity: IssuerIdentity, wire: Wire, deeds: DeedBooks[Any]) -> None:
        """Begin disconnected; no account is kept here."""
        super().__init__(identity, wire, Accounts())
        self._deeds = deeds
        self.heard_words: list[tuple[str, str]] = []
        """MTI and RRN of every confirmation and cancellation."""

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        """Take a frame without its length prefix; return what is to be sent at once."""
        if frame[_MTI_AT : _MTI_AT + 4] == _TOTALS.encode():
            return self._consider(self._wire.hear(frame), at)
        return super().received(frame, at)

    def _carried_out(self, heard: Heard, temper: Temper, at: Moment) -> dict[int, str]:
        fields: dict[int, str] = {n: heard.fields[n] for n in _ECHOED if n in heard.fields}
        if temper.code:
            code, is_reserving = temper.code, heard.mti == _RESERVE
            fields[39] = self._deeds.refuse(heard.get(37), code) if is_reserving else code
            return fields
        values = tags_of(heard.get(48))
        if values is None:
            fields[39] = FORMAT_ERROR
            return fields
        fields[39], told = self._decided(heard, values, local(at.utc_ms).day)
        if fields[39] in self.said and "S7" not in told:
            told["S7"] = self.said[fields[39]]
        if told:
            fields[48] = _text({"S1": values.get("S1", ""), **told})
        return dict(sorted(fields.items()))

    def _decided(self, heard: Heard, values: dict[str, str], day: int) -> Told:
        mti, rrn = heard.mti, heard.get(37)
        if mti == _INQUIRY:
            return self._inquired(heard, values, day)
        if mti == _TOTALS:
            return self._balanced(heard, values, day)
        if mti == _RESERVE:
            return self._reserved(heard, values, day)
        self.heard_words.append((mti, rrn))
        if mti.startswith("042"):
            return self._deeds.cancel(rrn), {}
        code, number = self._deeds.confirm(rrn), values.get("S5", "")
        due = self._deeds.dues.get(number)
        return code, {"S5": number, "S7": self._slip(due, rrn)} if code == DONE and due else {}

    def _reserved(self, heard: Heard, values: dict[str, str], day: int) -> Told:
        bill, undoes = values.get("S5", ""), heard.get(103)
        if bill != heard.get(102) or (heard.get(3) == UNDO) != bool(undoes):
            return FORMAT_ERROR, {}
        deed = Deed(
            rrn=heard.get(37),
            bill=bill,
            amount_fen=int(heard.get(4) or "0"),
            terminal=heard.get(41),
            day=day,
            undoes=undoes,
        )
        return self._taken(heard, values, deed), {}

    def _inquired(self, heard: Heard, values: dict[str, str], day: int) -> Told:
        """Answer an inquiry."""
        raise NotImplementedError

    def _taken(self, heard: Heard, values: dict[str, str], deed: Deed) -> str:
        """Reserve for a deed; return DE 39."""
        raise NotImplementedError

    def _balanced(self, heard: Heard, values: dict[str, str], day: int) -> Told:
        """Compare the totals of a terminal's day."""
        raise NotImplementedError

    def _slip(self, due: Any, rrn: str) -> str:  # noqa: ANN401 - whatever can be paid there
        """Return the lines of a bill; `rrn` paid it, empty where nothing did."""
        raise NotImplementedError


def yuan(fen: int) -> str:
    """Return an amount as slips have it."""
    return f"{fen // 100}.{fen % 100:02d}"


def tags_of(text: str) -> dict[str, str] | None:
    """Return the tags of DE 48, None where it is not of services."""
    if text[: len(_USAGE)] != _USAGE:
        return None
    try:
        items = parse_text(text[len(_USAGE) :].encode(_CHARSET), 2, 3)
        return {item.tag: item.value.decode(_CHARSET) for item in items}
    except (TlvError, UnicodeError):
        return None


def _text(values: dict[str, str]) -> str:
    items = [text_item(tag, text.encode(_CHARSET), 3) for tag, text in values.items() if text]
    return _USAGE + encode_text(items).decode(_CHARSET)
