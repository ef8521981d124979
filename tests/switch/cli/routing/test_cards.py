"""Cards by how they begin: what is none, and what is of no range."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from simulators.cards import FIRST_PAN
from switch.cli.outcome import USAGE
from switch.cli.routing.cards import BEGINS, ranges_of, whole_card
from switch.config.installation import load
from tests.switch.config import folders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an installation that no test changes."""
    return folders.make(tmp_path_factory.mktemp("cards") / "city")


@pytest.mark.parametrize("digits", BEGINS)
def test_so_many_digits_find_a_range(folder: Path, digits: int) -> None:
    configuration = load(folder).configuration
    found = ranges_of(configuration, FIRST_PAN[:digits])
    assert {each.is_social for each in found} == {True}


@pytest.mark.parametrize("card", ["62199", FIRST_PAN[:13], FIRST_PAN, "62199x", "６２１９９９"])
def test_fewer_more_or_other_characters_are_refused(
    folder: Path, card: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        ranges_of(load(folder).configuration, card)
    assert ended.value.exit_code == USAGE
    assert "6 to 12 digits" in capsys.readouterr().err


def test_a_whole_card_is_shown_masked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "pan").write_text("6219 9912 3456 7890 120\n", "ascii")
    shown, found = whole_card(load(folder).configuration, str(tmp_path / "pan"))
    assert (shown, found.prefix) == ("621999*********0120", "621999")
