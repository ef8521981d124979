"""The network tests run on both loops: asyncio's own, and uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 - the hook's own signature
    item: pytest.Item,  # noqa: ARG001 - as above
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run each test of a coroutine twice."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
