"""Mutants made from the dialect's data (simulators/conformance): each rule of it broken once.

Presence, fill, lengths and sub-fields of every message that our terminal sends. What follows from a
field that is gone depends on the field, so the allowed consequences stand by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from messages.dialects.dialect import Field, Presence, TransactionRule
from messages.dialects.tlv import encode_ber, parse_ber
from simulators.conformance.mutants.model import Bend, Change, Mutant, writes
from simulators.conformance.mutants.places import composite, places, pos, swap

CASES: Final[Mapping[str, str]] = {
    "sign_on": "sign-on", "sign_off": "sign-off", "echo": "echo",
    "rural_withdrawal": "withdrawal", "social_balance_inquiry": "balance",
    "bill_payment": "payment", "social_sale": "sale", "social_void": "sale-void",
    "settlement": "settlement", "batch_upload": "settlement-unbalanced",
}  # fmt: skip
"""Transactions that our terminal sends, and a case in which it does."""
_PRESENCE: Final = {
    "sign_on": "PRS-01", "sign_off": "PRS-02", "echo": "PRS-03", "rural_withdrawal": "PRS-04",
    "bill_payment": "PRS-04", "social_sale": "PRS-04", "social_balance_inquiry": "PRS-05",
    "social_void": "PRS-06", "settlement": "PRS-14", "batch_upload": "PRS-15",
}  # fmt: skip
SERVICES: Final[Mapping[str, tuple[str, str]]] = {
    "social_inquiry": ("social-inquiry", "SOC-02"),
    "benefit_inquiry": ("benefit", "SOC-02"),
    "social_payment": ("bill-payment", "SOC-03"),
    "medical_settlement": ("fee-payment", "SOC-03"),
    "social_reconciliation": ("social-reconciliation", "SOC-04"),
}
"""Transactions of our composite terminal, a case in which it sends each, and its presence."""
_REVERSAL: Final = "reversal"
UNTOLD: Final = frozenset({("sign_off", 60), ("echo", 60), ("sign_on", 60), ("batch_upload", 60),
                              ("settlement", 60), ("social_reconciliation", 60)})  # fmt: skip
"""Messages of which, without this field, nobody can say what they are."""
_FOLLOWS: Final[Mapping[int, tuple[str, ...]]] = {
    11: ("STN-03", "SGN-05", "SET-04", "SET-05", "SET-08"),
    41: ("KEY-01", "REV-01", "SET-04", "STN-03"),
    39: ("REV-17",),
    60: ("DED-01", "DED-02", "DED-04"),
}
"""Field -> what may fail beside the presence when it is gone."""
_EXTRA: Final = {
    12: "120000", 13: "0618", 15: "0618", 32: "99900000", 44: "99910000",
    48: "0" * 62, 54: "1002156C000000120000",
}  # fmt: skip
"""Fields of responses, with values; a request that may not have one is given it."""
_TAGS: Final = (
    "9F26", "9F27", "9F10", "9F37", "9F36", "95", "9A", "9C", "9F02", "5F2A", "82", "9F1A", "9F03",
    "9F33",
)  # fmt: skip
_CODES: Final[tuple[tuple[str, slice, str, str], ...]] = (
    ("60.3", slice(8, 11), "888", "SUB-03"),
    ("60.4", slice(11, 12), "7", "SUB-05"),
    ("60.5", slice(12, 13), "8", "SUB-06"),
)
"""Parts of DE 60 that have a table of codes: place, a code that is not in it, requirement."""


@cache
def generated() -> tuple[Mutant, ...]:
    """Return every generated mutant."""
    pos_ones = (*_presence(), *_extras(), *_fills(), *_lengths(), *_sub_fields())
    return (*pos_ones, *_services())


def _rules() -> Iterator[tuple[str, TransactionRule, Presence]]:
    """Yield what our terminal sends: name, transaction, presence set; the reversal last."""
    by_id = {rule.id: rule for rule in pos().transactions}
    for name in CASES:
        yield name, by_id[name], by_id[name].presence
    withdrawal = by_id["rural_withdrawal"]
    if withdrawal.reversal is not None:
        yield _REVERSAL, withdrawal, withdrawal.reversal


def _cases(name: str) -> tuple[str, ...]:
    return ("no-answer",) if name == _REVERSAL else (CASES[name],)


def _is_of(name: str, rule: TransactionRule, mti: str, fields: Mapping[int, str]) -> bool:
    if name == _REVERSAL:
        return mti == "0400"
    told = {"60.1": fields.get(60, "")[:2], "60.3": fields.get(60, "")[8:11]}
    told |= {str(number): text for number, text in fields.items()}
    return mti == rule.mti and all(told.get(p, "") in texts for p, texts in rule.match.items())


def _only(name: str, rule: TransactionRule, change: Callable[[dict[int, str]], None]) -> Change:
    def changed(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if _is_of(name, rule, mti, fields):
            change(fields)
        return mti, fields

    return changed


def _presence() -> Iterator[Mutant]:
    """Leave each needed field out of each message."""
    for name, rule, sets in _rules():
        breaks = "PRS-07" if name == _REVERSAL else _PRESENCE[name]
        for number in sorted(sets.request_needs):
            if (name, number) in UNTOLD or number == 64:  # noqa: PLR2004 - the MAC: below
                continue

            def drop(fields: dict[int, str], number: int = number) -> None:
                fields.pop(number, None)

            yield Mutant(
                id=f"{name}-without-{number}",
                en=f"{name} lacks DE {number}",
                breaks=breaks,
                also=_FOLLOWS.get(number, ()),
                parts=writes(change=_only(name, rule, drop)),
                cases=_cases(name),
                origin="dialect",
            )


def _extras() -> Iterator[Mutant]:
    """Give each message a field that it may not have."""
    for name, rule, sets in _rules():
        number = next(n for n in _EXTRA if n not in sets.request_allows)

        def add(fields: dict[int, str], number: int = number) -> None:
            fields[number] = _EXTRA[number]

        yield Mutant(
            id=f"{name}-with-{number}",
            en=f"{name} has DE {number}, which is for answers",
            breaks="PRS-08",
            parts=writes(change=_only(name, rule, add)),
            cases=_cases(name),
            origin="dialect",
        )


# ---------------------------------------------------------------------------------------- services


def _services() -> Iterator[Mutant]:
    """Leave each needed field out of each social service, and give each one of answers."""
    by_id = {rule.id: rule for rule in composite().transactions}
    for name, how in SERVICES.items():
        rule = by_id[name]
        for number in sorted(rule.presence.request_needs):
            if (name, number) in UNTOLD or number == 64:  # noqa: PLR2004 - the MAC: by hand
                continue

            def drop(fields: dict[int, str], number: int = number) -> None:
                fields.pop(number, None)

            told, also = f"{name} lacks DE {number}", _SERVICE_FOLLOWS.get(number, ())
            yield _service(f"{name}-without-{number}", told, how, _only(name, rule, drop), also)
        extra = next(n for n in _EXTRA if n not in rule.presence.request_allows)

        def add(fields: dict[int, str], extra: int = extra) -> None:
            fields[extra] = _EXTRA[extra]

        told = f"{name} has DE {extra}, which is for answers"
        change = _only(name, rule, add)
        yield _service(f"{name}-with-{extra}", told, (how[0], "PRS-08"), change)


def _service(
    name: str, en: str, how: tuple[str, str], change: Change, also: tuple[str, ...] = ()
) -> Mutant:
    case, breaks = how
    return Mutant(
        id=name, en=en, breaks=breaks, also=also, parts=writes(change=change), cases=(case,),
        origin="dialect", is_composite=True,
    )  # fmt: skip


_SERVICE_FOLLOWS: Final[Mapping[int, tuple[str, ...]]] = {
    3: ("SOC-06",),
    4: ("SOC-11",),
    41: ("KEY-01", "SOC-10", "SOC-15"),
}
"""Field -> what may fail beside the presence when a social service lacks it."""


# ------------------------------------------------------------------------------------------- bytes


def _bent(number: int, make: Callable[[bytes, bytes, Field], bytes]) -> Bend:
    """Write a field otherwise wherever it is: `make(length, content, field)`."""

    def bend(_mti: str, body: bytes) -> bytes:
        place = places(body).get(number)
        if place is None:
            return body
        prefix, content = body[place.start : place.content], body[place.content : place.end]
        return swap(body, number, make(prefix, content, pos().field(number)), length=True)

    return bend


def _mutant(number: int, what: str, breaks: str, bend: Bend) -> Mutant:
    case = next(c for n, c in _FIELD_CASES if n == number)
    return Mutant(
        id=f"field-{number}-{what.replace(' ', '-')}",
        en=f"DE {number}: {what}",
        breaks=breaks,
        also=_LENGTH_FOLLOWS.get(number, ()),
        parts=writes(bend=bend),
        cases=case,
        origin="dialect",
    )


_FIELD_CASES: Final[tuple[tuple[int, tuple[str, ...]], ...]] = (
    *((n, ("withdrawal",)) for n in (2, 3, 4, 14, 22, 23, 25, 26, 35, 49, 52, 53, 55, 60)),
    (11, ("withdrawal",)), (37, ("sale-void",)), (38, ("sale-void",)), (61, ("sale-void",)),
    (39, ("no-answer",)), (48, ("settlement",)), (63, ("sign-on",)),
)  # fmt: skip
_LENGTH_FOLLOWS: Final[Mapping[int, tuple[str, ...]]] = {48: ("STN-03",)}
"""What may fail beside a length: a message that cannot be read leaves a gap in the numbers."""


def _other_fill(_prefix: bytes, content: bytes, field: Field) -> bytes:
    if field.pad_left:
        return bytes([content[0] ^ 0x50]) + content[1:]
    return _prefix + content[:-1] + bytes([content[-1] ^ 0x05])


def _fills() -> Iterator[Mutant]:
    """Fill each field of an odd number of digits with another one."""
    for number, breaks in ((2, "ENC-03"), (22, "ENC-04"), (23, "ENC-05"), (60, "ENC-03")):
        yield _mutant(number, "another fill", breaks, _bent(number, _other_fill))


def _lengths() -> Iterator[Mutant]:
    """Count each variable field another way."""
    for number, _ in _FIELD_CASES:
        field = pos().field(number)
        if field.is_fixed:
            continue
        yield _mutant(number, "its length is binary", "ENC-06", _bent(number, _binary))
        yield _mutant(number, "its length is ASCII", "ENC-06", _bent(number, _ascii))
        if field.unit == "digits":
            yield _mutant(number, "its length counts bytes", "ENC-07", _bent(number, _in_bytes))


def _units(content: bytes, prefix: bytes) -> int:
    del content
    return int(prefix.hex())


def _binary(prefix: bytes, content: bytes, _field: Field) -> bytes:
    units = _units(content, prefix)
    wide = units.to_bytes(len(prefix))
    # Below ten both forms are the same: such a length cannot be told from a right one.
    return (wide if units > 9 else b"\xff" * len(prefix)) + content  # noqa: PLR2004


def _ascii(prefix: bytes, content: bytes, field: Field) -> bytes:
    return f"{_units(content, prefix):0{field.prefix_digits}d}".encode("ascii") + content


def _in_bytes(prefix: bytes, content: bytes, _field: Field) -> bytes:
    return bytes.fromhex(f"{len(content):0{2 * len(prefix)}d}") + content


# --------------------------------------------------------------------------------------- sub-fields


def _sub_fields() -> Iterator[Mutant]:
    """Break each part that has codes, and leave out each tag that the issuer needs."""
    withdrawal = next(rule for rule in pos().transactions if rule.id == "rural_withdrawal")
    for path, place, code, breaks in _CODES:

        def write(fields: dict[int, str], place: slice = place, code: str = code) -> None:
            fields[60] = fields[60][: place.start] + code + fields[60][place.stop :]

        yield Mutant(
            id=f"part-{path.replace('.', '-')}-unknown",
            en=f"{path} is {code}",
            breaks=breaks,
            parts=writes(change=_only("rural_withdrawal", withdrawal, write)),
            cases=("withdrawal",),
            origin="dialect",
        )
    for tag in _TAGS:

        def leave_out(fields: dict[int, str], tag: str = tag) -> None:
            fields[55] = _without(fields[55], tag)

        yield Mutant(
            id=f"tag-{tag.lower()}-missing",
            en=f"DE 55 lacks {tag}",
            breaks="SUB-08",
            parts=writes(change=_only("rural_withdrawal", withdrawal, leave_out)),
            cases=("withdrawal",),
            origin="dialect",
        )


def _without(chip: str, tag: str) -> str:
    items = parse_ber(bytes.fromhex(chip))
    return encode_ber([item for item in items if item.tag != tag]).hex().upper()
