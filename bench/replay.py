"""Measures replay: frames imported, counted and sent again a second, and the most memory it took.

`python -m bench.replay [FRAMES]`. The host is a stand-in in a process of its own that approves
everything, so that what is measured is the replay. Ends with one RESULT line.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from messages.crypto.keys import Mak, Pik, Tmk, wrap_field_62
from messages.framing import Deframer
from messages.values import response_mti
from simulators import live
from simulators.cards import fictional_card
from simulators.installation import MAK, PIK, TMK
from simulators.replay.again.chips import Signer
from simulators.replay.again.playing import Asked, Pace, Player
from simulators.replay.again.rewriting import Means, Rewriter
from simulators.replay.again.rules import Rewrite, Rules
from simulators.replay.again.survey import Survey
from simulators.replay.capture.export import Exporter
from simulators.replay.capture.importing import Importer
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame
from simulators.replay.trace.reading import Trace
from simulators.replay.trace.writing import write_trace
from simulators.replay.verdict.comparing import Comparer
from tests.simulators.replay.days import DIALECTS, POS, TOKENS, bare, day, maker

_TERMINALS: Final = 50
_KIB: Final = 1_024


async def _approve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    deframer = Deframer(POS.framing)
    signed, told = (POS.hear(bare(f"{name}-response")) for name in ("sign-on", "withdrawal"))
    mac = POS.mac(Mak.from_hex(MAK))
    keys = wrap_field_62(Tmk.from_hex(TMK), Pik.from_hex(PIK), Mak.from_hex(MAK)).hex().upper()
    while chunk := await reader.read(1 << 16):
        for frame in deframer.feed(chunk):
            heard = POS.hear(frame)
            said = {11: heard.get(11), 41: heard.get(41)}
            if heard.mti == "0800":
                said = {**signed.fields, **said, 62: keys}
            else:
                said = {**told.fields, **said, 2: heard.get(2)}
            key = None if heard.mti == "0800" else mac
            writer.write(POS.say(told.frame[:11], response_mti(heard.mti), said, key))
    writer.close()


def _host(ready: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_approve, "127.0.0.1", 0)
        ready.send(int(server.sockets[0].getsockname()[1]))
        await server.serve_forever()

    live.run(serve())


def _made(count: int) -> Iterator[Frame]:
    make = maker()
    return (make.frame(*raw) for raw in day(count // 2, _TERMINALS, 1_000))


def _replayed(trace: str, port: int) -> tuple[Comparer, float, float]:
    cards = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(50)}
    # A capture is cleaned once more when it is read: the stand-ins of the stand-ins.
    cards |= {TOKENS.pan(token): card for token, card in cards.items()}
    means = Means(cards=cards, master_key=Tmk.from_hex(TMK), signer=Signer())
    rewriter = Rewriter(POS, Rewrite(), means)
    begun = time.perf_counter()
    survey = Survey().of(Trace(trace), POS, means, Rewrite())
    asked = Asked(host="127.0.0.1", port=port, pace=Pace(), wait_s=60)
    player = Player(POS, rewriter, survey, asked)
    comparer = Comparer(DIALECTS["terminal"], Rules(format=1), "terminal")
    player.take, player.surplus = comparer.take, comparer.unasked
    live.run(player.play(Trace(trace)))
    stood_still_s = player.patience.stalled_s
    return comparer, time.perf_counter() - begun - stood_still_s, stood_still_s


def main() -> None:
    """Make a capture, import it, count it, send it; print what that took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    ours, theirs = multiprocessing.Pipe()
    host = multiprocessing.get_context("spawn").Process(target=_host, args=(theirs,), daemon=True)
    host.start()
    port = ours.recv()
    with tempfile.TemporaryDirectory(prefix="jinbao-bench-") as folder:
        pcap, trace = Path(folder, "day.pcap"), str(Path(folder, "day.jsonl"))
        with pcap.open("wb") as stream:
            Exporter(stream).write(_made(count))
        begun = time.perf_counter()
        with pcap.open("rb") as stream:
            importer = Importer(maker(), DIALECTS)
            frames = write_trace(trace, maker().header("bench"), importer.of(stream, "day"))
        imported_s = time.perf_counter() - begun
        begun = time.perf_counter()
        figures = Figures().of(Trace(trace))
        counted_s = time.perf_counter() - begun
        comparer, replayed_s, stood_still_s = _replayed(trace, port)
    host.terminate()
    host.join()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB
    print(
        f"RESULT frames={frames} import_per_s={frames / imported_s:.0f} "
        f"stats_per_s={figures.frames / counted_s:.0f} "
        f"replay_per_s={frames / replayed_s:.0f} compared={comparer.compared} "
        f"unexplained={comparer.unexplained} unanswered={comparer.unanswered} "
        f"stood_still_s={stood_still_s:.0f} peak_mib={peak_mib:.0f}"
    )


if __name__ == "__main__":
    main()
