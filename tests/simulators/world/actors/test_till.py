"""Cash that is remitted in a world: from the point's settlement card, to few people most of all."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import Size, configuration, terminal_id
from simulators.terminal_memory import Habits, Job, Kind
from simulators.world.actors.till import REMITTED, Tills, open_tills
from simulators.world.actors.trade import Desk
from simulators.world.setting import Setting
from simulators.world.world import World
from switch.core.transaction import State

CARDS = [fictional_card(number) for number in (0, 1, 2, 1000)]


def _tills() -> tuple[Tills, list[Accounts]]:
    books = [Accounts(), Accounts()]
    return open_tills(1, 3, books), books


def _jobs(count: int = 400) -> list[Job]:
    till = _tills()[0].till(0, CARDS)
    return [till.job(Desk(till.chance, CARDS[0], CARDS, (), Habits())) for _ in range(count)]


def test_each_terminal_has_a_settlement_card_with_an_account_at_one_bank() -> None:
    tills, books = _tills()
    assert len({card.pan for card in tills.settling}) == 3
    for card in tills.settling:
        assert sum(accounts.card(card.pan) is not None for accounts in books) == 1
        assert card not in CARDS


def test_a_configuration_knows_them_by_their_hash() -> None:
    tills, plain = _tills()[0], configuration(Size(terminals=3))
    made = tills.set_up(plain)
    for number, card in enumerate(tills.settling):
        hashed = made.vault.card_hash(card.pan)
        assert made.terminals[terminal_id(number)].settlement_card == hashed


def test_it_is_paid_with_the_settlement_card_but_for_some_to_another_card() -> None:
    jobs, settling = _jobs(), _tills()[0].settling[0]
    assert {job.kind for job in jobs} == {Kind.REMITTANCE}
    right = [job for job in jobs if job.card == settling]
    assert 0.85 * len(jobs) < len(right) < len(jobs)
    assert all(job.payee != job.card for job in jobs)
    paid = Counter(job.payee.pan for job in jobs if job.payee is not None)
    assert set(paid) == {card.pan for card in CARDS}
    assert sum(paid[card.pan] for card in CARDS[:2]) > 0.75 * len(jobs)


def test_somebody_comes_now_and_then() -> None:
    till = _tills()[0].till(0, CARDS)
    assert 0.6 * REMITTED < sum(till.is_wanted() for _ in range(500)) / 500 < 1.4 * REMITTED


def test_a_world_of_the_profile_remits_and_one_without_is_what_it_was() -> None:
    whole = Setting(seed=0, profile="remittances", minutes=1)
    done = World(whole).run().end.rows
    assert State.APPROVED in {row.state for row in done if row.record.kind == "cash_remittance"}
    rows = World(replace(whole, remittances=False)).run().end.rows
    assert not any(row.record.kind.startswith("cash_remittance") for row in rows)
