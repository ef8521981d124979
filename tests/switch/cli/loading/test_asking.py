"""Options change the scenario, and what comes of it is checked as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from switch.cli.loading.asking import Asked, plan_of


def _asked(**changes: object) -> Asked:
    return Asked(file=Path("calm"), **changes)  # type: ignore[arg-type]


def test_options_win_over_the_scenario() -> None:
    asked = _asked(target="h:1", seed=7, rate=9.5, seconds=4.0, with_issuers="a:1, b:2")
    plan = plan_of(asked, 3)
    scenario = plan.scenario
    assert (plan.target, plan.workers) == ("h:1", 3)
    assert (scenario.seed, scenario.arrivals.rate, scenario.seconds) == (7, 9.5, 4.0)
    assert scenario.warm_up_s == 1.0
    assert scenario.issuers.listen == ("a:1", "b:2")
    assert scenario.cards.issuers == 2
    assert plan_of(_asked(), 1).target == "127.0.0.1:8583"


def test_what_only_the_options_make_right_is_right(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(
        'format = 1\nkind = "load"\nname = "x"\narrivals = { rate = 1.0 }\n'
        'thresholds = ["added_p99 < 5ms"]\n'
    )
    plan = plan_of(Asked(file=file, target="h:1", with_issuers="a:1"), 1)
    assert plan.scenario.issuers.listen == ("a:1",)
    with pytest.raises(typer.Exit):
        plan_of(Asked(file=file, target="h:1"), 1)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"target": "nowhere"}, "'nowhere' is no HOST:PORT"),
        ({"target": "h:70000"}, "'h:70000' is no HOST:PORT"),
        ({"with_issuers": "foo"}, "issuers.listen: 'foo' is no HOST:PORT"),
        ({"rate": float("nan")}, "arrivals.rate: nan is no number"),
        ({"seconds": float("inf")}, "seconds: inf is no number"),
        ({"role": "bank"}, "as: Invalid enum value 'bank'"),
        ({"file": Path("no.toml")}, "no.toml: cannot be read"),
        ({"file": Path("network"), "rate": 3.0}, "--rate does not go with a schedule of ramp"),
    ],
)
def test_what_does_not_fit_ends_in_one_sentence(
    changes: dict[str, object], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        plan_of(Asked(**({"file": Path("calm")} | changes)), 1)  # type: ignore[arg-type]
    assert ended.value.exit_code == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "workers", "why"),
    [("calm", 51, "only 50 terminals"), ("network", 3, "only 2 lines")],
)
def test_more_workers_than_there_is_work_for_are_refused(
    file: str, workers: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan_of(Asked(file=Path(file)), workers - 1).workers == workers - 1
    with pytest.raises(typer.Exit):
        plan_of(Asked(file=Path(file)), workers)
    assert f"--workers {workers}: there are {why}" in capsys.readouterr().err
