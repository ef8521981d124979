"""`jinbao trace`: captures in, traces looked into, and nothing half written when it goes wrong."""

from __future__ import annotations

import gzip
import json
from importlib import resources
from pathlib import Path

import pytest

from tests.simulators.replay.days import KEY, day, frames, written
from tests.switch.cli.running import run, sample


@pytest.fixture
def trace(tmp_path: Path) -> str:
    """Write a trace of twelve withdrawals."""
    return str(written(tmp_path / "day.jsonl", day(12)))


@pytest.fixture
def key(tmp_path: Path) -> str:
    """Write the key of the tests."""
    path = tmp_path / "recording.key"
    path.write_text(KEY.hex())
    return str(path)


def test_a_trace_goes_through_a_capture_and_back(tmp_path: Path, trace: str, key: str) -> None:
    pcap, back = str(tmp_path / "day.pcap"), str(tmp_path / "back.jsonl")
    assert run("trace", "export", trace, "--into", pcap).status == 0
    done = run("trace", "import", pcap, "--into", back, "--record-key", key)
    assert (done.status, done.err) == (0, "jinbao: 24 frames\n")
    figures = json.loads(run("trace", "stats", back, "--json").out)
    assert figures["kinds"][0]["count"] == 12
    assert figures["kinds"][0]["unanswered"] == 0


def test_what_is_beyond_us_is_handed_to_tshark_or_told(
    tmp_path: Path, trace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcap, into = tmp_path / "day.pcap", tmp_path / "back.jsonl"
    assert run("trace", "export", trace, "--into", str(pcap)).status == 0
    pcap.write_bytes(gzip.compress(pcap.read_bytes()))
    done = run("trace", "import", str(pcap), "--into", str(into))
    assert done.status == 0
    assert "tshark reads it (neither pcap nor pcapng)" in done.err
    assert len(into.read_bytes().splitlines()) == 1 + 24
    into.unlink()
    pcap.write_bytes(pcap.read_bytes()[:-40])
    done = run("trace", "import", str(pcap), "--into", str(into))
    assert (done.status, into.exists()) == (2, False)
    assert "tshark refused it" in done.err
    done = run("trace", "import", str(pcap), "--into", str(into), "--no-tshark")
    assert (done.status, into.exists()) == (2, False)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("trace", "import", str(pcap), "--into", str(into))
    assert (done.status, into.exists()) == (2, False)
    assert "apt-get install tshark" in done.err


def test_a_log_becomes_a_trace(tmp_path: Path, key: str) -> None:
    log, into = tmp_path / "h.log", str(tmp_path / "t.jsonl")
    log.write_text(f"2014-06-18 10:00:00 t RX {sample('withdrawal')}\nnoise\n")
    options = ("--log", "--into", into, "--record-key", key)
    done = run("trace", "import", str(log), *options)
    assert done.status == 0
    assert "left out: lines that do not have the pattern: 1" in done.err
    assert run("trace", "show", into).out.startswith("10:00:00.000000 terminal t -> 0200")
    assert "1" in run("trace", "stats", into).out


def test_transactions_are_found(trace: str) -> None:
    found = run("trace", "find", trace, "--stan", "000003")
    assert found.status == 0
    assert "061800000002" in found.out
    (line,) = run("trace", "find", trace, "--rrn", "061800000002", "--json").out.splitlines()
    assert json.loads(line)["request"]["summary"]["stan"] == "000003"
    assert run("trace", "find", trace, "--stan", "999999").status == 1
    assert run("trace", "find", trace).status == 2
    assert run("trace", "find", trace, "--card", "x").status == 2


def test_frames_are_filtered_cut_joined_and_anonymised(tmp_path: Path, trace: str) -> None:
    one, two, both = (str(tmp_path / f"{n}.jsonl") for n in (1, 2, 3))
    assert run("trace", "filter", trace, "--terminal", "50010001", "--into", one).status == 0
    assert run("trace", "filter", trace, "--terminal", "50010002", "--into", two).status == 0
    assert run("trace", "merge", one, two, "--into", both).err == "jinbao: 16 frames\n"
    cut = run("trace", "cut", trace, "--since", "10:00", "--until", "10:01", "--into", one)
    assert cut.err == "jinbao: 24 frames\n"
    assert run("trace", "anonymise", trace, "--into", two).status == 0
    shown = json.loads(run("trace", "show", two, "--first", "1", "--json").out)
    before = frames(list(day(1)))[0]
    assert shown["hex"] != before.hex
    assert shown["summary"]["stan"] == "000001"
    assert run("trace", "filter", trace, "--side", "left").status == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither pcap nor pcapng"),
        (
            b"\xd4\xc3\xb2\xa1" + bytes(16) + b"\1\0\0\0" + bytes(8) + b"\xff\xff\xff\x7f" * 2,
            "announces",
        ),
        (b"\xd4\xc3\xb2\xa1" + bytes(3), "cut off"),
    ],
)
def test_hostile_captures_end_with_status_2_and_leave_nothing(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "c.pcap").write_bytes(content)
    done = run("trace", "import", str(tmp_path / "c.pcap"), "--into", str(tmp_path / "t.jsonl"))
    assert done.status == 2
    assert why in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["c.pcap"]


def test_what_is_not_there_or_no_trace_is_said(tmp_path: Path, trace: str) -> None:
    missing = str(tmp_path / "none")
    assert run("trace", "import", missing, "--into", "-").status == 2
    assert run("trace", "show", missing).status == 2
    assert run("trace", "stats", __file__).status == 2
    assert run("trace", "import", trace, "--dialect", "none", "--into", "-").status == 2
    assert run("trace", "import", trace, "--log", "--pattern", "(", "--into", "-").status == 2


def test_a_trace_of_a_dialect_of_ones_own_can_be_used(tmp_path: Path, trace: str, key: str) -> None:
    text = (resources.files("specs") / "dialects" / "pos.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace('name = "pos"', 'name = "mine"', 1))
    own = ("--dialect", str(tmp_path / "mine.toml"))
    pcap, mine = str(tmp_path / "day.pcap"), str(tmp_path / "mine.jsonl")
    assert run("trace", "export", trace, "--into", pcap).status == 0
    done = run("trace", "import", pcap, "--into", mine, "--record-key", key, *own)
    assert done.status == 0, done.err
    other = ("--into", str(tmp_path / "other"))
    target = ("--target", "127.0.0.1:1", "--survey")
    for verb in (
        ("trace", "diff", mine, mine),
        ("trace", "anonymise", mine, *other),
        ("trace", "to-scenario", mine, *other),
        ("trace", "to-scenario", mine, "--as", "host", "--terminal", "50010001", *other),
        ("replay", "run", mine, *target),
    ):
        done = run(*verb)
        assert (done.status, "mine: no dialect of this name" in done.err) == (2, True), verb
        assert run(*verb, *own).status == 0, verb


def test_what_a_trace_says_of_itself_is_kept_when_it_is_made_anonymous(
    tmp_path: Path, trace: str
) -> None:
    lines = Path(trace).read_text().splitlines(keepends=True)
    header = json.loads(lines[0]) | {"time_zone": "+09:00", "skipped": ["packets: 3"]}
    Path(trace).write_text(json.dumps(header) + "\n" + "".join(lines[1:]))
    into = tmp_path / "other.jsonl"
    assert run("trace", "anonymise", trace, "--into", str(into)).status == 0
    told = json.loads(into.read_text().splitlines()[0])
    assert (told["time_zone"], told["skipped"]) == ("+09:00", ["packets: 3"])
    assert told["masking"]["key"] != header["masking"]["key"]
