"""A registry for the stage: its terminal stands at a good point, and everything is open."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from switch.registry.snapshot import Point, Registry, Span
from switch.registry.stages import NO_END, Stage

MERCHANT = "999653080110001"


def open_registry(**changes: Any) -> Registry:  # noqa: ANN401 - any field of a registry
    """Return a registry in which social-security cards do everything from 2014-06-17 on."""
    stage = Stage(
        id="initial",
        en="",
        zh="",
        clause="四(二)",
        channels=frozenset({"rural"}),
        transactions=None,
        takes_social=True,
        takes_other=False,
        open_from=20140617,
    )
    point = Point(
        merchant=MERCHANT,
        district="d",
        is_eligible=True,
        open_from=20140601,
        agreed=Span(20140601, NO_END),
    )
    registry = Registry(
        change=1,
        stages=(stage,),
        points={MERCHANT: point},
        pilots={"d": 20140610},
        qualifications={"99900000": Span(20120101, 20201231)},
    )
    return replace(registry, **changes)
