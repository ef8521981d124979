"""Mutants that write a message wrong (simulators/conformance): frames, heads, encodings, fields.

Each is our terminal with one defect in its wire; the MAC is right for the bytes that it sends.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from messages.crypto.mac import MacAlgorithm
from simulators.conformance.driving.driver import Parts
from simulators.conformance.mutants.model import Bend, Change, Mutant, writes
from simulators.conformance.mutants.places import content, places, swap

_FINANCIAL: Final = ("0100", "0200", "0220")
_SHORT: Final = ("sign-on", "withdrawal", "balance")
_VOID: Final = ("sign-on", "sale", "sale-void")
_REVERSAL: Final = ("sign-on", "no-answer")
_SETTLED: Final = ("settlement",)
_MOST_TEXT: Final = 999


def _set(number: int, text: str, *mtis: str) -> Change:
    def change(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti in (mtis or _FINANCIAL):
            fields[number] = text
        return mti, fields

    return change


def _drop(number: int, *mtis: str) -> Change:
    def change(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti in (mtis or _FINANCIAL):
            fields.pop(number, None)
        return mti, fields

    return change


def _part(number: int, place: slice, text: str, *mtis: str) -> Change:
    """Write other characters into a part of a field."""

    def change(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti in (mtis or _FINANCIAL) and number in fields:
            old = fields[number]
            fields[number] = old[: place.start] + text + old[place.stop :]
        return mti, fields

    return change


def _raw(number: int, make: Callable[[bytes], bytes], *mtis: str) -> Bend:
    """Write other content bytes into a field, of the same number."""

    def bend(mti: str, body: bytes) -> bytes:
        if mti not in (mtis or _FINANCIAL) or not content(body, number):
            return body
        return swap(body, number, make(content(body, number)))

    return bend


def _prefixed(number: int, make: Callable[[bytes, bytes], bytes], *mtis: str) -> Bend:
    """Write another length and content into a field: `make(prefix, content)`."""

    def bend(mti: str, body: bytes) -> bytes:
        place = places(body).get(number) if mti in (mtis or _FINANCIAL) else None
        if place is None:
            return body
        prefix, inner = body[place.start : place.content], body[place.content : place.end]
        return swap(body, number, make(prefix, inner), length=True)

    return bend


def _chip(change: Callable[[str], str], *mtis: str) -> Change:
    def changed(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti in (mtis or _FINANCIAL) and 55 in fields:
            fields[55] = change(fields[55])
        return mti, fields

    return changed


def _heads(place: slice, digits: str, *mtis: str) -> Callable[[str, bytes], bytes]:
    def heads(mti: str, old: bytes) -> bytes:
        if mtis and mti not in mtis:
            return old
        text = old.hex()
        return bytes.fromhex(text[: place.start] + digits + text[place.stop :])

    return heads


def _prefix(change: Callable[[int], int]) -> Parts:
    def sends(frame: bytes) -> bytes:
        return (change(len(frame) - 2) % 65536).to_bytes(2, "big") + frame[2:]

    return Parts(sends=sends)


def _long_text(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    if mti in _FINANCIAL:
        fields[62] = "20" * _MOST_TEXT
        fields[59] = b"A2990".hex().upper() + "20" * 990
    return mti, fields


def _gbk_length_in_characters(mti: str, body: bytes) -> bytes:
    """Write the operator's Chinese name behind DE 63.1, and count its characters."""
    if mti != "0800":
        return body
    text = "01 张三".encode("gbk")
    return swap(body, 63, bytes.fromhex("0005") + text, length=True)


def _mac_over(
    make: Callable[[bytes, bytes], bytes],
) -> Callable[[bytes, bytes, MacAlgorithm], bytes]:
    def code(heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
        return mac.compute(make(heads, body))

    return code


def _lower(_heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
    # A digit-only MAC looks alike in both cases, so one letter is always made of it.
    return (
        mac.compute(body).lower() if mac.compute(body).lower() != mac.compute(body) else b"abcdef01"
    )


MESSAGE_MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(id="length-counts-itself", en="the length before a frame counts its own two bytes",
           breaks="FRM-01", parts=_prefix(lambda n: n + 2), cases=_SHORT),
    Mutant(id="length-too-short", en="the length before a frame leaves out the MAC",
           breaks="FRM-01", parts=_prefix(lambda n: n - 8), cases=_SHORT),
    Mutant(id="length-low-byte-first", en="the length is written low byte first",
           breaks="FRM-01", parts=_prefix(lambda n: (n & 255) << 8 | n >> 8), cases=_SHORT),
    Mutant(id="frame-too-long", en="messages are stuffed to more than 2048 bytes",
           breaks="FRM-02", parts=writes(change=_long_text), cases=_SHORT),
    Mutant(id="bytes-after-the-end", en="two bytes follow the last field",
           breaks="FRM-03",
           parts=writes(code=lambda _h, b, m: m.compute(b) + b"\0\0"), cases=_SHORT),
    Mutant(id="cut-in-the-middle", en="the last bytes before the MAC are never written",
           breaks="FRM-04",
           parts=writes(bend=lambda mti, b: b[:-4] if mti in _FINANCIAL else b),
           cases=_SHORT),
    Mutant(id="tpdu-id-wrong", en="the TPDU begins with 68",
           breaks="HDR-01", parts=writes(heads=_heads(slice(0, 2), "68")), cases=_SHORT),
    Mutant(id="class-unknown", en="the application class is 99",
           breaks="HDR-02", parts=writes(heads=_heads(slice(10, 12), "99")), cases=_SHORT),
    Mutant(id="tpdu-swapped", en="reversals have the TPDU addresses the other way round",
           breaks="HDR-03", parts=writes(heads=_heads(slice(2, 10), "00000005", "0400")),
           cases=_REVERSAL),
    Mutant(id="version-drifts", en="reversals have another software version",
           breaks="HDR-04", parts=writes(heads=_heads(slice(16, 22), "310000", "0400")),
           cases=_REVERSAL),
    Mutant(id="asks-the-host", en="requests have a processing request of 3",
           breaks="HDR-05", parts=writes(heads=_heads(slice(15, 16), "3")), cases=_SHORT),
    Mutant(id="status-unknown", en="the terminal status is 7",
           breaks="HDR-06", parts=writes(heads=_heads(slice(14, 15), "7")), cases=_SHORT),
    Mutant(id="class-of-stripe", en="chip transactions have the application class of magstripe",
           breaks="HDR-07", parts=writes(heads=_heads(slice(10, 12), "60")), cases=_SHORT),
    Mutant(id="bit-one-set", en="bit 1 of the bitmap is set",
           breaks="ENC-01",
           parts=writes(bend=lambda mti, b: b[:2] + bytes([b[2] | 0x80]) + b[3:]
                        if mti in _FINANCIAL else b), cases=_SHORT),
    Mutant(id="letters-in-amount", en="the amount is filled with a hexadecimal digit",
           breaks="ENC-02", parts=writes(bend=_raw(4, lambda c: b"\xa0" + c[1:])),
           cases=("sign-on", "withdrawal")),
    Mutant(id="pan-filled-with-f", en="the PAN is filled with F",
           breaks="ENC-03", parts=writes(bend=_raw(2, lambda c: c[:-1] + bytes([c[-1] | 0x0F]))),
           cases=_SHORT),
    Mutant(id="entry-mode-padded-left", en="DE 22 is padded on the left",
           breaks="ENC-04",
           parts=writes(bend=_raw(22, lambda c: bytes.fromhex("0" + c.hex()[:3]))), cases=_SHORT),
    Mutant(id="sequence-padded-right", en="DE 23 is padded on the right",
           breaks="ENC-05", parts=writes(bend=_raw(23, lambda c: bytes.fromhex(c.hex()[1:] + "0"))),
           cases=_SHORT),
    Mutant(id="binary-length", en="the length of the PAN is binary",
           breaks="ENC-06", parts=writes(bend=_prefixed(2, lambda _p, c: bytes([19]) + c)),
           cases=_SHORT),
    Mutant(id="length-in-bytes", en="the length of track 2 counts bytes",
           breaks="ENC-07", parts=writes(bend=_prefixed(35, lambda _p, c: b"\x18" + c)),
           cases=_SHORT),
    Mutant(id="gbk-length-in-characters", en="the length of Chinese text counts characters",
           breaks="ENC-07", parts=writes(bend=_gbk_length_in_characters),
           cases=_SHORT),
    Mutant(id="merchant-too-short", en="the merchant number lacks its last character",
           breaks="ENC-08", parts=writes(bend=_raw(42, lambda c: c[:-1])), cases=_SHORT),
    Mutant(id="authorisation-code-odd", en="the authorisation code of a void holds a dash",
           breaks="ENC-09", also=("VOI-06",), parts=writes(change=_part(38, slice(2, 3), "-")),
           cases=_VOID),
    Mutant(id="utf-8-text", en="the operator's Chinese name is UTF-8",
           breaks="ENC-10", also=("SUB-15",),
           parts=writes(bend=_prefixed(63, lambda _p, c: bytes.fromhex("0009") + c
                                       + "张三".encode(), "0800")), cases=_SHORT),
    Mutant(id="mac-in-small-letters", en="the MAC is written in small letters",
           breaks="ENC-11", parts=writes(code=_lower), cases=_SHORT),
    Mutant(id="track-separator-e", en="the separator of track 2 is E",
           breaks="ENC-12", parts=writes(bend=_raw(35, lambda c: bytes.fromhex(
               c.hex().replace("d", "e")))), cases=_SHORT),
    Mutant(id="sign-on-without-operator", en="the sign-on lacks the operator",
           breaks="PRS-01", parts=writes(change=_drop(63, "0800")), cases=_SHORT),
    Mutant(id="sign-off-without-stan", en="the sign-off lacks its STAN",
           breaks="PRS-02", also=("SGN-05", "STN-03"), parts=writes(change=_drop(11, "0820")),
           cases=("sign-on", "sign-off")),
    Mutant(id="echo-without-merchant", en="the echo lacks the merchant number",
           breaks="PRS-03", parts=writes(change=_drop(42, "0820")), cases=("sign-on", "echo")),
    Mutant(id="no-currency", en="the currency is left out",
           breaks="PRS-04", also=("PRS-05",), parts=writes(change=_drop(49)),
           cases=_SHORT),
    Mutant(id="inquiry-without-condition", en="the inquiry lacks DE 25",
           breaks="PRS-05",
           parts=writes(change=lambda mti, f: (mti, {n: t for n, t in f.items() if n != 25
                                                     or f.get(3) != "310000"})), cases=_SHORT),
    Mutant(id="void-without-original", en="the void lacks DE 61",
           breaks="PRS-06", parts=writes(change=_drop(61)), cases=_VOID),
    Mutant(id="reversal-without-reason", en="the reversal lacks its reason",
           breaks="PRS-07", also=("REV-17",), parts=writes(change=_drop(39, "0400")),
           cases=_REVERSAL),
    Mutant(id="withdrawal-with-balance", en="a request holds a field of responses (DE 54)",
           breaks="PRS-08", parts=writes(change=_set(54, "1002156C000000000000")), cases=_SHORT),
    Mutant(id="pin-without-control", en="a PIN block goes without DE 53",
           breaks="PRS-09", parts=writes(change=_drop(53)), cases=_SHORT),
    Mutant(id="chip-without-data", en="a transaction by chip lacks DE 55",
           breaks="PRS-10", parts=writes(change=_drop(55)), cases=_SHORT),
    Mutant(id="chip-without-sequence", en="a transaction by chip lacks the card sequence number",
           breaks="PRS-11", parts=writes(change=_drop(23)), cases=_SHORT),
    Mutant(id="stripe-in-class-of-chips", en="a stripe has the application class of chips",
           breaks="HDR-08", parts=writes(heads=_heads(slice(10, 12), "61")), cases=("stripe",)),
    Mutant(id="stripe-with-sequence", en="a transaction by magstripe has the card sequence number",
           breaks="PRS-16", parts=writes(change=_set(23, "001")), cases=("stripe",)),
    Mutant(id="contactless-of-contact-reader",
           en="a contactless transaction says that only contacts are read", breaks="SUB-17",
           parts=writes(change=_part(60, slice(11, 12), "5")), cases=("contactless",)),
    Mutant(id="echo-that-answers", en="the echo has the MTI of its answer", breaks="PRS-17",
           parts=writes(change=lambda mti, f: ("0830" if f[60][8:] == "301" else mti, f)),
           cases=("echo",)),
    Mutant(id="stripe-without-track", en="a transaction says magstripe and has no track",
           breaks="PRS-12", parts=writes(change=_drop(35)), cases=("stripe",)),
    Mutant(id="withdrawal-without-pin", en="a withdrawal goes without a PIN",
           breaks="PRS-13",
           parts=writes(change=lambda mti, f: (mti, {**{n: t for n, t in f.items()
                        if n not in {26, 52, 53}}, 22: "052"}) if mti in _FINANCIAL else (mti, f)),
           cases=_SHORT),
    Mutant(id="long-sixty", en="DE 60 of a sign-on has the digits of a financial message",
           breaks="SUB-01", parts=writes(change=_part(60, slice(11, 11), "60", "0800")),
           cases=_SHORT),
    Mutant(id="short-sixty", en="DE 60 of a financial message ends after the network code",
           breaks="SUB-02", parts=writes(change=_part(60, slice(11, 13), "")), cases=_SHORT),
    Mutant(id="network-code-in-sale", en="DE 60.3 of a financial message is 001",
           breaks="SUB-03", parts=writes(change=_part(60, slice(8, 11), "001")), cases=_SHORT),
    Mutant(id="type-in-sign-on", en="DE 60.1 of a sign-on is that of a sale",
           breaks="SUB-04", parts=writes(change=_part(60, slice(0, 2), "22", "0800")),
           cases=_SHORT),
    Mutant(id="capability-unknown", en="the read capability is 8",
           breaks="SUB-05", parts=writes(change=_part(60, slice(11, 12), "8")), cases=_SHORT),
    Mutant(id="chip-condition-unknown", en="the IC condition code is 9",
           breaks="SUB-06", parts=writes(change=_part(60, slice(12, 13), "9")), cases=_SHORT),
    Mutant(id="chip-data-cut", en="the last tag of DE 55 is cut short",
           breaks="SUB-07", parts=writes(change=_chip(lambda t: t[:-2])), cases=_SHORT),
    Mutant(id="no-unpredictable-number", en="DE 55 lacks the unpredictable number (9F37)",
           breaks="SUB-08", parts=writes(change=_chip(
               lambda t: t.replace("9F370412345678", ""))), cases=_SHORT),
    Mutant(id="chip-amount-differs", en="the amount in DE 55 is another one",
           breaks="SUB-09", parts=writes(change=_chip(
               lambda t: t[: t.index("9F0206") + 6] + "000000000001"
               + t[t.index("9F0206") + 18 :])), cases=_SHORT),
    Mutant(id="chip-currency-differs", en="the currency in DE 55 is the dollar",
           breaks="SUB-10", parts=writes(change=_chip(
               lambda t: t.replace("5F2A020156", "5F2A020840"))), cases=_SHORT),
    Mutant(id="offline-cryptogram", en="DE 55 carries a cryptogram of an offline approval",
           breaks="SUB-11", parts=writes(change=_chip(
               lambda t: t.replace("9F270180", "9F270140"))), cases=_SHORT),
    Mutant(id="chip-date-wrong", en="the date in DE 55 is day, month, year",
           breaks="SUB-12", parts=writes(change=_chip(
               lambda t: t.replace("9A03140617", "9A03171406"))), cases=_SHORT),
    Mutant(id="reversal-lacks-tvr", en="DE 55 of a reversal lacks 95",
           breaks="SUB-13", parts=writes(change=_chip(
               lambda t: t.replace("95050000000000", ""), "0400")), cases=_REVERSAL),
    Mutant(id="reversal-repeats-cryptogram", en="DE 55 of a reversal repeats the cryptogram",
           breaks="SUB-14", parts=writes(change=_chip(
               lambda t: t + "9F2608A1B2C3D4E5F60718", "0400")), cases=_REVERSAL),
    Mutant(id="operator-two-digits", en="the operator has two characters",
           breaks="SUB-15", also=("SUB-07",),
           parts=writes(change=_set(63, "01", "0800")), cases=_SHORT),
    Mutant(id="chip-kind-of-sale", en="DE 55 of a withdrawal says goods and services",
           breaks="SUB-16", parts=writes(change=_chip(
               lambda t: t.replace("9C0101", "9C0100"))), cases=_SHORT),
    Mutant(id="currency-840", en="the currency is 840",
           breaks="VAL-01", also=("SUB-10",), parts=writes(change=_set(49, "840")),
           cases=_SHORT),
    Mutant(id="entry-mode-unknown", en="DE 22 is 991",
           breaks="VAL-02", also=("DED-06",), parts=writes(change=_set(22, "991")), cases=_SHORT),
    Mutant(id="amount-zero", en="the amount is zero",
           breaks="VAL-03", also=("SUB-09",),
           parts=writes(change=lambda mti, f: (mti, {**f, 4: "0" * 12})
                        if mti in _FINANCIAL and 4 in f else (mti, f)),
           cases=_SHORT),
    Mutant(id="expiry-day-first", en="the expiry is month, year",
           breaks="VAL-04", parts=writes(change=_set(14, "1249")), cases=_SHORT),
    Mutant(id="another-terminal-number", en="reversals have another merchant number",
           breaks="VAL-05", also=("REV-14",),
           parts=writes(change=_set(42, "999653080110009", "0400")), cases=_REVERSAL),
    Mutant(id="sign-on-of-unknown-kind", en="the sign-on says DE 60.3 009",
           breaks="VAL-06", parts=writes(change=_part(60, slice(8, 11), "009", "0800")),
           cases=_SHORT),
    Mutant(id="withdrawal-as-sale", en="a withdrawal is sent as an ordinary sale",
           breaks="DED-01",
           parts=writes(change=lambda mti, f: (mti, {**f, 3: "000000", 60: "22" + f[60][2:]})
                        if f.get(3) == "010000" else (mti, f)), cases=_SHORT),
    Mutant(id="balance-of-the-bank", en="the balance inquiry has the bank's own type",
           breaks="DED-02", parts=writes(change=lambda mti, f: (mti, {**f, 60: "01" + f[60][2:]})
                                         if f.get(3) == "310000" else (mti, f)), cases=_SHORT),
    Mutant(id="payment-as-sale", en="a bill payment is sent as a sale",
           breaks="DED-03", parts=writes(change=lambda mti, f: (mti, {
               **f, 3: "000000", 60: "22" + f[60][2:]}) if f.get(3) == "500000" else (mti, f)),
           cases=("sign-on", "payment")),
    Mutant(id="sale-of-the-bank", en="a social-card sale has the bank's own type",
           breaks="DED-04", parts=writes(change=lambda mti, f: (mti, {**f, 60: "22" + f[60][2:]})
                                         if f[60][:2] == "73" else (mti, f)),
           cases=("sign-on", "sale")),
    Mutant(id="void-as-refund", en="a void is sent as a purchase with a reference",
           breaks="DED-05", parts=writes(change=lambda mti, f: (mti, {**f, 3: "000000"})
                                         if f.get(3) == "200000" else (mti, f)), cases=_VOID),
    Mutant(id="card-typed", en="a withdrawal says that the card number was typed",
           breaks="DED-06", parts=writes(change=lambda mti, f: (mti, {**{
               n: t for n, t in f.items() if n not in {23, 35, 55}}, 22: "011"})
               if mti in _FINANCIAL else (mti, f)), cases=_SHORT),
    Mutant(id="void-of-batch-one", en="a void names batch 000001 as that of its original",
           breaks="VOI-01", parts=writes(change=_part(61, slice(0, 6), "000001")), cases=_VOID),
    Mutant(id="void-of-own-stan", en="a void names its own STAN as the original's",
           breaks="VOI-02", parts=writes(change=lambda mti, f: (mti, {
               **f, 61: f[61][:6] + f[11] + f[61][12:]}) if 61 in f else (mti, f)),
           cases=_VOID),
    Mutant(id="void-of-another-day", en="a void names another date",
           breaks="VOI-03", parts=writes(change=_part(61, slice(12, 16), "0101")), cases=_VOID),
    Mutant(id="void-without-reference", en="a void has zeros for the reference number",
           breaks="VOI-04", parts=writes(change=lambda mti, f: (mti, {**f, 37: "0" * 12})
                                         if 37 in f else (mti, f)), cases=_VOID),
    Mutant(id="void-of-less", en="a void is of one fen less",
           breaks="VOI-05", parts=writes(
               change=lambda mti, f: (mti, {**f, 4: f"{int(f[4]) - 1:012d}"})
               if f.get(3) == "200000" else (mti, f)), cases=_VOID),
    Mutant(id="settlement-of-domestic-cards", en="DE 48 of a settlement ends after domestic cards",
           breaks="SET-01", parts=writes(change=_part(48, slice(31, 62), "", "0500")),
           cases=_SETTLED),
    Mutant(id="settlement-knows-better", en="a settlement says balanced by itself",
           breaks="SET-02", parts=writes(change=_part(48, slice(30, 31), "1", "0500")),
           cases=_SETTLED),
    Mutant(id="foreign-knows-better", en="a settlement says that foreign cards balance",
           breaks="SET-03", parts=writes(change=_part(48, slice(61, 62), "1", "0500")),
           cases=_SETTLED),
    Mutant(id="totals-without-credits", en="voids do not count in the totals",
           breaks="SET-04", parts=writes(change=_part(48, slice(15, 30), "0" * 15, "0500")),
           cases=_SETTLED),
    Mutant(id="nine-details", en="an upload says one detail more than it has",
           breaks="SET-06", parts=writes(change=lambda mti, f: (
               mti, {**f, 48: f"{int(f[48][:2]) + 1:02d}{f[48][2:]}"})
               if mti == "0320" and f[60][8:] == "201" else (mti, f)),
           cases=("settlement-unbalanced",)),
    Mutant(id="end-without-count", en="the end of an upload says 0", breaks="SET-07",
           parts=writes(change=lambda mti, f: (mti, {**f, 48: "0000"})
                        if mti == "0320" and f[60][8:] == "207" else (mti, f)),
           cases=("settlement-unbalanced",)),
    Mutant(id="settlement-without-operator", en="the settlement lacks the operator",
           breaks="PRS-14", parts=writes(change=_drop(63, "0500")), cases=_SETTLED),
    Mutant(id="upload-without-merchant", en="the batch upload lacks the merchant number",
           breaks="PRS-15", parts=writes(change=_drop(42, "0320")),
           cases=("settlement-unbalanced",)),
    Mutant(id="void-authorisation-differs", en="a void has another authorisation code",
           breaks="VOI-06", parts=writes(change=_part(38, slice(0, 6), "ZZZZZZ")), cases=_VOID),
)  # fmt: skip
"""Mutants of what is written, in the order of the requirements."""
