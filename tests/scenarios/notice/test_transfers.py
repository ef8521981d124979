"""Transfers between two cards over real sockets, on both ledgers: both legs or none.

The switch is killed while the debit is out, while the credit is out, and after either was carried
out unanswered; whoever starts next brings it to an end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.serving import until
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from simulators.issuer import Temper
from simulators.requests import fields
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Heard
from switch.core.operations import Row
from tests.scenarios.town import BALANCE_FEN, FRAMES, MAK, PIK, WIRE, Caller, Town, call, play, town
from tests.switch.config import folders

_DATE = "2014-09-18T09:30"
_PAYER, _PAYEE = fictional_card(0), fictional_card(1)
_AMOUNT_FEN = 30_000
_BOTH, _NONE = (-_AMOUNT_FEN, _AMOUNT_FEN), (0, 0)
_SOON_S = 30.0
_DEBIT, _CREDIT = "400000", "460000"
_QUICK = "answer_ms = 6000\nissuer_ms = 3000\n"
_TERMINAL = "public_welfare = true              # known"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of the ledger, empty for the embedded one."""
    is_shared = request.param == "postgres"
    return str(request.getfixturevalue("ledger_url")) if is_shared else ""


async def _open_transfers(here: Town) -> None:
    """Let the first terminal transfer and remit, and start the switch again."""
    admits = (
        'transactions = ["transfer", "cash_remittance"]\n'
        f'settlement_card = "{_PAYER.pan}"\n{_TERMINAL}'
    )
    folders.change(here.folder, "terminals", _TERMINAL, admits)
    # Short enough that whoever starts after a kill does not wait for long.
    folders.change(here.folder, "jinbao", "answer_ms = 20000\nissuer_ms = 10000\n", _QUICK)
    here.switch.kill()
    await here.start(_DATE)


def _frame(stan: int, kind: Kind = Kind.TRANSFER, yuan_fen: int = _AMOUNT_FEN) -> bytes:
    memory = Memory(2, stan)
    memory.pik = PIK
    job = Job(kind=kind, card=_PAYER, amount_fen=yuan_fen, payee=_PAYEE)
    mti, told = fields(job, terminal_identity(), memory, 20140918)
    return WIRE.say(WIRE.framing.build_heads(), mti, told, WIRE.mac(MAK))


def _moved(accounts: Accounts) -> tuple[int, int]:
    balances = (accounts.balance_fen(card.pan) for card in (_PAYER, _PAYEE))
    payer, payee = (fen - BALANCE_FEN for fen in balances)
    return payer, payee


def _states(rows: list[Row]) -> dict[str, str]:
    return {row.record.kind: row.state.name for row in rows}


def _ended(parent: str) -> Callable[[list[Row]], bool]:
    """Return what tells that a transfer has this state, and nothing of it is open."""
    return lambda rows: (
        _states(rows).get("transfer") == parent
        and not any(
            row.state.name in {"FORWARDED", "CREDITING", "IN_DOUBT", "REVERSING"} for row in rows
        )
    )


async def _begin(here: Town) -> Caller:
    caller = await call(here)
    await caller.ask(FRAMES["sign-on"])
    return caller


def test_a_transfer_and_a_remittance_move_both_legs_and_a_refused_credit_none(
    tmp_path: Path, url: str
) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", _DATE, url=url) as here:
            await _open_transfers(here)
            caller = await _begin(here)
            answer = await caller.ask(_frame(1))
            assert (answer.mti, answer.get(39)) == ("0210", "00")
            assert _moved(here.bank.accounts) == _BOTH
            await here.rows(_ended("APPROVED"))
            remitted = await caller.ask(_frame(2, Kind.REMITTANCE, 200_000))
            over = await caller.ask(_frame(3, Kind.REMITTANCE, 100))
            assert (remitted.get(39), over.get(39)) == ("00", "61")
            here.bank.temper = lambda heard: Temper(code="A3" * (heard.get(3) == _CREDIT))
            refused = await caller.ask(_frame(4))
            assert refused.get(39) == "A3"
            here.bank.temper = lambda _: Temper()
            payer = -_AMOUNT_FEN - 200_000
            await until(lambda: _moved(here.bank.accounts) == (payer, -payer), _SOON_S)
            caller.close()

    play(scenario())


@pytest.mark.parametrize(("leg", "is_carried_out"), [(_DEBIT, True), (_CREDIT, False)])
def test_a_switch_that_is_killed_between_two_steps_leaves_both_legs_or_none(
    tmp_path: Path, url: str, leg: str, *, is_carried_out: bool
) -> None:
    def cut(heard: Heard) -> Temper:
        if heard.get(3) != leg or heard.mti[1] == "4":
            return Temper()
        return Temper(delay_ms=600_000) if is_carried_out else Temper(ignores=True)

    async def scenario() -> None:
        async with town(tmp_path / "city", _DATE, url=url) as here:
            await _open_transfers(here)
            here.bank.temper = cut
            caller = await _begin(here)
            caller.write(_frame(1))

            def is_out() -> bool:
                return any(heard.get(3) == leg for heard in here.bank.heard("0200"))

            await until(is_out, _SOON_S)
            here.switch.kill()
            caller.close()
            here.bank.temper = lambda _: Temper()
            await here.start(_DATE)
            is_credit = leg == _CREDIT
            rows = await here.rows(_ended("APPROVED" if is_credit else "DECLINED"))
            expected = _BOTH if is_credit else _NONE
            await until(lambda: _moved(here.bank.accounts) == expected, _SOON_S)
            assert _moved(here.bank.accounts) == expected, _states(rows)
            again = await _begin(here)
            answer = await again.ask(_frame(1))
            assert answer.get(39) == "94"
            again.close()

    play(scenario())
