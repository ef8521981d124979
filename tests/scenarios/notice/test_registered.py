"""Terminals, card ranges and acquirers change in the registry, and a running switch takes it up.

One switch for all: no line is dropped, and what is in flight ends as it began.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.serving import until
from simulators.bulk import Session, withdrawals
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from simulators.issuer import CALM, Temper
from switch.cli.serving.init import TEST_TMK
from switch.config.installation import KEYS
from switch.config.keystore import KeyStore
from switch.core.transaction import State
from tests.scenarios.town import FRAMES, MAK, PIK, WIRE, Caller, Town, call, play, town
from tests.switch.cli.registering.bringing import change
from tests.switch.cli.running import run

_DAY = 20140618
_BATCH = 2
_SOON_S = 30.0
_SLOW = Temper(delay_ms=500)
_NEW = "59990001"
_TERMINAL = ("merchant=999653080110001", "acquirer=99900000", "category=8011", "place=NEW")
_ACQUIRER = ("id=99900000", "name=First test bank", "group=first")
_RANGE = ("prefix=621999", "length=19", "social=true", "debit=true")


def _reload(here: Town) -> None:
    outcome = run("reload", "-c", str(here.folder))
    assert outcome.status == 0, outcome.err


def _set(here: Town, kind: str, *fields: str) -> None:
    outcome = change(here.folder, "set", kind, *fields)
    assert outcome.status == 0, outcome.err


class _Counter:
    """Withdrawals of one card at a terminal, each with a trace number of its own."""

    def __init__(self, caller: Caller, terminal: str, batch: int) -> None:
        self._caller = caller
        self._terminal = terminal
        session = Session(replace(terminal_identity(), id=terminal), batch, PIK, MAK)
        frames = withdrawals(WIRE, session, [fictional_card(1)], 1_000, _DAY)
        self._frames = list(islice(frames, 20))

    async def sign_on(self) -> str:
        sign_on = FRAMES["sign-on"].replace(b"50010001", self._terminal.encode("ascii"))
        return (await self._caller.ask(sign_on)).get(39)

    def send(self) -> None:
        self._caller.write(self._frames.pop(0))

    async def hear(self) -> str:
        return (await self._caller.hear()).get(39)

    async def withdraw(self) -> str:
        self.send()
        return await self.hear()


def test_changed_rows_are_taken_up_and_nothing_is_dropped(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            caller = await call(here)
            clinic, new = _Counter(caller, "50010001", _BATCH), _Counter(caller, _NEW, _BATCH)
            assert await clinic.sign_on() == "00"
            assert await clinic.withdraw() == "00"
            assert await new.sign_on() == "97"

            # All becomes rows, and a terminal comes.
            assert change(here.folder, "adopt").status == 0
            store = KeyStore.open(here.folder / KEYS)
            store.put("terminals", {_NEW: bytes.fromhex(TEST_TMK)})
            _set(here, "terminal", f"id={_NEW}", *_TERMINAL)
            assert await new.sign_on() == "97"  # not before it is reloaded
            _reload(here)
            assert await new.sign_on() == "00"
            assert await new.withdraw() == "00"
            assert await clinic.withdraw() == "00"

            # The acquirer registers another class of line than the one they come over.
            _set(here, "acquirer", *_ACQUIRER, "access=bank", "alternate=")
            _reload(here)
            assert await clinic.withdraw() == "58"
            _set(here, "acquirer", *_ACQUIRER, "access=jinbao", "alternate=bank")

            # The cards move to a bank whose line is down, and back.
            _set(here, "range", *_RANGE, "issuer=99930000")
            _reload(here)
            assert await clinic.withdraw() == "91"
            _set(here, "range", *_RANGE, "issuer=99910000")
            _reload(here)
            assert await clinic.withdraw() == "00"

            await _removed_in_flight(here, clinic)
            assert await new.withdraw() == "00"
            caller.close()
            assert not here.log("link_lost")
            assert [each["number"] for each in here.log("configuration_changed")] == [2, 3, 4, 5, 6]
            await here.rows(lambda rows: [row.state for row in rows] == [State.APPROVED] * 6)
            assert here.bank.accounts.opening_fen - here.bank.accounts.closing_fen == 6_000

    play(scenario())


async def _removed_in_flight(here: Town, clinic: _Counter) -> None:
    """Take a terminal out while the bank has its request: it is answered as it began."""
    asked = len(here.bank.heard("0200"))
    here.bank.temper = lambda _: _SLOW
    clinic.send()
    await until(lambda: len(here.bank.heard("0200")) > asked, _SOON_S)
    # The bank answers in this very loop: not before all of this is done.
    assert change(here.folder, "remove", "terminal", "50010001").status == 0
    _reload(here)
    here.bank.temper = lambda _: CALM
    assert await clinic.hear() == "00"
    assert await clinic.withdraw() == "97"
