"""What a conformance run is set up with (switch/cli): questionnaire, keys, numbers, cases.

Everything that cannot be used is told before anything listens, with status 2.
"""

from __future__ import annotations

import secrets
import ssl
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal

import msgspec
import typer

from messages.crypto.keys import Tmk
from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, load_dialect
from simulators.cards import fictional_card
from simulators.conformance.driving.trial import OURS, USUAL
from simulators.conformance.judging.host import Setup
from simulators.conformance.rules.model import FEATURES, Suite
from simulators.conformance.rules.reading import (
    MOST_TIMER_S,
    Questionnaire,
    RulesError,
    load_answers,
    packaged_suite,
    with_files,
)
from simulators.installation import TMK
from switch.cli.outcome import note, stop
from switch.cli.security.secrets import read_key

_CARDS: Final = 10
"""Test cards whose PIN and sequence number the host knows."""
_TPDU_DIGITS: Final = 10
_OTHER_KEY: Final = "KEY_VALUES_MISMATCH"
_NO_PEM: Final = "no certificate and key in PEM form are there; a key of its own needs --tls-key"
_WORDS: Final = {
    "magstripe": "reads magnetic stripes",
    "chip": "reads chips by contact",
    "contactless": "reads chips without contact",
    "pin_pad": "has a PIN pad",
    "composite": "is a composite terminal (social services)",
    "void": "can void a sale",
    "settlement": "settles its batch",
    "track_key": "encrypts tracks",
    "payment": "takes bill payments",
    "sale": "takes sales",
    "chip_check": "lets the chip check the issuer (DE 55, tag 91)",
    "robot": "is driven by a robot",
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the options of `jinbao conform terminal` say."""

    answers: str = ""
    rules: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    terminal: str = ""
    merchant: str = ""
    tpdu: str = ""
    key_file: str = ""
    dialect: str = ""
    is_ours: bool = False
    is_wrapped: bool = False
    """Whether an outer frame lies around the frames: then no answer comes in pieces."""


def setup_of(wanted: Wanted) -> Setup:
    """Return the setup of a run; status 2 for what cannot be used."""
    try:
        answers = _answers(wanted)
        suite = with_files(packaged_suite(), wanted.rules)
    except RulesError as error:
        stop(str(error))
    suite = suite.selected(answers.having())
    if wanted.is_wrapped:
        pieces = {"split", "slow", "keep-alive"}
        kept = tuple(case for case in suite.cases if case.answer.kind not in pieces)
        suite = msgspec.structs.replace(suite, cases=kept)
    suite = _only(suite, wanted.cases)
    check_numbers(wanted)
    key = read_key(Tmk, wanted.key_file) if wanted.key_file else Tmk.from_hex(TMK)
    return Setup(
        dialects=_dialects(wanted.dialect),
        suite=suite,
        answers=answers,
        master_key=key,
        nonce=secrets.token_bytes(32),
        terminal=wanted.terminal,
        merchant=wanted.merchant,
        tpdu=wanted.tpdu,
        cards={card.pan: card for card in map(fictional_card, range(_CARDS))},
    )


def _answers(wanted: Wanted) -> Questionnaire:
    if wanted.answers:
        return load_answers(wanted.answers)
    if wanted.is_ours:
        return Questionnaire(features=dict.fromkeys(OURS, True))
    if not sys.stdin.isatty():
        note("no --answers and nobody to ask: the terminal is taken for one with chip and PIN pad")
        return Questionnaire(features=dict.fromkeys(USUAL, True))
    return asked()


def asked() -> Questionnaire:
    """Ask the tester for what the terminal can do."""
    features = {name: typer.confirm(f"The terminal {_WORDS[name]}?") for name in FEATURES}
    size = typer.prompt("Bytes of its MAC key, 8 or 16", default="16", value_proc=_mak_bytes)
    timer = typer.prompt("Seconds that it waits for an answer", default="60", value_proc=_timer)
    return Questionnaire(features=features, mak_bytes=size, response_timer_s=timer)


def _mak_bytes(text: str) -> Literal[8, 16]:
    match text.strip():
        case "8":
            return 8
        case "16":
            return 16
        case _:
            raise typer.BadParameter("should be 8 or 16")


def _timer(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_TIMER_S:
        raise typer.BadParameter(f"should be above 0, and {MOST_TIMER_S} at most")
    return seconds


def _only(suite: Suite, names: tuple[str, ...]) -> Suite:
    """Return a suite of these cases and those that they need."""
    if not names:
        return suite
    known = {case.id: case for case in suite.cases}
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            stop(f"--case {name}: no such case for this terminal; `jinbao conform cases` has them")
        if name not in wanted:
            wanted.add(name)
            # What comes before in a fuller suite may not apply to this terminal.
            waiting += (other for other in known[name].after if other in known)
    return msgspec.structs.replace(
        suite, cases=tuple(case for case in suite.cases if case.id in wanted)
    )


def check_numbers(wanted: Wanted) -> None:
    """Stop where a terminal, merchant or TPDU cannot be one; empty ones are learnt."""
    for name, text, size in (
        ("terminal", wanted.terminal, 8),
        ("merchant", wanted.merchant, 15),
    ):
        if text and not (text.isascii() and text.isalnum() and len(text) == size):
            stop(f"--{name} {text!r}: should be {size} letters or digits")
    if wanted.tpdu and not (wanted.tpdu.isdecimal() and len(wanted.tpdu) == _TPDU_DIGITS):
        stop(f"--tpdu {wanted.tpdu!r}: should be 10 digits, as in 6000050000")


def _dialects(name: str) -> tuple[Dialect, ...]:
    try:
        if name:
            return (load_dialect(name),)
        return load_dialect("pos"), load_dialect("composite")
    except SpecError as error:
        stop(str(error))


def address_of(text: str) -> tuple[str, int]:
    """Return ADDRESS:PORT; one that others can reach is warned of."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - ports
        stop(f"--listen {text!r} is no ADDRESS:PORT")
    host = host.strip("[]")
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        note(f"listening on {host}: whoever reaches it is answered; use test cards and keys only")
    return host, int(port)


def server_tls(certificate: str, key: str) -> ssl.SSLContext | None:
    """Return the TLS of a server with its own certificate, None without one."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key or None)
    except ssl.SSLError as error:
        words = "the key is of another certificate" if error.reason == _OTHER_KEY else _NO_PEM
        stop(f"--tls-certificate {certificate}: {words}")
    except OSError as error:
        stop(f"--tls-certificate {certificate}, --tls-key {key or certificate}: {error.strerror}")
    return context


def client_tls(certificate: str) -> ssl.SSLContext | None:
    """Return the TLS of our own terminal, which trusts this certificate; None without one."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The name in a vendor's certificate is that of its own machine, and this is loopback.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def folder_of(path: str) -> Path:
    """Return the folder of a report, made if it is not there."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"--report {path}: {error.strerror}")
    return folder
