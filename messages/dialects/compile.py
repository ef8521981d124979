"""From a validated dialect file to the frozen `Dialect`: names resolved, contradictions refused.

Everything that needs the whole dialect is checked here: fields that do not exist, layouts that
cannot fit, transactions that cannot be told apart, reasons without a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Literal

from messages.dialects.dialect import (
    FIRST_FIELD,
    Business,
    Dialect,
    Field,
    FrameFormat,
    Head,
    HeadPart,
    Layout,
    MacRule,
    Part,
    Presence,
    ReasonText,
    ResponseCode,
    Social,
    Tag,
    TransactionRule,
    Words,
)
from messages.dialects.model import (
    BusinessSpec,
    DialectSpec,
    FieldSpec,
    FrameSpec,
    HeadSpec,
    LayoutSpec,
    MacSpec,
    PartSpec,
    PresenceSpec,
    ResponseCodeSpec,
    TransactionSpec,
)
from messages.framing import Framing
from messages.masking import Mask, allowed_for_field, allowed_for_tag
from messages.reasons import Reason
from messages.values import response_mti

NUMERIC_TYPES = ("n", "z")
ValueTables = Mapping[str, Mapping[str, Words]]


class ContradictionError(ValueError):
    """One contradiction in a dialect: where (a dotted key) and why."""

    def __init__(self, key: str, reason: str) -> None:
        """Keep key and reason apart, so that a report can find the line."""
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason}")


def compile_dialect(spec: DialectSpec, lineage: tuple[str, ...]) -> Dialect:
    """Return the run-time form of `spec`; ContradictionError names the first contradiction."""
    tables = {
        name: {code: Words(*words) for code, words in table.items()}
        for name, table in spec.values.items()
    }
    fields: list[Field | None] = [None] * (spec.message.highest_field + 1)
    for key, field in spec.fields.items():
        number = int(key)
        if number < FIRST_FIELD or number > spec.message.highest_field or number == THIRD_BITMAP:
            raise ContradictionError(f"fields.{key}", "is not a data element of this dialect")
        fields[number] = _field(number, field, spec, tables)
    presence = {name: _presence(name, p, fields) for name, p in spec.presence.items()}
    transactions = tuple(_transaction(t, presence, fields) for t in spec.transactions)
    _told_apart(transactions)
    _know_their_originals(transactions)
    return Dialect(
        name=spec.name,
        title=Words(*spec.title),
        source=spec.source,
        lineage=lineage,
        frame=_frame(spec.frame, tables),
        mti_form=spec.message.mti,
        bitmap_form=spec.message.bitmap,
        highest_field=spec.message.highest_field,
        fields=tuple(fields),
        layouts=_layouts(spec.layouts, fields, tables),
        transactions=transactions,
        responses={code: _response(code, r) for code, r in spec.responses.items()},
        default_response=_response("", spec.default_response),
        reasons=_reasons(spec),
        mac=_mac(spec.message.mac, fields),
    )


THIRD_BITMAP = 65
"""Bit 65 would announce a third bitmap, which no dialect of ours has."""


def _table(
    given: str | Mapping[str, tuple[str, str]] | None, tables: ValueTables, key: str
) -> Mapping[str, Words]:
    if given is None:
        return {}
    if isinstance(given, str):
        if given not in tables:
            raise ContradictionError(key, f"names a table that [values] does not have: {given}")
        return tables[given]
    return {code: Words(*words) for code, words in given.items()}


def _field(number: int, spec: FieldSpec, whole: DialectSpec, tables: ValueTables) -> Field:
    key = f"fields.{number}"
    form = _form(spec, whole, key)
    unit: Literal["digits", "bytes"] = "digits" if form == "bcd" else "bytes"
    if spec.unit is not None:
        if spec.unit == "digits" and form != "bcd":
            raise ContradictionError(f"{key}.unit", "digits are counted only in a bcd field")
        unit = spec.unit
    limit = spec.length or spec.max or 0
    return Field(
        number=number,
        name=spec.name,
        words=Words(spec.en, spec.zh),
        type=spec.type,
        form=form,
        limit=limit,
        prefix_digits=len(spec.prefix or ""),
        prefix_form=whole.message.prefix,
        unit=unit,
        pad_left=spec.pad == "left",
        pad_digit=spec.pad_digit,
        charset=spec.charset,
        mask=_mask(spec.mask, allowed_for_field(number, spec.type), key),
        values=_table(spec.values, tables, f"{key}.values"),
    )


def _mask(name: str | None, allowed: frozenset[Mask], key: str) -> Mask:
    """Return the mask of a place where card data stands in every network, if it hides enough."""
    mask = Mask(name or "open")
    if mask not in allowed:
        wanted = " or ".join(sorted(allowed))
        raise ContradictionError(f"{key}.mask", f"card data stands here: {wanted}, never {mask}")
    return mask


def _form(
    spec: FieldSpec, whole: DialectSpec, key: str
) -> Literal["bcd", "text", "binary", "hex", "mac"]:
    if spec.type == "mac":
        if spec.length != MAC_LENGTH:
            raise ContradictionError(f"{key}.length", f"a mac field has length {MAC_LENGTH}")
        return "mac"
    if spec.type == "b":
        form = spec.encoding or whole.message.binary
        if form not in {"binary", "hex"}:
            raise ContradictionError(f"{key}.encoding", "a b field is binary or hex")
        if form == "hex" and (spec.length or spec.max or 0) % 2:
            raise ContradictionError(key, "a hex field counts characters, two for a byte")
        return "hex" if form == "hex" else "binary"
    encoding = spec.encoding or (whole.message.numeric if spec.type in NUMERIC_TYPES else "ascii")
    if encoding == "bcd" and spec.type in NUMERIC_TYPES:
        return "bcd"
    if encoding == "ascii":
        return "text"
    raise ContradictionError(f"{key}.encoding", f"type {spec.type} cannot be written as {encoding}")


MAC_LENGTH = 8
"""DE 64 and DE 128 are 64 bits."""


def _part(spec: PartSpec, parent: str, key: str, tables: ValueTables) -> Part:
    path = f"{parent}.{spec.id}"
    key = f"{key}.parts.{spec.id}"
    parts = tuple(_part(p, path, key, tables) for p in spec.parts)
    size = 0 if spec.size == "rest" else spec.size
    if parts and sum(p.size for p in parts) != size:
        raise ContradictionError(key, "its parts do not add up to its size")
    _only_last_is_rest(parts, key)
    return Part(
        path=path,
        name=spec.name,
        words=Words(spec.en, spec.zh),
        size=size,
        mask=Mask(spec.mask),
        values=_table(spec.values, tables, f"{key}.values"),
        parts=parts,
    )


def _only_last_is_rest(parts: Sequence[Part], key: str) -> None:
    if any(p.size == 0 for p in parts[:-1]):
        raise ContradictionError(f"{key}.parts", 'only the last part can have size "rest"')
    if len({p.path for p in parts}) != len(parts):
        raise ContradictionError(f"{key}.parts", "two parts have the same id")


def _layouts(
    specs: Sequence[LayoutSpec], fields: Sequence[Field | None], tables: ValueTables
) -> Mapping[int, tuple[Layout, ...]]:
    found: dict[int, list[Layout]] = {}
    for spec in specs:
        key = f"layouts.{spec.id}"
        number = int(spec.field)
        if not _has(fields, number):
            raise ContradictionError(f"{key}.field", f"names field {number}, which does not exist")
        for path in spec.when:
            _known_path(path, fields, f"{key}.when")
        parts = tuple(_part(p, spec.field, key, tables) for p in spec.parts)
        _only_last_is_rest(parts, key)
        if (spec.kind == "parts") != bool(parts):
            raise ContradictionError(
                f"{key}.parts", "are for layouts of kind parts, and needed there"
            )
        if spec.repeat_from is not None and spec.repeat_from >= len(parts):
            raise ContradictionError(f"{key}.repeat_from", "is past the last part")
        if spec.repeat_from is not None and parts[-1].size == 0:
            raise ContradictionError(f"{key}.repeat_from", 'a "rest" part cannot repeat')
        layout = Layout(
            id=spec.id,
            field=number,
            kind=spec.kind,
            when=spec.when,
            parts=parts,
            repeat_from=spec.repeat_from,
            tag_size=spec.tag_size,
            length_size=spec.length_size,
            charset=spec.charset,
            tags=_tags(spec, tables),
        )
        found.setdefault(number, []).append(layout)
    return {number: tuple(layouts) for number, layouts in found.items()}


def _tags(spec: LayoutSpec, tables: ValueTables) -> Mapping[str, Tag]:
    tags = {}
    for name, tag in spec.tags.items():
        key = f"layouts.{spec.id}.tags.{name}"
        is_chip = spec.kind == "ber-tlv"
        allowed = allowed_for_tag(name.upper()) if is_chip else frozenset(Mask)
        mask = _mask(tag.mask, allowed, key)
        tags[name] = Tag(Words(tag.en, tag.zh), mask, _table(tag.values, tables, f"{key}.values"))
    return tags


def _has(fields: Sequence[Field | None], number: int) -> bool:
    return 0 <= number < len(fields) and fields[number] is not None


def _known_path(path: str, fields: Sequence[Field | None], key: str) -> None:
    if path != "mti" and not _has(fields, int(path.partition(".")[0])):
        raise ContradictionError(key, f"names field {path}, which does not exist")


def _frame(spec: FrameSpec, tables: ValueTables) -> FrameFormat:
    heads = tuple(_head(h, tables) for h in spec.head)
    frame_format = FrameFormat(
        length_bytes=spec.length_bytes,
        length_encoding=spec.length_encoding,
        keep_alive=spec.keep_alive,
        limit=spec.limit,
        heads=heads,
        head_size=sum(h.size for h in heads),
    )
    try:
        Framing(frame_format)
    except ValueError as problem:
        raise ContradictionError("frame", str(problem)) from None
    return frame_format


def _head(spec: HeadSpec, tables: ValueTables) -> Head:
    nibbles = 0
    parts = []
    for p in spec.parts:
        key = f"frame.head.{spec.name}.{p.name}"
        if p.encoding != "bcd" and nibbles % 2:
            raise ContradictionError(key, "starts in the middle of a byte")
        nibbles += p.size if p.encoding == "bcd" else 2 * p.size
        width = 2 * p.size if p.encoding == "binary" else p.size
        for text in (*p.allowed, *([] if p.default is None else [p.default])):
            if len(text) != width:
                raise ContradictionError(key, f"a value has {len(text)} characters, not {width}")
        parts.append(
            HeadPart(
                name=p.name,
                words=Words(p.en, p.zh),
                size=p.size,
                encoding=p.encoding,
                default=p.default,
                allowed=p.allowed,
                values=_table(p.values, tables, f"{key}.values"),
                role=p.role,
            )
        )
    if nibbles % 2:
        raise ContradictionError(f"frame.head.{spec.name}", "does not end on a whole byte")
    return Head(
        name=spec.name, words=Words(spec.en, spec.zh), size=nibbles // 2, parts=tuple(parts)
    )


def _numbers(
    text: str, key: str, fields: Sequence[Field | None]
) -> tuple[frozenset[int], frozenset[int]]:
    needs, allows = set(), set()
    for word in text.split():
        digits = word.removesuffix("c")
        if not digits.isdecimal() or not _has(fields, int(digits)):
            raise ContradictionError(key, f"{word!r} is no field of this dialect")
        if int(digits) in allows:
            raise ContradictionError(key, f"field {digits} is named twice")
        allows.add(int(digits))
        if digits == word:
            needs.add(int(digits))
    return frozenset(needs), frozenset(allows)


def _presence(name: str, spec: PresenceSpec, fields: Sequence[Field | None]) -> Presence:
    key = f"presence.{name}"
    request_needs, request_allows = _numbers(spec.request, f"{key}.request", fields)
    response_needs, response_allows = _numbers(spec.response, f"{key}.response", fields)
    together = {int(n): tuple(map(int, others)) for n, others in spec.together.items()}
    for number, others in together.items():
        for other in (number, *others):
            if not _has(fields, other):
                raise ContradictionError(
                    f"{key}.together", f"names field {other}, which does not exist"
                )
    return Presence(
        request_needs=request_needs,
        request_allows=request_allows,
        response_needs=response_needs,
        response_allows=response_allows,
        together=together,
    )


def _transaction(
    spec: TransactionSpec, presence: Mapping[str, Presence], fields: Sequence[Field | None]
) -> TransactionRule:
    key = f"transactions.{spec.id}"
    for name in filter(None, (spec.presence, spec.reversal)):
        if name not in presence:
            raise ContradictionError(key, f"names the presence set {name}, which does not exist")
    if (spec.reversal is None) != (spec.reversal_mti is None):
        raise ContradictionError(key, "reversal and reversal_mti go together")
    for path in spec.match:
        _known_path(path, fields, f"{key}.match")
    for mti in filter(None, (spec.mti, spec.reversal_mti)):
        try:
            response_mti(mti)
        except ValueError as problem:
            raise ContradictionError(key, str(problem)) from None
    if spec.refuse is not None and (spec.refuse not in set(Reason) or spec.business is not None):
        why = "is a reason that the switch knows, of a transaction without business"
        raise ContradictionError(f"{key}.refuse", why)
    _tells_or_costs(spec)
    match = {p: (v,) if isinstance(v, str) else v for p, v in spec.match.items()}
    return TransactionRule(
        id=spec.id,
        words=Words(spec.en, spec.zh),
        mti=spec.mti,
        match=match,
        presence=presence[spec.presence],
        reversal=presence[spec.reversal] if spec.reversal else None,
        reversal_mti=spec.reversal_mti,
        business=_business(spec.business) if spec.business else None,
        refuse=Reason(spec.refuse) if spec.refuse else None,
        note=spec.note,
    )


def _tells_or_costs(spec: TransactionSpec) -> None:
    """Refuse what moves no money and has a fee, or moves some and has none."""
    business = spec.business
    if business is None:
        return
    if (business.fee == "none") != (business.original_amount == "none"):
        key = f"transactions.{spec.id}.business.fee"
        raise ContradictionError(key, "is none just where original_amount is none")
    if business.fee == "none" and not business.originals:
        key = f"transactions.{spec.id}.business.originals"
        raise ContradictionError(key, "says of nothing what it tells of")


def _business(spec: BusinessSpec) -> Business:
    social = Social(**spec.social.model_dump()) if spec.social else None
    return Business(**spec.model_dump(exclude={"social"}), social=social)


def _know_their_originals(transactions: Sequence[TransactionRule]) -> None:
    ids = {rule.id for rule in transactions}
    for rule in transactions:
        for name in rule.business.originals if rule.business else ():
            if name not in ids:
                key = f"transactions.{rule.id}.business.originals"
                raise ContradictionError(key, f"names {name}, which no transaction is called")


def _told_apart(transactions: Sequence[TransactionRule]) -> None:
    for one, other in combinations(transactions, 2):
        if one.id == other.id:
            raise ContradictionError(f"transactions.{one.id}", "is defined twice")
        if one.mti == other.mti and not _disjoint(one.match, other.match):
            raise ContradictionError(
                f"transactions.{other.id}.match",
                f"a request could be {one.id} as well: no field tells the two apart",
            )


def _disjoint(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> bool:
    return any(set(one[path]).isdisjoint(other[path]) for path in one.keys() & other.keys())


def _response(code: str, spec: ResponseCodeSpec) -> ResponseCode:
    action = Words(spec.action, spec.action_zh or spec.action)
    return ResponseCode(code, spec.cls, Words(spec.en, spec.zh), action)


def _reasons(spec: DialectSpec) -> Mapping[Reason, ReasonText]:
    for name, text in spec.reasons.items():
        if name not in set(Reason):
            raise ContradictionError(f"reasons.{name}", "is not a reason that the switch knows")
        if text.code not in spec.responses:
            raise ContradictionError(f"reasons.{name}.code", f"{text.code} is not in [responses]")
    missing = [reason.value for reason in Reason if reason.value not in spec.reasons]
    if missing:
        raise ContradictionError("reasons", f"has no code for {', '.join(missing)}")
    return {
        Reason(name): ReasonText(text.code, Words(text.en, text.zh))
        for name, text in spec.reasons.items()
    }


def _mac(spec: MacSpec | None, fields: Sequence[Field | None]) -> MacRule | None:
    if spec is None:
        return None
    if not _has(fields, int(spec.field)):
        raise ContradictionError(
            "message.mac.field", f"names field {spec.field}, which does not exist"
        )
    if (spec.covers == "elements") != ("default" in spec.elements):
        raise ContradictionError(
            "message.mac.elements", "a list named default goes with covers=elements"
        )
    elements = {
        mti: tuple(_element(e, fields) for e in names) for mti, names in spec.elements.items()
    }
    return MacRule(
        algorithm=spec.algorithm,
        field=int(spec.field),
        covers=spec.covers,
        pad=spec.pad,
        elements=elements,
        without=frozenset(spec.without),
    )


def _element(text: str, fields: Sequence[Field | None]) -> tuple[int | str, int]:
    """Return (DE or "mti", characters to take, 0 for all)."""
    name, _, limit = text.partition(":")
    _known_path(name, fields, "message.mac.elements")
    return ("mti" if name == "mti" else int(name)), int(limit or 0)


def walk_parts(parts: Sequence[Part]) -> Iterator[Part]:
    """Yield every part and the parts within it."""
    for part in parts:
        yield part
        yield from walk_parts(part.parts)
