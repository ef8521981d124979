"""What is asked of composite terminals: every service, of persons who have the bills."""

from __future__ import annotations

from collections import Counter

from simulators.cards import fictional_card
from simulators.social_security.books import Purpose
from simulators.terminal_memory import Habits, Job, Kind, Slip
from simulators.terminals.services import told
from simulators.world.actors.services import SERVED, Services, people
from simulators.world.actors.trade import Desk
from simulators.world.weather.faults import stream

CARDS = [fictional_card(number) for number in (0, 1, 1000)]


def _slip() -> Slip:
    return Slip(
        terminal="50010001",
        batch="000001",
        stan="000007",
        rrn="416900000001",
        authorisation="",
        amount_fen=12_000,
        shown_card=CARDS[0].shown,
        date="0618",
        time="093000",
        kind=Kind.CONTRIBUTION,
        code="76",
    )


def _jobs(seed: int, count: int = 400) -> list[Job]:
    chance = stream(seed, "services")
    books = people((0, 1, 1000), chance)
    services = Services(chance, CARDS, books)
    desk = Desk(chance, CARDS[0], CARDS, [_slip()], Habits())
    return [services.job(desk) for _ in range(count)]


def test_every_service_is_asked_for() -> None:
    kinds = Counter(job.kind for job in _jobs(1))
    assert set(kinds) == {
        Kind.CONTRIBUTION,
        Kind.MEDICAL,
        Kind.VOID,
        Kind.SOCIAL_INQUIRY,
        Kind.BENEFIT_INQUIRY,
        Kind.RECONCILIATION,
    }


def test_most_payments_are_of_what_is_due_and_some_are_not() -> None:
    books = people((0, 1, 1000), stream(1, "services"))
    jobs = [job for job in _jobs(1) if job.kind in {Kind.CONTRIBUTION, Kind.MEDICAL}]
    right = sum(books.dues[told(job.content)["S5"]].card_fen == job.amount_fen for job in jobs)
    assert 0.85 * len(jobs) < right < len(jobs)
    assert any(job.amount_fen == 0 for job in jobs)


def test_bills_are_asked_about_by_number_too() -> None:
    asked = [told(job.content) for job in _jobs(2) if job.kind is Kind.SOCIAL_INQUIRY]
    assert any("S5" in tags for tags in asked)
    assert {tags["S1"] for tags in asked} == {"QRY", *Purpose}


def test_each_person_has_bills_and_a_benefit_like_no_other() -> None:
    books = people((0, 1, 1000), stream(1, "services"))
    assert {person.pan for person in books.persons.values()} == {card.pan for card in CARDS}
    amounts = [each.amount_fen for each in books.benefits.values()]
    assert len(amounts) == len(set(amounts)) == 3


def test_the_same_stream_asks_the_same() -> None:
    assert _jobs(5, 20) == _jobs(5, 20)
    services = Services(stream(1, "services"), CARDS, people((0, 1, 1000), stream(1, "services")))
    wanted = sum(services.is_wanted() for _ in range(1000))
    assert abs(wanted / 1000 - SERVED) < 0.06
