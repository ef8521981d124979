"""The smallest world that still fails (simulators/world): fewer faults, fewer actors, less time.

Each thing is left out by itself, and stays out where the same promise is broken without it. Draws
of what is left do not change by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from simulators.world.setting import BUSINESS, Setting, business_of, days_of
from simulators.world.trial import Verdict, Violation

Try = Callable[[Setting], Verdict]
_MOST_TRIES = 120


class Shrinking:
    """A search that begins with a world that broke a promise, and ends with a smaller one."""

    def __init__(self, setting: Setting, verdict: Verdict, try_out: Try) -> None:
        """Look for the first promise that `verdict` has broken; `try_out` lets a world happen."""
        self.setting = setting
        self.verdict = verdict
        self._promise = verdict.violations[0].promise
        self._try_out = try_out
        self._tries = 0

    @property
    def violation(self) -> Violation:
        """What the smallest world so far broke."""
        broken = self.verdict.violations
        return next(each for each in broken if each.promise == self._promise)

    def run(self) -> Setting:
        """Return the smallest setting that was found."""
        drawn = business_of(self.setting)
        business = [name for name in BUSINESS if getattr(drawn, name)]
        for name in (*business, *sorted(self.verdict.fired)):
            self._keep(replace(self.setting, without=(*self.setting.without, name)))
        for smaller in self._fewer():
            self._keep(smaller)
        if days_of(self.setting) > 1:
            self._keep(replace(self.setting, days=1))
        for minutes in range(1, self.setting.minutes):
            if self._keep(replace(self.setting, minutes=minutes)):
                break
        self._keep(replace(self.setting, until=self.violation.step))
        return self.setting

    def _fewer(self) -> Iterator[Setting]:
        for name in ("terminals", "issuers", "cards"):
            for number in (1, 2, 3, 5):
                if getattr(self.setting, name) not in range(1, number + 1):
                    yield replace(self.setting, **{name: number})

    def _keep(self, smaller: Setting) -> bool:
        """Take a smaller setting that still breaks the promise."""
        if self._tries >= _MOST_TRIES:
            return False
        self._tries += 1
        verdict = self._try_out(smaller)
        is_broken = any(each.promise == self._promise for each in verdict.violations)
        if is_broken:
            self.setting, self.verdict = smaller, verdict
        return is_broken
