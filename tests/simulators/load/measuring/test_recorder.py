"""The recorder: two clocks kept apart, warm-up left out of figures and not out of accounts."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

import pytest

from simulators.load.measuring.recorder import CSV_COLUMNS, End, Recorder, Ticket, add_column

_MS = 1_000_000
_S = 1_000_000_000


def _ticket(due_ns: int, sent_ns: int = 0, amount: int = 1_000) -> Ticket:
    ticket = Ticket(due_ns, "withdrawal", 0, amount)
    ticket.link, ticket.sent_ns, ticket.stan = "bank-1", sent_ns, "000007"
    return ticket


def test_waiting_counts_from_the_intended_moment_and_not_from_the_sending() -> None:
    recorder = Recorder(0, 0, None)
    recorder.ended(_ticket(0, 40 * _MS), 50 * _MS, End("approved", "00"))
    (cell,) = recorder.part().cells
    assert cell.intended.percentile_ms(50) > 49.9
    assert 9.9 < cell.actual.percentile_ms(50) < 10.1


def test_what_was_never_sent_has_no_actual_latency_and_is_not_hidden() -> None:
    recorder = Recorder(0, 0, None)
    recorder.meant(_ticket(0))
    recorder.ended(_ticket(0), 3 * _S, End("dropped"))
    part = recorder.part()
    assert len(part.cells[0].actual) == 0
    assert part.cells[0].intended.percentile_ms(100) > 2_990
    assert part.accounts.is_whole
    assert part.seconds[0].errors == 1


def test_the_warm_up_is_accounted_for_and_not_measured() -> None:
    recorder = Recorder(0, 0, None)
    recorder.begin(10 * _S, 2 * _S)
    for second in range(5):
        ticket = _ticket((10 + second) * _S, (10 + second) * _S)
        recorder.meant(ticket)
        recorder.ended(ticket, ticket.due_ns + _MS, End("approved", "00", terminal="50010001"))
    part = recorder.part()
    assert part.cells[0].outcomes == {"approved": 3}
    assert part.accounts.outcomes == {"approved": 5}
    assert part.accounts.approved_fen == {"50010001": 5_000}
    assert [second.done for second in part.seconds] == [1] * 5


def test_added_is_front_minus_back_by_reference_number() -> None:
    recorder = Recorder(0, 0, None)
    recorder.keeps_backs = True
    recorder.ended(_ticket(0, _MS), 9 * _MS, End("approved", "00", "R1"))
    recorder.ended(_ticket(0, _MS), 9 * _MS, End("approved", "00", "R2"))
    assert recorder.match_backs({"R1": 5_000, "R9": 1}) == 1
    (cell,) = recorder.part().cells
    assert len(cell.added) == 1
    assert 2.99 < cell.added.percentile_ms(50) < 3.01


def test_a_line_of_the_csv_has_its_columns_and_no_card() -> None:
    lines: list[str] = []
    recorder = Recorder(_S, 0, lines.append)
    recorder.ended(_ticket(_S, 2 * _S), 3 * _S, End("declined", "61", "R1", "50010001"))
    recorder.fold()
    row = dict(zip(CSV_COLUMNS.strip().split(","), lines[0].strip().split(","), strict=True))
    assert row["intended_us"] == "0"
    assert row["sent_us"] == "1000000"
    assert row["ended_us"] == "2000000"
    assert (row["outcome"], row["code"], row["rrn"]) == ("declined", "61", "R1")


def test_side_messages_are_counted_apart() -> None:
    recorder = Recorder(0, 0, None)
    recorder.side("reversal", "approved")
    recorder.side("sign_on", "declined")
    accounts = recorder.part().accounts
    assert accounts.reversed == 1
    assert accounts.side == {"reversal.approved": 1, "sign_on.declined": 1}
    assert accounts.intended == 0


@pytest.mark.parametrize("delays_us", [(50_000,), (5_000, 50_000)], ids=["fixed", "bimodal"])
@pytest.mark.parametrize("jitter_us", [0, 40, 900])
def test_what_is_told_of_known_delays_is_true_to_a_thousandth(
    delays_us: tuple[int, ...], jitter_us: int
) -> None:
    chance, recorder = Random(1), Recorder(0, 0, None)  # noqa: S311 - a test
    true_us = [chance.choice(delays_us) + chance.randint(0, jitter_us) for _ in range(4_000)]
    for number, took_us in enumerate(true_us):
        ticket = _ticket(number * _MS)
        recorder.ended(ticket, number * _MS + took_us * 1_000, End("approved", "00"))
    true_us.sort()
    (cell,) = recorder.part().cells
    for percentile in (50, 99):
        expected_ms = true_us[math.ceil(len(true_us) * percentile / 100) - 1] / 1_000
        assert cell.intended.percentile_ms(percentile) == pytest.approx(expected_ms, rel=0.001)


def test_lateness_is_never_negative() -> None:
    recorder = Recorder(0, 0, None)
    recorder.came(_ticket(5 * _MS), 4 * _MS)
    recorder.came(_ticket(5 * _MS), 7 * _MS)
    assert recorder.late.percentile_ms(50) == 0
    assert 1.9 < recorder.late.percentile_ms(100) < 2.1


@pytest.mark.parametrize("count", [1, 127, 128, 129, 300])
def test_what_is_counted_in_blocks_is_there_whenever_somebody_looks(count: int) -> None:
    lines: list[str] = []
    recorder = Recorder(0, 0, lines.append)
    for number in range(count):
        ticket = _ticket(number * _MS, number * _MS + 1)
        recorder.meant(ticket)
        recorder.ended(ticket, (number + 5) * _MS, End("approved", "00", f"{number}", "50010001"))
    assert recorder.accounts.intended == count
    assert recorder.accounts.outcomes == {"approved": count}
    assert recorder.codes == {"00": count}
    assert len(recorder.take_recent()) == count
    assert len(recorder.take_recent()) == 0
    assert len(lines) == count
    part = recorder.part()
    assert len(part.cells[0].intended) == len(part.cells[0].actual) == count
    assert sum(second.meant for second in part.seconds) == count


def test_a_csv_gets_how_long_the_issuer_took(tmp_path: Path) -> None:
    rows: list[str] = []
    recorder = Recorder(0, 0, rows.append)
    for rrn in ("000000000001", "000000000002"):
        recorder.ended(_ticket(5 * _MS), 9 * _MS, End("approved", "00", rrn, "50010001"))
    recorder.fold()
    path = tmp_path / "out.csv"
    path.write_text("".join([CSV_COLUMNS, "# start 1 ms UTC\n", *rows]))
    add_column(path, {"000000000002": 1_234})
    head, start, first, second = path.read_text().splitlines()
    assert (head + "\n", start) == (CSV_COLUMNS, "# start 1 ms UTC")
    names = CSV_COLUMNS.strip().split(",")
    assert [line.split(",")[names.index("back_us")] for line in (first, second)] == ["", "1234"]
    assert len(second.split(",")) == len(names)
    assert [file.name for file in tmp_path.iterdir()] == ["out.csv"]
