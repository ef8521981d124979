"""The funds of pay-outs: packaged, or one's own, and what is wrong with a file of them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.funds import KINDS, load_funds


def test_the_packaged_funds_are_the_notice_s_two_phases(tmp_path: Path) -> None:
    funds = load_funds("chongqing-2014", tmp_path)
    assert {fund.clause for fund in funds.values()} == {"三(一)", "三(二)"}
    assert {fund.kind for fund in funds.values()} == KINDS
    assert funds["1001"].open_from == 20140617
    assert funds["2001"].open_from is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('code = "1002"', 'code = "1001"', "1001 is there already"),
        ('code = "1002"', 'code = "102"', "fund[1].code"),
        ('kind = "subsidy_payout"', 'kind = "gift"', "fund[2].kind"),
    ],
)
def test_a_file_that_is_wrong_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    packaged = resources.files("specs") / "funds" / "chongqing-2014.toml"
    own = tmp_path / "own.toml"
    own.write_text(packaged.read_text("utf-8"), "utf-8")
    assert load_funds("./own.toml", tmp_path).keys() == {"1001", "1002", "2001"}
    own.write_text(packaged.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_funds("./own.toml", tmp_path)
    assert said in str(refused.value)


def test_funds_that_are_nowhere_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load_funds("nowhere", tmp_path)
