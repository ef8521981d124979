"""The demo is played (switch/cli): processes are started, every act happens, its end is looked up.

Route, cap and reason come from the switch: from its ledger, or for what never got there its log.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from messages.dialects.dialect import Words
from simulators.cards import fictional_card
from simulators.installation import terminal_id
from switch.cli.books.reading import Opened
from switch.cli.books.telling import rule_words
from switch.cli.books.words import STATES, reason_words, yuan
from switch.cli.demo import city
from switch.cli.demo.processes import PATIENCE_S, Bank, DemoError, Switch, Terminal, wait_for
from switch.cli.demo.story import STORY, Act
from switch.config.installation import load
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import Where

PLANTS: Final = ("lost-reversal", "double-answer")
"""Bugs that can be put in on purpose: the banks keep reversed money; the line answers twice."""
_LOOK_S: Final = 0.05
_BANKS: Final = len(city.BANKS)


class Cap(msgspec.Struct, frozen=True):
    """The day of the act's card, in fen."""

    limit_fen: int
    used_fen: int
    held_fen: int

    @property
    def left_fen(self) -> int:
        """What can still be withdrawn."""
        return self.limit_fen - self.used_fen - self.held_fen


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How an act ended: as the terminal saw it, and as the switch has it.

    `wrong` says what should have been otherwise, and is empty where all is well.
    """

    act: Act
    verdict: str
    code: str
    code_words: Words
    rrn: str
    issuer: str
    link: str
    cap: Cap | None
    state: State | None
    reason: Words
    wrong: str


class Stage:
    """The running processes, and where their files are."""

    def __init__(
        self, folder: Path, banks: list[Bank], terminal: Terminal, record: tuple[str, ...]
    ) -> None:
        """Begin without a switch."""
        self._record = record
        self.banks = banks
        self.terminal = terminal
        self.switch: Switch | None = None
        self.city = folder / "city"
        self._folder = folder
        city.write(self.city, tuple(bank.port() for bank in banks))
        self.installation = load(self.city)

    def open(self, business_date: str) -> None:
        """Start the switch and connect the terminal to it."""
        self.switch = Switch(self._folder, self.city, business_date, self._record)
        address = self.switch.address(_BANKS)
        self.terminal.do(do="connect", to=address)

    def close(self) -> None:
        """End everything, so that all books are complete."""
        self.terminal.end()
        if self.switch is not None:
            self.switch.end()
        for bank in self.banks:
            bank.end()


@contextmanager
def staged(folder: Path, plant: str, record: tuple[str, ...] = ()) -> Iterator[Stage]:
    """Start banks, terminal and switch; whatever happens, nothing is left running."""
    keeps = ("--keeps",) if plant == "lost-reversal" else ()
    doubles = ("--doubles",) if plant == "double-answer" else ()
    with ExitStack() as stack:
        banks = []
        for number in range(_BANKS):
            silent = ("--silent",) if number == _BANKS - 1 else ()
            banks.append(Bank(folder, number, *silent, *keeps))
            stack.callback(banks[-1].kill)
        terminal = Terminal(folder, *doubles)
        stack.callback(terminal.kill)
        stage = Stage(folder, banks, terminal, record)
        stack.callback(lambda: stage.switch.kill() if stage.switch is not None else None)
        stage.open(city.BUSINESS_DATE)
        yield stage


def played(stage: Stage) -> Iterator[Shown]:
    """Play the story; yield every act when it has ended. DemoError where it cannot go on."""
    for act in STORY:
        result = _killed(stage, act) if act.kills else _done(stage, act)
        if act.then_reverses:
            stage.terminal.do(do="reversal")
        yield _looked_up(stage, act, result)


def _done(stage: Stage, act: Act) -> dict[str, Any]:
    """Do the act's job; what the terminal had to do before it (a sign-on) comes first."""
    results = stage.terminal.do(**act.job)
    if not results:
        raise DemoError("the terminal did nothing")
    return results[-1]


def _killed(stage: Stage, act: Act) -> dict[str, Any]:
    """Kill the switch while the bank has the request, and start another."""
    bank, switch = stage.banks[-1], stage.switch
    if switch is None:
        raise DemoError("there is no switch to kill")
    amount_fen = int(str(act.job["yuan"])) * 100
    stage.terminal.begin(**act.job)
    wait_for("the bank to get the request", lambda: bank.has_debited(amount_fen))
    switch.kill()
    result = stage.terminal.results()[-1]
    stage.open(city.AFTER_THE_CRASH)
    return result


def _looked_up(stage: Stage, act: Act, result: dict[str, Any]) -> Shown:
    installation = stage.installation
    configuration = installation.configuration
    books = SqliteBooks(installation.ledger)
    try:
        row = _row(books, act, result["stan"])
        declined = _declined(stage, result["stan"])
        opened = Opened(installation, books)
        code = result["code"]
        issuer = configuration.issuers.get(row.record.issuer) if row is not None else None
        return Shown(
            act=act,
            verdict=result["verdict"],
            code=code,
            code_words=(
                configuration.terminal_dialect.response(code).words
                if code
                else Words("no answer", "无应答")
            ),
            rrn=result["rrn"],
            issuer=issuer.name if issuer is not None else "",
            link=row.record.link if row is not None else "",
            cap=_cap(opened, act),
            state=row.state if row is not None else None,
            reason=_reason(opened, row, declined),
            wrong=_wrong(act, result, row),
        )
    finally:
        books.close()


def _row(books: SqliteBooks, act: Act, stan: str) -> Row | None:
    """Wait until the tables have what the ledger promised; they follow it by a second."""
    if act.state is None:
        return None
    last = time.monotonic() + PATIENCE_S
    while True:
        rows = books.transactions(where=Where(terminal=terminal_id(0)))
        found = next((row for row in rows if row.key.stan == stan), None)
        if (found is not None and found.state is act.state) or time.monotonic() > last:
            return found
        time.sleep(_LOOK_S)


def _declined(stage: Stage, stan: str) -> dict[str, Any] | None:
    """Return what the switch's log says of a refusal of its own."""
    lines = stage.switch.log() if stage.switch is not None else []
    found = (line for line in lines if line["event"] == "declined" and line["stan"] == stan)
    return next(found, None)


def _cap(opened: Opened, act: Act) -> Cap | None:
    if "yuan" not in act.job:
        return None
    configuration = opened.installation.configuration
    pan = fictional_card(int(str(act.job.get("card", 0)))).pan
    day = int(city.BUSINESS_DATE[:10].replace("-", ""))
    limit = configuration.cap_on(day)
    days = {each.day: each for each in opened.books.caps(configuration.vault.card_hash(pan))}
    found = days.get(day)
    if limit is None:
        return None
    return Cap(limit.limit_fen, found.committed_fen if found else 0, found.held_fen if found else 0)


def _reason(opened: Opened, row: Row | None, declined: dict[str, Any] | None) -> Words:
    configuration = opened.installation.configuration
    if declined is not None and row is None:
        rule = rule_words(declined["rule"])
        asked = _asked(declined)
        return Words(f"not met: {rule.en}{asked.en}", f"不满足：{rule.zh}{asked.zh}")
    if row is None:
        return Words("the terminal is registered and its keys are good", "终端已登记，密钥校验正确")
    why = reason_words(row, configuration.terminal_dialect, configuration.issuer_dialect)
    state = STATES[row.state]
    if row.state is State.APPROVED:
        return Words(f"every rule was met, and the bank {state.en}", "各项规则均满足，发卡行已承兑")
    return Words(f"{state.en}: {why.en}", f"{state.zh}：{why.zh}")


def _asked(declined: dict[str, Any]) -> Words:
    """Return the figures of a cap that was exceeded."""
    if "cap_fen" not in declined:
        return Words("", "")
    asked, left = (
        yuan(fen)
        for fen in (
            declined["asked_fen"],
            declined["cap_fen"] - declined["used_fen"] - declined["held_fen"],
        )
    )
    return Words(f" (asked {asked}, left {left})", f"（申请{asked}，剩余{left}）")


def _wrong(act: Act, result: dict[str, Any], row: Row | None) -> str:
    if (result["verdict"], result["code"]) != act.ends:
        return f"ended {result['verdict']} {result['code']}, not {' '.join(act.ends)}".rstrip()
    found = row.state if row is not None else None
    if found is not act.state:
        names = [each.name if each is not None else "nothing" for each in (found, act.state)]
        return f"the ledger has {names[0]}, not {names[1]}"
    return ""
