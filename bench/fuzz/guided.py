"""The process that atheris drives (bench/fuzz).

`bench.fuzz` starts it, because atheris never returns.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["messages", "iso8583"]):
    from bench.fuzz.target import feed

if __name__ == "__main__":
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()
