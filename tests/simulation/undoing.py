"""Fixes of the stories, undone one by one: a story's world must break its promise without its fix.

What a seed draws may change; then a story's world is another one, and its test says so. Then
`python -m tests.simulation.undoing NAME FIRST COUNT` looks for a seed that tells it again, in the
setting and the weather of its entry.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from simulators.checkers.answers import outcomes
from simulators.issuer import Issuer
from simulators.services import deeds
from simulators.services.deeds import DONE, Deed, DeedBooks, Payable
from simulators.terminal import Terminal
from simulators.terminals import answers
from simulators.world import world
from simulators.world.actors.booth import Booth
from simulators.world.setting import Setting
from simulators.world.trial import Violation, attempt
from simulators.world.weather.faults import Faults
from switch.core.financial import in_flight
from switch.core.issuers import pending
from switch.core.terminals import intake

Undo = Callable[[pytest.MonkeyPatch], None]


def _excuse(patch: pytest.MonkeyPatch) -> None:
    """Have the checker excuse nobody who died after a 98."""
    patch.setattr(outcomes, "_died_after", lambda *_: False)


def _sign_on(patch: pytest.MonkeyPatch) -> None:
    """Tell a copy of what is in flight to sign on again."""
    patch.setattr(intake.Intake, "_is_copy", lambda *_: False)


def _session_over(patch: pytest.MonkeyPatch) -> None:
    """Open what looked for its original, whatever became of its session meanwhile."""
    patch.setattr(intake.Intake, "_found", intake.Intake._open)


def _refused(patch: pytest.MonkeyPatch) -> None:
    """Forget what was refused before."""
    patch.setattr(in_flight.InFlight, "refused", lambda *_: None)


def _last_word(patch: pytest.MonkeyPatch) -> None:
    """Have a card refuse what it was told before other requests."""
    sent = Terminal._send

    def send(self: Terminal, *asked: Any) -> list[bytes]:  # noqa: ANN401 - as it is
        last = self._last_paid
        frames = sent(self, *asked)
        self._last_paid = self._last_paid or last
        return frames

    patch.setattr(Terminal, "_send", send)


def _another(patch: pytest.MonkeyPatch) -> None:
    """Hold an answer to what it must repeat alone."""
    patch.setattr(pending, "_REPEATED_IF_THERE", ())


def _anew(patch: pytest.MonkeyPatch) -> None:
    """Have a bank decide anew about what comes over another line."""
    joined = Issuer.another_line

    def another_line(self: Issuer) -> Issuer:
        other = joined(self)
        other._answers = type(self._answers)()
        return other

    patch.setattr(Issuer, "another_line", another_line)


def _reserves_anew(patch: pytest.MonkeyPatch) -> None:
    """Have a host of services forget what it refused."""

    def refuse(self: DeedBooks[Any], rrn: str, code: str) -> str:
        return DONE if rrn in self.deeds else code

    patch.setattr(DeedBooks, "refuse", refuse)


def _whoever_paid(patch: pytest.MonkeyPatch) -> None:
    """Have a host of services undo whatever paid a bill, not the payment that a void names."""
    standing = deeds._standing

    def of_the_bill(due: Payable, deed: Deed) -> str:
        return standing(due, replace(deed, undoes=deed.undoes and due.paid_by))

    patch.setattr(deeds, "_standing", of_the_bill)


def _day_over(patch: pytest.MonkeyPatch) -> None:
    """Call a batch settled once its terminal has nothing to do."""
    patch.setattr(Booth, "has_settled", property(lambda self: self.terminal.is_idle))


def _stage(patch: pytest.MonkeyPatch) -> None:
    """Hold a copy against the stages of its own arrival."""
    patch.setattr(intake, "OF_A_DAY", frozenset())


def _try_later(patch: pytest.MonkeyPatch) -> None:
    """Take 91 to an advice for the last word."""
    patch.setattr(answers, "_TRY_LATER", frozenset())


def _too_quiet(patch: pytest.MonkeyPatch) -> None:
    """Call a world quiet over what a dead process left open."""

    def is_settled(self: world.World) -> bool:
        return all(store.is_idle for store in self._stores)

    patch.setattr(world.World, "_is_settled", is_settled)


UNDONE: Final[Mapping[str, Undo]] = {
    "excuse-after-98": _excuse,
    "copy-told-to-sign-on": _sign_on,
    "copy-of-what-was-refused": _refused,
    "card-refuses-late": _last_word,
    "answer-of-another": _another,
    "bank-decides-anew": _anew,
    "host-decides-anew": _reserves_anew,
    "void-of-whoever-paid": _whoever_paid,
    "day-closed-early": _day_over,
    "stage-of-a-copy": _stage,
    "advice-told-91": _try_later,
    "session-over-meanwhile": _session_over,
    "quiet-too-early": _too_quiet,
}
"""Every fix that can be undone, by the name that an entry of regressions.toml gives it."""


_OF_THE_STORY: Final = frozenset({"story", "undo", "promise", "weather"})
# What worlds do besides came later than most stories: those that need it say so.
_BESIDES: Final = dict.fromkeys(("transfers", "social", "products", "stages", "remittances"), False)


def stories() -> list[dict[str, Any]]:
    """Return the entries of regressions.toml."""
    text = (Path(__file__).parent / "regressions.toml").read_text(encoding="utf-8")
    told: list[dict[str, Any]] = tomllib.loads(text)["world"]
    return told


def happen(told: dict[str, Any], patch: pytest.MonkeyPatch) -> list[Violation]:
    """Let the world of a story happen, in its own weather where it names one."""
    drawn: dict[str, Any] = dict(_BESIDES)
    drawn |= {name: value for name, value in told.items() if name not in _OF_THE_STORY}
    drawn["without"] = tuple(drawn.get("without", ()))
    if weather := told.get("weather"):
        patch.setattr(world, "draw", lambda *_: Faults(**weather))
    return attempt(Setting(**drawn))[0].violations


def main(name: str, first: str, count: str) -> None:
    """Print the first seed that breaks a story's promise without its fix, and keeps all with it."""
    told = next(each for each in stories() if each["undo"] == name)
    for seed in range(int(first), int(first) + int(count)):
        again = {**told, "seed": seed}
        with pytest.MonkeyPatch.context() as patch:
            UNDONE[name](patch)
            broken = [each for each in happen(again, patch) if each.promise == told["promise"]]
        if not broken:
            continue
        with pytest.MonkeyPatch.context() as patch:
            kept = not happen(again, patch)
        what = f"{name} {seed}: {broken[0].promise}: {broken[0].what}"
        sys.stdout.write(f"{what}\n" if kept else f"{what}, with the fix as well\n")
        if kept:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
