"""Days of traffic for the tests of replay: frames as they were on the wire, card data and all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from messages.crypto.keys import Tmk
from messages.dialects.dialect import Dialect
from messages.dialects.loader import load_dialect
from messages.tokens.numbers import Tokens
from simulators.cards import Card, fictional_card
from simulators.installation import TMK
from simulators.replay.again.chips import Signer
from simulators.replay.again.dates import Dates
from simulators.replay.again.rewriting import Means
from simulators.replay.trace.form import Frame, Side, To
from simulators.replay.trace.making import Maker
from simulators.replay.trace.writing import write_trace
from simulators.wire import Wire
from tests.switch.cli.running import sample

KEY: Final = bytes(range(32))
TOKENS: Final = Tokens(KEY)
DIALECTS: Final[dict[Side, Dialect]] = {
    "terminal": load_dialect("pos"),
    "issuer": load_dialect("interbank"),
}
POS: Final = Wire(DIALECTS["terminal"])
INTERBANK: Final = Wire(DIALECTS["issuer"])
CANARIES: Final = ("6219991234567890120", "D3012201987654321", "04F16B5C9021D1EA")
"""PAN, the end of its track, PIN block, as the samples have them."""
START_US: Final = 1_403_056_800_000_000
"""2014-06-18 10:00 in Shanghai."""


class Raw(NamedTuple):
    """A frame as it was, without its length prefix."""

    at_us: int
    connection: str
    side: Side
    to: To
    frame: bytes


def bare(name: str) -> bytes:
    """Return a sample's frame without its length prefix."""
    wire = INTERBANK if name.startswith("interbank") else POS
    return wire.bare(bytes.fromhex(sample(name)))


def day(count: int, terminals: int = 3, gap_us: int = 50_000) -> Iterator[Raw]:
    """Yield withdrawals and their answers, each terminal's in turn."""
    asked, told = POS.hear(bare("withdrawal")), POS.hear(bare("withdrawal-response"))
    heads = asked.frame[:11], told.frame[:11]
    for number in range(count):
        card = fictional_card(number % 50)
        which = number % terminals
        common = {2: card.pan, 11: f"{number + 1:06d}", 41: str(50_010_001 + which)}
        at_us = START_US + number * gap_us
        request = {**asked.fields, **common, 35: card.track_2}
        answer = {**told.fields, **common, 37: f"0618{number:08d}"}
        name = f"terminal-{which + 1}"
        frame = POS.bare(POS.say(heads[0], "0200", dict(sorted(request.items()))))
        yield Raw(at_us, name, "terminal", "switch", frame)
        frame = POS.bare(POS.say(heads[1], "0210", dict(sorted(answer.items()))))
        yield Raw(at_us + 30_000, name, "terminal", "peer", frame)


def maker() -> Maker:
    """Return what makes lines under the key of the tests."""
    return Maker(DIALECTS, TOKENS)


def means(cards: Mapping[str, Card], dates: Dates | None = None) -> Means:
    """Return what a replay has to work with: these cards, and the keys of the worked examples."""
    return Means(cards=cards, master_key=Tmk.from_hex(TMK), signer=Signer(), dates=dates)


def frames(raws: Iterator[Raw] | list[Raw]) -> list[Frame]:
    """Return the lines of frames."""
    make = maker()
    return [make.frame(*raw) for raw in raws]


def written(path: Path, raws: Iterator[Raw] | list[Raw]) -> Path:
    """Write a trace; return its path."""
    write_trace(str(path), maker().header("a test"), frames(raws))
    return path


def forms(secret: str) -> tuple[bytes, ...]:
    """Return every form in which a canary could stand in a file: packed, text, text of either."""
    ascii_form = secret.encode()
    packed = (
        bytes.fromhex(secret + "0" * (len(secret) % 2)),
        bytes.fromhex("0" * (len(secret) % 2) + secret),
    )
    texts = {each.hex().encode() for each in (ascii_form, *packed)}
    whole = {ascii_form, ascii_form.lower(), *packed, *texts, *(each.upper() for each in texts)}
    # A pad nibble is no part of the canary: what is cut off at the ends still gives it away.
    return tuple({*whole, *(each[1:-1] for each in packed if len(each) > 6)})
