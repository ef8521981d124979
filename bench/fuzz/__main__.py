"""`python -m bench.fuzz [RUNS]`: hostile bytes, guided by coverage, then the worst long inputs.

Needs atheris (Linux; `make fuzz` installs it). The corpus is only read: what a run finds goes to
build/fuzz, one file an input, the first byte of which names the dialect.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.fuzz.target import DIALECTS
from bench.fuzz.worst import measure

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path("build/fuzz")
LONGEST = 65_536
SLOWEST_S = 1
RUNS = 300_000


def main() -> int:
    """Fuzz, then measure the worst; 1 where an input broke a promise."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as grown:
        ended = subprocess.run(  # noqa: S603 - our own module with our own arguments
            [
                *(sys.executable, "-m", "bench.fuzz.guided", grown, str(CORPUS)),
                *(f"-runs={runs}", f"-max_len={LONGEST}", f"-timeout={SLOWEST_S}"),
                *(f"-artifact_prefix={FOUND}/", "-print_final_stats=1"),
            ],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    if ended.returncode:
        print(ended.stderr)
    stats = dict(re.findall(r"stat::(\w+):\s+(\d+)", ended.stderr))
    worst = max((measure(name) for name in DIALECTS), key=lambda found: found.milliseconds)
    print(
        f"RESULT inputs={stats.get('number_of_executed_units', 0)}"
        f" findings={int(ended.returncode != 0)} fuzz_rss_mib={stats.get('peak_rss_mb', 0)}"
        f" worst_64k_ms={worst.milliseconds:.1f} worst_64k_mib={worst.mebibytes:.2f}"
        f" worst_64k_kind={worst.kind}"
    )
    return int(ended.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
