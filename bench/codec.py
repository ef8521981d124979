"""What the fast path saves over pyiso8583: `python -m bench.codec`, some 8 seconds.

One 0200 of 21 fields, in 64 copies with amounts and traces of their own. The cases take turns,
so that a slow spell of the machine hits all of them; a ratio is the median of the ratios of the
turns. The garbage collector stays on. The last line is `RESULT key=value ...`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter_ns
from typing import Any, Final

import iso8583
import msgspec

from messages.codec import Codec
from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Mak, Pik
from messages.crypto.mac import MAC_ALGORITHMS, MacAlgorithm, make_mac
from messages.crypto.pin import encode_pin_block, translate
from messages.dialects.loader import load_dialect
from messages.view import Viewer

# All keys and card data here are published test values.
_FIELDS: Final = {
    2: "6219991234567890120",
    3: "010000",
    4: "000000050000",
    11: "000002",
    12: "093512",
    13: "0618",
    14: "4912",
    22: "051",
    23: "001",
    25: "00",
    26: "12",
    32: "99900000",
    35: "6219991234567890120=4912220000000000",
    41: "50010001",
    42: "999653080110001",
    49: "156",
    52: "04F16B5C9021D1EA",
    53: "2600000000000000",
    55: "9F2608A1B2C3D4E5F607189F2701809F101307010103A0B802010A010000000000B7C8D9EA9F3704123456789F"
    "36020012950500000000009A031406189C01019F02060000000500005F2A02015682027C009F1A0201569F030600"
    "00000000009F3303E0E9C89F34034203009F3501229F1E0835303031303030318408A0000003330101019F090200"
    "209F410400000002",
    60: "7000000200060",
    64: "73BAE89D",
}
_HEAD: Final = bytes.fromhex("6000050000613200320001")
_MAK: Final = bytes.fromhex("2A4C6E80A2C4E6084F6D8BA9C7E50321")
_PIK: Final = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"
_ZONE_PIK: Final = "54687A8C9EB0C2D4E6F8091A2B3C4D5E"
_STAN: Final = "000777"
_MAC_SIZE: Final = 8
_COPIES: Final = 64
_TURNS: Final = 151
_SHORTEST_NS: Final = 4_000_000
"""A case runs at least this long in each turn, so that the clock's own cost disappears."""

Work = Callable[[Any], object]
"""What is measured, on one of the inputs."""


class Case(msgspec.Struct):
    """One row of the table: a name, what is measured, and 64 inputs."""

    name: str
    work: Work
    inputs: Sequence[Any]
    batches: int = 1
    turns_us: list[float] = []

    @property
    def us(self) -> float:
        """Microseconds for one message, the median of the turns."""
        return median(self.turns_us)

    def run(self) -> None:
        """Take one turn."""
        work, inputs = self.work, self.inputs
        start = perf_counter_ns()
        for _ in range(self.batches):
            for one in inputs:
                work(one)
        spent = perf_counter_ns() - start
        self.turns_us.append(spent / (1000 * self.batches * len(inputs)))

    def warm_up(self) -> None:
        """Take a turn that does not count, and choose the batches of the others."""
        self.run()
        batch_ns = self.turns_us.pop() * 1000 * len(self.inputs)
        self.batches = max(1, round(_SHORTEST_NS / batch_ns))


def _values() -> list[dict[int, str]]:
    return [{**_FIELDS, 4: f"{50_000 + n:012}", 11: f"{n + 2:06}"} for n in range(_COPIES)]


def _macs() -> dict[str, MacAlgorithm]:
    keys = {"x9.9": Mak(_MAK[:_MAC_SIZE]), "sm4-ecb": Mak(_MAK, Algorithm.SM4)}
    return {name: make_mac(name, keys.get(name, Mak(_MAK))) for name in MAC_ALGORITHMS}


def _cases() -> dict[str, Case]:
    dialect = load_dialect("pos")
    codec, viewer = Codec(dialect), Viewer(dialect)
    spec = codec._spec  # noqa: SLF001 - the dialect as the library knows it
    values, base = _values(), len(_HEAD)
    bodies = [codec.encode("0200", one) for one in values]
    frames = [_HEAD + body for body in bodies]
    views = [viewer.index(frame, base) for frame in frames]
    macs = _macs()
    select = viewer.select(2, 3, 4, 11, 41, 42)
    build, patch = viewer.builder(tuple(_FIELDS)), viewer.patcher((11, 64))
    pik, zone_pik = Pik.from_hex(_PIK), Pik.from_hex(_ZONE_PIK)
    block, pan = encode_pin_block("123456", _FIELDS[2], pik), _FIELDS[2]

    def patch_and_mac(view: Any) -> bytes:  # noqa: ANN401 - a Case takes any input
        message = patch(view, _STAN, "00000000")
        return bytes(message[:-_MAC_SIZE] + compute(message[base:-_MAC_SIZE]))

    compute = macs["pos-ecb"].compute
    decoded = [iso8583.decode(body, spec)[0] for body in bodies]
    if [build("0200", *one.values()) for one in values] != bodies:
        raise SystemExit("the builder does not make the codec's bytes")
    if {n: views[0].text(n) for n in views[0].numbers} != values[0]:
        raise SystemExit("the view does not read the codec's values")
    cases = {
        "decode": Case("pyiso8583 decode", lambda body: iso8583.decode(body, spec), bodies),
        "encode": Case("pyiso8583 encode", lambda one: iso8583.encode(one, spec), decoded),
        "codec_decode": Case("messages.codec decode (strict)", codec.decode, bodies),
        "index": Case("view: index", lambda frame: viewer.index(frame, base), frames),
        "index6": Case(
            "view: index + 6 fields", lambda frame: select(viewer.index(frame, base)), frames
        ),
        "patch": Case("view: patch 11 and 64", lambda v: patch(v, _STAN, "00000000"), views),
        "patch_mac": Case("view: patch + pos-ecb MAC", patch_and_mac, views),
        "build": Case("view: build the message", lambda one: viewer.build("0200", one), values),
    }
    mabs = [view.mab() for view in views]
    cases |= {
        f"mac_{name.replace('-', '_').replace('.', '')}": Case(f"MAC {name}", mac.compute, mabs)
        for name, mac in macs.items()
    }
    cases["pin"] = Case("PIN translate", lambda _: translate(block, pik, zone_pik, pan, pan), views)
    print(f"0200, {len(_FIELDS)} fields, {len(frames[0])} bytes; median of {_TURNS} turns")
    return cases


def _ratio(above: Case, below: Case) -> float:
    return median(a / b for a, b in zip(above.turns_us, below.turns_us, strict=True))


def main() -> None:
    """Measure, print the table and the RESULT line."""
    cases = _cases()
    for case in cases.values():
        case.warm_up()
    for _ in range(_TURNS):
        for case in cases.values():
            case.run()
    decode, encode = cases["decode"], cases["encode"]
    print(f"{'':32}{'µs':>8}{'of decode':>12}{'of encode':>12}")
    for case in cases.values():
        share = f"{_ratio(case, decode):12.3f}{_ratio(case, encode):12.3f}"
        print(f"{case.name:32}{case.us:8.2f}{share}")
    result = {
        "index6_speedup": f"{_ratio(decode, cases['index6']):.1f}",
        "build_speedup": f"{_ratio(encode, cases['build']):.1f}",
        "patch_mac_ratio": f"{_ratio(cases['patch_mac'], decode):.3f}",
        **{f"{key}_us": f"{case.us:.2f}" for key, case in cases.items()},
    }
    print("RESULT", *(f"{key}={value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
