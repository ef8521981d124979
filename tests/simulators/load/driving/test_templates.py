"""Templates: filled in, they are byte for byte what a terminal would send."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.crypto.keys import Mak, Pik
from messages.dialects.loader import load_dialect
from simulators import requests
from simulators.cards import fictional_card
from simulators.installation import MAK, terminal_identity
from simulators.load.driving.templates import QUICK, Filler, Press
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire

_WIRES = {name: Wire(load_dialect(name)) for name in ("pos", "composite")}
_PRESSES = {name: Press(wire) for name, wire in _WIRES.items()}
_DAY = 20261125


class _Given(msgspec.Struct, frozen=True):
    dialect: str
    kind: Kind
    card: int
    terminal: int
    stan: int
    batch: int
    fen: int
    key: bytes


@settings(max_examples=40)
@given(
    st.builds(
        _Given,
        st.sampled_from(sorted(_WIRES)),
        st.sampled_from(sorted(QUICK)),
        st.integers(0, 20),
        st.integers(0, 99),
        st.integers(1, 999_999),
        st.integers(0, 999_999),
        st.integers(1, 10_000_000),
        st.binary(min_size=16, max_size=16),
    )
)
def test_a_filled_template_is_what_a_terminal_would_send(told: _Given) -> None:
    wire, identity = _WIRES[told.dialect], terminal_identity(told.terminal)
    memory = Memory(told.batch, told.stan)
    memory.pik = Pik(told.key)
    job = Job(kind=told.kind, card=fictional_card(told.card), amount_fen=told.fen)
    who = Filler(identity, memory)
    press = _PRESSES[told.dialect]
    body = press.message(job, who, press.constants(who), _DAY)
    assert body is not None
    mac = wire.mac(Mak.from_hex(MAK))
    heads = wire.framing.build_heads()
    mti, fields = requests.fields(job, identity, memory, _DAY)
    expected = wire.say(heads, mti, fields, mac)
    assert wire.framing.join(heads + body + mac.compute(body)) == expected


def test_what_a_template_cannot_make_is_left_to_the_terminal() -> None:
    wire = Wire(load_dialect("interbank"))
    identity, memory = terminal_identity(), Memory(1, 1)
    who = Filler(identity, memory)
    job = Job(kind=Kind.WITHDRAWAL, card=fictional_card(1), amount_fen=100)
    assert _PRESSES["pos"].message(Job(kind=Kind.ECHO), who, {}, _DAY) is None
    assert _PRESSES["pos"].message(job, who, {}, _DAY) is None  # no keys yet
    memory.pik = Pik(bytes(range(16)))
    assert Press(wire).message(job, who, {}, _DAY) is None
