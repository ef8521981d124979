"""社保服务 on the composite terminal (四(二)), with both ledgers: the words of the notice, done.

持卡人信息查询、费用结算、社保费缴纳、待遇发放、对账; two legs each, and one promise.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.serving import until
from simulators.cards import fictional_card
from simulators.installation import composite_wire, terminal_identity
from simulators.issuer import CALM, Temper
from simulators.live import LiveTerminal
from simulators.social_security.host import SocialHost
from simulators.social_security.sample import (
    contribution,
    host_identity,
    person_of,
    sample_books,
    treatment,
)
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result, Verdict
from simulators.terminals.services import payload
from switch.core.operations import Row
from switch.core.transaction import State
from switch.shell.clock import Clock
from tests.scenarios.town import LINK_WIRE, Town, play, town
from tests.switch.cli.running import run

_DAY = "2014-06-18T09:30"
CARD = fictional_card(0)
PERSON = person_of(0).number
BILL, VISIT = contribution(0), treatment(0)
Scenario = Callable[["Clinic"], Coroutine[Any, Any, None]]


class Clinic:
    """A village clinic with a composite terminal, in a town whose social-security host runs."""

    def __init__(self, here: Town, host: SocialHost) -> None:
        self.here = here
        self.host = host
        self.terminal = Terminal(terminal_identity(), composite_wire())
        self.line = LiveTerminal(self.terminal, composite_wire(), Clock())

    async def connect(self) -> None:
        """Bring the terminal's line up, again after the switch was started."""
        self.line = LiveTerminal(self.terminal, composite_wire(), Clock())
        await self.line.connect("127.0.0.1", self.here.port)

    async def ask(self, kind: Kind, fen: int = 0, **tags: str) -> Result:
        """Ask for a social service of the first card; return how it ended."""
        content = payload({"S6": PERSON} | tags)
        job = Job(kind=kind, card=CARD, amount_fen=fen, content=content)
        return (await self.line.do(job))[-1]

    async def pay(self) -> Result:
        """Pay the contribution."""
        return await self.ask(Kind.CONTRIBUTION, 12_000, S1="PAY", S5=BILL)

    def temper(self, mti: str, **temper: Any) -> None:  # noqa: ANN401 - as `Temper`
        """Have the host treat messages of one type like that."""
        unusual = Temper(**temper)
        self.host.temper = lambda heard: unusual if heard.mti.startswith(mti) else CALM

    async def legs(self, state: State, bill: str, count: int = 1) -> Row:
        """Wait until a row has both legs like that; return it."""

        def is_so(rows: list[Row]) -> bool:
            return any(_legs(row) == (state.name, bill) for row in rows)

        rows = await self.here.rows(is_so)
        found = [row for row in rows if _legs(row) == (state.name, bill)]
        assert len(found) == count
        return found[0]

    @property
    def balance_fen(self) -> int:
        """What is in the card's account."""
        return self.here.bank.accounts.balance_fen(CARD.pan)


def _legs(row: Row) -> tuple[str, str]:
    return row.state.name, row.bill.state.name if row.bill is not None else ""


@asynccontextmanager
async def clinic(folder: Path, url: str) -> AsyncIterator[Clinic]:
    """Found a town with a clinic."""
    host = SocialHost(host_identity(), LINK_WIRE, sample_books(range(3)))
    async with town(folder, _DAY, host=host, url=url) as here:
        at_clinic = Clinic(here, host)
        await at_clinic.connect()
        yield at_clinic


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return where the ledger is: nowhere for the file."""
    if request.param == "sqlite":
        return ""
    found: str = request.getfixturevalue("ledger_url")
    return found


def _played(tmp_path: Path, url: str, scenario: Scenario) -> None:
    async def whole() -> None:
        async with clinic(tmp_path / "city", url) as at_clinic:
            await scenario(at_clinic)

    play(whole())


def test_every_social_service_of_the_notice_at_a_composite_terminal(
    tmp_path: Path, url: str
) -> None:
    async def scenario(here: Clinic) -> None:
        # 持卡人信息查询
        told = await here.ask(Kind.SOCIAL_INQUIRY, S1="QRY")
        assert (told.verdict, told.told["S3"]) == (Verdict.APPROVED, "310")
        # 社保费缴纳: query, pay, result inquiry and the slip again, void
        asked = await here.ask(Kind.SOCIAL_INQUIRY, S1="PAY")
        assert asked.told["S5"] == BILL
        paid = await here.pay()
        assert (paid.code, paid.amount_fen) == ("00", 12_000)
        again = await here.ask(Kind.SOCIAL_INQUIRY, S1="QRY", S5=BILL)
        assert again.told["S7"] == paid.told["S7"]
        assert f"已缴 {paid.rrn}" in again.told["S7"]
        # 费用结算: pooled fund, personal account, and the card for what is left
        settled = await here.ask(Kind.MEDICAL, 6_000, S1="FEE", S5=VISIT)
        assert (settled.code, "统筹 180.00" in settled.told["S7"]) == ("00", True)
        assert here.balance_fen == 1_000_000 - 18_000
        # 待遇发放: how it stands
        benefits = await here.ask(Kind.BENEFIT_INQUIRY, S1="BEN")
        assert "待发放" in benefits.told["S7"]
        # 对账
        (day,) = await here.line.do(Job(kind=Kind.RECONCILIATION))
        assert (day.code, day.told["S8"]) == ("00", "000002000000018000")
        slip = next(each for each in here.terminal.memory.slips if each.rrn == paid.rrn)
        void = Job(kind=Kind.VOID, card=CARD, amount_fen=12_000, of=slip)
        assert (await here.line.do(void))[-1].code == "00"
        assert not here.host.books.dues[BILL].paid_by
        assert here.balance_fen == 1_000_000 - 6_000
        (day,) = await here.line.do(Job(kind=Kind.RECONCILIATION))
        assert day.told["S8"] == "000001000000006000"
        await here.legs(State.APPROVED, "CONFIRMED", 3)
        shown = run("txn", "show", paid.rrn, "-c", str(here.here.folder))
        for words in (f"{BILL} (PAY) over link social", "社保主机已确认", "社保费缴纳"):
            assert words in shown.out

    _played(tmp_path, url, scenario)


def test_what_goes_wrong_says_why_and_costs_nobody_anything(tmp_path: Path, url: str) -> None:
    async def scenario(here: Clinic) -> None:
        bank = here.here.bank
        bank.temper = lambda heard: Temper(code="51" if heard.mti == "0200" else "")
        assert (await here.pay()).code == "51"
        await here.legs(State.DECLINED, "CANCELLED")
        bank.temper = lambda _: CALM
        here.temper("0200", answers=0)
        assert (await here.pay()).code == "91"
        await here.legs(State.UNSENT, "CANCELLED")
        here.temper("none")
        told = await here.ask(Kind.SOCIAL_INQUIRY, S1="QRY", S6="9999999999")
        assert (told.code, told.told["S7"]) == ("05", "查无此人")
        wrong = await here.ask(Kind.CONTRIBUTION, 11_999, S1="PAY", S5=BILL)
        assert (wrong.code, wrong.told["S7"]) == ("64", "金额与单据不符")
        none = await here.ask(Kind.CONTRIBUTION, 12_000, S1="PAY", S5="C1")
        assert (none.code, none.told["S7"]) == ("25", "无此单据")
        assert here.balance_fen == 1_000_000
        due = here.host.books.dues[BILL]
        assert not due.reserved_by
        assert not due.paid_by
        assert (await here.pay()).code == "00"
        twice = await here.pay()
        assert (twice.code, twice.told["S7"]) == ("94", "单据已缴费")
        refused = here.here.log("bill_refused")
        assert [line["code"] for line in refused] == ["64", "25", "94"]

    _played(tmp_path, url, scenario)


def test_a_confirmation_that_nobody_hears_is_repeated_over_a_crash(
    tmp_path: Path, url: str
) -> None:
    async def scenario(here: Clinic) -> None:
        here.temper("022", ignores=True)
        paid = await here.pay()
        assert paid.code == "00"
        await here.legs(State.APPROVED, "CONFIRMING")
        here.here.switch.kill()
        here.temper("none")
        await here.here.start(_DAY)
        row = await here.legs(State.APPROVED, "CONFIRMED")
        assert here.host.books.dues[BILL].paid_by == row.record.rrn == paid.rrn
        assert here.balance_fen == 1_000_000 - 12_000

    _played(tmp_path, url, scenario)


def test_a_switch_that_dies_between_the_legs_gives_both_back(tmp_path: Path, url: str) -> None:
    async def scenario(here: Clinic) -> None:
        # The bank carries the debit out, and nobody hears of it: then the switch dies.
        here.here.bank.temper = lambda heard: Temper(answers=0 if heard.mti == "0200" else 1)
        content = payload({"S6": PERSON, "S1": "PAY", "S5": BILL})
        job = Job(kind=Kind.CONTRIBUTION, card=CARD, amount_fen=12_000, content=content)
        task = asyncio.create_task(here.line.do(job))
        await here.legs(State.FORWARDED, "RESERVING")
        await until(lambda: here.balance_fen < 1_000_000, 10.0)
        here.here.switch.kill()
        await task
        await here.here.start(_DAY)
        await here.legs(State.REVERSED, "CANCELLED")
        assert here.balance_fen == 1_000_000
        assert not here.host.books.dues[BILL].reserved_by

    _played(tmp_path, url, scenario)


def test_benefits_are_paid_out_once_over_a_crash_and_a_repeated_file(
    tmp_path: Path, url: str
) -> None:
    async def scenario(here: Clinic) -> None:
        bank, city = here.here.bank, str(here.here.folder)
        file, out = str(tmp_path / "june.csv"), tmp_path / "result.csv"
        assert run("payouts", "sample", file, "--persons", "6").status == 0
        words = ("payouts", "run", file, "--out", str(out), "-c", city)
        # The bank books, and is not heard; then the switch dies.
        bank.temper = lambda heard: Temper(answers=0 if heard.mti.startswith("022") else 1)
        await asyncio.to_thread(run, *words, "--wait", "0")
        await until(lambda: len(bank.accounts.movements) == 4, 30.0)
        here.here.switch.kill()
        bank.temper = lambda _: CALM
        await here.here.start(_DAY)
        for _ in range(2):
            done = await asyncio.to_thread(run, *words)
            assert (done.status, done.out) == (0, f"4 paid, 2 rejected; {out}\n")
        # The bank knows four of the cards; each was credited once.
        assert len(bank.accounts.movements) == 4
        assert here.balance_fen == 1_000_000 + 11_500
        assert out.read_text("utf-8").count(",rejected,14,") == 2

    _played(tmp_path, url, scenario)
