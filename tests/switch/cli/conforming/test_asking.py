"""What a run is set up with: features select, cases bring others, addresses are warned of."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import typer

from simulators.conformance.rules.model import FEATURES
from switch.cli.conforming.asking import (
    Wanted,
    address_of,
    asked,
    folder_of,
    server_tls,
    setup_of,
)
from tests.simulators.conformance.certificate import certificate


def test_a_questionnaire_selects_cases(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(
        'format = 1\nkind = "conformance-answers"\nfeatures = { chip = true, pin_pad = true }\n',
        encoding="utf-8",
    )
    names = {case.id for case in setup_of(Wanted(answers=str(path))).suite.cases}
    assert "withdrawal" in names
    assert "sale-void" not in names


def test_a_case_brings_those_before_it_and_an_outer_frame_leaves_pieces_out() -> None:
    chosen = setup_of(Wanted(cases=("sale-void",), is_ours=True)).suite
    assert [case.id for case in chosen.cases] == ["sign-on", "sale", "sale-void"]
    wrapped = setup_of(Wanted(is_ours=True, is_wrapped=True)).suite
    assert not {"split-answer", "slow-answer", "keep-alives"} & {c.id for c in wrapped.cases}


def test_a_case_does_not_bring_what_the_terminal_cannot_do() -> None:
    chosen = setup_of(Wanted(cases=("settlement",), is_ours=True)).suite
    assert "settlement" in {case.id for case in chosen.cases}
    assert "fee-void" not in {case.id for case in chosen.cases}


def test_an_address_that_others_can_reach_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert address_of("127.0.0.1:9583") == ("127.0.0.1", 9583)
    assert not capsys.readouterr().err
    assert address_of("0.0.0.0:9583") == ("0.0.0.0", 9583)  # noqa: S104 - what is warned of
    assert "test cards" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        address_of("127.0.0.1:99999")


def test_two_runs_have_keys_of_their_own() -> None:
    one, other = setup_of(Wanted(is_ours=True)), setup_of(Wanted(is_ours=True))
    assert one.nonce != other.nonce


def test_a_folder_is_made_and_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    assert folder_of(str(tmp_path / "a" / "b")).is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(typer.Exit):
        folder_of(str(tmp_path / "file"))
    assert server_tls("", "") is None


def test_a_certificate_that_cannot_be_used_is_told_with_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own, key), (_, another) = certificate(tmp_path), certificate(tmp_path, "another")
    assert server_tls(str(own), str(key)) is not None
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    for pair, words in (
        ((tmp_path / "text.pem", key), "text.pem: no certificate"),
        ((own, another), "own.pem: the key is of another certificate"),
        ((own, own), "own.pem: no certificate and key"),
        ((own, tmp_path / "none.key"), "none.key: No such file"),
    ):
        with pytest.raises(typer.Exit) as stopped:
            server_tls(*map(str, pair))
        assert stopped.value.exit_code == 2
        assert words in capsys.readouterr().err


def test_a_tester_is_asked_again_for_what_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = StringIO("y\n" * len(FEATURES) + "7\n8\n-1\nsoon\nnan\n30\n")
    monkeypatch.setattr("sys.stdin", answers)
    found = asked()
    assert (found.mak_bytes, found.response_timer_s) == (8, 30.0)
    assert found.having() == set(FEATURES)
    assert not answers.read()
