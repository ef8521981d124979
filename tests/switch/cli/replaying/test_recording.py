"""What `jinbao serve --record` is given: a key, a folder, and what becomes of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from simulators.replay.trace.reading import Trace
from switch.cli.demo import city
from switch.cli.replaying.recording import end_recording, recording, tokens_of
from switch.config.installation import load
from switch.core.moment import Moment
from switch.shell.watching.counters import Counters
from switch.shell.watching.recorder import Note, Recorder
from tests.simulators.replay.days import CANARIES, KEY, TOKENS, bare, forms
from tests.switch.cli.running import sample


def _key(tmp_path: Path, text: str = KEY.hex()) -> str:
    path = tmp_path / "recording.key"
    path.write_text(text + "\n")
    return str(path)


def test_a_key_comes_from_a_file_or_is_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tokens_of(_key(tmp_path)).name == TOKENS.name
    assert tokens_of("").name != tokens_of("").name
    assert "agree with those of no other" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["00", "zz" * 32, KEY.hex() + "00"])
def test_a_wrong_key_ends_the_verb_and_is_not_quoted(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        tokens_of(_key(tmp_path, text))
    assert ended.value.exit_code == 2
    assert text not in capsys.readouterr().err


def test_what_passes_becomes_a_trace_without_card_data(tmp_path: Path) -> None:
    city.write(tmp_path / "city", (1, 2))
    folder = tmp_path / "traces"
    recorder = recording(folder, _key(tmp_path), 1024, load(tmp_path / "city"))
    assert recorder is not None
    counters, at = Counters(), Moment(0, 1_403_056_800_000)
    recorder.tape("terminal", counters).heard("terminal-1", [bare("withdrawal")], at)
    issuer = bytes.fromhex(sample("interbank-withdrawal"))
    recorder.tape("issuer", counters).said("bank-1", [issuer], at)
    recorder.close()
    assert counters.recorded_frames == 2
    one, other = Trace(str(folder))
    assert (one.side, one.to, other.side, other.to) == ("terminal", "switch", "issuer", "peer")
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    for canary in (CANARIES[0], CANARIES[2], "7B6B4263E0A7B2E9"):
        assert not any(form in content for form in forms(canary))


def test_without_a_folder_nothing_is_recorded(tmp_path: Path) -> None:
    city.write(tmp_path / "city", (1, 2))
    assert recording(None, "", 1024, load(tmp_path / "city")) is None
    (tmp_path / "file").touch()
    with pytest.raises(typer.Exit):
        recording(tmp_path / "file", _key(tmp_path), 1024, load(tmp_path / "city"))


def test_a_recording_that_ended_early_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def write(_: list[bytes]) -> None:
        raise OSError(28, "No space left on device")

    recorder = Recorder(lambda noted: noted.frame, write)
    recorder.open()
    recorder.note(Note(1, "terminal", "t", is_heard=True, frame=b"a"))
    end_recording(recorder)
    assert "the recording ended early: No space left on device" in capsys.readouterr().err
    end_recording(None)
