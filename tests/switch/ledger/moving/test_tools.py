"""Every tool has its short name."""

from __future__ import annotations

from switch.ledger.moving import tools


def test_every_name_is_something_to_call() -> None:
    assert all(callable(getattr(tools, name)) for name in tools.__all__)
