"""The demo is played (switch/cli): processes are started, every act happens, its end is looked up.

Route, cap and reason come from the switch: from its ledger, or for what never got there its log.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from messages.dialects.dialect import Words
from simulators.cards import fictional_card
from simulators.installation import terminal_id
from simulators.social_security.sample import HOST, PENSION, payment
from switch.cli.books.reading import Opened
from switch.cli.books.telling import rule_words, whole
from switch.cli.books.words import STATES, reason_words, yuan
from switch.cli.demo import city
from switch.cli.demo.processes import (
    PATIENCE_S,
    Bank,
    Child,
    DemoError,
    Network,
    ServiceHost,
    Switch,
    Terminal,
    wait_for,
)
from switch.cli.demo.story import STORY, Act
from switch.cli.registering.keeping import kept
from switch.config.installation import load
from switch.core.operations import Row
from switch.core.social.payout_files import write
from switch.core.social.payouts import TERMINAL, Payout
from switch.core.transaction import State
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import Where

PLANTS: Final = ("lost-reversal", "double-answer", "fee-off-by-one", "wrong-day")
"""Bugs that can be put in on purpose: the banks keep reversed money; the line answers twice; the
banks debit a fen more than the fee; after midnight the switch counts to the day after."""
_LOOK_S: Final = 0.02
_PAYOUT: Final = "payout"
_WAYS: Final = ("jinbao", "bank")
"""The switch's listeners in order."""
_HOSTS: Final = ("social-host", "product-host")
_LINKS: Final = len(city.BANKS) + 1 + len(_HOSTS)
"""The first bank has two, and each host of services one."""
_PURCHASES: Final = frozenset({"bond", "wealth", "remote_purchase"})
"""The step of a purchase that moves money: the act is about that."""
_MANNERS: Final = {
    city.FIRST: ("--lines", "2", "--chip", "verify"),
    city.SECOND: ("--chip", "verify"),
    city.SILENT: ("--silent",),
    city.FORGED: ("--chip", "wrong"),
}
_PLANTED: Final = {"lost-reversal": ("--keeps",), "fee-off-by-one": ("--overcharges",)}
"""What a plant changes at the banks."""


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

    `day` is the village's own, YYYYMMDD; `fee` the quote that the ledger keeps, as `txn show`
    prints it. `wrong` says what should have been otherwise, and is empty where all
    is well.
    """

    act: Act
    day: int
    verdict: str
    code: str
    code_words: Words
    rrn: str
    issuer: str
    link: str
    fee: dict[str, Any] | None
    cap: Cap | None
    state: State | None
    reason: Words
    wrong: str


class Stage:
    """The running processes, and where their files are."""

    def __init__(self, folder: Path, plants: Collection[str], record: tuple[str, ...]) -> None:
        """Begin with nothing running."""
        self._record = record
        self.banks: list[Bank] = []
        self.terminals: list[Terminal] = []
        self.network: Network | None = None
        self.hosts: list[ServiceHost] = []
        self.switch: Switch | None = None
        self.day = 0
        self.city = folder / "city"
        self._folder = folder
        self._plants = plants

    def begin(self) -> None:
        """Start banks, terminals and 金保专网, lay out the city, and open the switch."""
        planted = [word for name in self._plants for word in _PLANTED.get(name, ())]
        for number in range(len(city.BANKS)):
            self.banks.append(Bank(self._folder, number, *_MANNERS[number], *planted))
        doubles = ("--doubles",) if "double-answer" in self._plants else ()
        for number in range(len(city.POINTS)):
            # The clinic has a composite terminal, the shop a plain POS.
            manners = ("--composite", *doubles) if number == 0 else doubles
            self.terminals.append(Terminal(self._folder, number, *manners))
        self.hosts = [ServiceHost(self._folder, verb) for verb in _HOSTS]
        self.network = Network(self._folder, self.banks[city.FIRST].port())
        ports = tuple(bank.port() for bank in self.banks)
        services = tuple(host.port() for host in self.hosts)
        city.write(self.city, ports, self.network.port(), services)
        self.installation = load(self.city, kept)
        self.open(city.MORNING)

    def open(self, at: str) -> None:
        """Start the switch at a moment of the village, and connect the terminals to it."""
        self.day = int(at[:10].replace("-", ""))
        is_wrong = "wrong-day" in self._plants and at == city.NEXT_DAY
        day = city.A_DAY_TOO_FAR if is_wrong else at
        self.switch = Switch(self._folder, self.city, day, self._record)
        ways = dict(zip(_WAYS, self.switch.addresses(_LINKS), strict=True))
        for terminal, point in zip(self.terminals, city.POINTS, strict=True):
            terminal.do(do="connect", to=ways[point.access])

    def reopen(self, at: str) -> None:
        """End the switch as an operator does, and open it at a later moment."""
        if self.switch is not None:
            self.switch.end()
        self.open(at)

    def cut(self) -> None:
        """Cut 金保专网, and wait until the switch has noticed."""
        switch, network = self.switch, self.network
        if switch is None or network is None:
            raise DemoError("there is no network to cut")
        network.cut()
        wait_for("the switch to notice the cut", lambda: switch.has_lost(city.PRIVATE))

    def pay_out(self, act: Act) -> dict[str, Any]:
        """Pay a benefit out by a file, twice: the second time pays nobody again."""
        card = int(str(act.job["card"]))
        payout = Payout(payment(card), fictional_card(card).pan, act.yuan * 100, PENSION)
        file, result = self._folder / "payouts.csv", self._folder / "payouts-result.csv"
        file.write_text(write(HOST, PENSION, str(self.day), [payout]), encoding="utf-8")
        words = ("run", str(file), "--out", str(result), "-c", str(self.city))
        for _ in range(2):
            child = Child(self._folder, "payouts", "payouts", *words)
            child.wait()
        cells = result.read_text(encoding="utf-8").splitlines()[1].split(",")
        stan = payout.number[len(payout.number) // 2 :]
        return {"verdict": cells[4], "code": cells[5], "rrn": cells[6], "stan": stan}

    def close(self) -> None:
        """End everything, so that all books are complete."""
        for terminal in self.terminals:
            terminal.end()
        if self.switch is not None:
            self.switch.end()
        for child in (self.network, *self.hosts, *self.banks):
            if child is not None:
                child.end()

    @property
    def running(self) -> list[Child]:
        """All processes that were started and not replaced."""
        found = (self.switch, self.network, *self.hosts, *self.terminals, *self.banks)
        return [child for child in found if child is not None]

    def kill(self) -> None:
        """End whatever is left."""
        for child in self.running:
            child.kill()


@contextmanager
def staged(folder: Path, plants: Collection[str], record: tuple[str, ...] = ()) -> Iterator[Stage]:
    """Start everything; whatever happens, nothing is left running."""
    stage = Stage(folder, plants, record)
    try:
        stage.begin()
        yield stage
    finally:
        stage.kill()


def played(stage: Stage) -> Iterator[Shown]:
    """Play the story; yield every act when it has ended. DemoError where it cannot go on."""
    for act in STORY:
        if act.opens:
            stage.reopen(act.opens)
        if act.cuts:
            stage.cut()
        result = _played(stage, act)
        if act.cuts and stage.network is not None:
            stage.network.restore()
        if act.then_reverses:
            stage.terminals[act.at].do(do="reversal")
        yield _looked_up(stage, act, result)


def _played(stage: Stage, act: Act) -> dict[str, Any]:
    """Have the act's job done, by whoever does it."""
    if act.job["do"] == _PAYOUT:
        return stage.pay_out(act)
    return _killed(stage, act) if act.kills else _done(stage, act)


def _done(stage: Stage, act: Act) -> dict[str, Any]:
    """Do the act's job; what the terminal had to do before it (a sign-on) comes first."""
    results = stage.terminals[act.at].do(**act.job)
    if not results:
        raise DemoError("the terminal did nothing")
    if all(each["verdict"] == "approved" for each in results):
        return next((each for each in results if each["kind"] in _PURCHASES), results[-1])
    return results[-1]


def _killed(stage: Stage, act: Act) -> dict[str, Any]:
    """Kill the switch while the bank has the request, and start another."""
    bank, switch, terminal = stage.banks[city.SILENT], stage.switch, stage.terminals[act.at]
    if switch is None:
        raise DemoError("there is no switch to kill")
    taken_fen = act.yuan * 100 + act.fee_fen
    terminal.begin(**act.job)
    wait_for("the bank to get the request", lambda: bank.has_debited(taken_fen))
    switch.kill()
    result = terminal.results()[-1]
    stage.open(city.LATE)
    return result


def _looked_up(stage: Stage, act: Act, result: dict[str, Any]) -> Shown:
    installation = stage.installation
    configuration = installation.configuration
    books = SqliteBooks(installation.ledger)
    try:
        row = _row(books, act, result["stan"])
        declined = _declined(stage, act, result["stan"])
        opened = Opened(installation, books)
        code = result["code"]
        issuer = configuration.issuers.get(row.record.issuer) if row is not None else None
        return Shown(
            act=act,
            day=stage.day,
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
            fee=whole(row, opened)["fee"] if row is not None else None,
            cap=_cap(opened, act, stage.day),
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
        terminal = TERMINAL if act.job["do"] == _PAYOUT else terminal_id(act.at)
        rows = books.transactions(where=Where(terminal=terminal))
        found = next((row for row in rows if row.key.stan == stan), None)
        if (found is not None and found.state is act.state) or time.monotonic() > last:
            return found
        time.sleep(_LOOK_S)


def _declined(stage: Stage, act: Act, stan: str) -> dict[str, Any] | None:
    """Return what the switch's log says of a refusal of its own."""
    lines = stage.switch.log() if stage.switch is not None else []
    of = (terminal_id(act.at), stan)
    refused = (line for line in lines if line["event"] == "declined")
    return next((line for line in refused if (line["terminal"], line["stan"]) == of), None)


def _cap(opened: Opened, act: Act, day: int) -> Cap | None:
    if act.job["do"] != "withdrawal":
        return None
    configuration = opened.installation.configuration
    pan = fictional_card(int(str(act.job.get("card", 0)))).pan
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
    if row is not None and row.record.fee_fen != act.fee_fen:
        return f"the fee is {yuan(row.record.fee_fen)}, not {yuan(act.fee_fen)}"
    return ""
