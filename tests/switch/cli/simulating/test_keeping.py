"""What a terminal keeps from one command to the next: numbers, and what it owes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from simulators.cards import FIRST_PAN, fictional_card
from simulators.installation import terminal_identity
from simulators.terminal import RESPONSE_MS, Terminal
from simulators.terminal_memory import Job, Kind, Telling, Uploaded, Verdict
from simulators.terminals.debts import ReversalRules
from switch.cli.outcome import USAGE
from switch.cli.simulating.keeping import default_file, kept
from tests.simulators.acting import POS, answer_of, answered, at, said, withdrawal
from tests.switch.cli.running import run
from tests.switch.cli.simulating.city import city


def _signed_on(terminal: Terminal) -> None:
    [sign_on] = said(terminal.ask(Job(kind=Kind.SIGN_ON), at()))
    terminal.received(answered(terminal, "sign-on-response", {11: sign_on.get(11)}), at(1))


def test_numbers_go_on_where_the_last_command_ended(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "50010001.json"
    with kept(file) as keeper:
        first = keeper.memory.stan
        keeper.memory.stan, keeper.memory.batch = 999_999, 7
    assert 0 < first <= 864_000
    with kept(file) as keeper:
        assert (keeper.memory.stan, keeper.memory.batch) == (999_999, 7)


def test_what_a_chip_said_is_uploaded_by_a_later_command(tmp_path: Path) -> None:
    file, card = tmp_path / "t.json", fictional_card(1)
    fields = {2: card.pan, 4: "000000050000", 11: "000007", 60: "00000002203"}
    with kept(file) as keeper:
        keeper.memory.uploads.append(Uploaded(fields=fields, tries=1))
    assert card.pan.encode() not in file.read_bytes()
    with kept(file) as keeper:
        assert keeper.memory.uploads == [Uploaded(fields=fields, tries=1)]


def test_a_request_in_flight_when_its_command_dies_is_reversed_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    with kept(file) as keeper:
        keeper.memory.stan = 1
        terminal = Terminal(terminal_identity(), POS, keeper.memory)
        terminal.connected(at())
        _signed_on(terminal)
        keeper.sends(terminal.ask(withdrawal(), at(2)))
        killed = file.read_bytes()  # what stands in the file when the frame goes out
    file.write_bytes(killed)
    assert FIRST_PAN.encode() not in killed
    with kept(file) as keeper:
        terminal = Terminal(terminal_identity(), POS, keeper.memory)
        terminal.connected(at(100))
        _signed_on(terminal)
        [reversal] = said(terminal.ask(withdrawal(), at(102)))
        assert (reversal.mti, reversal.get(11), reversal.get(39)) == ("0400", "000002", "98")
        assert (reversal.get(2), reversal.get(4)) == (FIRST_PAN, "000000050000")
        terminal.received(answer_of("reversal-response"), at(103))
    with kept(file) as keeper:
        assert not [each for each in keeper.memory.owed if each.stan == "000002"]


def test_tries_and_days_are_counted_over_commands(tmp_path: Path) -> None:
    file, rules = tmp_path / "t.json", ReversalRules(tries=2)
    with kept(file) as keeper:
        terminal = Terminal(terminal_identity(), POS, keeper.memory, rules)
        terminal.connected(at())
        _signed_on(terminal)
        terminal.ask(withdrawal(), at(2))
        terminal.disconnected(at(3))
    for verdict in (Verdict.LINE_LOST, Verdict.GIVEN_UP):
        with kept(file) as keeper:
            terminal = Terminal(terminal_identity(), POS, keeper.memory, rules)
            terminal.connected(at(10))
            _signed_on(terminal)
            terminal.ask(Job(kind=Kind.REVERSAL), at(11))
            terminal.disconnected(at(12 + RESPONSE_MS / 1000))
            assert terminal.results[-1].verdict is verdict
    with kept(file) as keeper:
        assert keeper.memory.owed == []


def test_a_script_result_is_kept_without_the_cards_number(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    card = fictional_card(7)
    fields = {2: card.pan, 11: "000009", 41: "50010001", 60: "00000002951", 55: "DF3105"}
    with kept(file) as keeper:
        keeper.memory.tellings.append(Telling(fields=fields, results="2000000001", tries=1))
    assert card.pan[6:-4].encode() not in file.read_bytes()
    with kept(file) as keeper:
        [telling] = keeper.memory.tellings
        assert (telling.fields, telling.tries) == (fields, 1)


def test_two_commands_of_one_terminal_take_turns(tmp_path: Path) -> None:
    file, taken = tmp_path / "t.json", []

    def work() -> None:
        for _ in range(20):
            with kept(file) as keeper:
                taken.append(keeper.memory.stan)
                keeper.memory.stan += 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=30)
    assert len(set(taken)) == 60
    assert sorted(taken) == list(range(min(taken), min(taken) + 60))


def test_quick_commands_never_collide(tmp_path: Path) -> None:
    with city(tmp_path / "city") as made:
        made.until_ready()
        told = [made.terminal("withdraw", "--yuan", "10", "--json") for _ in range(5)]
        stans = [json.loads(line)["stan"] for each in told for line in each.out.splitlines()]
        codes = {json.loads(line)["code"] for each in told for line in each.out.splitlines()}
    assert codes == {"00"}
    assert len(set(stans)) == len(stans) == 10


@pytest.mark.parametrize("content", [b"{", b'{"stan":"x"}'])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.json"
    file.write_bytes(content)
    outcome = run("terminal", "echo", "127.0.0.1:1", "--state", str(file))
    assert outcome.status == USAGE
    assert f"{file}: is no terminal's file" in outcome.err


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = run("terminal", "echo", "127.0.0.1:1", "--state", str(tmp_path / "file" / "t.json"))
    assert outcome.status == USAGE
    assert "--state names another file" in outcome.err


def test_each_terminal_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert default_file("50010001") == Path("/somewhere/jinbao/terminals/50010001.json")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_file("50010001").is_relative_to(Path.home())


def test_a_file_is_written_however_its_command_ends(tmp_path: Path) -> None:
    file = tmp_path / "50010001.json"

    def broken() -> None:
        with kept(file) as keeper:
            keeper.memory.stan = 4711
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        broken()
    with kept(file) as keeper:
        assert keeper.memory.stan == 4711
