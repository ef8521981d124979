"""Rules of a simulated issuer: what they are about, what is done then, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.cards import fictional_card
from simulators.issuer import CALM, Temper
from simulators.issuing.rules import Rules, RulesError, kind_of, read, ruled
from simulators.wire import Heard
from tests.simulators.acting import INTERBANK, request

_HEAD = 'format = 1\nkind = "issuer-rules"\n'


def _heard(name: str = "interbank-withdrawal", **changes: str) -> Heard:
    return INTERBANK.hear(request(name, **changes))


def _rules(tmp_path: Path, text: str) -> Rules:
    file = tmp_path / "rules.toml"
    file.write_text(_HEAD + text, "utf-8")
    return Rules(read(file))


@pytest.mark.parametrize(
    ("told", "temper"),
    [
        ('code = "51"', Temper(code="51")),
        ("think_ms = 20\nlate_ms = 61_000", Temper(think_ms=20, delay_ms=61_000)),
        ("silent = true", Temper(answers=0)),
        ("ignored = true", Temper(ignores=True)),
        ("answers = 2", Temper(answers=2)),
        ("wrong_mac = true", Temper(breaks_mac=True)),
        ("wrong_arpc = true", Temper(breaks_chip=True)),
        ("wrong_stan = true", Temper(shifts_stan=True)),
        ("rejected = true", Temper(rejects_header=True)),
        (
            'script = { id = "00000001", commands = ["0418000000"] }',
            Temper(script="720E9F18040000000186050418000000"),
        ),
    ],
)
def test_a_rule_says_what_is_done(tmp_path: Path, told: str, temper: Temper) -> None:
    rules = _rules(tmp_path, f'[[rule]]\nname = "it"\n{told}\n')
    assert rules.temper(_heard()) == temper


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ('transactions = ["withdrawal"]', True),
        ('transactions = ["sale", "inquiry"]', False),
        ("cards = [0, 7]", True),
        ("cards = [7]", False),
        ('terminals = ["50010001"]', True),
        ('terminals = ["50010002"]', False),
        ("least_fen = 50_000", True),
        ("least_fen = 50_001", False),
        ("most_fen = 50_000", True),
        ("most_fen = 49_999", False),
        ("cards = [0]\nleast_fen = 50_001", False),
    ],
)
def test_every_condition_of_a_rule_must_hold(tmp_path: Path, condition: str, *, fits: bool) -> None:
    rules = _rules(tmp_path, f'[[rule]]\nname = "it"\ncode = "51"\n{condition}\n')
    assert rules.temper(_heard()) == (Temper(code="51") if fits else None)


@pytest.mark.parametrize(
    ("counting", "treated"),
    [
        ("every = 3", "..x..x..x"),
        ("skip = 2", "..xxxxxxx"),
        ("skip = 1\ncount = 2", ".xx......"),
        ("skip = 2\nevery = 2\ncount = 2", "...x.x..."),
    ],
)
def test_a_rule_counts_what_fits_it(tmp_path: Path, counting: str, treated: str) -> None:
    rules = _rules(tmp_path, f'[[rule]]\nname = "it"\ncode = "51"\n{counting}\n')
    found = "".join("x" if rules.temper(_heard()) else "." for _ in treated)
    assert found == treated


def test_the_first_rule_that_fits_decides_and_the_rest_is_as_before(tmp_path: Path) -> None:
    rules = _rules(
        tmp_path,
        '[[rule]]\nname = "one"\ncode = "51"\ncount = 1\n[[rule]]\nname = "two"\ncode = "05"\n'
        "least_fen = 50_000\n",
    )
    temper = ruled(rules, lambda _: CALM)
    assert temper(_heard()).code == "51"
    assert temper(_heard()).code == "05"
    assert temper(_heard(f4="000000001000")) is CALM


def test_reversals_are_served_unless_a_rule_names_them(tmp_path: Path) -> None:
    text = '[[rule]]\nname = "it"\nsilent = true\n'
    assert _rules(tmp_path, text).temper(_heard("interbank-reversal")) is None
    named = _rules(tmp_path, text + 'transactions = ["reversal"]\n')
    assert named.temper(_heard("interbank-reversal")) == Temper(answers=0)
    assert named.temper(_heard()) is None


@pytest.mark.parametrize(
    ("mti", "code", "condition", "kind"),
    [
        ("0200", "000000", "00", "sale"),
        ("0200", "010000", "00", "withdrawal"),
        ("0200", "190000", "00", "payment"),
        ("0200", "300000", "00", "inquiry"),
        ("0200", "200000", "00", "void"),
        ("0100", "030000", "06", "authorisation"),
        ("0100", "200000", "06", "void"),
        ("0200", "000000", "06", "completion"),
        ("0220", "000000", "06", "completion"),
        ("0220", "200000", "00", "refund"),
        ("0421", "010000", "00", "reversal"),
        ("0620", "010000", "00", "script_result"),
        ("0200", "990000", "00", "other"),
    ],
)
def test_what_a_request_is(mti: str, code: str, condition: str, kind: str) -> None:
    heard = _heard()
    fields = {**heard.fields, 3: code, 25: condition}
    assert kind_of(Heard(mti, fields, heard.frame, heard.view)) == kind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_HEAD + "[[rule]]\n", "rule[0]: Object missing required field `name`"),
        (_HEAD + '[[rule]]\nname = "a"\n', "rule[0]: it says nothing to do"),
        (_HEAD + '[[rule]]\nname = "a"\ncoed = "51"\n', "unknown field `coed`"),
        (_HEAD + '[[rule]]\nname = "a"\ncode = "5"\n', "rule[0].code"),
        (_HEAD + '[[rule]]\nname = "a"\nsilent = true\nevery = 0\n', "rule[0].every"),
        (_HEAD + '[[rule]]\nname = "a"\ncode = "51"\nleast_fen = 9\nmost_fen = 8\n', "most_fen"),
        (_HEAD + '[[rule]]\nname = "a"\nsilent = true\nanswers = 2\n', "rule[0].answers"),
        (_HEAD + '[[rule]]\nname = "a"\nsilent = true\n' * 2, "rule[1].name"),
        (_HEAD + '[[rule]]\nname = "a"\ntransactions = ["sell"]\ncode = "51"', "'sell'"),
        (
            _HEAD + '[[rule]]\nname = "a"\nscript = { id = "1", commands = ["00"] }',
            "rule[0].script.id",
        ),
        ('format = 2\nkind = "issuer-rules"\n', "format"),
        ("[[rule", "at the end of an array declaration"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_key_and_reason(
    tmp_path: Path, text: str, why: str
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(RulesError) as found:
        read(file)
    assert str(found.value).startswith(f"{file}: ")
    assert why in str(found.value)


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_cards_are_named_by_their_number_and_never_by_their_pan() -> None:
    assert fictional_card(0).pan == _heard().get(2)
