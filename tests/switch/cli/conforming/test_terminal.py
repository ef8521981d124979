"""`jinbao conform terminal --auto`: our own terminal over a socket, evidence, reports, resuming."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.errors import MarkupError

from simulators import live
from simulators.conformance.driving.trial import OURS, own_setup
from simulators.conformance.judging.host import Host
from switch.cli.conforming import terminal
from switch.cli.conforming.watching import PlainWatcher
from tests.simulators.conformance import frames
from tests.simulators.conformance.certificate import certificate
from tests.switch.cli.running import leaks, run

_FAST = ("conform", "terminal", "--auto", "--speed", "200", "--case", "balance")
_STEP = "import json,sys; print(json.load(sys.stdin)['do']['job'])"


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    done = run(*_FAST, "--report", str(folder))
    assert done.status == 0, done.err
    assert "nothing broken in the cases chosen (2); " in done.out
    assert "requirements not judged" in done.out
    assert not leaks(done)
    return folder


def test_a_run_leaves_evidence_and_three_reports(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"evidence.jsonl", "report.json", "report.html", "junit.xml"}
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"
    assert {case["case"] for case in report["cases"]} == {"sign-on", "balance"}
    assert report["records"][-1]["what"] == "end"


def test_evidence_verifies_and_an_altered_record_is_named(folder: Path, tmp_path: Path) -> None:
    for name in ("evidence.jsonl", "report.json"):
        assert run("conform", "verify", str(folder / name)).status == 0
    lines = (folder / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
    altered = tmp_path / "evidence.jsonl"
    altered.write_text("\n".join([*lines[:4], lines[4].replace("0", "1", 1), *lines[5:]]))
    done = run("conform", "verify", str(altered))
    assert done.status == 1
    assert "record 5" in done.err
    head = run("conform", "verify", str(folder / "evidence.jsonl"), "--head", "0" * 64)
    assert head.status == 1


def test_a_verdict_that_its_evidence_does_not_give_is_found(folder: Path, tmp_path: Path) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    report["requirements"][0]["verdict"] = "fail"
    altered = tmp_path / "report.json"
    altered.write_text(json.dumps(report), encoding="utf-8")
    done = run("conform", "verify", str(altered))
    assert done.status == 1
    assert report["requirements"][0]["requirement"] in done.err


def _first_row(report: dict[str, Any], of: str) -> dict[str, Any]:
    return next(iter(report[of]))


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda report: report.update(verdict="fail"), "verdict"),
        (lambda report: report.update(sentence="conforms: everything"), "sentence"),
        (lambda report: report.update(head="0" * 64), "head"),
        (lambda report: report.update(requirements=[1]), "requirements[FRM-01]"),
        (lambda report: report["requirements"].pop(), "is missing"),
        (lambda report: _first_row(report, "requirements").update(en="Any."), "[FRM-01].en"),
        (lambda report: _first_row(report, "requirements")["findings"].append({}), "was added"),
        (lambda report: _first_row(report, "cases").update(verdict="fail"), "[sign-on].verdict"),
        (lambda report: report.update(more=1), "more (was added)"),
    ],
)
def test_whatever_a_report_says_otherwise_than_its_records_is_named(
    alter: Callable[[dict[str, Any]], object], said: str, folder: Path, tmp_path: Path
) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    alter(report)
    altered = tmp_path / "report.json"
    altered.write_text(json.dumps(report), encoding="utf-8")
    done = run("conform", "verify", str(altered))
    assert done.status == 1
    assert said in done.err


_OWN = """
format = 1
kind = "conformance-requirements"

[[requirements]]
id = "OWN-01"
area = "contents"
en = "Our merchants begin with 8."
zh = "本行商户号以8开头。"
source = "our profile"
check = "value"
path = "42"
pattern = "8[0-9]{14}"
"""


def test_a_run_that_failed_by_a_rule_of_ones_own_never_passes_without_it(tmp_path: Path) -> None:
    own, out = tmp_path / "own.toml", tmp_path / "out"
    own.write_text(_OWN, encoding="utf-8")
    rules = "--rules", str(own)
    assert run(*_FAST, *rules, "--report", str(out)).status == 1
    failed = (out / "report.json").read_text(encoding="utf-8")
    assert json.loads(failed)["verdict"] == "fail"
    evidence = str(out / "evidence.jsonl")
    for arguments in (
        (*_FAST, "--resume", "--report", str(out)),
        ("conform", "report", evidence, str(out)),
        ("conform", "verify", evidence),
        ("conform", "verify", str(out / "report.json")),
    ):
        done = run(*arguments)
        assert done.status == 2, arguments
        assert "--rules" in done.err
    assert (out / "report.json").read_text(encoding="utf-8") == failed
    assert run("conform", "verify", str(out / "report.json"), *rules).status == 0
    assert run("conform", "report", evidence, str(out), *rules).status == 0
    assert (out / "report.json").read_text(encoding="utf-8") == failed


def test_a_port_that_is_taken_costs_no_evidence(folder: Path, tmp_path: Path) -> None:
    kept = (folder / "evidence.jsonl").read_bytes()
    (tmp_path / "evidence.jsonl").write_bytes(kept)
    answers = tmp_path / "ours.toml"
    told = "".join(f"{name} = true\n" for name in OURS)
    answers.write_text(
        f'format = 1\nkind = "conformance-answers"\n[features]\n{told}', encoding="utf-8"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = "127.0.0.1", str(taken.getsockname()[1])
        for options, said in (((), "an earlier run"), (("--resume",), ": address")):
            done = run(
                "conform", "terminal", "--listen", ":".join(where), "--case", "balance",
                "--report", str(tmp_path), "--answers", str(answers), *options,
            )  # fmt: skip
            assert done.status == 2
            assert said in done.err.lower()
        assert (tmp_path / "evidence.jsonl").read_bytes() == kept
        fresh = tmp_path / "fresh"
        run("conform", "terminal", "--listen", ":".join(where), "--report", str(fresh))
        assert not (fresh / "evidence.jsonl").exists()


def test_reports_are_made_anew_from_evidence(folder: Path, tmp_path: Path) -> None:
    assert run("conform", "report", str(folder / "evidence.jsonl"), str(tmp_path)).status == 0
    made = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert made == json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_a_run_that_was_broken_off_goes_on(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "evidence.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    begun = [line for line in lines if json.loads(line).get("what") != "end"]
    done = next(n for n, line in enumerate(begun) if "the case is done" in line)
    (tmp_path / "evidence.jsonl").write_text("".join(begun[: done + 1]), encoding="utf-8")
    assert "or go on with --resume" in run(*_FAST, "--report", str(tmp_path)).err
    assert run(*_FAST[:5], "--report", str(tmp_path), "--resume").status == 2
    again = run(*_FAST, "--report", str(tmp_path), "--resume")
    assert again.status == 0, again.err
    assert run("conform", "verify", str(tmp_path / "evidence.jsonl")).status == 0
    (tmp_path / "evidence.jsonl").write_text("".join(begun[1:]), encoding="utf-8")
    assert run(*_FAST, "--report", str(tmp_path), "--resume").status == 1


def test_a_robot_is_told_each_step_and_a_terminal_that_never_comes_is_no_pass() -> None:
    done = run(
        "conform", "terminal", "--listen", "127.0.0.1:0", "--case", "echo",
        "--drive", f'{sys.executable} -c "{_STEP}"',
    )  # fmt: skip
    assert done.status == 1
    assert "not finished" in done.out


def test_a_robot_that_reads_nothing_is_told_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Process.communicate

    async def late(self: Process, data: bytes | None = None) -> tuple[bytes, bytes]:
        # What a busy machine does: the robot is gone before its step is written.
        await self.wait()
        await asyncio.sleep(0.05)
        return await whole(self, data)

    def called(*command: str) -> str:
        return live.run(terminal._call(list(command), b"step"))

    assert called(sys.executable, "-c", "raise SystemExit(3)") == "ended with status 3"
    assert called(sys.executable, "-c", "import sys; sys.stdin.read()") == ""
    assert "cannot be started" in called("/nowhere/robot")
    monkeypatch.setattr(Process, "communicate", late)
    assert called(sys.executable, "-c", "") == "ended without reading its step"


def test_a_robot_is_not_asked_again_for_what_is_done(tmp_path: Path) -> None:
    robot = tmp_path / "robot.py"
    asked = tmp_path / "asked"
    robot.write_text(
        "import json,sys; print(json.load(sys.stdin)['case'], file=open(sys.argv[1], 'a'))",
        encoding="utf-8",
    )
    host = Host(own_setup())
    names = [case.id for case in host.suite.cases]
    host.finished["50010001"] = set(names) - {"echo"}
    live.run(terminal._drive_robot(host, [sys.executable, str(robot), str(asked)]))
    assert asked.read_text(encoding="utf-8").split() == ["sign-on", "echo"]


def test_our_own_terminal_speaks_tls_where_the_host_does(tmp_path: Path) -> None:
    own, key = certificate(tmp_path)
    out = tmp_path / "out"
    done = run(
        "conform", "terminal", "--auto", "--case", "echo", "--tls-certificate", str(own),
        "--tls-key", str(key), "--report", str(out),
    )  # fmt: skip
    assert done.status == 0, done.out + done.err
    assert "does not speak TLS" not in (out / "evidence.jsonl").read_text(encoding="utf-8")


_ROBOT = """
import json, pathlib, socket, sys
step = json.load(sys.stdin)
port = int(pathlib.Path(sys.argv[1]).read_text())
frame = bytes.fromhex(pathlib.Path(sys.argv[2]).read_text().split()[step["do"]["job"] == "echo"])
with socket.create_connection(("127.0.0.1", port), 60) as line:
    line.sendall(frame)
    assert line.recv(4096)[13:15] in (b"\\x08\\x10", b"\\x08\\x30")
"""
"""A vendor's robot: it sends what its terminal would, and waits for the answer."""


def test_a_robot_drives_a_live_terminal_to_a_verdict(tmp_path: Path) -> None:
    (tmp_path / "robot.py").write_text(_ROBOT, encoding="utf-8")
    (tmp_path / "frames").write_text(f"{frames.SIGN_ON.hex()} {frames.ECHO.hex()}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "port").write_text(f"{port}")
    robot = f"{sys.executable} {tmp_path / 'robot.py'} {tmp_path / 'port'} {tmp_path / 'frames'}"
    done = run(
        "conform", "terminal", "--listen", f"127.0.0.1:{port}", "--learn", "--case", "sign-on",
        "--case", "echo", "--drive", robot, "--report", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.status == 0, done.out + done.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert {case["case"]: case["verdict"] for case in report["cases"]} == {
        "sign-on": "pass", "echo": "pass",
    }  # fmt: skip
    assert "50010001 echo: done" in done.out


def test_numbers_are_learnt_from_what_comes_first_or_held_against_what_was_given() -> None:
    assert run(*_FAST, "--learn").status == 0
    done = run(*_FAST, "--terminal", "50010002")
    assert done.status == 1
    assert "terminal 50010001 is not the one under test" in done.out
    assert "broken VAL-05" not in done.out
    done = run(*_FAST, "--merchant", "999653080110009")
    assert done.status == 1
    assert "broken VAL-05" in done.out


def test_our_composite_terminal_is_driven_by_its_answers(tmp_path: Path) -> None:
    answers = tmp_path / "composite.toml"
    answers.write_text(
        'format = 1\nkind = "conformance-answers"\n'
        "features = { chip = true, pin_pad = true, void = true, composite = true }\n",
        encoding="utf-8",
    )
    done = run(
        *_FAST[:5], "--answers", str(answers), "--case", "social-reconciliation",
        "--report", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.status == 0, done.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    passed = {r["requirement"] for r in report["requirements"] if r["verdict"] == "pass"}
    assert {"SOC-09", "SOC-10", "SOC-14", "SOC-15"} <= passed
    assert not leaks(done)


def test_what_cannot_be_drawn_ends_no_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def choke(*_: object) -> None:
        raise MarkupError("closing tag '[/abcde]'")

    monkeypatch.setattr(PlainWatcher, "noted", choke)
    done = run("conform", "terminal", "--auto", "--case", "echo", "--report", str(tmp_path))
    assert done.status == 0, done.err
    assert "cannot be shown (MarkupError)" in done.err
    assert "received" in (tmp_path / "evidence.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--auto", "--drive", "x"), "one of them"),
        (("--drive", "no-such-robot --fast"), "no such command"),
        (("--drive", "robot 'one"), "no closing quotation"),
        (("--drive", " "), "no such command"),
        (("--tls-key", "nothing.key"), "needs --tls-certificate"),
        (("--auto", "--listen", "127.0.0.1:9"), "--auto and --listen"),
        (("--resume",), "--report"),
        (("--auto", "--case", "nothing"), "no such case"),
        (("--listen", "nowhere"), "ADDRESS:PORT"),
        (("--outer", "smoke"), "should be none"),
        (("--answers", "nothing.toml"), "nothing.toml"),
        (("--terminal", "1"), "8 letters or digits"),
        (("--tpdu", "60"), "10 digits"),
        (("--learn", "--tpdu", "6000050000"), "--learn"),
        (("--dialect", "klingon"), "klingon"),
        (("--tls-certificate", "nothing.pem"), "nothing.pem"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_listens(
    options: tuple[str, ...], said: str
) -> None:
    done = run("conform", "terminal", *options)
    assert done.status == 2
    assert said in done.err
