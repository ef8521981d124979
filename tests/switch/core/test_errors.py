"""The error of a broken invariant is raised, also where Python leaves assertions out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from switch.core.errors import InvariantBroken
from switch.core.events import LedgerAnswered
from switch.core.moment import Moment
from switch.core.outcomes import (
    Renewed,
)
from tests.switch.core.stage import Stage


def test_an_answer_that_nobody_asked_for_breaks_an_invariant() -> None:
    stage = Stage()
    with pytest.raises(InvariantBroken, match="ticket 9999"):
        stage.engine.handle(LedgerAnswered(9999, Renewed()), Moment(0, 0))


def test_invariants_hold_without_assertions() -> None:
    code = (
        "from switch.core.errors import InvariantBroken\n"
        "from switch.core.outbox import Outbox\n"
        "try:\n    Outbox().drawn(1, b'', b'')\n"
        "except InvariantBroken:\n    print('raised')\n"
    )
    run = subprocess.run(
        [sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout == "raised\n"
