"""Reports put into words (switch/cli): figures in, a document in one language out.

Tables hold amounts in yuan as text and counts as numbers; what needs a look is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from messages.dialects.dialect import Dialect, Words
from messages.reasons import Reason
from switch.cli.books.words import yuan
from switch.report.charts import Axis, Chart, Series
from switch.report.document import Document, Grid, Value
from switch.report.markup import Language, said
from switch.report.tables import Tile, Tone
from switch.settlement.calendar import Quarter
from switch.settlement.quarter import Figures, OfKind, Summary
from switch.settlement.rules import Rules
from switch.settlement.villages import Placement, PointFacts, Visit, visited

_MOST_BARS: Final = 24
_REASONS: Final = frozenset(each.value for each in Reason)
_FEW: Final = 5
"""Banks or points in a chart; the tables have them all."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a quarterly report says besides its sums."""

    quarter: Quarter
    due: date
    is_due_known: bool
    points: Sequence[PointFacts]
    unvisited: Sequence[PointFacts]
    without_agreement: Sequence[PointFacts]
    lapsed: Sequence[str]
    names: Mapping[str, str]
    carried: int
    cases: int
    up_to: date | None = None
    """The day that an unfinished quarter is reported up to."""


class _Words:
    """Says things in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, en: str, zh: str) -> str:
        return said(self.language, en, zh)

    def of(self, words: Words) -> str:
        return said(self.language, words.en, words.zh)


def quarterly(
    summary: Summary, told: Told, rules: Rules, dialect: Dialect, language: Language
) -> Document:
    """Return the quarterly report (四(四)4): per issuing bank and per service point."""
    say, whole = _Words(language), summary.whole
    warnings = _warnings(told, say)
    banks, points = _by_bank(summary, told, say), _by_point(summary, told, say)
    hosts = [(told.names.get(host, host), f) for host, f in sorted(summary.services.items())]
    return Document(
        title=_title(told, say),
        subtitle=say(
            f"{told.quarter.first} to {told.quarter.last}, by day of receipt; amounts in yuan",
            f"{told.quarter.first} 至 {told.quarter.last}，按受理日统计，金额单位：元",
        ),
        verdict=_verdict(told, say),
        tone="warn" if warnings else "good",
        figures=_tiles(whole, told, say),
        warnings=warnings,
        warnings_heading=say("What needs a look", "需关注事项"),
        summary_heading=say("In short", "概要"),
        charts_heading=say("At a glance", "图示"),
        charts=_charts(banks, whole, rules, say),
        grids=(
            _grid(say("By issuing bank", "按发卡银行"), say("Bank", "发卡银行"), banks, say),
            _fees(say("Fees by issuing bank", "按发卡银行：手续费"), banks, say),
            *_services(hosts, say),
            _grid(say("By service point", "按助农服务点"), say("Point", "服务点"), points, say),
            _kinds(whole, rules, say),
            _declines(say("Declines by bank and host", "按发卡银行、业务系统：拒绝原因"),
                      say("Bank", "发卡银行"), [*banks, *hosts], dialect, say),
            _declines(say("Declines by service point", "按助农服务点：拒绝原因"),
                      say("Point", "服务点"), points, dialect, say),
            _visits(told, say),
        ),
        language=language,
    )  # fmt: skip


def _title(told: Told, say: _Words) -> str:
    mark = say(" (PROVISIONAL)", "（未完结，暂定）") if told.up_to is not None else ""
    return say(
        f"Quarterly report {told.quarter}: financial social-security cards{mark}",
        f"金融社保卡助农服务季度报告 {told.quarter}{mark}",
    )


def _verdict(told: Told, say: _Words) -> str:
    due = say(f"due {told.due.isoformat()}", f"报送期限 {told.due.isoformat()}")
    if told.up_to is None:
        return due
    day, last = told.up_to.isoformat(), told.quarter.last.isoformat()
    return say(
        f"PROVISIONAL, up to {day}: the quarter ends on {last}; {due}",
        f"暂定数据，截至 {day}：本季度于 {last} 结束；{due}",
    )


def _by_bank(summary: Summary, told: Told, say: _Words) -> list[tuple[str, Figures]]:
    unknown = say("(bank not known)", "（发卡行不明）")
    return [
        (told.names.get(issuer, issuer) or unknown, figures)
        for issuer, figures in sorted(summary.issuers.items(), key=lambda each: _last(each[0]))
    ]


def _by_point(summary: Summary, told: Told, say: _Words) -> list[tuple[str, Figures]]:
    names = {point.merchant: point.name for point in told.points}
    unknown = say("(point not known)", "（服务点不明）")
    return [
        (f"{names.get(merchant, '')} {merchant}".strip() or unknown, figures)
        for merchant, figures in sorted(summary.points.items(), key=lambda each: _last(each[0]))
    ]


def _many(count: int, what: str) -> str:
    """Return a count and what is counted, as English has it."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _last(name: str) -> tuple[bool, str]:
    """Order names, with nobody's at the end."""
    return not name, name


def _tiles(whole: Figures, told: Told, say: _Words) -> list[Tile]:
    open_points = [point for point in told.points if point.open_from <= told.quarter.last]
    done = len(open_points) - len(told.unvisited)
    back, declined, over = yuan(whole.returned_fen), whole.said_no, whole.over_cap
    doubt, manual = whole.in_doubt, whole.manual
    visits = f"{done} / {len(open_points)}"
    waived, free = yuan(whole.waived_fen), yuan(whole.free_fen)
    told_tiles = (
        (say("approved", "成功笔数"), f"{whole.approved}",
         say(f"of {whole.requests}", f"共{whole.requests}笔")),
        (say("amount", "金额"), yuan(whole.amount_fen), say(f"returned {back}", f"退回 {back}")),
        (say("cardholders paid", "持卡人手续费"), _signed(whole.fee_fen),
         say(f"{free} more without exemptions", f"免收 {free}")),
        (say("waived between institutions", "机构间减免"), waived,
         say(f"on {_many(whole.waived, 'transaction')}", f"{whole.waived}笔")),
        (say("declined", "拒绝"), f"{declined}",
         say(f"over a cap {over}; caps used up {whole.capped}",
             f"超限额{over}笔；用完限额{whole.capped}")),
        (say("reversed", "冲正"), f"{whole.reversed_}",
         say(f"in doubt {doubt}, by hand {manual}", f"不明{doubt}，人工{manual}")),
        (say("points visited", "巡检"), visits, say("at least once", "每季度至少一次")),
    )  # fmt: skip
    tiles = [Tile(name, value, note) for name, value, note in told_tiles]
    if open_points:
        tone: Tone = "bad" if told.unvisited else "good"
        tiles[-1] = msgspec.structs.replace(tiles[-1], tone=tone)
    return tiles


def _warnings(told: Told, say: _Words) -> list[str]:
    found = []
    if told.up_to is not None:
        day, since = told.up_to.isoformat(), told.quarter.next.first.isoformat()
        found.append(
            say(f"the quarter is not over: figures up to {day}; whole from {since} on",
                f"本季度尚未结束：数据截至 {day}，{since} 起方为完整")
        )  # fmt: skip
    for point in told.unvisited:
        place = f"{point.name} ({point.merchant})"
        found.append(say(f"not visited: {place}", f"本季度未巡检：{place}"))
    for point in told.without_agreement:
        place = f"{point.name} ({point.merchant})"
        found.append(say(f"no agreement in force: {place}", f"无有效协议：{place}"))
    for bank in told.lapsed:
        name = told.names.get(bank, bank)
        found.append(say(f"qualification over: {name}", f"助农取款资质到期：{name}"))
    count, cases, year = told.carried, told.cases, told.due.year
    if count:
        waits = "waits" if count == 1 else "wait"
        en = f"{_many(count, 'transaction')} {waits} for an outcome"
        found.append(say(en, f"{count}笔交易待确认结果"))
    if cases:
        are = "is" if cases == 1 else "are"
        found.append(say(f"{_many(cases, 'case')} {are} open", f"{cases}件差错待处理"))
    if not told.is_due_known:
        en = f"make-up days of {year} are not known: the due date is provisional"
        found.append(say(en, f"{year}年调休安排未公布：报送期限为暂定"))
    return found


def _grid(heading: str, name: str, of: Sequence[tuple[str, Figures]], say: _Words) -> Grid:
    columns = (
        name, say("approved", "成功"), say("amount", "金额"), say("returned", "退回"),
        say("fees", "手续费"), say("declined", "拒绝"), say("over cap", "超限额"),
        say("caps used up", "用完限额"), say("in doubt", "不明"), say("reversed", "冲正"),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (
            label, f.approved, yuan(f.amount_fen), yuan(f.returned_fen), _signed(f.fee_fen),
            f.said_no, f.over_cap, f.capped, f.in_doubt + f.manual, f.reversed_,
        )
        for label, f in of
    ]  # fmt: skip
    return Grid(heading=heading, columns=columns, rows=rows)


def _fees(heading: str, of: Sequence[tuple[str, Figures]], say: _Words) -> Grid:
    columns = (
        say("Bank", "发卡银行"), say("cardholders", "持卡人支付"), say("issuer net", "发卡方净收"),
        say("acquirers net", "收单方净收"), say("network", "转接清算"),
        say("waived", "减免笔数"), say("fees waived", "减免手续费"),
        say("free", "免费笔数"), say("fees not taken", "免收手续费"),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (
            label, _signed(f.fee_fen), _signed(f.issuer_fen), _signed(f.acquirer_fen),
            _signed(f.network_fen), f.waived, yuan(f.waived_fen), f.free, yuan(f.free_fen),
        )
        for label, f in of
    ]  # fmt: skip
    notes = [
        say("waived: issuer and network fees under 四(四)3(5), against those elsewhere;"
            " free: cardholders under (1) and (2), against the standard tariff in town",
            "减免：四(四)3(5)项下发卡行服务费、网络服务费，与一般机构收费之差；"
            "免费：(1)(2)项下持卡人手续费，与发卡行标准收费之差")
    ]  # fmt: skip
    unpriced = sum(figures.unpriced for _, figures in of)
    if unpriced:
        notes.append(
            say(f"of {unpriced} of them nobody can say any more what they would have cost",
                f"其中{unpriced}笔已无法核算应收手续费")
        )  # fmt: skip
    return Grid(heading=heading, columns=columns, rows=rows, notes=notes)


def _kinds(whole: Figures, rules: Rules, say: _Words) -> Grid:
    rows: list[tuple[Value, ...]] = []
    for name, found in sorted(whole.kinds.items()):
        kind = rules.kinds.get(name)
        label = say.of(kind.words) if kind is not None else name
        rows.append((label, found.count, yuan(found.amount_fen), _signed(found.fee_fen)))
    columns = (
        say("Class", "交易类别"),
        say("count", "笔数"),
        say("amount", "金额"),
        say("fees", "手续费"),
    )
    return Grid(heading=say("By class", "按交易类别"), columns=columns, rows=rows)


def _services(hosts: Sequence[tuple[str, Figures]], say: _Words) -> list[Grid]:
    """Return what hosts of services answered: they are no banks, and most have none."""
    title, column = say("By host of services", "按业务系统"), say("Host", "业务系统")
    return [_grid(title, column, hosts, say)] if hosts else []


def _declines(
    heading: str, name: str, of: Sequence[tuple[str, Figures]], dialect: Dialect, say: _Words
) -> Grid:
    other, switch = say("bank or host", "应答方"), say("switch", "本系统")
    rows: list[tuple[Value, ...]] = []
    for label, figures in of:
        for code, count in sorted(figures.declined.items()):
            words = say.of(dialect.response(code).words)
            rows.append((label, code or "--", other, count, words))
        for code_and_reason, count in sorted(figures.refused.items()):
            code, _, reason = code_and_reason.partition(" ")
            rows.append((label, code, switch, count, _why(reason, dialect, say)))
    columns = (
        name, say("code", "应答码"), say("by", "拒绝方"), say("count", "笔数"),
        say("reason", "原因"),
    )  # fmt: skip
    return Grid(heading=heading, columns=columns, rows=rows)


def _why(reason: str, dialect: Dialect, say: _Words) -> str:
    """Return the words of a reason of ours, or its name where a later release gave it."""
    found = dialect.reasons.get(Reason(reason)) if reason in _REASONS else None
    return say.of(found.words) if found is not None else reason


def _visits(told: Told, say: _Words) -> Grid:
    bad = {point.merchant for point in told.unvisited}
    rows: list[tuple[Value, ...]] = []
    for point in told.points:
        last = max(point.visits, default=None)
        rows.append(
            (
                point.name, point.merchant, point.village, visited(point, told.quarter),
                last.isoformat() if last is not None else "-",
            )
        )  # fmt: skip
    columns = (
        say("Point", "服务点"), say("merchant", "商户号"), say("village", "村（社区）"),
        say("visits", "巡检次数"), say("last", "最近一次"),
    )  # fmt: skip
    wrong = frozenset(at for at, point in enumerate(told.points) if point.merchant in bad)
    none = say("No service point is in the registry.", "登记中没有服务点。")
    return Grid(
        heading=say("Inspections", "巡检"),
        columns=columns,
        rows=rows,
        bad=wrong,
        notes=() if rows else (none,),
    )


def _charts(
    banks: Sequence[tuple[str, Figures]], whole: Figures, rules: Rules, say: _Words
) -> list[Chart]:
    some = [each for each in banks if each[1].approved]
    most = sorted(some, key=lambda each: -each[1].amount_fen)[:_MOST_BARS]
    if not most:
        return []
    amounts = Chart(
        title=say("Amount by issuing bank", "各发卡银行交易金额"),
        x=Axis(title=say("bank", "发卡银行")),
        y=Axis(title=say("yuan", "元"), from_zero=True),
        series=[
            Series(
                name=say("amount", "金额"),
                x=[label for label, _ in most],
                y=[figures.amount_fen / 100 for _, figures in most],
                shape="bars",
            )
        ],
    )
    kinds = sorted(whole.kinds.items(), key=lambda each: -each[1].count)[:_MOST_BARS]
    labels = [say.of(rules.kinds[name].words) if name in rules.kinds else name for name, _ in kinds]
    counts = Chart(
        title=say("Transactions by class", "各类交易笔数"),
        x=Axis(title=say("class", "类别")),
        y=Axis(title=say("count", "笔数"), ticks=_few(kinds), from_zero=True),
        series=[
            Series(name=say("count", "笔数"), x=labels, y=[k.count for _, k in kinds], shape="bars")
        ],
    )
    return [amounts, counts]


def _few(kinds: Sequence[tuple[str, OfKind]]) -> list[tuple[float, str]]:
    """Return the ticks of few transactions, of which there are no fractions."""
    most = max((kind.count for _, kind in kinds), default=0)
    return [(n, f"{n}") for n in range(most + 1)] if most <= _FEW else []


def inspections(
    quarter: Quarter, visits: Sequence[Visit], is_known: bool, language: Language
) -> Document:
    """Return the visits that are still to be made in a quarter (四(四)4)."""
    say = _Words(language)
    rows: list[tuple[Value, ...]] = [
        (
            each.by.isoformat(), each.point.name, each.point.merchant, each.point.village,
            each.last.isoformat() if each.last is not None else "-",
        )
        for each in visits
    ]  # fmt: skip
    columns = (
        say("by", "期限"), say("Point", "服务点"), say("merchant", "商户号"),
        say("village", "村（社区）"), say("last visit", "上次巡检"),
    )  # fmt: skip
    heading = say(f"Visits to be made in {quarter}", f"{quarter} 待巡检服务点")
    warnings = [] if is_known else [say("working days are provisional", "工作日为暂定")]
    return Document(
        title=say(f"Inspection plan {quarter}", f"巡检计划 {quarter}"),
        subtitle=say(
            "each point at least once a quarter (四(四)4)", "每季度每点不少于1次（四(四)4）"
        ),
        verdict=say(f"{len(rows)} visits to be made", f"待巡检 {len(rows)} 处"),
        tone="warn" if rows else "good",
        figures=[Tile(say("to be made", "待巡检"), f"{len(rows)}")],
        warnings=warnings,
        summary_heading=say("In short", "概要"),
        grids=[Grid(heading=heading, columns=columns, rows=rows)],
        language=language,
    )


def placement(
    found: Sequence[Placement], names: Mapping[str, str], day: date, language: Language
) -> Document:
    """Return who should place the terminals of each village, and who has (四(三)3)."""
    say = _Words(language)

    def named(banks: Sequence[str]) -> str:
        return ", ".join(names.get(bank, bank) for bank in banks) or "-"

    rows: list[tuple[Value, ...]] = [
        (
            each.village, sum(each.cards.values()), named(each.should), named(each.owners),
            say("right", "相符") if each.is_right else say("WRONG", "不符"),
        )
        for each in found
    ]  # fmt: skip
    bad = frozenset(at for at, each in enumerate(found) if not each.is_right)
    columns = (
        say("village", "村（社区）"), say("cards", "发卡量"), say("most cards", "发卡量最大"),
        say("devices of", "终端布放"), say("verdict", "结论"),
    )  # fmt: skip
    return Document(
        title=say("Terminal placement", "终端布设核对"),
        subtitle=say(f"by cards issued up to {day}", f"按截至 {day} 的发卡量"),
        verdict=say(f"{len(bad)} villages differ", f"{len(bad)} 个村不符"),
        tone="bad" if bad else "good",
        figures=[Tile(say("villages", "村（社区）"), f"{len(rows)}")],
        summary_heading=say("In short", "概要"),
        grids=[
            Grid(heading=say("By village", "按村（社区）"), columns=columns, rows=rows, bad=bad)
        ],
        language=language,
    )


def cost_shares(
    found: Mapping[str, int], cards: Mapping[str, int], names: Mapping[str, str], language: Language
) -> Document:
    """Return what each bank pays of a cost, by the cards that it issued (四(三)3)."""
    say = _Words(language)
    rows: list[tuple[Value, ...]] = [
        (names.get(bank, bank), cards[bank], yuan(fen)) for bank, fen in found.items()
    ]
    rows.append((say("total", "合计"), sum(cards.values()), yuan(sum(found.values()))))
    columns = (say("Bank", "发卡银行"), say("cards", "发卡量"), say("pays", "分摊"))
    return Document(
        title=say("Cost shares", "建设费用分摊"),
        subtitle=say("by cards issued in the area (四(三)3)", "按该区域发卡量比例（四(三)3）"),
        verdict=say(f"{yuan(sum(found.values()))} shared", f"分摊 {yuan(sum(found.values()))}"),
        tone="good",
        figures=[Tile(say("banks", "发卡银行"), f"{len(found)}")],
        summary_heading=say("In short", "概要"),
        grids=[Grid(heading=say("Shares", "分摊表"), columns=columns, rows=rows)],
        language=language,
    )


def _signed(fen: int) -> str:
    return f"-{yuan(-fen)}" if fen < 0 else yuan(fen)
