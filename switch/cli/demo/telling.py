"""The demo for people (switch/cli): each act in a few lines, then the books.

English and Chinese stand side by side; colour is for terminals only.
"""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from messages.dialects.dialect import Words
from routing.links import CLASS_WORDS, LinkClass
from simulators.installation import terminal_id
from switch.cli.books.words import both, yuan
from switch.cli.demo import city
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Shown
from switch.cli.drawing import drawn, plain
from switch.core.transaction import State

_GOOD, _REFUSED, _BAD = "bold green", "bold yellow", "bold red"
_TITLE = Words(
    "Jinbao: a switch, four banks, a social host, two terminals, a network. Amounts in yuan.",
    "金保：交易转接、四家发卡行、社保主机、两台终端、一个专网。金额单位为元。",
)
_DAY = Words(
    "2014-09-10, the first day of the cap of 2 000 a card and day (银发〔2014〕235号)",
    "每卡每日限额提高到2000元的第一天",
)


def title() -> str:
    """Return what is said before anything happens."""
    return drawn(plain(_TITLE.en), plain(_TITLE.zh), plain(both(_DAY)))


def act(number: int, shown: Shown) -> str:
    """Return an act as a heading and indented lines."""
    asked = f" {shown.act.yuan}.00" if shown.act.yuan else ""
    heading = plain(f"{number:2}. {both(shown.act.what)}{asked}", "bold")
    lines = Table.grid(padding=(0, 2))
    lines.add_column(width=10)
    lines.add_column(overflow="fold")
    lines.add_row(plain("    story"), plain(both(shown.act.why)))
    lines.add_row(plain("    answer"), _answer(shown))
    lines.add_row(plain("    route"), plain(_route(shown)))
    if fee := fee_words(shown):
        lines.add_row(plain("    fee"), plain(fee.en))
        lines.add_row(Text(), plain(fee.zh))
    lines.add_row(plain("    reason"), plain(both(shown.reason)))
    if (cap := shown.cap) is not None:
        figures = f"{yuan(cap.used_fen)} used, {yuan(cap.held_fen)} held 已用、占用"
        left = f"{yuan(cap.left_fen)} left of {yuan(cap.limit_fen)} 剩余"
        lines.add_row(plain("    cap"), plain(f"{left}; {figures}"))
    if shown.wrong:
        lines.add_row(plain("    WRONG", _BAD), plain(shown.wrong, _BAD))
    return drawn(Text(), heading, lines)


def _answer(shown: Shown) -> Text:
    style = _GOOD if shown.code == "00" else _REFUSED
    return plain(f"{shown.code or '--'} {both(shown.code_words)}", style)


def _route(shown: Shown) -> str:
    access = both(link_class(shown.act.at))
    here = f"terminal {terminal_id(shown.act.at)} > {access} > switch"
    if not shown.link:
        return f"{here}; no bank was asked 未发往发卡行"
    return f"{here} > {both(link_words(shown.link))} {shown.link} > {shown.issuer}"


def link_class(number: int) -> Words:
    """Return the class of line over which a terminal comes."""
    found = CLASS_WORDS[LinkClass(city.POINTS[number].access)]
    return Words(found.en, found.zh)


def link_words(link: str) -> Words:
    """Return the class of a link."""
    found = CLASS_WORDS[LinkClass.JINBAO if link == city.PRIVATE else LinkClass.BANK]
    return Words(found.en, found.zh)


def fee_words(shown: Shown) -> Words | None:
    """Return what the cardholder pays and by which row and clause, and what was waived or moved."""
    if shown.fee is None:
        return None
    fen, rules, legs = (shown.fee[name] for name in ("fee_fen", "rules", "legs"))
    cardholder, *others = rules
    en = [f"{yuan(fen)}: {cardholder['id']} {cardholder['en']} ({cardholder['clause']})"]
    zh = [f"{yuan(fen)}：{cardholder['id']} {cardholder['zh']}（{cardholder['clause']}）"]
    for rule in others:
        paid = [leg for leg in legs if leg["rule"] == rule["id"]]
        moved = ", ".join(
            f"{leg['payer']} to {leg['payee']} {yuan(leg['amount_fen'])}" for leg in paid
        )
        en.append(
            f"; {rule['id']} {rule['en']} ({rule['clause']})" + (f": {moved}" if moved else "")
        )
        zh.append(f"；{rule['id']} {rule['zh']}（{rule['clause']}）")
    if shown.state is not State.APPROVED:
        en.insert(0, "not charged; ")
        zh.insert(0, "未收取；")
    return Words("".join(en), "".join(zh))


def books(checks: list[Check]) -> str:
    """Return the checks of the books, one a line with its figures below."""
    heading = Words(
        "The books: the terminals' slips, the switch's ledger, the banks' accounts",
        "三方账目：终端签购单、转接账本、发卡行账户",
    )
    lines = Table.grid(padding=(0, 2))
    lines.add_column(width=6)
    lines.add_column(overflow="fold")
    for check in checks:
        mark = plain(" kept", _GOOD) if check.is_kept else plain("BROKEN", _BAD)
        lines.add_row(mark, plain(both(check.what)))
        lines.add_row(Text(), plain(check.figures))
    return drawn(Text(), plain(both(heading), "bold"), lines)
