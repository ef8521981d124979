"""Ready frames are those that a terminal would send."""

from __future__ import annotations

from itertools import islice

from messages.crypto.keys import Mak, Pik
from simulators.bulk import Session, withdrawals
from simulators.cards import Card, fictional_card
from simulators.installation import MAK, PIK, terminal_identity
from tests.simulators.acting import FRAMES, POS


def _session() -> Session:
    return Session(terminal_identity(), 2, Pik.from_hex(PIK), Mak.from_hex(MAK))


def test_each_frame_has_its_own_trace_number_and_a_good_mac() -> None:
    cards = [fictional_card(number) for number in range(3)]
    frames = list(islice(withdrawals(POS, _session(), cards, 10_000, 20140618), 7))
    heard = [POS.hear(POS.bare(frame)) for frame in frames]
    assert [message.get(11) for message in heard] == [f"{n:06d}" for n in range(1, 8)]
    assert [message.get(2) for message in heard] == [cards[n % 3].pan for n in range(7)]
    mac = POS.mac(Mak.from_hex(MAK))
    assert all(POS.is_authentic(message, mac) for message in heard)


def test_it_is_what_the_terminal_of_the_worked_examples_says() -> None:
    [_, second] = islice(withdrawals(POS, _session(), [Card()], 50_000, 20140618), 2)
    ours, theirs = POS.hear(POS.bare(second)), POS.hear(POS.bare(FRAMES["withdrawal"]))
    # Tag 9F41, the terminal's own counter, is built once for all frames of a card.
    assert {n: t for n, t in ours.fields.items() if n not in {55, 64}} == {
        n: t for n, t in theirs.fields.items() if n not in {55, 64}
    }
