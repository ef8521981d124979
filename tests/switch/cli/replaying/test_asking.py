"""What verbs about traces ask for alike: rules and cards, dialects, and errors in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from simulators.cards import fictional_card
from simulators.replay.trace.form import TraceError
from switch.cli.replaying.asking import dialects_of, rules_and_cards, told_errors
from tests.simulators.replay.days import KEY, TOKENS


def test_cards_are_known_by_the_stand_ins_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY.hex())
    rules = tmp_path / "r.toml"
    rules.write_text('format = 1\n[cards]\nfictional = "0-1"\n')
    found, cards = rules_and_cards(str(rules), str(tmp_path / "key"))
    assert found.cards.fictional == "0-1"
    assert cards == {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in (0, 1)}
    with pytest.raises(TraceError, match="needs the recording key"):
        rules_and_cards(str(rules), "")


def test_dialects_that_are_none_end_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert dialects_of("pos+composite", "interbank")["terminal"].name == "pos+composite"
    with pytest.raises(typer.Exit) as ended:
        dialects_of("nothing", "interbank")
    assert ended.value.exit_code == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TraceError("t.jsonl:3: no frame"), "t.jsonl:3: no frame"),
        (FileNotFoundError(2, "No such file or directory", "t"), "t: No such file or directory"),
    ],
)
def test_errors_are_one_sentence(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, told_errors():
        raise error
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err.strip().endswith(said)
