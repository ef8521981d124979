"""The samples that come with the program, and the verb that explains them."""

from __future__ import annotations

from switch.cli.specs.samples import samples as read_samples
from tests.switch.cli.running import SAMPLES, leaks, run, sample, samples


def test_every_sample_is_explained_after_a_sentence() -> None:
    outcome = run("specs", "samples")
    assert outcome.status == 0
    assert outcome.err == ""
    for number, (name, _) in enumerate(samples(), start=1):
        assert f"{number}. " in outcome.out, name
    assert "Rural withdrawal, request 助农取款请求" in outcome.out
    assert leaks(outcome) == []


def test_the_samples_are_those_of_the_single_files() -> None:
    names = {file.stem for file in SAMPLES.glob("*.hex")} - {"all"}
    assert {name for name, _ in samples()} == names
    assert [frame.hex().upper() for _, frame in read_samples()] == [
        sample(name) for name, _ in samples()
    ]


def test_each_sample_is_introduced_by_a_sentence() -> None:
    assert all(sentence.endswith(".") for sentence, _ in read_samples())
