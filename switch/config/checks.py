"""What one configuration file must have because of another (switch/config).

Each check adds its faults to the file in which a person would mend them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from messages.dialects.dialect import Dialect
from switch.config.files import TerminalsFile, split_address
from switch.config.institutions import check_institutions
from switch.config.reading import Models, Source, Sources
from switch.core.configuration import Timers


def check_across(sources: Sources, models: Models) -> None:
    """Check the five files against each other; faults are added to `sources`."""
    _check_terminals(sources, models)
    _check_cards(sources, models)
    _check_listen(sources, models)
    _check_banks(sources, models)
    check_institutions(sources.banks, models.banks)
    _check_caps(sources, models)
    _check_timers(sources, models)


def _check_listen(sources: Sources, models: Models) -> None:
    listen = models.jinbao.listen
    if not (listen.jinbao or listen.bank or listen.terminals):
        sources.jinbao.fault(("listen",), "has no address: terminals could not connect")
    seen: dict[tuple[str, int], str] = {}
    lists = (("jinbao", listen.jinbao), ("bank", listen.bank), ("terminals", listen.terminals))
    for name, addresses in lists:
        for address in addresses:
            host, port = split_address(address)
            if first := seen.get((host, port)):
                sources.jinbao.fault(("listen", name), f"{address} is in listen.{first} already")
            elif port:
                # Port 0 is another one each time.
                seen[host, port] = name


def _check_terminals(sources: Sources, models: Models) -> None:
    source, entries = sources.terminals, models.terminals.terminal
    source.check_unique("terminal", "id", (entry.id for entry in entries))
    acquirers = {acquirer.id for acquirer in models.banks.acquirer}
    for index, entry in enumerate(entries):
        if entry.acquirer not in acquirers:
            reason = f"no acquirer {entry.acquirer} in {sources.banks.place('acquirer')}"
            source.fault(("terminal", index, "acquirer"), reason)


def check_spoken(
    source: Source[TerminalsFile], file: TerminalsFile, dialects: Sequence[Dialect]
) -> None:
    """Check what terminals may do and speak against the dialects of the installation."""
    known = {dialect.name: {rule.id for rule in dialect.transactions} for dialect in dialects}
    every = frozenset[str]().union(*known.values())
    for index, entry in enumerate(file.terminal if known else ()):
        if entry.dialect and entry.dialect not in known:
            reason = f"{entry.dialect} is none of the terminals' dialects: {', '.join(known)}"
            source.fault(("terminal", index, "dialect"), reason)
            continue
        spoken = known[entry.dialect] if entry.dialect else every
        for name in entry.transactions or ():
            if name not in spoken:
                reason = f"{name} is no transaction of its dialects"
                source.fault(("terminal", index, "transactions"), reason)


def _check_cards(sources: Sources, models: Models) -> None:
    source, entries = sources.cards, models.cards.range
    ranges = (f"{entry.prefix} with {entry.length} digits" for entry in entries)
    source.check_unique("range", "prefix", ranges)
    issuers = {issuer.id for issuer in models.banks.issuer}
    for index, entry in enumerate(entries):
        if entry.issuer not in issuers:
            reason = f"no issuer {entry.issuer} in {sources.banks.place('issuer')}"
            source.fault(("range", index, "issuer"), reason)
        if len(entry.prefix) >= entry.length:
            source.fault(("range", index, "prefix"), "is as long as the whole PAN")


def _check_banks(sources: Sources, models: Models) -> None:
    source, banks = sources.banks, models.banks
    source.check_unique("acquirer", "id", (entry.id for entry in banks.acquirer))
    source.check_unique("issuer", "id", (entry.id for entry in banks.issuer))
    source.check_unique("link", "name", (entry.name for entry in banks.link))


def _check_caps(sources: Sources, models: Models) -> None:
    own = models.caps.per_acquirer
    acquirers = [entry.id for entry in models.banks.acquirer]
    if len(set(own)) < len(own):
        sources.caps.fault(("per_acquirer",), "names an acquirer twice")
    elif own and (missing := [each for each in acquirers if each not in own]):
        reason = f"lacks {', '.join(missing)}: each acquirer has a place, a new one at the end"
        sources.caps.fault(("per_acquirer",), reason)
    last: dict[str, date] = {}
    for index, entry in enumerate(models.caps.cap):
        before = last.get(entry.counter)
        if before is not None and entry.from_day <= before:
            sources.caps.fault(("cap", index, "from_day"), f"should be later than {before}")
        last[entry.counter] = entry.from_day


def _check_timers(sources: Sources, models: Models) -> None:
    given = models.jinbao.timers
    answer_ms = given.answer_ms or Timers().answer_ms
    issuer_ms = given.issuer_ms or Timers().issuer_ms
    if issuer_ms >= answer_ms:
        key = "issuer_ms" if given.issuer_ms else "answer_ms"
        reason = f"an issuer's {issuer_ms} ms leave nothing of the {answer_ms} ms for an answer"
        sources.jinbao.fault(("timers", key), reason)
    social_ms = given.social_ms or Timers().social_ms
    has_host = models.banks.social is not None or models.banks.products is not None
    if has_host and answer_ms > issuer_ms >= answer_ms - social_ms:
        key = next((key for key in ("social_ms", "issuer_ms") if getattr(given, key)), "answer_ms")
        reason = (
            f"a bill's {social_ms} ms and an issuer's {issuer_ms} ms leave nothing of the"
            f" {answer_ms} ms for an answer"
        )
        sources.jinbao.fault(("timers", key), reason)
