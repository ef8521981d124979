"""Limits have names, and are positive."""

from __future__ import annotations

import msgspec

from switch.shell.settings import Limits


def test_every_limit_is_a_positive_number_with_a_name() -> None:
    assert all(value > 0 for value in msgspec.structs.asdict(Limits()).values())


def test_waits_between_connections_double_from_the_first_to_the_longest() -> None:
    assert Limits().reconnect_first_ms < Limits().reconnect_most_ms
