"""A transaction of the ledger as an object and as lines (switch/cli): what happened, in words.

The keys of the object are a public contract. Of the card there is first six + last four.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from messages.dialects.dialect import Words
from messages.reasons import Reason
from switch.cli.books.bills import bill_lines, bill_of
from switch.cli.books.reading import Opened
from switch.cli.books.words import (
    STATES,
    both,
    day_text,
    kind_words,
    moment_text,
    reason_words,
    reversal_words,
    yuan,
)
from switch.cli.drawing import drawn, plain, table
from switch.core.issuers.messages import NO_REASON, REJECTED
from switch.core.moment import local
from switch.core.operations import ReversalPlan, Row, TransactionKey
from switch.core.rules import WORDS, Rule
from switch.core.transfers.counters import told_day
from switch.ledger.protocol import Where

_MANY: Final = 10_000
"""So many transactions of a terminal's day are looked through for a leg."""


def brief(row: Row, opened: Opened) -> dict[str, Any]:
    """Return a transaction in short, as `txn list --json` prints it."""
    record = row.record
    return {
        "rrn": record.rrn,
        "at": moment_text(record.opened_ms),
        "terminal": row.key.terminal,
        "batch": row.key.batch,
        "stan": row.key.stan,
        "kind": record.kind,
        "card": record.shown_card,
        "amount_fen": record.amount_fen,
        "state": row.state.name,
        "code": row.answer.code if row.answer else "",
        "issuer": record.issuer,
        "reason": _told(_reason(row, opened)),
    }


def whole(row: Row, opened: Opened) -> dict[str, Any]:
    """Return everything that is kept of a transaction, as `txn show --json` prints it."""
    record, configuration = row.record, opened.installation.configuration
    issuer = configuration.issuers.get(record.issuer)
    return {
        **brief(row, opened),
        "kind_words": _told(kind_words(row, configuration.terminal_dialects)),
        "state_words": _told(STATES[row.state]),
        "merchant": row.key.merchant,
        "acquirer": record.acquirer,
        "route": {
            "issuer": record.issuer,
            "name": issuer.name if issuer else "",
            "link": record.link,
            "stan": record.link_stan,
            "transmission": record.transmission,
        },
        "clearing_day": record.clearing_day,
        "configuration": record.configuration,
        "rules": [{"number": number, **_told(rule_words(number))} for number in record.trace],
        "fee": _fee(row, opened),
        "cap": _cap(row, opened),
        "answer": None if row.answer is None else msgspec.structs.asdict(row.answer),
        "bill": bill_of(row, configuration.issuer_dialect),
        "reversal": _reversal(row, opened),
        "advice": _advice(row, opened),
        "linked": [_linked(row, key, opened) for key in row.linked],
    }


def _linked(of: Row, key: TransactionKey, opened: Opened) -> dict[str, Any]:
    """Return a leg of a transfer, or the transfer of a leg, in short; all empty if it never was."""
    where = Where(terminal=key.terminal, day=local(of.record.opened_ms).day)
    rows = (row for row in opened.books.transactions(_MANY, where) if row.key == key)
    row = next(rows, None)
    if row is None:
        return {"rrn": "", "kind": "", "card": "", "state": "", "link": ""}
    record = row.record
    return {
        "rrn": record.rrn,
        "kind": record.kind,
        "card": record.shown_card,
        "state": row.state.name,
        "link": record.link,
    }


def shown(row: Row, opened: Opened, *, as_json: bool) -> str:
    """Return everything that is kept of a transaction, as one object or as a table."""
    if as_json:
        return msgspec.json.encode(whole(row, opened)).decode()
    made = table("RRN", row.record.rrn)
    for label, line in lines(row, opened):
        made.add_row(plain(label), plain(line))
    return drawn(made)


def rule_words(number: int) -> Words:
    """Return a rule in words; a number from a newer version is told as a number."""
    try:
        return WORDS[Rule(number)]
    except ValueError:
        return Words(f"rule {number} of another version", f"其他版本的规则{number}")


def lines(row: Row, opened: Opened) -> list[tuple[str, str]]:
    """Return what happened as pairs of a label and a line, in the order of a day."""
    record, key = row.record, row.key
    dialects = opened.installation.configuration.terminal_dialects
    told = whole(row, opened)
    route = told["route"]
    found = [
        ("what", f"{both(kind_words(row, dialects))}, {yuan(record.amount_fen)} yuan"),
        ("state", f"{row.state.name}: {both(STATES[row.state])}"),
        ("reason", both(_reason(row, opened))),
        ("when", f"{told['at']}, cleared on {day_text(record.clearing_day)}"),
        ("card", record.shown_card),
        (
            "terminal",
            f"{key.terminal}, merchant {key.merchant}, batch {key.batch}, STAN {key.stan}",
        ),
        ("route", f"{route['name']} {record.issuer} over link {record.link or '-'}"),
        ("", f"STAN {record.link_stan or '-'} at {record.transmission}"),
    ]
    labels = ("rules", *[""] * len(record.trace))
    found += zip(labels, map(both, map(rule_words, record.trace)), strict=False)
    found += _fee_lines(told["fee"])
    if (cap := told["cap"]) is not None:
        day = day_text(cap["day"])
        used, held, limit = (yuan(cap[name]) for name in ("used_fen", "held_fen", "limit_fen"))
        found.append(
            ("cap", f"{day}, {cap['counter']}: {used} used and {held} held of {limit} yuan now")
        )
    found += _linked_lines(told["linked"])
    found.append(("answer", _answer_line(row, opened)))
    found += bill_lines(row, opened.installation.configuration.issuer_dialect)
    found += _reversal_lines(told["reversal"])
    found += _advice_lines(told["advice"])
    return found


def _reason(row: Row, opened: Opened) -> Words:
    configuration = opened.installation.configuration
    return reason_words(row, configuration.terminal_dialect, configuration.issuer_dialect)


def _told(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _cap(row: Row, opened: Opened) -> dict[str, Any] | None:
    if row.cap is None:
        return None
    days = {each.day: each for each in opened.books.caps(row.key.card)}
    found = days.get(row.cap.day)
    return {
        "day": told_day(row.cap.day)[0],
        "counter": told_day(row.cap.day)[1],
        "limit_fen": row.cap.limit_fen,
        "used_fen": found.committed_fen if found else 0,
        "held_fen": found.held_fen if found else 0,
    }


def _fee(row: Row, opened: Opened) -> dict[str, Any] | None:
    """Return the quote that a row keeps: DE 28, rows of the fee tables, legs that move money."""
    record, tariffs = row.record, opened.installation.configuration.tariffs
    if not record.fee_rules:
        return None
    rules = [(name, tariffs.rule(name)) for name in record.fee_rules.split()]
    return {
        "fee_fen": record.fee_fen,
        "rules": [
            {
                "id": name,
                "clause": rule.clause if rule else "",
                "en": rule.title[0] if rule else f"row {name} of other fee tables",
                "zh": rule.title[1] if rule else f"其他收费规则{name}",
            }
            for name, rule in rules
        ],
        "legs": msgspec.to_builtins(tariffs.legs(record.legs, record.fee_rules)),
    }


def _fee_lines(told: dict[str, Any] | None) -> list[tuple[str, str]]:
    if told is None:
        return []
    fen = told["fee_fen"]
    charged = "the cardholder gets back" if fen < 0 else "the cardholder pays"
    found = [("fee", f"{charged} {yuan(abs(fen))} yuan")]
    found += [
        ("", f"{each['id']} {each['en']} {each['zh']}, {each['clause']}") for each in told["rules"]
    ]
    found += [
        ("", f"{leg['payer']} to {leg['payee']} {yuan(leg['amount_fen'])} by {leg['rule']}")
        for leg in told["legs"]
    ]
    return found


def _linked_lines(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the legs of a transfer, the debit first, or the transfer of a leg."""
    labels = ("legs", "") if len(told) > 1 else ("transfer",)
    texts = [
        f"{each['kind']} {each['card']}: {each['state']}, RRN {each['rrn']}"
        f" over link {each['link'] or '-'}"
        if each["rrn"] or each["state"]
        else "not opened"
        for each in told
    ]
    return list(zip(labels, texts, strict=False))


def _answer_line(row: Row, opened: Opened) -> str:
    answer = row.answer
    if answer is None:
        return "none is kept: the terminal was told nothing, or 98"
    dialect = opened.installation.configuration.terminal_dialect
    words = dialect.response(answer.code).words
    if REJECTED in {row.reason, row.plan.reason if row.plan is not None else ""}:
        # Its code is that of silence; but it was answered.
        words = dialect.reasons[Reason.MESSAGE_REJECTED].words
    number = f", authorisation {answer.authorisation}" if answer.authorisation else ""
    return f"{answer.code} {both(words)}{number}"


def _reversal(row: Row, opened: Opened) -> dict[str, Any] | None:
    """Return how the 0420 stands; `tries` is None once it has left the queue."""
    plan = row.plan
    if plan is None or not plan.stan or plan.reason == NO_REASON:
        return None
    dialect = opened.installation.configuration.issuer_dialect
    reason = {
        "reason": plan.reason,
        "reason_words": _told(reversal_words(plan.reason, dialect)),
    }
    return _identity(plan) | reason | _delivery(row, plan, opened)


def _advice(row: Row, opened: Opened) -> dict[str, Any] | None:
    """Return how what an issuer is told of stands: it asks for nothing back, so has no reason.

    A transfer is looked at again, but sends nothing of its own.
    """
    plan = row.plan
    if plan is None or not plan.stan or plan.reason != NO_REASON:
        return None
    return {"mti": row.record.mti} | _identity(plan) | _delivery(row, plan, opened)


def _identity(plan: ReversalPlan) -> dict[str, Any]:
    return {"stan": plan.stan, "transmission": plan.transmission}


def _delivery(row: Row, plan: ReversalPlan, opened: Opened) -> dict[str, Any]:
    queued = next((each for each in opened.books.advices() if each.row.key == row.key), None)
    return {
        "queued": queued is not None,
        "tries": queued.tries if queued else None,
        "due": moment_text(queued.due_ms) if queued else None,
        "expires": moment_text(plan.expires_ms),
    }


def _reversal_lines(told: dict[str, Any] | None) -> list[tuple[str, str]]:
    if told is None:
        return []
    words = told["reason_words"]
    return [
        ("reversal", f"STAN {told['stan']} at {told['transmission']}"),
        ("", f"{told['reason']} {words['en']} {words['zh']}"),
        _delivery_line(told),
    ]


def _advice_lines(told: dict[str, Any] | None) -> list[tuple[str, str]]:
    if told is None:
        return []
    sent = f"通知, sent as {told['mti']}, STAN {told['stan']} at {told['transmission']}"
    return [("advice", sent), _delivery_line(told)]


def _delivery_line(told: dict[str, Any]) -> tuple[str, str]:
    if not told["queued"]:
        return "", "no longer queued"
    tries = f"{told['tries']} tries so far, next at {told['due']}"
    return "", f"queued: {tries}, a manual case at {told['expires']}"
