"""What terminals say: fields by job."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Pik
from simulators import requests
from simulators.cards import Card
from simulators.installation import PIK, terminal_identity
from simulators.terminal_memory import Job, Kind, Memory
from tests.simulators.acting import at, signed_on_terminal, withdrawal


def _memory() -> Memory:
    memory = Memory(batch=2, stan=2)
    memory.pik = Pik.from_hex(PIK)
    return memory


def test_the_dedicated_type_is_the_default() -> None:
    for kind, code in ((Kind.WITHDRAWAL, "70"), (Kind.BALANCE, "71")):
        job = Job(kind=kind, card=Card(), amount_fen=1_000)
        _, fields = requests.fields(job, terminal_identity(), _memory(), 20140618)
        assert fields[60].startswith(code)


def test_a_financial_job_needs_a_card_and_keys() -> None:
    with pytest.raises(ValueError, match="needs a card"):
        requests.fields(Job(kind=Kind.BALANCE), terminal_identity(), _memory(), 20140618)
    with pytest.raises(ValueError, match="working keys"):
        requests.fields(withdrawal(), terminal_identity(), Memory(), 20140618)


def test_a_reversal_carries_neither_track_nor_pin() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdrawal(), at(2))
    fields = requests.reversal_fields(terminal.memory.owed[0])
    assert fields.keys().isdisjoint({26, 35, 36, 52, 53})
