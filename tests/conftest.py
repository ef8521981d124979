"""Settings of every test run: Hypothesis profiles, and skips that count in CI.

In CI (`CI` is set, as .ci/run does) a skipped test is a failure: what a green build claims was run.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import settings

pytest_plugins = ("tests.databases",)

_IN_CI: Final = bool(os.environ.get("CI"))

# No deadline: a shared machine is slow at times, and pytest's own timeout catches what hangs.
settings.register_profile("dev", deadline=None)
# The same examples on each run: a red build is then the doing of the change under test. As
# they are the same ones each time, a third of what a developer draws is enough.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=30)
settings.load_profile("ci" if _IN_CI else "dev")


@pytest.fixture(scope="module", autouse=True)
def _state_home(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Let terminals keep what they keep away from the home of whoever runs the tests."""
    home = tmp_path_factory.getbasetemp() / "state" / request.module.__name__
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        yield


def pytest_collection_finish() -> None:
    """Take what was imported out of the collector's sight: it lives as long as the session does.

    To look through it again and again took a thirtieth of the CPU time of tests of the core.
    """
    gc.freeze()


def _skips(config: pytest.Config) -> int:
    """Count the skipped tests; a worker of pytest-xdist has no reporter and counts none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return 0 if reporter is None else len(reporter.stats.get("skipped", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a good session with skipped tests into a failed one, in CI only."""
    if _IN_CI and session.exitstatus == pytest.ExitCode.OK and _skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say why a session without failed tests failed."""
    if _IN_CI and (skips := _skips(config)):
        terminalreporter.write_line(f"CI is set: {skips} skipped counts as failed", red=True)
