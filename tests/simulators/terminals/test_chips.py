"""What chips said last is uploaded when the terminal settles: TC, refusals, wrong cryptograms."""

from __future__ import annotations

import pytest

from messages.dialects.tlv import parse_ber
from simulators.cards import FIRST_PAN
from simulators.chip import Chip, ChipCheck
from simulators.issuer import Temper
from simulators.terminal_memory import Kind, Uploaded, Verdict
from simulators.terminals.chips import MOST, TRIES, next_upload, take_back
from switch.core.batches.values import Batch
from tests.scenarios.counter import Counter
from tests.simulators.acting import POS


@pytest.fixture
def counter() -> Counter:
    """Return a counter whose card and bank look at each other's cryptograms."""
    made = Counter()
    made.use_signing_card()
    made.bank.chip_check = ChipCheck.VERIFY
    return made


def _batch(counter: Counter) -> Batch:
    (batch,) = counter.ledger.batches(0, 99_999_999)
    return batch


def test_each_kind_is_uploaded_once_between_totals_and_the_end_and_the_switch_keeps_them(
    counter: Counter,
) -> None:
    tempers = iter((Temper(), Temper(code="51"), Temper(breaks_chip=True)))
    counter.bank.temper = lambda heard: next(tempers) if heard.mti == "0200" else Temper()
    assert counter.do(Kind.WITHDRAWAL, 500).verdict is Verdict.APPROVED
    assert counter.do(Kind.WITHDRAWAL, 200).verdict is Verdict.DECLINED
    assert counter.do(Kind.WITHDRAWAL, 100).verdict is Verdict.CHIP_REFUSED
    stans = [each.fields[11] for each in counter.terminal.memory.uploads]
    before = len(counter.terminal.results)
    counter.do(Kind.SETTLEMENT)
    steps = [(r.kind, r.verdict) for r in counter.terminal.results[before:]]
    assert steps == [
        (Kind.REVERSAL, Verdict.APPROVED),
        (Kind.SETTLEMENT, Verdict.APPROVED),
        *[(Kind.UPLOAD, Verdict.APPROVED)] * 3,
        (Kind.BATCH_END, Verdict.APPROVED),
    ]
    kept = [(d.kind, d.stan, d.amount_fen, d.shown_card) for d in _batch(counter).details]
    assert kept == [
        ("203", stans[0], 50_000, counter.card.shown),
        ("204", stans[1], 20_000, counter.card.shown),
        ("205", stans[2], 10_000, counter.card.shown),
    ]
    assert _batch(counter).is_balanced
    assert counter.terminal.memory.uploads == []


def test_the_bytes_of_a_certificate(counter: Counter) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    (uploaded,) = counter.terminal.memory.uploads
    frame = POS.say(POS.framing.build_heads(), "0320", uploaded.fields)
    stan, chip = uploaded.fields[11], uploaded.fields[55]
    batch = f"{counter.terminal.memory.batch:06d}"
    body = (
        "03205020060000C08210"  # 2 4 11 22 23 41 42 49 55 60
        f"19{FIRST_PAN}0" + "000000050000" + stan + "0510" + "0001"
        + (b"50010001" + b"999653080110001" + b"156").hex()
        + f"{len(chip) // 2:04d}{chip}" + f"001100{batch}2030"
    )  # fmt: skip
    assert POS.bare(frame).hex().upper()[22:] == body.upper()


def test_the_last_word_is_signed_by_the_card_and_says_what_it_is(counter: Counter) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    (uploaded,) = counter.terminal.memory.uploads
    items = {item.tag: item.value for item in parse_ber(bytes.fromhex(uploaded.fields[55]))}
    assert items["9F27"] == b"\x40"
    chip = Chip(counter.card.pan, counter.card.sequence)
    assert chip.last_word(uploaded.fields[55], 0x40) == uploaded.fields[55]
    assert chip.last_word(uploaded.fields[55], 0x00) != uploaded.fields[55]
    assert not chip.is_right(uploaded.fields[55])  # a TC is not an ARQC


def test_a_card_that_signs_nothing_has_nothing_to_upload() -> None:
    counter = Counter()
    counter.do(Kind.WITHDRAWAL, 500)
    assert counter.terminal.memory.uploads == []


def test_after_totals_that_differ_they_follow_the_details_and_do_not_count(
    counter: Counter,
) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    counter.terminal.memory.slips.append(counter.slip)
    counter.do(Kind.SETTLEMENT)
    batch = _batch(counter)
    assert [detail.kind for detail in batch.details] == ["201", "203"]
    assert (batch.is_ended, batch.told) == (True, 2)


def test_what_is_taken_back_after_all_uploads_nothing(counter: Counter) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    counter.do(Kind.REVERSAL, code="06")
    assert counter.terminal.memory.uploads == []


def test_without_an_answer_it_is_sent_three_times_and_the_batch_ends(counter: Counter) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    counter.is_deaf_to = "0320"
    counter.do(Kind.SETTLEMENT)
    counter.pass_time(61 * TRIES)
    kinds = [r.kind for r in counter.terminal.results if r.kind is Kind.UPLOAD]
    assert len(kinds) == TRIES
    counter.is_deaf_to = ""
    counter.pass_time(61)
    assert _batch(counter).details == ()
    assert counter.terminal.memory.uploads == []


def test_what_is_left_of_another_batch_is_forgotten_and_no_more_is_kept_than_fits() -> None:
    counter = Counter()
    counter.use_signing_card()
    counter.do(Kind.WITHDRAWAL, 500)
    memory = counter.terminal.memory
    (first,) = memory.uploads
    memory.uploads += [Uploaded(fields={**first.fields, 11: f"{n:06d}"}) for n in range(MOST)]
    counter.do(Kind.WITHDRAWAL, 100)
    assert len(memory.uploads) == MOST
    assert memory.uploads[-1].fields[4] == "000000010000"
    assert not any(each is first for each in memory.uploads)
    take_back(memory, "000007")
    assert len(memory.uploads) == MOST - 1
    memory.batch += 1
    assert next_upload(memory) is None
    assert memory.uploads == []


def test_nothing_of_a_card_is_printed(counter: Counter) -> None:
    counter.do(Kind.WITHDRAWAL, 500)
    assert FIRST_PAN not in repr(counter.terminal.memory.uploads)
