"""Verbs of `jinbao terminal` that sell or transfer (switch/cli): what moves money but cash.

A verb about an earlier transaction names it as its slip does: RRN, STAN, batch and day.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer
from msgspec.structs import replace

from simulators.cards import fictional_card
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Slip
from switch.cli.outcome import stop
from switch.cli.simulating.doing import (
    FEN,
    AmountYuan,
    BankChannel,
    CardNumber,
    Setting,
    WrongPin,
    do,
    known_channel,
    tell,
    terminal_verb,
    used_card,
)
from switch.core.moment import local
from switch.shell.clock import Clock

VOIDS: Final = {
    "sale": Kind.VOID,
    "payment": Kind.VOID,
    "preauth": Kind.AUTHORISATION_VOID,
    "completion": Kind.COMPLETION_VOID,
    "bill": Kind.VOID,
}
"""What can be voided, and how; a withdrawal has no void."""
_BILL: Final = "bill"
"""A contribution or settlement, which a composite terminal voids."""

_RRN, _MMDD, _TYPE = 12, 4, 2
TypeCode = Annotated[str, typer.Option("--type", metavar="NN", help="DE 60.1, if not the usual.")]
OriginalRrn = Annotated[str, typer.Option("--rrn", metavar="RRN", help="DE 37 of the original.")]
OriginalStan = Annotated[
    int, typer.Option("--stan", min=1, max=999_999, help="DE 11 of the original.")
]
OriginalBatch = Annotated[
    int,
    typer.Option(
        "--batch", min=0, max=999_999, help="DE 60.2 of the original; 0 is the open batch."
    ),
]
OriginalDate = Annotated[
    str, typer.Option("--date", metavar="MMDD", help="Day of the original; else today.")
]
PayeeNumber = Annotated[
    int,
    typer.Option("--to", min=0, max=10**12 - 1, help="Which fictional card is paid."),
]


@terminal_verb
def sale(
    given: Setting,
    *,
    yuan: AmountYuan = 100,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
    type_code: TypeCode = "",
) -> None:
    """Sell something (社保卡消费; --type 22 is an ordinary sale).

    \b
    Example:
      jinbao terminal sale 127.0.0.1:8583 --yuan 80
    """  # noqa: D301 - \b keeps the lines of the examples apart
    check_type(type_code)
    used = used_card(card, wrong_pin=wrong_pin)
    _afresh(given, Job(kind=Kind.SALE, card=used, amount_fen=yuan * FEN, code=type_code))


@terminal_verb
def pay(
    given: Setting,
    *,
    yuan: AmountYuan = 100,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
    channel: BankChannel = "",
) -> None:
    """Pay a bill (自主缴费).

    \b
    Example:
      jinbao terminal pay 127.0.0.1:8583 --yuan 35
    """  # noqa: D301 - \b keeps the lines of the examples apart
    used = used_card(card, wrong_pin=wrong_pin)
    channel = known_channel(channel)
    _afresh(given, Job(kind=Kind.PAYMENT, card=used, amount_fen=yuan * FEN, channel=channel))


@terminal_verb
def preauth(
    given: Setting,
    *,
    yuan: AmountYuan = 1_000,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
) -> None:
    """Have an amount held (预授权).

    \b
    Example:
      jinbao terminal preauth 127.0.0.1:8583 --yuan 1000
    """  # noqa: D301 - \b keeps the lines of the examples apart
    used = used_card(card, wrong_pin=wrong_pin)
    _afresh(given, Job(kind=Kind.AUTHORISATION, card=used, amount_fen=yuan * FEN))


@terminal_verb
def void(
    given: Setting,
    *,
    rrn: OriginalRrn,
    stan: OriginalStan,
    yuan: AmountYuan,
    of: Annotated[
        str, typer.Option(metavar="|".join(VOIDS), help="What the original was.")
    ] = "sale",
    batch: OriginalBatch = 0,
    date: OriginalDate = "",
    card: CardNumber = 0,
    type_code: TypeCode = "",
) -> None:
    """Void a sale, payment, pre-authorisation or completion (撤销); --type 23 for one of type 22.

    \b
    Example:
      jinbao terminal void 127.0.0.1:8583 --rrn 417000000001 --stan 417 --yuan 80
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if of not in VOIDS:
        stop(f"--of is one of {', '.join(VOIDS)}, not {of!r}")
    check_type(type_code)
    used = used_card(card, wrong_pin=False)
    job = Job(kind=VOIDS[of], card=used, amount_fen=yuan * FEN, code=type_code)
    given = replace(given, is_composite=of == _BILL)
    _about(given, job, _slip(given, rrn, stan, batch, date))


@terminal_verb
def refund(
    given: Setting,
    *,
    rrn: OriginalRrn,
    stan: OriginalStan,
    yuan: AmountYuan,
    batch: OriginalBatch = 0,
    date: OriginalDate = "",
    card: CardNumber = 0,
) -> None:
    """Refund a sale, or a part of it (退货).

    \b
    Example:
      jinbao terminal refund 127.0.0.1:8583 --rrn 417000000001 --stan 417 --yuan 30
    """  # noqa: D301 - \b keeps the lines of the examples apart
    job = Job(kind=Kind.REFUND, card=used_card(card, wrong_pin=False), amount_fen=yuan * FEN)
    _about(given, job, _slip(given, rrn, stan, batch, date))


@terminal_verb
def complete(
    given: Setting,
    *,
    rrn: OriginalRrn,
    stan: OriginalStan,
    yuan: AmountYuan,
    advice: Annotated[
        bool, typer.Option("--advice", help="As an advice (0220), not a request.")
    ] = False,
    batch: OriginalBatch = 0,
    date: OriginalDate = "",
    card: CardNumber = 0,
) -> None:
    """Complete a pre-authorisation (预授权完成), for at most 115 % of it.

    \b
    Example:
      jinbao terminal complete 127.0.0.1:8583 --rrn 417000000001 --stan 417 --yuan 900
    """  # noqa: D301 - \b keeps the lines of the examples apart
    kind = Kind.COMPLETION_ADVICE if advice else Kind.COMPLETION
    job = Job(kind=kind, card=used_card(card, wrong_pin=False), amount_fen=yuan * FEN)
    _about(given, job, _slip(given, rrn, stan, batch, date))


@terminal_verb
def transfer(
    given: Setting,
    *,
    to: PayeeNumber = 1,
    yuan: AmountYuan = 100,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
    channel: BankChannel = "",
) -> None:
    """Transfer from one test card to another (转账).

    \b
    Example:
      jinbao terminal transfer 127.0.0.1:8583 --card 0 --to 1000 --yuan 300
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _others(card, to)
    job = Job(
        kind=Kind.TRANSFER,
        card=used_card(card, wrong_pin=wrong_pin),
        amount_fen=yuan * FEN,
        payee=fictional_card(to),
        channel=known_channel(channel),
    )
    # What has no certain outcome is reversed before the terminal hangs up.
    tell(given, do(given, job, Job(kind=Kind.REVERSAL)))


@terminal_verb
def remit(
    given: Setting,
    *,
    to: PayeeNumber = 1,
    yuan: AmountYuan = 100,
    card: CardNumber = 0,
    wrong_pin: WrongPin = False,
) -> None:
    """Remit cash (现金汇款): --card is the service point's settlement card, --to the payee's.

    \b
    Example:
      jinbao terminal remit 127.0.0.1:8583 --card 0 --to 1000 --yuan 300
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _others(card, to)
    job = Job(
        kind=Kind.REMITTANCE,
        card=used_card(card, wrong_pin=wrong_pin),
        amount_fen=yuan * FEN,
        payee=fictional_card(to),
    )
    tell(given, do(given, job, Job(kind=Kind.REVERSAL)))


SELLING: Final = (sale, pay, transfer, remit, preauth, void, refund, complete)
"""The verbs, in the order of the help."""


def check_type(code: str) -> None:
    """Refuse what is no DE 60.1."""
    if code and not (code.isascii() and code.isdecimal() and len(code) == _TYPE):
        stop(f"--type {code!r}: should be two digits")


def _slip(given: Setting, rrn: str, stan: int, batch: int, date: str) -> Slip:
    """Return what a slip says of an original; batch 000000 stands for the open one."""
    if not (rrn.isascii() and rrn.isalnum() and len(rrn) == _RRN):
        stop(f"--rrn {rrn!r}: should be {_RRN} letters or digits")
    if date and not (date.isascii() and date.isdecimal() and len(date) == _MMDD):
        stop(f"--date {date!r}: should be four digits, MMDD")
    return Slip(
        terminal=given.identity.id,
        batch=f"{batch:06d}",
        stan=f"{stan:06d}",
        rrn=rrn,
        authorisation="",
        amount_fen=0,
        shown_card="",
        date=date,
        time="",
    )


def _afresh(given: Setting, job: Job) -> None:
    # What has no certain outcome is reversed before the terminal hangs up.
    tell(given, do(given, job, Job(kind=Kind.REVERSAL)))


def _about(given: Setting, job: Job, slip: Slip) -> None:
    def jobs(terminal: Terminal, clock: Clock) -> tuple[Job, ...]:
        batch = slip.batch if int(slip.batch) else f"{terminal.memory.batch:06d}"
        date = slip.date or local(clock.now().utc_ms).date
        return (replace(job, of=replace(slip, batch=batch, date=date)),)

    tell(given, do(given, Job(kind=Kind.REVERSAL), first=jobs))


def _others(card: int, to: int) -> None:
    """Refuse a transfer from a card to itself before anything is sent."""
    if card == to:
        stop(f"--to {to}: should be another card than --card")
