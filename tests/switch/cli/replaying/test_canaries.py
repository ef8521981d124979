"""A card number, a track, a PIN and keys go in; no file and no line that comes out has them.

Looked for byte by byte, as characters, packed either way, and as text of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from messages.crypto.keys import Pik
from messages.crypto.pin import encode_pin_block
from messages.tokens.numbers import Tokens
from simulators.cards import Card
from simulators.installation import PIK
from simulators.replay.capture.export import Exporter
from simulators.replay.trace.form import Frame, Side, To
from simulators.wire import Wire
from tests.simulators.replay.days import INTERBANK, KEY, POS, START_US, bare, forms
from tests.switch.cli.running import Outcome, run

_CARD: Final = Card(pan="6217004930276185038", expiry="3011", pin="739158")
_TRACK: Final = f"{_CARD.pan}=30112209876543210"
_CLEAR_BLOCK: Final = "06739158FFFFFFFF"
_BLOCK: Final = encode_pin_block(_CARD.pin, _CARD.pan, Pik.from_hex(PIK)).hex().upper()
_KEYS: Final = "C3B1A7955E2D4F608192A3B4C5D6E7F8"
_CRYPTOGRAM: Final = "9D8C7B6A5F4E3D2C"
CANARIES: Final = (
    _CARD.pan, _CARD.pan[6:15], "9876543210", "739158FFFF", _BLOCK, _KEYS[:16], _CRYPTOGRAM,
)  # fmt: skip
"""PAN, its middle, the end of its track, PIN in a clear block, its block, a key, a cryptogram."""


def _said(wire: Wire, name: str, **changed: str) -> bytes:
    heard = wire.hear(bare(name))
    said = {**heard.fields, **{int(key[1:]): text for key, text in changed.items()}}
    size = wire.dialect.frame.head_size
    return wire.say(heard.frame[:size], heard.mti, dict(sorted(said.items())))


def _frames() -> Iterator[Frame]:
    """Yield frames as they were on the wire: nothing is cleaned."""
    chip = (
        f"5A0A{_CARD.pan}F5713{_TRACK.replace('=', 'D')}F9F2608{_CRYPTOGRAM}9F36020012"
        f"9F0206000000050000"
    )
    card = {"f2": _CARD.pan, "f14": _CARD.expiry, "f35": _TRACK}
    whole: list[tuple[Side, To, bytes]] = [
        ("terminal", "switch", _said(POS, "sign-on")),
        ("terminal", "peer", _said(POS, "sign-on-response", f62=_KEYS * 2 + "0" * 16)),
        ("terminal", "switch", _said(POS, "withdrawal", **card, f52=_CLEAR_BLOCK, f55=chip)),
        ("issuer", "peer", _said(INTERBANK, "interbank-withdrawal", **card, f52=_BLOCK)),
        ("terminal", "peer", _said(POS, "withdrawal-response", f2=_CARD.pan, f35=_TRACK)),
        ("terminal", "switch", _said(POS, "withdrawal", **card, f52=_BLOCK, f11="000003",
                                     f63=f"card {_CARD.pan}", f57=_TRACK.partition("=")[0])),
        ("terminal", "switch", _said(POS, "reversal", f2=_CARD.pan, f14=_CARD.expiry)),
        # What cannot be read is emptied.
        ("terminal", "switch", _said(POS, "withdrawal", **card, f11="000004")[:-9]),
    ]  # fmt: skip
    for at, (side, to, data) in enumerate(whole):
        if at == len(whole) - 1:
            data = (len(data) - 2).to_bytes(2, "big") + data[2:]  # noqa: PLW2901 - cut short
        at_us = START_US + at * 1_000
        yield Frame(at_us=at_us, connection="t", side=side, to=to, hex=data.hex())


class _Watch:
    """Runs verbs, and keeps what they say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def run(self, *arguments: str, status: int = 0) -> Outcome:
        done = run(*arguments)
        assert done.status == status, (arguments, done.err)
        self.said += [done.out, done.err]
        return done


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Write what goes in: a capture, a log, a key, and rules with the canary as a test card."""
    given = tmp_path / "given"
    given.mkdir()
    with (given / "day.pcap").open("wb") as stream:
        Exporter(stream).write(_frames())
    lines = [f"2014-06-18 10:00:00.{n:06d} t {f.to} {f.hex}\n" for n, f in enumerate(_frames())]
    fours = "-".join(_TRACK[at : at + 4] for at in range(0, 36, 4))
    words = (f"pan={_CARD.pan}", f"track2={_TRACK}", fours)
    lines += [each.replace(" t ", f" {word} ") for each, word in zip(lines, words, strict=False)]
    (given / "day.log").write_text("".join(lines))
    (given / f"{_CARD.pan}.log").write_text("".join(lines))
    (given / "recording.key").write_text(KEY.hex())
    (given / "cards.csv").write_text(f"pan,expiry,pin\n{_CARD.pan},{_CARD.expiry},{_CARD.pin}\n")
    rules = 'format = 1\n[cards]\ncsv = "cards.csv"\n[rewrite]\nchip = "send"\n'
    (given / "rules.toml").write_text(rules)
    return given


def test_no_canary_comes_out_anywhere(tmp_path: Path, given: Path) -> None:
    out, watch, key = tmp_path / "out", _Watch(), ("--record-key", str(given / "recording.key"))
    out.mkdir()
    trace, log, other = (str(out / name) for name in ("t.jsonl", "l.jsonl", "o.jsonl"))
    watch.run("trace", "import", str(given / "day.pcap"), "--into", trace, *key)
    watch.run("trace", "import", str(given / "day.log"), "--log", "--into", log, *key)
    named = str(out / "n.jsonl")
    watch.run("trace", "import", str(given / f"{_CARD.pan}.log"), "--log", "--into", named, *key)
    watch.run("trace", "export", trace, "--into", str(out / "t.pcap"))
    watch.run("trace", "anonymise", trace, "--into", other)
    watch.run("trace", "filter", trace, "--side", "terminal", "--into", str(out / "f.jsonl"))
    watch.run("trace", "cut", trace, "--since", "10:00", "--into", str(out / "c.jsonl"))
    watch.run("trace", "merge", trace, trace, "--into", str(out / "m.jsonl"))
    watch.run("trace", "to-scenario", trace, "--into", str(out / "s.toml"))
    for made in ("terminal", "host"):
        into = ("--into", str(out / f"{made}.toml"), "--terminal", "50010001")
        watch.run("trace", "to-scenario", trace, "--as", made, *into)
    reports = ("--html", str(out / "d.html"), "--junit", str(out / "d.xml"))
    watch.run("trace", "diff", trace, str(out / "f.jsonl"), *reports, status=1)
    watch.run("trace", "diff", trace, log, status=1)
    watch.run("trace", "diff", trace, other, "--json")
    for verb in ("show", "stats", "find"):
        more = ("--at", "10:00") if verb == "find" else ()
        assert len(watch.run("trace", verb, trace, *more).out) > 100
        watch.run("trace", verb, trace, *more, "--json")
    rules = ("--rules", str(given / "rules.toml"), *key)
    asked = ("replay", "run", trace, "--target", "127.0.0.1:1", *rules)
    assert "3 requests" not in watch.run(*asked, "--survey").err
    watch.run(*asked, status=2)
    _search(out, watch.said)
    # The stand-in is what everybody sees of the card.
    stand_in = Tokens(KEY).pan(_CARD.pan)
    assert stand_in[:6] == _CARD.pan[:6]
    assert Path(trace).read_text().count(stand_in) >= 4


def _search(folder: Path, said: list[str]) -> None:
    contents = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(contents) >= 9
    assert all(contents.values())
    contents["what was said"] = "\n".join(said).encode()
    found = [
        (name, canary)
        for name, content in contents.items()
        for canary in CANARIES
        for form in forms(canary)
        if form in content
    ]
    assert found == []


def test_the_search_finds_what_is_there(given: Path) -> None:
    wire = b"".join(frame.data for frame in _frames())
    for canary in CANARIES:
        assert any(form in wire for form in forms(canary)), canary
    text = (given / "day.log").read_bytes()
    for canary in CANARIES:
        assert any(form in text for form in forms(canary)), canary
