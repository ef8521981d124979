"""The verb that reads frames, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.switch.cli.running import leaks, run, sample, samples

ALL = samples()


@pytest.mark.parametrize(("name", "frame"), ALL, ids=[name for name, _ in ALL])
def test_every_sample_decodes_with_its_transaction_and_nothing_odd(name: str, frame: str) -> None:
    status, out, err = run("decode", "--json", frame)
    told = json.loads(out)
    assert (status, err, told["ok"], told["findings"]) == (0, "", True, [])
    assert told["transaction"] is not None
    assert told["dialect"] == ("interbank" if name.startswith("interbank") else "pos")


def test_json_is_compact_and_has_the_documented_keys_in_order() -> None:
    status, out, _ = run("decode", "--dialect", "pos", "--json", sample("withdrawal"))
    assert status == 0
    assert out.startswith(
        '{"ok":true,"dialect":"pos","tpdu":"6000050000","header":"613200320001","mti":"0200",'
        '"bitmap":"702406C020C09A11","fields":{"2":"621999*********0120","3":"010000",'
    )
    assert list(json.loads(out)) == [
        "ok", "dialect", "tpdu", "header", "mti", "bitmap", "fields", "raw", "transaction",
        "subfields", "findings",
    ]  # fmt: skip


def test_json_gives_texts_contents_and_sub_fields() -> None:
    told = json.loads(run("decode", "--json", sample("withdrawal")).out)
    assert told["transaction"] == "rural_withdrawal"
    assert (told["fields"]["22"], told["raw"]["22"]) == ("051", "0510")
    assert (told["fields"]["60"], told["raw"]["60"]) == ("7000000200060", "70000002000600")
    assert told["subfields"]["60.2"] == "000002"
    assert told["subfields"]["55.9F26"] == "A1B2C3D4E5F60718"
    assert told["fields"]["52"] == told["raw"]["52"] == "*" * 16


@pytest.mark.parametrize(("name", "frame"), ALL, ids=[name for name, _ in ALL])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_no_secret_is_shown_unless_it_is_asked_for(
    name: str, frame: str, form: tuple[str, ...]
) -> None:
    assert leaks(run("decode", *form, frame)) == [], name


def test_reveal_shows_what_was_masked() -> None:
    told = json.loads(run("decode", "--reveal", "--json", sample("withdrawal")).out)
    assert told["fields"]["2"] == "6219991234567890120"
    assert told["fields"]["35"] == "6219991234567890120=4912220000000000"
    assert "04F16B5C9021D1EA" in run("decode", "--reveal", sample("withdrawal")).out


@given(data=st.data())
def test_what_is_cut_off_is_refused_with_its_place_and_shows_no_secret(data: st.DataObject) -> None:
    name, frame = data.draw(st.sampled_from(ALL))
    cut = 2 * data.draw(st.integers(0, len(frame) // 2 - 1))
    outcome = run("decode", "--json", frame[:cut] or "::")
    told = json.loads(outcome.out)
    assert (outcome.status, told["ok"]) == (1, False), name
    assert told["error"]["kind"] == "FrameError"
    assert leaks(outcome) == []


@given(data=st.data())
def test_a_body_cut_off_keeps_the_fields_before_it_and_masks_them(data: st.DataObject) -> None:
    name, frame = data.draw(st.sampled_from(ALL))
    dialect, start = ("interbank", 50) if name.startswith("interbank") else ("pos", 13)
    cut = data.draw(st.integers(start, len(frame) // 2 - 1))
    body = frame[2 * start : 2 * cut] or "::"
    named = run("decode", "--body", "--dialect", dialect, "--json", body)
    told = json.loads(named.out)
    assert (named.status, told["error"]["kind"]) == (1, "DecodeError")
    assert 0 <= told["error"]["offset"] <= cut - start
    assert leaks(named) == leaks(run("decode", "--body", body)) == []


def test_offsets_count_from_the_start_of_the_frame_with_its_prefix() -> None:
    frame = sample("echo")
    # The length prefix of field 60 (byte 48) says 99 digits, and six bytes follow.
    broken = frame[: 2 * 46] + "0099" + frame[2 * 48 :]
    told = json.loads(run("decode", "--dialect", "pos", "--json", broken).out)
    assert (told["error"]["kind"], told["error"]["field"]) == ("DecodeError", "60")
    assert 46 <= told["error"]["offset"] <= 48
    assert told["fields"] == {"41": "50010001", "42": "999653080110001"}


def test_a_wrong_sub_field_is_named_with_its_place_and_the_fields_are_kept() -> None:
    frame = sample("withdrawal")
    # The last tag of field 55 says five bytes, and four are left.
    broken = frame.replace("9F410400000002", "9F410500000002")
    told = json.loads(run("decode", "--json", "--dialect", "pos", broken).out)
    assert told["error"]["kind"] == "DecodeError"
    assert told["error"]["field"].startswith("55")
    assert told["error"]["offset"] == frame.index("9F410400000002") // 2
    assert told["fields"]["3"] == "010000"
    assert told["fields"]["35"] == "*" * 36


def test_without_a_dialect_it_says_why_it_took_one() -> None:
    assert "60" in json.loads(run("decode", "--json", sample("echo")).out)["detected"]
    assert "dialect pos (2-byte length" in run("decode", sample("echo")).out
    assert "detected" not in json.loads(
        run("decode", "--dialect", "pos", "--json", sample("echo")).out
    )


def test_when_nothing_fits_it_names_the_dialects_and_the_nearest_reason() -> None:
    status, out, err = run("decode", "0003112233")
    assert (status, out) == (1, "")
    assert "none of composite, interbank, iso87-ascii, pos fits" in err


def test_a_frame_of_another_dialect_is_told_where_it_belongs() -> None:
    status, _, err = run("decode", "--dialect", "pos", sample("interbank-withdrawal"))
    assert status == 1
    assert "it would fit dialect interbank" in err


@pytest.mark.parametrize("written", ["{}", " 0x{}", "{}\n"])
def test_hexadecimal_text_may_be_written_in_several_ways(written: str) -> None:
    frame = sample("echo")
    spaced = " ".join(frame[at : at + 4] for at in range(0, len(frame), 4))
    colons = ":".join(frame[at : at + 2] for at in range(0, len(frame), 2)).lower()
    expected = run("decode", "--json", frame).out
    for text in (frame, spaced, colons):
        assert run("decode", "--json", written.format(text)).out == expected


def test_files_hold_a_frame_a_line_with_comments_between(tmp_path: Path) -> None:
    file = tmp_path / "frames"
    frame = sample("echo")
    file.write_text(f"\ufeff# two of them\r\n\r\n{frame}\r\n  0x{frame}\r\n", encoding="utf-8")
    status, out, err = run("decode", "--json", str(file))
    assert (status, len(out.splitlines()), err) == (0, 2, "")


def test_a_bad_line_is_reported_in_its_place_and_the_rest_is_read() -> None:
    frame = sample("echo")
    outcome = run("decode", "--json", "-", stdin=f"{frame}\n123\nsalute!\n{frame}\n")
    told = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.status == 1
    assert [each["ok"] for each in told] == [True, False, False, True]
    assert told[1]["error"] == {
        "kind": "InputError", "field": None, "offset": 3,
        "reason": "an odd number of hexadecimal digits",
    }  # fmt: skip
    assert (told[2]["error"]["kind"], told[2]["error"]["offset"]) == ("InputError", 0)


def test_a_binary_file_is_a_run_of_frames(tmp_path: Path) -> None:
    file = tmp_path / "frames.bin"
    frames = [sample("withdrawal"), "0000", sample("echo"), "0000"]
    file.write_bytes(bytes.fromhex("".join(frames)))
    for chosen in ((), ("--dialect", "pos")):
        status, out, _ = run("decode", "--json", *chosen, str(file))
        assert status == 0
        assert [json.loads(line)["mti"] for line in out.splitlines()] == ["0200", "0820"]
    file.write_bytes(bytes.fromhex(sample("interbank-withdrawal") * 3))
    assert len(run("decode", "--json", str(file)).out.splitlines()) == 3


def test_a_binary_file_that_ends_within_a_frame_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "frames.bin"
    file.write_bytes(bytes.fromhex(sample("echo") + sample("withdrawal"))[:-1])
    status, out, _ = run("decode", "--json", str(file))
    assert status == 1
    assert [json.loads(line)["ok"] for line in out.splitlines()] == [True, False]


def test_a_bare_body_has_no_heads(tmp_path: Path) -> None:
    body = sample("echo")[26:]
    told = json.loads(run("decode", "--body", "--dialect", "pos", "--json", body).out)
    assert list(told)[:3] == ["ok", "dialect", "mti"]
    file = tmp_path / "body.bin"
    file.write_bytes(bytes.fromhex(body))
    assert json.loads(run("decode", "--body", "--json", str(file)).out)["mti"] == "0820"


def test_an_empty_input_is_remarked_on(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert run("decode", str(tmp_path / "empty")) == (
        0, "", "jinbao: there is no frame in the input\n",
    )  # fmt: skip


@pytest.mark.parametrize("argument", ["", "no-such-file", "0g", "/", "a\0b"])
def test_what_is_neither_hexadecimal_nor_a_file_is_wrong_usage(argument: str) -> None:
    status, out, err = run("decode", argument)
    assert (status, out) == (2, "")
    assert err.startswith("jinbao: ")


def test_a_mistyped_frame_is_not_quoted() -> None:
    outcome = run("decode", sample("withdrawal") + "O")
    assert outcome.status == 2
    assert leaks(outcome) == []
    assert "6219" not in outcome.err


def test_an_unknown_dialect_is_wrong_configuration() -> None:
    status, _, err = run("decode", "--dialect", "no-such", sample("echo"))
    assert status == 2
    assert "there are composite, interbank, iso87-ascii, pos" in err


def test_a_failure_in_the_table_form_tells_what_was_read_before_it() -> None:
    broken = sample("echo")[26:-2]
    status, _, err = run("decode", "--body", "--dialect", "pos", broken)
    assert status == 1
    assert "frame 1: field 60 at byte" in err
    assert "read before that: 42 = '999653080110001'" in err


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_lines_of_text_are_answered_one_by_one(lines: list[str]) -> None:
    stdin = "\n".join(["00", *lines]).encode("utf-8", "replace")
    status, out, err = run("decode", "--json", "-", stdin=stdin)
    assert (status, err) == (1, "")
    assert {json.loads(line)["ok"] for line in out.splitlines()} <= {True, False}


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(content: bytes) -> None:
    status, out, _ = run("decode", "--json", "-", stdin=content)
    assert status in {0, 1}
    assert all("ok" in json.loads(line) for line in out.splitlines())
