"""A part of a run on real sockets: honest about waiting, silence and refusals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter_ns

import pytest

from simulators.cards import FIRST_PAN
from simulators.load.driving.part import Driver, LoadError, Progress
from simulators.load.measuring.recorder import CSV_COLUMNS, Ticket
from simulators.load.measuring.results import Part, together
from simulators.load.scenario.fleet import FleetError
from tests.simulators.load.hosting import driven, hosted, job


def _tally(part: Part, what: str) -> float:
    (cell,) = part.cells
    found: float = getattr(cell, what).percentile_ms(50)
    return found


async def test_a_quiet_run_answers_everything_and_adds_up() -> None:
    told: list[Progress] = []
    async with hosted() as served:
        part = await driven(job(served.port, seconds=1.5), told)
    assert part.accounts.outcomes == {"approved": part.accounts.intended}
    assert 100 < part.accounts.intended < 210
    assert sum(part.accounts.approved_fen.values()) == 1_000 * part.accounts.intended
    assert told[-1].ended > 0
    assert part.cells[0].codes == {"00": part.accounts.intended}


async def test_the_same_seed_asks_for_the_same() -> None:
    async with hosted() as served:
        one = await driven(job(served.port, seed=5))
        other = await driven(job(served.port, seed=5))
        different = await driven(job(served.port, seed=6))
    assert [s.meant for s in one.seconds if s.meant] == [s.meant for s in other.seconds if s.meant]
    assert one.accounts.approved_fen == other.accounts.approved_fen
    assert one.accounts.intended != different.accounts.intended


async def _stuck(loop: str) -> int:
    """Return how many transactions took 300 ms or more while a host was frozen for 800."""
    async with hosted(0.002) as served:

        def freeze(start_ns: int) -> None:
            served.host.frozen_until_ns = start_ns + 800_000_000

        limits = {"timeout_ms": 9_000, "spin": False}
        asked = job(served.port, loop=loop, seconds=2.0, limits=limits)
        part = await driven(asked, at_start=freeze)
    (cell,) = part.cells
    return round(cell.intended.share_above(300_000) * len(cell.intended))


async def test_a_frozen_host_shows_in_the_open_loop_and_hides_in_the_closed_one() -> None:
    # A hundred a second arrive whether or not anybody answers: fifty of them meet the freeze early
    # enough. In a closed loop the ten terminals wait, once each, and ask for nothing meanwhile.
    assert await _stuck("open") > 35
    assert await _stuck("closed") <= 15


async def test_waiting_for_a_terminal_counts_from_the_intended_moment() -> None:
    async with hosted(0.1) as served:
        asked = job(
            served.port,
            fleet={"terminals": 2, "sign_on": "none"},
            arrivals={"schedule": "constant", "rate": 40.0},
        )
        part = await driven(asked)
    assert part.accounts.waited > 20
    assert part.accounts.outcomes["approved"] == part.accounts.intended
    assert _tally(part, "intended") > 400
    assert _tally(part, "actual") < 200


async def test_arrivals_that_lose_patience_are_dropped_and_counted() -> None:
    async with hosted(0.2) as served:
        limits = {"timeout_ms": 2_000, "patience_ms": 300, "spin": False}
        asked = job(served.port, fleet={"terminals": 1, "sign_on": "none"}, limits=limits)
        part = await driven(asked)
    outcomes = part.accounts.outcomes
    assert outcomes["dropped"] > 50
    assert outcomes["approved"] + outcomes["dropped"] == part.accounts.intended
    assert len(part.cells[0].intended) == part.accounts.intended


async def test_a_silent_host_leads_to_reversals_and_nothing_is_lost() -> None:
    async with hosted() as served:

        def freeze() -> None:
            served.host.frozen_until_ns = perf_counter_ns() + 900_000_000

        loop = asyncio.get_running_loop()
        asked = job(served.port, seconds=2.0)
        part = await driven(asked, at_start=lambda _: loop.call_later(0.4, freeze))
    accounts = part.accounts
    assert accounts.outcomes["no_answer"] > 0
    assert accounts.is_whole
    assert accounts.reversed >= accounts.outcomes["no_answer"]
    assert (accounts.owed, accounts.unresolved) == (0, 0)


@pytest.mark.parametrize("model", ["held", "per_transaction", "concentrator"])
async def test_every_connection_model_carries_the_load(model: str) -> None:
    async with hosted() as served:
        asked = job(served.port, connection={"model": model, "lines": 2})
        part = await driven(asked)
        connections = len(served.peers)
    assert part.accounts.outcomes == {"approved": part.accounts.intended}
    expected = {"held": 10, "per_transaction": part.accounts.intended, "concentrator": 2}
    assert connections == expected[model]


async def test_faults_of_terminals_are_made_and_cost_no_end() -> None:
    faults = [
        {"kind": "bad_mac", "from_s": 0.0, "for_s": 0.5, "share": 0.5},
        {"kind": "vanish", "from_s": 0.5, "for_s": 0.5, "share": 0.5},
        {"kind": "line_flap", "from_s": 1.0, "for_s": 0.3, "ms": 250},
    ]
    async with hosted() as served:
        part = await driven(job(served.port, seconds=1.5, fault=faults))
    accounts = part.accounts
    assert accounts.is_whole
    assert accounts.outcomes["line_lost"] > 5
    assert any(note.startswith("bad_mac: ") for note in part.notes)
    assert (accounts.owed, accounts.unresolved) == (0, 0)


async def test_shares_of_workers_are_the_whole() -> None:
    async with hosted() as served:
        asked = [job(served.port, arrivals={"schedule": "constant", "rate": 90.0}) for _ in (0, 1)]
        for number, each in enumerate(asked):
            each.worker, each.of = number, 2
        parts = await asyncio.gather(*(driven(each) for each in asked))
    whole = together(parts)
    assert whole.accounts.intended == 90
    assert whole.accounts.outcomes == {"approved": 90}
    terminals = [set(part.accounts.approved_fen) for part in parts]
    assert not terminals[0] & terminals[1]


async def test_a_csv_has_a_line_for_every_transaction(tmp_path: Path) -> None:
    async with hosted() as served:
        asked = job(served.port, seconds=0.5)
        asked.csv, asked.folder = "out.csv", str(tmp_path)
        part = await driven(asked)
    head, start, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert head + "\n" == CSV_COLUMNS
    assert start.startswith("# start ")
    assert len(rows) == part.accounts.intended
    assert "621999" not in "".join(rows)


async def test_a_csv_that_cannot_be_written_is_named_and_measuring_goes_on() -> None:
    async with hosted() as served:
        asked = job(served.port, seconds=0.3)
        asked.csv = "/dev/full"
        part = await driven(asked)
    assert part.accounts.outcomes == {"approved": part.accounts.intended}
    assert part.notes == ["not wholly written: /dev/full: No space left on device"]


async def test_a_mistake_within_the_run_ends_it_with_a_sentence() -> None:
    """Without the guard the pump is dead, the end never comes, and nobody is told."""
    async with hosted() as served:
        driver = Driver(job(served.port))
        await driver.prepare()
        assert driver.crowd is not None

        def mistaken(ticket: Ticket, now_ns: int) -> None:  # noqa: ARG001 - as the one it replaces
            raise ValueError(FIRST_PAN)

        driver.crowd.offer = mistaken  # type: ignore[method-assign]
        loop = asyncio.get_running_loop()
        usual = loop.get_exception_handler()
        why = r"the generator failed at test_part\.py:\d+ \(ValueError\)$"
        with pytest.raises(LoadError, match=why):
            async with asyncio.timeout(30):
                await driver.drive(perf_counter_ns())
        assert loop.get_exception_handler() is usual
        await asyncio.sleep(0.01)


async def test_think_time_lets_terminals_rest() -> None:
    async with hosted() as served:
        asked = job(served.port, loop="closed", think={"ms": 200.0}, seconds=1.1)
        part = await driven(asked)
    # Ten terminals, each five or six times; without a rest it would be hundreds.
    assert 10 <= part.accounts.intended <= 70


async def test_at_the_end_every_terminal_does_what_the_day_ends_with() -> None:
    async with hosted() as served:
        part = await driven(job(served.port, seconds=0.3, at_end=["echo"]))
    (echoes,) = [cell for cell in part.cells if cell.kind == "echo"]
    assert echoes.outcomes == {"approved": 10}


async def test_a_run_that_cannot_begin_says_why(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="10 terminals cannot connect"):
        await driven(job(1))
    async with hosted() as served:
        asked = job(served.port)
        asked.worker, asked.of = 11, 12
        with pytest.raises(LoadError, match="more workers than terminals"):
            await driven(asked)
        signing = job(served.port, fleet={"terminals": 2, "sign_on": "before"})
        with pytest.raises(LoadError, match="2 of 2 terminals could not sign on"):
            await driven(signing)
    with pytest.raises(FleetError):
        Driver(job(1, fleet={"csv": str(tmp_path / "no.csv")}))
