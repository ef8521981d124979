"""Hosts with one defect each (simulators/conformance): the acquirer role is judged by these.

Each is the small host of the probes with one seam replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.answers import Reply
from simulators.conformance.probing.plain_host import Seams

_PREFIX: Final = 2
_TPDU: Final = slice(3, 7)


class HostMutant(msgspec.Struct, frozen=True, kw_only=True):
    """One defect of a host: what it does, what it breaks, and the allowed consequences."""

    id: str
    en: str
    breaks: str
    seams: Seams
    also: tuple[str, ...] = ()


def _field(number: int, text: str | None, *mtis: str) -> Seams:
    """Return a host that answers another value, or none, in one field."""

    def reply(answer: Reply, _heard: Heard) -> Reply:
        if answer.mti in (mtis or ("0210",)) and number in answer.fields:
            if text is None:
                del answer.fields[number]
            else:
                answer.fields[number] = text
        return answer

    return Seams(reply=reply)


def _code(wrong: str, instead: str) -> Seams:
    return Seams(code=lambda code, _heard: instead if code == wrong else code)


def _added(number: int, text: str) -> Seams:
    def reply(answer: Reply, _heard: Heard) -> Reply:
        if answer.mti == "0210":
            answer.fields = dict(sorted({**answer.fields, number: text}.items()))
        return answer

    return Seams(reply=reply)


def _not_swapped(frame: bytes, heard: Heard) -> bytes:
    return frame[: _TPDU.start] + heard.frame[1:5] + frame[_TPDU.stop :]


def _wrong_mti(answer: Reply, _heard: Heard) -> Reply:
    return replace(answer, mti="0230") if answer.mti == "0210" else answer


def _no_mac(answer: Reply, _heard: Heard) -> Reply:
    return replace(answer, has_mac=False)


def _asks_nothing(answer: Reply, _heard: Heard) -> Reply:
    return replace(answer, processing_request="0")


def _spoilt(mti: str, change: Callable[[bytes], bytes]) -> Seams:
    def frame(whole: bytes, _heard: Heard) -> bytes:
        if whole[13:15].hex() != mti:
            return whole
        body = change(whole[_PREFIX:])
        return len(body).to_bytes(_PREFIX) + body

    return Seams(frame=frame)


def _with_mac(answer: Reply, _heard: Heard) -> Reply:
    if answer.mti == "0830":
        answer.fields[64] = "00000000"
    return answer


def _zero_mac(body: bytes) -> bytes:
    return body[:-8] + b"00000000" if body[20] & 1 else body


_ISSUER_REMARK: Final = "A卡余额不足请联系发卡行".encode("gbk")
_CENTRE_REMARK: Final = "请到社保窗口办理镕 ".encode("gbk").ljust(20)
"""Its last character ends with a byte below 80, so that the whole can be read as other text."""


def _cut_remark(answer: Reply, _heard: Heard) -> Reply:
    if answer.mti != "0210" or answer.fields.get(39) not in {"12", "30"}:
        return answer
    remarks = (b"CUP" + _ISSUER_REMARK[:20] + _CENTRE_REMARK).decode("gbk")
    return replace(answer, fields=dict(sorted({**answer.fields, 63: remarks}.items())))


def _whole_only(data: bytes) -> bytes:
    """Hear only what comes as one frame in one piece."""
    return data if data[:2] == b"\xff\xff" or int.from_bytes(data[:2]) == len(data) - 2 else b""


HOST_MUTANTS: Final[tuple[HostMutant, ...]] = (
    HostMutant(id="inquiries-unanswered", en="balance inquiries get no answer", breaks="HST-01",
               seams=Seams(frame=lambda f, h: b"" if h.get("3") == "310000" else f)),
    HostMutant(id="answers-cut", en="answers lack their last bytes", breaks="HST-02",
               seams=_spoilt("0210", lambda body: body[:-4])),
    HostMutant(id="tpdu-not-swapped", en="the TPDU goes back as it came", breaks="HST-03",
               seams=Seams(frame=_not_swapped)),
    HostMutant(id="answers-as-advice", en="a request is answered 0230", breaks="HST-04",
               seams=Seams(reply=_wrong_mti)),
    HostMutant(id="stan-not-echoed", en="DE 11 of an answer is the host's own", breaks="HST-05",
               seams=_field(11, "999999")),
    HostMutant(id="amount-not-echoed", en="DE 4 of an answer is zero", breaks="HST-06",
               seams=_field(4, "0" * 12)),
    HostMutant(id="terminal-not-echoed", en="DE 41 of an answer is another", breaks="HST-07",
               seams=_field(41, "50010002")),
    HostMutant(id="no-time", en="approvals lack DE 12", breaks="HST-08", seams=_field(12, None)),
    HostMutant(id="extra-field", en="answers hold DE 48", breaks="HST-09",
               seams=_added(48, "0" * 62)),
    HostMutant(id="answer-mac-wrong", en="the MAC of answers is wrong", breaks="HST-10",
               seams=_spoilt("0210", _zero_mac)),
    HostMutant(id="answer-without-mac", en="answers carry no MAC", breaks="HST-10",
               seams=Seams(reply=_no_mac)),
    HostMutant(id="mac-on-echo", en="the answer to an echo carries a MAC", breaks="HST-11",
               also=("HST-09",), seams=Seams(reply=_with_mac)),
    HostMutant(id="code-unknown", en="approvals say QQ", breaks="HST-12",
               seams=Seams(reply=lambda r, h: replace(r, fields={**r.fields, 39: "QQ"})
                           if r.fields.get(39) == "00" and h.get("3") == "310000" else r)),
    HostMutant(id="mac-not-checked", en="a wrong MAC is approved", breaks="HST-13",
               also=("HST-20",), seams=_code("A0", "00")),
    HostMutant(id="mac-wrong-is-30", en="a wrong MAC is answered 05", breaks="HST-13",
               also=("HST-20",), seams=_code("A0", "05")),
    HostMutant(id="session-not-checked", en="who is not signed on gets 96", breaks="HST-14",
               also=("HST-15", "HST-20"), seams=_code("77", "96")),
    HostMutant(id="batch-not-checked", en="another batch is approved", breaks="HST-15",
               also=("HST-20",),
               seams=Seams(code=lambda c, h: "00" if c == "77" and h.mti == "0200"
                           and h.get("4") else c)),
    HostMutant(id="any-terminal", en="an unknown terminal is approved", breaks="HST-16",
               seams=_code("97", "00")),
    HostMutant(id="any-pin-block", en="a PIN block of zeros is approved", breaks="HST-17",
               seams=_code("99", "00")),
    HostMutant(id="any-type", en="an unknown transaction is approved", breaks="HST-18",
               seams=_code("12", "00")),
    HostMutant(id="echo-refused", en="an echo is answered 96", breaks="HST-19",
               seams=Seams(code=lambda c, h: "96" if h.transaction == "echo" else c)),
    HostMutant(id="never-asks", en="the header never asks for a sign-on", breaks="HST-20",
               seams=Seams(reply=_asks_nothing)),
    HostMutant(id="check-value-wrong", en="one check value of a sign-on is wrong",
               breaks="HST-21", also=("HST-13", "HST-17", "HST-18", "HST-25", "HST-26",
                                      "HST-27"),
               seams=Seams(keys="bad-mak")),
    HostMutant(id="batch-zero", en="the batch number is 000000", breaks="HST-22",
               also=("HST-13", "HST-17", "HST-18", "HST-25", "HST-26"),
               seams=Seams(reply=lambda r, _h: replace(r, fields={
                   **r.fields, 60: r.fields[60][:2] + "000000" + r.fields[60][8:]})
                   if r.mti == "0810" else r)),
    HostMutant(id="date-day-first", en="DE 13 is day, month", breaks="HST-23",
               seams=_field(13, "1706")),
    HostMutant(id="no-reference", en="approvals have a blank reference number", breaks="HST-24",
               seams=_field(37, " " * 12)),
    HostMutant(id="repeat-approved", en="a repeat is approved as if it were new",
               breaks="HST-25", seams=Seams(remembers=False)),
    HostMutant(id="reversal-refused", en="a reversal is answered 96", breaks="HST-26",
               seams=Seams(code=lambda c, h: "96" if h.mti == "0400" and c == "00" else c)),
    HostMutant(id="unknown-original-96", en="a reversal of nothing is answered 96",
               breaks="HST-27", seams=_code("25", "96")),
    HostMutant(id="pin-block-back", en="answers repeat the PIN block", breaks="HST-28",
               also=("HST-09",), seams=_added(52, "04F16B5C9021D1EA")),
    HostMutant(id="one-read-one-frame", en="a request must come in one piece", breaks="HST-29",
               seams=Seams(hears=_whole_only)),
    HostMutant(id="dies-of-garbage", en="after garbage no connection is taken", breaks="HST-30",
               seams=Seams(survives=False)),
    HostMutant(id="remark-cut-inside-a-character",
               en="a remark is cut after 20 bytes, wherever that is", breaks="HST-02",
               seams=Seams(reply=_cut_remark)),
    HostMutant(id="reversal-of-unknown-forgotten-with-connection",
               en="a reversal of what never came is forgotten with its connection",
               breaks="HST-31", seams=Seams(is_of_connection=True)),
)  # fmt: skip
"""Host mutants, in the order of the requirements; the last two by a reader of the domain."""
