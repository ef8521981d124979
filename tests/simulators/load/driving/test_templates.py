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
from simulators.load.driving.templates import QUICK, Press, Shapes
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire
from tests.simulators.acting import answer_of

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
    job = Job(kind=Kind(told.kind), card=fictional_card(told.card), amount_fen=told.fen)
    press = _PRESSES[told.dialect]
    template = press.make(job, told.card, identity, _DAY)
    assert template is not None
    stan, amount = bytes.fromhex(f"{told.stan:06d}"), press.amount(told.fen)
    pin = memory.pik.cipher.encrypt(template.clear_pin)
    frame = template.fill(press.mine(identity, memory), stan, amount, pin)
    mac = wire.mac(Mak.from_hex(MAK))
    frame[-8:] = mac.compute(frame[template.layout.covered])
    heads = wire.framing.build_heads()
    mti, fields = requests.fields(job, identity, memory, _DAY)
    expected = wire.say(heads, mti, fields, mac)
    assert frame == expected


def test_what_a_template_cannot_make_is_left_to_the_terminal() -> None:
    identity, press = terminal_identity(), _PRESSES["pos"]
    job = Job(kind=Kind.WITHDRAWAL, card=fictional_card(1), amount_fen=100)
    assert press.make(Job(kind=Kind.ECHO), 0, identity, _DAY) is None
    assert Press(Wire(load_dialect("interbank"))).make(job, 0, identity, _DAY) is None
    chip = Job(kind=Kind.WITHDRAWAL, card=fictional_card(1, signs=True), amount_fen=100)
    assert press.make(chip, 0, identity, _DAY) is None  # it signs every request anew


def _answer(changes: dict[int, str | None]) -> bytes:
    """Return a withdrawal's answer without its prefix, changed."""
    wire = _WIRES["pos"]
    heard = wire.hear(answer_of("withdrawal-response"))
    fields = {**heard.fields, **{n: text for n, text in changes.items() if text is not None}}
    fields = {n: text for n, text in fields.items() if n != 64 and changes.get(n, "") is not None}
    mac = None if 64 in changes else wire.mac(Mak.from_hex(MAK))
    heads = heard.frame[: wire.dialect.frame.head_size]
    return wire.bare(wire.say(heads, "0210", dict(sorted(fields.items())), mac))


_TEXTS = st.fixed_dictionaries(
    {
        2: st.sampled_from([None, "6219991234567890120", "621999123456789"]),
        4: st.sampled_from([None, "000000050000", "000000000001"]),
        11: st.integers(1, 999_999).map("{:06d}".format),
        37: st.sampled_from([None, "061809350002", "ABCDEF123456"]),
        39: st.sampled_from(["00", "51", "A0"]),
        44: st.sampled_from([None, "9991000", "99910000   99900000"]),
        63: st.sampled_from([None, "CUP", "CUP" + " " * 60]),
    }
)


@settings(max_examples=60)
@given(st.lists(_TEXTS, min_size=1, max_size=6), st.booleans())
def test_a_shape_cuts_out_what_reading_the_whole_answer_finds(
    answers: list[dict[int, str | None]], has_mac: bool
) -> None:
    wire, shapes = _WIRES["pos"], Shapes(_WIRES["pos"])
    for changes in answers:
        frame = _answer(changes if has_mac else {**changes, 64: None})
        shape, heard = shapes.of(frame), wire.hear(frame)
        assert shape is not None
        stan, tid, merchant, amount = shape.numbers(frame)
        assert (stan.hex(), amount.hex()) == (heard.get(11), heard.get(4))
        assert (tid.decode(), merchant.decode()) == (heard.get(41), heard.get(42))
        assert (frame[shape.code].decode(), frame[shape.rrn].decode()) == (
            heard.get(39),
            heard.get(37),
        )
        assert (shape.has_amount, shape.has_mac) == (4 in heard.fields, has_mac)


def test_what_is_no_answer_to_a_request_has_no_shape() -> None:
    shapes = Shapes(_WIRES["pos"])
    assert shapes.of(answer_of("reversal-response")) is None
    assert shapes.of(answer_of("withdrawal-response")[:-3]) is None
    assert shapes.of(_answer({39: None})) is None
    assert shapes.of(b"") is None
