"""`jinbao centre`: what cannot be is told; what it does is a scenario (tests/scenarios)."""

from __future__ import annotations

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import run


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        ((), USAGE, "a centre needs a --bank"),
        (("--bank", "127.0.0.1:7001"), USAGE, "--bank should be like 0=127.0.0.1:7001"),
        (("--bank", "0=7001"), USAGE, "--bank 0= should be an address"),
        (("--bank", "0=127.0.0.1:1", "--host", "192.0.2.1"), BAD, "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_is_told(arguments: tuple[str, ...], status: int, complaint: str) -> None:
    outcome = run("centre", *arguments)
    assert outcome.status == status
    assert complaint in outcome.err
