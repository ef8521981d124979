"""What hosts of services have in common: which of their messages go wrong, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from simulators.installation import wires
from simulators.issuer import CALM, Temper
from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
from simulators.wire import Heard
from switch.cli.outcome import USAGE
from switch.cli.social.hosting import misbehave
from tests.switch.cli.running import run


def test_every_second_message_of_one_kind_is_treated_badly() -> None:
    host = ProductHost(host_identity(), wires()[1], sample_shelf())
    bad = Temper(ignores=True)
    misbehave(host, bad, "confirm", 2)

    def treated(mti: str) -> Temper:
        return host.temper(cast("Heard", SimpleNamespace(mti=mti)))

    assert [treated("0220"), treated("0200"), treated("0221"), treated("0220")] == [
        CALM, CALM, bad, CALM,
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["social-host", "product-host"])
def test_a_kind_of_message_that_is_none_is_told(verb: str) -> None:
    done = run(verb, "--on", "everything")
    assert (done.status, "inquiry, reserve, confirm" in done.err) == (USAGE, True)
