"""`python -m bench.crash [KILLS] [SEED]`: kill -9 under load; status 1 if anything went wrong.

The last line is `RESULT kills=... acknowledged=... lost=... doubled=...`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from bench.crash.site import EmbeddedSite
from bench.crash.trial import Trial, Verdict
from bench.crash.village import Village
from simulators.live import run

TERMINALS: Final = 16
_KILLS: Final = 200


async def attempt(folder: Path, kills: int, seed: int) -> Verdict:
    """Run one trial on an embedded ledger in an empty folder."""
    village = Village(TERMINALS, seed)
    try:
        site = EmbeddedSite(folder, TERMINALS, await village.open_bank())
        return await Trial(site, village, seed).run(kills)
    finally:
        village.close()


def main(arguments: list[str]) -> int:
    """Run and report."""
    kills, seed = (int(text) for text in [*arguments, *(str(_KILLS), "1")[len(arguments) :]])
    with tempfile.TemporaryDirectory(prefix="jinbao-crash-") as folder:
        verdict = run(attempt(Path(folder), kills, seed))
    figures = {name.rstrip("_"): value for name, value in msgspec.structs.asdict(verdict).items()}
    print("RESULT", *(f"{name}={value}" for name, value in figures.items()), f"seed={seed}")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
