"""Totals against the book, details against the book, and the end of a batch."""

from __future__ import annotations

from simulators.cards import FIRST_PAN
from simulators.conformance.driving.trial import own_setup
from simulators.conformance.judging.conduct import judge_conduct
from simulators.conformance.judging.happenings import Received, Send
from simulators.conformance.judging.recognition import case_of
from simulators.conformance.judging.secrets import judge_secrets
from simulators.conformance.judging.settling import judge_settling
from simulators.conformance.judging.station import Booked, Station, Uploads
from simulators.installation import wires
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, heard, new_host, ready, signed_on

_WIRE = wires()[0]


def _booked(amount_fen: int = 50_000) -> Booked:
    return Booked(
        kind="rural_withdrawal", case="", stan="000002", batch=frames.BATCH, date="0618",
        rrn="", authorisation="", amount_fen=amount_fen, pan="", opened=frames.BATCH,
    )  # fmt: skip


def _upload(network_code: str, content: str) -> bytes:
    fields = {
        11: "000009", 41: "50010001", 42: "999653080110001", 48: content,
        60: f"00{frames.BATCH}{network_code}",
    }  # fmt: skip
    return _WIRE.say(_WIRE.framing.build_heads(), "0320", fields)


def _broken(station: Station, frame: bytes) -> set[str]:
    found = judge_settling(station, heard(frame))
    return {j.about["cause"] for j in found if not j.ok}


def test_the_worked_totals_are_those_of_its_one_withdrawal() -> None:
    station = signed_on(new_host())
    station.book = [_booked()]
    assert not _broken(station, frames.SETTLEMENT)
    station.book = [_booked(40_000)]
    assert _broken(station, frames.SETTLEMENT) == {"totals"}


def test_what_an_earlier_batch_held_counts_no_more() -> None:
    station = signed_on(new_host())
    station.book = [_booked(), _booked(40_000)]
    station.book[1].opened = "000001"
    assert not _broken(station, frames.SETTLEMENT)


def test_details_are_counted_and_compared() -> None:
    station = signed_on(new_host())
    station.book, station.uploads = [_booked()], Uploads(wanted=1)
    detail = "00" + "000002" + "0" * 20 + "000000050000"
    assert not _broken(station, _upload("201", "01" + detail))
    assert not _broken(station, _upload("207", "0001"))
    assert _broken(station, _upload("201", "02" + detail)) == {"count"}
    assert _broken(station, _upload("201", "01" + detail[:-1] + "1")) == {"details"}
    assert "end" in _broken(station, _upload("207", "0009"))


def test_what_a_chip_said_has_number_amount_and_entry_mode_of_its_transaction() -> None:
    station = signed_on(new_host())
    station.remember_stan("000002")
    fields = {
        2: FIRST_PAN, 4: "000000050000", 11: "000002", 22: "051", 23: "001", 41: "50010001",
        42: "999653080110001", 49: "156", 55: "9F270140", 60: f"00{frames.BATCH}203",
    }  # fmt: skip
    for code, is_of_a_chip in (("203", True), ("204", True), ("205", True), ("201", False)):
        fields[60] = f"00{frames.BATCH}{code}"
        told = heard(_WIRE.say(_WIRE.framing.build_heads(), "0320", fields))
        found = [
            *judge_conduct(station, told, 0, 60),
            *judge_secrets(told, station, own_setup().master_key, {}),
        ]
        assert all(j.ok for j in found) is is_of_a_chip, code
        assert told.is_of_a_chip is is_of_a_chip
        assert (case_of(new_host().suite, station, told) is None) is is_of_a_chip


def test_the_end_closes_the_batch_and_asks_for_a_sign_on() -> None:
    host = ready()
    station = host.stations["50010001"]
    station.book = [_booked()]
    effects = host.handle(Received(1, frames.SETTLEMENT), AT)
    (answer,) = [effect.data for effect in effects if isinstance(effect, Send)]
    told = _WIRE.hear(_WIRE.bare(answer))
    assert (told.mti, told.get(48)[30], told.get(48)[61]) == ("0510", "1", "1")
    host.handle(Received(1, _upload("207", "0000")), AT)
    assert (station.book, station.batch, station.must_sign_on) == ([], "", "settled")
