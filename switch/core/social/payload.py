"""What a social service carries: tags of two characters, lengths of three digits, values in GBK.

On a terminal's leg it is DE 62, on the host's DE 48 behind `SS`. The values are personal: they are
passed on, and neither stored nor reported.
"""

from __future__ import annotations

from typing import Final

from messages.dialects.dialect import Social
from messages.dialects.tlv import TlvError, encode_text, parse_text, text_item

SERVICE, BILL, LINES, SUMS = "S1", "S5", "S7", "S8"
USAGE: Final = "SS"
"""DE 48 of the host's leg begins with it."""
LONGEST: Final = 510
"""Bytes of a payload: what DE 48 holds behind its usage."""
LONGEST_BILL: Final = 28
"""Characters of a bill's number: what DE 102 holds."""
_TAG, _LENGTH, _CHARSET = 2, 3, "gbk"
_WRONG_CHARACTERS: Final = "field 62 is not GBK text"


class PayloadError(ValueError):
    """A payload that cannot be read; the reason never quotes it."""


def read(content: bytes) -> dict[str, str]:
    """Return the values by tag; PayloadError says what is wrong."""
    if len(content) > LONGEST:
        raise PayloadError(f"field 62 has more than {LONGEST} bytes")
    try:
        items = parse_text(content, _TAG, _LENGTH)
    except TlvError as error:
        raise PayloadError(f"field 62 {error}") from None
    values: dict[str, str] = {}
    for item in items:
        if item.tag in values:
            raise PayloadError(f"field 62 has {item.tag} twice")
        try:
            values[item.tag] = item.value.decode(_CHARSET)
        except UnicodeDecodeError:
            raise PayloadError(_WRONG_CHARACTERS) from None
    return values


def write(values: dict[str, str]) -> bytes:
    """Return the bytes of values by tag; those that are empty are left out."""
    return encode_text(
        text_item(tag, text.encode(_CHARSET), _LENGTH) for tag, text in values.items() if text
    )


def of_request(private_62: str | None, social: Social) -> tuple[dict[str, str], str]:
    """Return the payload of a terminal's request (DE 62 in hexadecimal), and what is wrong with it.

    The reason is empty where nothing is.
    """
    try:
        values = read(bytes.fromhex(private_62 or ""))
    except PayloadError as error:
        return {}, str(error)
    if values.get(SERVICE) not in social.services:
        return values, f"S1 is none of {', '.join(social.services)}"
    for tag in social.needs:
        if not values.get(tag):
            return values, f"field 62 lacks {tag}"
    if social.any_of and not any(values.get(tag) for tag in social.any_of):
        return values, f"field 62 has none of {', '.join(social.any_of)}"
    if not _is_plain(values.get(BILL, "")):
        return values, f"S5 is not at most {LONGEST_BILL} letters and digits"
    return values, ""


def to_host(values: dict[str, str]) -> str:
    """Return DE 48 of a message to the host."""
    return USAGE + write(values).decode(_CHARSET)


def from_host(text: str) -> str:
    """Return DE 62 of the terminal's answer, in hexadecimal; empty where the host sent nothing."""
    usage, content = text[: len(USAGE)], text[len(USAGE) :]
    return content.encode(_CHARSET, "replace").hex().upper() if usage == USAGE else ""


def _is_plain(bill: str) -> bool:
    return not bill or (bill.isascii() and bill.isalnum() and len(bill) <= LONGEST_BILL)
