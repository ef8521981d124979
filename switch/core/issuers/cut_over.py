"""The cut-over on issuer links: 0820 with DE 70 = 201, and 202 when the day before is over.

Where the switch is the clearing centre (`direct`) it tells every host that is signed on, with the
new clearing date in DE 15; a member is told by its centre. A transaction keeps the date that it
was opened with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from messages.dialects.dialect import Dialect
from messages.values import response_mti
from switch.core.configuration import Configuration
from switch.core.deadlines import NEVER
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.pending import Waiting
from switch.core.moment import clearing_day, day_near, is_date, ms_until, next_day
from switch.core.outbox import Outbox

BEGIN: Final = "cut_over_begin"
END: Final = "cut_over_end"
"""The notices, as dialects name them; in a dialect without them nobody is told."""
TRIES: Final = 3
_MILLISECOND_NS: Final = 1_000_000
_APPROVED, _FORMAT = "00", "30"
TakeStan = Callable[[IssuerLink, str], str | None]


class _Notice(NamedTuple):
    """What a dialect says for one of the notices: its MTI, and DE 70."""

    id: str
    mti: str
    code: str


class _Told(NamedTuple):
    """A notice on its way to a host, and until when a request of the day before may be open."""

    link: IssuerLink
    notice: _Notice
    day: int
    over_ns: int


class CutOvers:
    """Tells hosts of a new clearing day, or is told of it by the clearing centre."""

    def __init__(self, configuration: Configuration, outbox: Outbox, take_stan: TakeStan) -> None:
        """Take numbers for notices from `take_stan`."""
        self._outbox = outbox
        self._take_stan = take_stan
        self._notices = {notice.code: notice for notice in _notices(configuration.issuer_dialect)}
        self._by_id = {notice.id: notice for notice in self._notices.values()}
        self.due_ns = NEVER
        """When the next day begins by the clock, or one before it is to be ended."""
        self.reconfigure(configuration)

    def reconfigure(self, configuration: Configuration) -> None:
        """Keep to another configuration from now on."""
        self._cut_over, self._timers = configuration.cut_over, configuration.timers
        self._tells = not configuration.centre and {BEGIN, END} <= self._by_id.keys()

    # ----------------------------------------------------------------------- as clearing centre

    def ready(self, link: IssuerLink) -> None:
        """Note a link that has signed on; it is told of the cut-over that it missed, if any."""
        if self._tells:
            link.clearing_day = link.clearing_day or self._day
            self._outbox.wake_by(self._outbox.at.elapsed_ns)

    def expire(self, links: Iterable[IssuerLink]) -> None:
        """Tell every host that does not know the day, and end the day before where it is over."""
        if not self._tells:
            return
        day, now_ns = self._day, self._outbox.at.elapsed_ns
        left_ms = ms_until(self._cut_over, self._outbox.at.utc_ms)
        self.due_ns = now_ns + left_ms * _MILLISECOND_NS
        for link in links:
            if not link.is_ready:
                continue
            if link.clearing_day < day:
                link.clearing_day = day
                over_ns = now_ns + self._timers.answer_ms * _MILLISECOND_NS
                self._tell(_Told(link, self._by_id[BEGIN], day, over_ns), TRIES)
            elif link.day_ends_ns <= now_ns:
                link.day_ends_ns = NEVER
                self._tell(_Told(link, self._by_id[END], link.clearing_day, 0), TRIES)
            self.due_ns = min(self.due_ns, link.day_ends_ns)

    @property
    def _day(self) -> int:
        return clearing_day(self._outbox.local, self._cut_over)

    def _tell(self, told: _Told, tries: int) -> None:
        link, notice, day, _ = told
        if not link.is_ready:
            self._missed(told)
            return
        if not tries:
            self._outbox.report("cut_over_unanswered", **_facts(told))
            return
        transmission = self._outbox.local.transmission
        stan = self._take_stan(link, transmission)
        again = partial(self._tell, told, tries - 1)
        if stan is None:
            self._outbox.after(self._timers.sign_on_ms, again)
            return
        fields = {
            7: transmission,
            11: stan,
            15: f"{day % 10_000:04d}",
            33: link.link.own_id,
            70: notice.code,
            100: link.link.peer_id,
        }
        waiting = Waiting(
            response_mti(notice.mti),
            fields,
            (70,),
            partial(self._answered, told),
            again,
            self._outbox.at.elapsed_ns + self._timers.sign_on_ms * _MILLISECOND_NS,
        )
        link.pending.add(transmission, stan, waiting)
        frame = link.wire.build_plain(link.heads, notice.mti, fields)
        self._outbox.to_link(link.link.name, frame)

    def _missed(self, told: _Told) -> None:
        """Have a host that went away told when it has signed on again."""
        link = told.link
        if told.notice.id == END:
            link.day_ends_ns = self._outbox.at.elapsed_ns
        elif link.clearing_day == told.day:
            link.clearing_day = 1  # earlier than any day

    def _answered(self, told: _Told, _mti: str, texts: Mapping[int, str], _frame: bytes) -> None:
        link, code = told.link, texts.get(39, "")
        if code != _APPROVED:
            self._outbox.report("cut_over_refused", code=code, **_facts(told))
            return
        self._outbox.report("cut_over_told", **_facts(told))
        if told.notice.id == BEGIN:
            # By then every request of the day before has its answer, or was given up.
            link.day_ends_ns = max(told.over_ns, self._outbox.at.elapsed_ns)
            self.due_ns = min(self.due_ns, link.day_ends_ns)
            self._outbox.wake_by(self.due_ns)

    # ---------------------------------------------------------------------------------- as member

    def obey(self, link: IssuerLink, code: str, texts: Mapping[int, str]) -> str:
        """Take the day that a notice of the clearing centre begins; return DE 39 of the answer.

        Only the day that we have by our clock, or the one after it, can begin.
        """
        notice = self._notices[code]
        if not link.is_member:
            return _APPROVED  # whoever is no centre says it of its own books
        outbox, date = self._outbox, texts.get(15, "")
        today = outbox.local.day
        day = day_near(today, date) if is_date(date) else 0
        if day not in {today, next_day(today)}:
            outbox.report("cut_over_not_believed", link=link.link.name, date=date)
            return _FORMAT
        if notice.id == BEGIN:
            outbox.told_day = day
        outbox.report("cut_over", link=link.link.name, notice=notice.id, day=day)
        return _APPROVED

    def obeys(self, code: str) -> bool:
        """Tell whether DE 70 is that of a notice."""
        return code in self._notices


def _facts(told: _Told) -> dict[str, object]:
    return {"link": told.link.link.name, "notice": told.notice.id, "day": told.day}


def _notices(dialect: Dialect) -> Iterable[_Notice]:
    for rule in dialect.transactions:
        if rule.id in {BEGIN, END}:
            (code,) = rule.match["70"]
            yield _Notice(rule.id, rule.mti, code)
