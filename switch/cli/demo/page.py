"""The page that the demo ends with (switch/cli): what happened, for whoever knows no ISO 8583.

English and Chinese stand together; of cards there is what may be shown, of keys and PINs nothing.
"""

from __future__ import annotations

from typing import Final

from messages.dialects.dialect import Words
from switch.cli.books.words import both, day_text, yuan
from switch.cli.demo import city
from switch.cli.demo.audit import Check
from switch.cli.demo.play import Cap, Shown
from switch.cli.demo.telling import fee_words, link_class, link_words
from switch.core.transaction import State
from switch.report import page
from switch.report.markup import Html, joined, tag
from switch.report.page import Section
from switch.report.tables import Cell, Tile, Tone, facts, paragraph, table, tiles

_PERCENT: Final = 100
_POINT_NAMES: Final = (Words("clinic", "村卫生室"), Words("shop", "小卖部"))
_TERMS: Final = (
    (
        Words("switch", "转接"),
        Words(
            "the computer in the middle: it checks each request, asks the card's bank, and answers",
            "居中的系统：检查每笔请求，询问发卡行，并作出应答",
        ),
    ),
    (
        Words("cap", "限额"),
        Words(
            "what a card may withdraw in a day at such points: 2 000 yuan from 2014-09-10 on",
            "每卡每日在助农点取现的上限：2014-09-10起为2000元",
        ),
    ),
    (
        Words("hold", "占用"),
        Words(
            "a part of the cap that is set aside while the bank is asked",
            "询问发卡行期间暂时占用的额度",
        ),
    ),
    (
        Words("reversal", "冲正"),
        Words(
            "when nobody can be sure of an outcome, the transaction is undone at the bank",
            "结果不明时，通知发卡行撤回该笔交易",
        ),
    ),
    (
        Words("clause", "条款"),
        Words(
            "四(四)3 and the like: the paragraph of the notice that says what may be charged",
            "如四(四)3：规定可收费用的文件条款",
        ),
    ),
)


def render(shown: list[Shown], checks: list[Check]) -> str:
    """Return the page's text."""
    wrong = sum(bool(each.wrong) for each in shown)
    broken = sum(not check.is_kept for check in checks)
    good = Words("Everything is as it should be", "一切正常")
    bad = Words(
        f"Something is wrong: {wrong} acts, {broken} promises",
        f"存在错误：{wrong}幕、{broken}项承诺",
    )
    is_good = not wrong and not broken
    return page.render(
        page.Page(
            title="Two days in a village 村里的两天",
            subtitle="What a payment switch did for two terminals and four banks. Amounts in yuan. "
            "交易转接为两台终端、四家银行做了什么。金额单位为元。",
            verdict=both(good if is_good else bad),
            tone="good" if is_good else "bad",
            sections=(
                Section("In short 概要", (_tiles(shown, checks), _who())),
                *_days(shown),
                Section("The books 三方账目", _books(checks)),
                Section("Words 词语", (facts((both(a), both(b)) for a, b in _TERMS),)),
            ),
            made_by="jinbao demo",
        )
    )


def _tiles(shown: list[Shown], checks: list[Check]) -> Html:
    kept = sum(check.is_kept for check in checks)
    approved = [each for each in shown if each.state is State.APPROVED]
    fees_fen = sum(each.act.fee_fen for each in approved)
    reversed_ = sum(each.state is State.REVERSED for each in shown)
    refused = sum(each.verdict == "declined" for each in shown)
    return tiles(
        (
            Tile("carried out 成功", str(len(approved)), "as asked 按请求完成", "good"),
            Tile("refused 拒绝", str(refused), "each with its reason 均有原因", "warn"),
            Tile("undone 冲正", str(reversed_), "the money came back 款项已退回"),
            Tile("fees 手续费", yuan(fees_fen), "each by its clause 均有条款"),
            Tile(
                "promises kept 承诺",
                f"{kept} / {len(checks)}",
                "books compared 账目核对",
                "good" if kept == len(checks) else "bad",
            ),
        )
    )


def _who() -> Html:
    points = " · ".join(
        f"{both(name)}: {both(link_class(number))}" for number, name in enumerate(_POINT_NAMES)
    )
    return facts((("terminals 终端", points), ("banks 发卡行", " · ".join(city.BANKS))))


def _days(shown: list[Shown]) -> list[Section]:
    """Return a section for each day of the village, its acts in order."""
    numbered = list(enumerate(shown, 1))
    return [
        Section(
            f"{day_text(day)}",
            [tag("ol", joined(_act(n, s) for n, s in numbered if s.day == day), class_="acts")],
        )
        for day in sorted({each.day for each in shown})
    ]


def _act(number: int, shown: Shown) -> Html:
    act = shown.act
    amount = f" {act.yuan}.00" if act.yuan else ""
    name = tag("strong", f"{both(act.what)}{amount}")
    undone = ", undone 已冲正" if shown.state is State.REVERSED else ""
    answer = f"{shown.code or '--'} {both(shown.code_words)}{undone}"
    badge = tag("span", answer, class_=_tone(shown))
    told = [
        ("way 路径", _way(shown)),
        ("fee 手续费", _fee(shown)),
        ("why 原因", both(shown.reason)),
    ]
    blocks = [
        tag("div", joined((tag("span", number, class_="number"), name, badge)), class_="head"),
        tag("p", act.why.en, class_="story"),
        tag("p", act.why.zh, class_="story"),
        facts(told),
    ]
    if shown.cap is not None:
        blocks.append(_cap(shown.cap))
    if shown.wrong:
        blocks.append(paragraph(f"WRONG 错误: {shown.wrong}", "bad"))
    return tag("li", joined(blocks), class_=f"act {_tone(shown)}")


def _tone(shown: Shown) -> Tone:
    """Return the colour of an end: undone is a warning even where the bank had approved."""
    if shown.wrong:
        return "bad"
    return "good" if shown.verdict == "approved" else "warn"


def _way(shown: Shown) -> str:
    access = link_class(shown.act.at)
    here = f"{both(_POINT_NAMES[shown.act.at])} → {both(access)} → switch 转接"
    if not shown.link:
        return f"{here}; no bank was asked 未发往发卡行"
    return f"{here} → {both(link_words(shown.link))} → {shown.issuer}"


def _fee(shown: Shown) -> str:
    """Return both languages, one below the other."""
    found = fee_words(shown)
    return joined((tag("div", found.en), tag("div", found.zh))) if found is not None else ""


def _cap(cap: Cap) -> Html:
    """Return a bar of what is used, with the figures beside it."""
    used = _PERCENT * (cap.used_fen + cap.held_fen) // cap.limit_fen
    figures = (
        f"{yuan(cap.used_fen)} of {yuan(cap.limit_fen)} used 已用, {yuan(cap.left_fen)} left 剩余"
    )
    bar = tag("span", tag("span", "", style=f"width:{used}%"), class_="bar")
    return tag("div", joined((bar, tag("span", figures))), class_="cap")


def _books(checks: list[Check]) -> list[Html]:
    rows = [
        (
            Cell("kept 已守", "good") if check.is_kept else Cell("BROKEN 违背", "bad"),
            joined((tag("div", check.what.en), tag("div", check.what.zh))),
            check.figures,
        )
        for check in checks
    ]
    told = Words(
        "Three parties kept books of their own. They were read apart and compared.",
        "三方各自记账，分别读取后比对。",
    )
    return [paragraph(both(told)), table(("", "promise 承诺", "figures 数字"), rows)]
