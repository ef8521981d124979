"""The verb that writes frames: byte-exact, and never from masked values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.switch.cli.running import run, sample, samples

ALL = samples()
ECHO = {"dialect": "pos", "mti": "0820", "fields": {"41": "50010001", "42": "999653080110001"}}


def _encode(message: object, *options: str) -> tuple[int, str, str]:
    return run("encode", *options, stdin=json.dumps(message))


def test_the_round_trip_of_every_sample_is_byte_exact() -> None:
    lines = "\n".join(frame for _, frame in ALL)
    decoded = run("decode", "--reveal", "--json", "-", stdin=lines).out
    status, out, err = run("encode", stdin=decoded)
    assert (status, err) == (0, "")
    assert out.splitlines() == [frame for _, frame in ALL]


@pytest.mark.parametrize(("name", "frame"), ALL, ids=[name for name, _ in ALL])
def test_the_round_trip_holds_without_raw_contents_and_without_heads(name: str, frame: str) -> None:
    told = json.loads(run("decode", "--reveal", "--json", frame).out)
    texts_only = {key: told[key] for key in told if key != "raw"}
    assert _encode(texts_only)[1].strip() == frame, name
    start = 100 if name.startswith("interbank") else 26
    assert _encode(told, "--body")[1].strip() == frame[start:]


def test_unusual_pads_survive_the_round_trip() -> None:
    frame = sample("withdrawal").replace("1962199912345678901200", "196219991234567890120F")
    decoded = run("decode", "--reveal", "--json", frame).out
    assert [each["field"] for each in json.loads(decoded)["findings"]] == ["2"]
    assert run("encode", stdin=decoded).out.strip() == frame


def test_raw_wins_over_the_text() -> None:
    message = {**ECHO, "raw": {"41": "3530303130303039"}}
    told = json.loads(run("decode", "--json", _encode(message)[1]).out)
    assert told["fields"]["41"] == "50010009"


def test_heads_left_out_get_the_defaults_and_the_length_is_counted() -> None:
    status, out, _ = _encode(ECHO)
    told = json.loads(run("decode", "--json", out).out)
    assert (status, told["tpdu"], told["header"]) == (0, "6000050000", "613200320001")
    assert out.startswith("002C")


def test_the_total_length_of_an_interbank_header_is_made_true() -> None:
    told = json.loads(run("decode", "--reveal", "--json", sample("interbank-sign-on")).out)
    del told["fields"]["33"], told["raw"]["33"]
    told["bitmap"] = ""
    out = _encode(told)[1]
    assert json.loads(run("decode", "--json", out).out)["ok"] is True


@pytest.mark.parametrize(("name", "frame"), ALL, ids=[name for name, _ in ALL])
def test_a_masked_message_is_refused_by_the_name_of_the_field(name: str, frame: str) -> None:
    decoded = run("decode", "--json", frame).out
    status, out, err = run("encode", stdin=decoded)
    if "*" in decoded:
        assert (status, out) == (1, ""), name
        assert "is masked; decode with --reveal" in err
    else:
        assert (status, out.strip()) == (0, frame)


def test_a_masked_value_is_refused_even_beside_true_raw_contents_of_others() -> None:
    status, _, err = _encode({**ECHO, "fields": {"2": "621999*********0120"}, "raw": {}})
    assert (status, err) == (
        1, "jinbao: message 1: F2: is masked; decode with --reveal to encode it again\n",
    )  # fmt: skip
    raw = {"52": "****************"}
    assert "F52: is masked" in _encode({**ECHO, "raw": raw})[2]


def test_a_star_in_a_text_is_no_mask_where_the_raw_content_is_given() -> None:
    message = {"mti": "0800", "fields": {"63": "A*B"}, "raw": {"63": b"A*B".hex()}}
    status, out, _ = _encode(message, "--dialect", "pos")
    assert status == 0
    assert "0003412A42" in out


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"mti": "0820"}, "is named neither in the message nor with --dialect"),
        ({**ECHO, "dialect": "../secret.toml"}, "is none that comes with the program"),
        ({**ECHO, "mti": "82"}, "mti: is not 4 digits"),
        ({**ECHO, "mti": 820}, "Expected `str`"),
        ({**ECHO, "fields": {"x": "1"}}, "a field is named by its number"),
        ({**ECHO, "fields": {"11": "x"}}, "F11"),
        ({**ECHO, "fields": {"41": "toolongforit"}}, "F41"),
        ({**ECHO, "fields": {"99": "1"}}, "F99"),
        ({**ECHO, "raw": {"41": "5"}}, "F41: is not pairs of hexadecimal digits"),
        ({**ECHO, "tpdu": "60"}, "tpdu"),
        ({**ECHO, "tpdu": 60}, "Expected `str`"),
        ({**ECHO, "header": "993200320001"}, "header"),
        ([], "Expected `object`"),
        ({"ok": False, "error": {}, "fields": {}}, "missing required field `mti`"),
    ],
)
def test_what_cannot_be_a_message_is_refused_with_its_reason(message: object, reason: str) -> None:
    status, out, err = _encode(message)
    assert (status, out) == (1, "")
    assert reason in err


def test_malformed_json_is_refused_and_the_rest_is_encoded() -> None:
    good = json.dumps(ECHO)
    status, out, err = run("encode", stdin=f"{good}\n{{]\n# a comment\n\n{good}\n")
    assert status == 1
    assert len(out.splitlines()) == 2
    assert "message 2" in err


def test_a_message_may_stand_in_a_file_or_in_the_argument(tmp_path: Path) -> None:
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(ECHO), encoding="utf-8")
    assert run("encode", str(file)) == run("encode", json.dumps(ECHO)) == _encode(ECHO)


def test_what_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "frame.bin"
    file.write_bytes(bytes.fromhex(sample("echo")))
    assert run("encode", str(file)) == (2, "", "jinbao: the input is not text\n")
    assert run("encode", "no-such-file").status == 2
    assert run("encode", "--dialect", "no-such", json.dumps(ECHO)).status == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_KEYS = st.sampled_from(["mti", "dialect", "bitmap", "fields", "raw", "tpdu", "header"])
_NEAR = st.dictionaries(
    _KEYS, st.dictionaries(st.from_regex(r"\A[0-9]{1,3}\Z"), st.text()) | st.text() | _JSON
)


@given(_JSON | _NEAR | _NEAR.map(lambda message: {**ECHO, **message}))
def test_any_json_is_encoded_or_refused(message: object) -> None:
    status, out, err = _encode(message, "--dialect", "pos")
    assert (status, bool(out), bool(err)) in {(0, True, False), (1, False, True)}


def test_json_that_nests_too_deep_is_refused() -> None:
    assert run("encode", stdin="[" * 100_000).status == 1
