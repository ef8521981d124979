"""What a message holds, against requirements that spell it out, and against the dialect.

The first kind (`value`, `has`, `tags`...) is data: each requirement has its own path and values.
The second asks the presence sets of the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from messages.dialects.subfields import lookup
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.rules.model import Requirement
from simulators.conformance.rules.vocabulary import Judgement


def applies(requirement: Requirement, heard: Heard) -> bool:
    """Tell whether a requirement that spells out contents is about this message.

    A `where` whose name is a path holds where the text there matches one of its patterns.
    """
    about = heard.about()
    for name, values in requirement.where.items():
        if name[:1].isdigit():
            text = heard.texts.get(name)
            if text is None or not any(re.fullmatch(value, text) for value in values):
                return False
        elif about.get(name) not in values:
            return False
    return heard.found is not None or bool(requirement.where.get("mti"))


def spelled(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    """Judge a message against one requirement that spells out contents."""
    check = SPELLED.get(requirement.check)
    if check is not None and applies(requirement, heard):
        yield from check(requirement, heard)


def _value(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    path = requirement.path
    text = heard.texts.get(path)
    if text is None or _is_tainted(heard, path):
        return
    ok = text in requirement.allowed if requirement.allowed else True
    if requirement.pattern:
        ok = ok and re.fullmatch(requirement.pattern, text) is not None
    expected = " or ".join(requirement.allowed) or "another form"
    yield heard.judge(requirement.check, path, ok=ok, expected=expected)


def _size(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    text = heard.texts.get(requirement.path)
    if text is None or _is_tainted(heard, requirement.path):
        return
    sizes = " or ".join(map(str, requirement.sizes))
    yield heard.judge(
        "size",
        requirement.path,
        ok=len(text) in requirement.sizes,
        expected=f"{sizes} characters",
        found=f"{len(text)}",
    )


def _has(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    for number in requirement.fields:
        ok = number in heard.message.fields
        yield heard.judge("has", str(number), ok=ok, expected="the field", found="none")


def _lacks(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    for number in requirement.fields:
        ok = number not in heard.message.fields
        yield heard.judge("lacks", str(number), ok=ok, expected="no such field", found="one")


def _tags(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    number = requirement.path
    if int(number) not in heard.divisions:
        return
    for tag in requirement.tags:
        path = f"{number}.{tag}"
        ok = lookup(heard.divisions, path) is not None
        yield heard.judge("tags", path, ok=ok, expected="the tag", found="none")


def _any_tag(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    number = requirement.path
    if int(number) not in heard.divisions:
        return
    ok = any(lookup(heard.divisions, f"{number}.{tag}") is not None for tag in requirement.tags)
    expected = " or ".join(requirement.tags)
    yield heard.judge("any-tag", number, ok=ok, expected=expected, found="none")


def _without_tags(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    number = requirement.path
    if int(number) not in heard.divisions:
        return
    for tag in requirement.tags:
        path = f"{number}.{tag}"
        ok = lookup(heard.divisions, path) is None
        yield heard.judge("without-tags", path, ok=ok, expected="no such tag", found="one")


def _equal(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    one, other = heard.texts.get(requirement.path), heard.texts.get(requirement.other)
    if one is None or other is None or _is_tainted(heard, requirement.path):
        return
    if _is_tainted(heard, requirement.other):
        return
    size = min(len(one), len(other))
    ok = one[-size:] == other[-size:] and not one[:-size].strip("0") + other[:-size].strip("0")
    yield heard.judge("equal", requirement.path, ok=ok, expected=f"what {requirement.other} says")


def _date(requirement: Requirement, heard: Heard) -> Iterator[Judgement]:
    text = heard.texts.get(requirement.path)
    if text is None:
        return
    digits = text[-4:]
    ok = text.isdigit() and "01" <= digits[:2] <= "12" and "01" <= digits[2:] <= "31"
    yield heard.judge("date", requirement.path, ok=ok, expected="a date ending with MMDD")


SPELLED: Final[Mapping[str, Callable[[Requirement, Heard], Iterator[Judgement]]]] = {
    "value": _value, "size": _size, "has": _has, "lacks": _lacks, "tags": _tags,
    "any-tag": _any_tag, "without-tags": _without_tags, "equal": _equal, "date": _date,
}  # fmt: skip
"""Checks that a requirement spells out itself."""


def _is_tainted(heard: Heard, path: str) -> bool:
    number = path.partition(".")[0]
    return number.isdigit() and int(number) in heard.tainted


# ------------------------------------------------------------------------------------- presence


def presence(heard: Heard) -> Iterator[Judgement]:
    """Judge which fields a message has, by the presence set of its transaction."""
    if heard.found is None:
        return
    sets = heard.found.presence
    present = heard.message.fields.keys()
    for number in sorted(sets.request_needs):
        yield heard.judge(
            "needed", str(number), ok=number in present, expected="the field", found="none"
        )
    strangers = sorted(present - sets.request_allows)
    for number in strangers:
        yield heard.judge(
            "unexpected", str(number), ok=False, expected="no such field", found="one"
        )
    if not strangers:
        yield Judgement(check="unexpected", ok=True, about=heard.about())
    for number, others in sets.together.items():
        if number not in present:
            continue
        for other in others:
            if other in sets.request_allows:
                yield heard.judge(
                    "together",
                    str(other),
                    ok=other in present,
                    expected=f"the field, for field {number} is there",
                    found="none",
                )


def heads(heard: Heard, before: dict[str, str]) -> Iterator[Judgement]:
    """Judge the bytes before the MTI; `before` keeps what the terminal said first."""
    tpdu, header = heard.heads.get("tpdu", {}), heard.heads.get("header", {})
    told = {
        "tpdu": f"{tpdu.get('destination', '')}{tpdu.get('source', '')}",
        "version": f"{header.get('software_major', '')}{header.get('software_minor', '')}",
    }
    for name, check, offset in (("tpdu", "tpdu-stays", 3), ("version", "version-stays", 8)):
        first = before.setdefault(name, told[name])
        yield _head(heard, check, offset, (told[name] == first, first, told[name]))
    asks = header.get("processing_request", "0")
    yield _head(heard, "asks-nothing", 9, (asks == "0", "0", asks))
    status = header.get("terminal_status", "0")
    yield _head(heard, "status", 9, (status in {"0", "1"}, "0 or 1", status))
    entry, cls = heard.get("22")[:2], header.get("application_class", "")
    if entry in {"05", "07"} and "22" not in map(str, heard.tainted):
        ok = cls in {"61", "63", "64"}
        yield _head(heard, "class-of-card", 7, (ok, "61, 63 or 64", cls))
    elif entry in {"02", "90"} and "22" not in map(str, heard.tainted):
        ok = cls in {"60", "62", "64"}
        yield _head(heard, "class-of-stripe", 7, (ok, "60, 62 or 64", cls))


def _head(heard: Heard, check: str, offset: int, seen: tuple[bool, str, str]) -> Judgement:
    ok, expected, found = seen
    if ok:
        return Judgement(check=check, ok=True, about=heard.about())
    return Judgement(
        check=check,
        ok=False,
        about=heard.about(),
        field="header" if offset > 6 else "tpdu",  # noqa: PLR2004 - length and TPDU are 7 bytes
        offset=offset,
        expected=expected,
        found=found,
    )


def identity(heard: Heard, wanted: Iterable[tuple[str, str]]) -> Iterator[Judgement]:
    """Judge that terminal and merchant number are those of the terminal under test."""
    for path, text in wanted:
        if text and path in heard.texts and int(path) not in heard.tainted:
            ok = heard.get(path) == text
            yield heard.judge("identity", path, ok=ok, expected=text)
