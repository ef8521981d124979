"""The JSON form of a message (switch/cli): what `decode --json` prints and `encode` reads.

Its keys are a public contract; what is masked here is masked in every verb.
"""

from __future__ import annotations

from typing import Any

from messages.dialects.shown import masked_fields
from messages.dialects.subfields import Divisions, SubField, leaves
from switch.cli.messages.reading import Failure, Reading


def record(outcome: Reading | Failure, *, reveal: bool) -> dict[str, Any]:
    """Return one decoded input as the object that goes out, masked unless `reveal`."""
    if isinstance(outcome, Failure):
        return _refusal(outcome)
    message = outcome.message
    texts, raw = shown(outcome, reveal=reveal)
    told: dict[str, Any] = {"ok": True, "dialect": outcome.dialect.name, **outcome.heads}
    told |= {
        "mti": message.mti,
        "bitmap": message.bitmap,
        "fields": {str(number): text for number, text in texts.items()},
        "raw": {str(number): text for number, text in raw.items()},
        "transaction": outcome.found.rule.id if outcome.found else None,
        "subfields": _sub_fields(outcome.divisions, reveal=reveal),
        "findings": [
            {"field": f.field, "en": f.words.en, "zh": f.words.zh} for f in outcome.findings
        ],
    }
    return {**told, "detected": outcome.detected} if outcome.detected else told


def shown(reading: Reading, *, reveal: bool) -> tuple[dict[int, str], dict[int, str]]:
    """Return the texts of the fields and their contents in hexadecimal, masked unless `reveal`."""
    message = reading.message
    if reveal:
        return message.fields, {n: part.hex().upper() for n, part in message.raw.items()}
    return masked_fields(reading.dialect, message.fields, message.raw, reading.divisions)


def shown_part(part: SubField, *, reveal: bool) -> str:
    """Return the text of a sub-field, masked unless `reveal`."""
    return part.text if reveal else part.shown


def _sub_fields(divisions: Divisions, *, reveal: bool) -> dict[str, str]:
    return {
        part.path: shown_part(part, reveal=reveal)
        for parts in divisions.values()
        for part in leaves(parts)
    }


def _refusal(failure: Failure) -> dict[str, Any]:
    error = {
        "kind": failure.kind,
        "field": failure.field,
        "offset": failure.offset,
        "reason": failure.reason,
    }
    return {"ok": False, "error": error, "fields": failure.fields}
