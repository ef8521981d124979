"""What of a message may leave the process: its fields and their bytes, masked by the dialect.

A field's own mask counts first; one that is masked by its layout is shown as far as its parts
are. Under both lies the net of `messages.masking`, which finds a PAN in any content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from messages.dialects.dialect import Dialect, Field
from messages.dialects.subfields import Divisions, SubField, shown_whole
from messages.masking import HIDDEN, Mask, could_hold_pan, mask_numbers, mask_text


def masked_fields(
    dialect: Dialect,
    fields: Mapping[int, str],
    raw: Mapping[int, bytes],
    divisions: Divisions,
) -> tuple[dict[int, str], dict[int, str]]:
    """Return the texts, and the contents in hexadecimal, as they may leave the process.

    Every length stays as it is; a hidden character is `*`, a hidden byte `**`.
    """
    shown_texts, shown_raw = {}, {}
    for number, text in fields.items():
        field = dialect.fields[number] if number < len(dialect.fields) else None
        shown = _shown_text(field, text, divisions.get(number, ()))
        shown_texts[number] = shown
        if number in raw:
            shown_raw[number] = _shown_raw(field, raw[number], text, shown)
    return shown_texts, shown_raw


def _shown_text(field: Field | None, text: str, parts: Sequence[SubField]) -> str:
    if field is None:
        return HIDDEN * len(text)
    if parts and field.mask in {Mask.OPEN, Mask.BY_LAYOUT}:
        # The division has its own net under every part.
        return shown_whole(text, parts)
    shown = mask_text(text, field.mask)
    # A fixed field that is one number, from end to end, is the number that the dialect says.
    if field.mask is not Mask.OPEN or (field.is_fixed and text.isdigit()):
        return shown
    if field.form in {"binary", "hex"}:
        return HIDDEN * len(text) if could_hold_pan(bytes.fromhex(text)) else text
    return mask_numbers(shown)


def _shown_raw(field: Field | None, content: bytes, text: str, shown: str) -> str:
    digits = content.hex().upper()
    if field is not None and shown == text:
        return digits
    hidden = HIDDEN * len(digits)
    if field is None or len(shown) != len(text):
        return hidden
    if field.form == "binary":
        return shown if len(shown) == len(digits) else hidden
    if field.form == "bcd":
        # The pad nibble is hidden too: where a length lies it is a digit of the number.
        pads = HIDDEN * (len(digits) - len(text))
        spread = pads + shown if field.pad_left else shown + pads
    else:
        widths = (len(char.encode(field.charset, "replace")) for char in text)
        pairs = zip(shown, widths, strict=True)
        spread = "".join((HIDDEN if char == HIDDEN else " ") * 2 * width for char, width in pairs)
    if len(spread) != len(digits):
        return hidden
    return "".join(
        HIDDEN if mark == HIDDEN else digit for mark, digit in zip(spread, digits, strict=True)
    )
