"""`jinbao conform terminal` (switch/cli): play the host for a terminal under test.

The terminal connects; the tester is told live what to do, what came and what was wrong. Status 0
where it conforms, 1 where a `must` is broken or cases were left out.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
import signal
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Final

import msgspec
import typer

from simulators import live
from simulators.conformance.driving.driver import Driver
from simulators.conformance.driving.trial import Trial, plan
from simulators.conformance.evidence.chain import Record
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import Host, Setup
from simulators.conformance.live import DriverClient, FastClock, HostServer
from simulators.conformance.outer import Outer, client_of, outer_of
from simulators.installation import MERCHANT, composite_wire, terminal_id, terminal_identity, wires
from switch.cli.conforming.asking import (
    Wanted,
    address_of,
    client_tls,
    folder_of,
    server_tls,
    setup_of,
)
from switch.cli.conforming.keeping import Keeper, begun, unused, write_reports
from switch.cli.conforming.watching import Watcher, watcher_of
from switch.cli.outcome import BAD, note, stop

AUTO_SPEED: Final = 400.0
"""How much faster time passes with our own terminal: its minute of waiting is 0.15 s."""
_HERE: Final = "127.0.0.1:9583"
_QUIET_S: Final = 0.05
_STEP_S: Final = 120.0
"""How long a robot may take for one step."""


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is done: who drives, how fast, where it listens."""

    where: tuple[str, int]
    speed: float
    is_auto: bool
    drive: str
    outers: tuple[Callable[[], Outer], Callable[[], Outer]]
    """What is around a frame, for the host and for our own terminal."""
    tls: tuple[ssl.SSLContext | None, ssl.SSLContext | None]
    """That of the host, and what our own terminal trusts."""
    chosen: tuple[str, ...]


_Listen = Annotated[
    str, typer.Option(metavar="ADDRESS:PORT", help=f"Where the terminal connects to; else {_HERE}.")
]
_Answers = Annotated[str, typer.Option(metavar="FILE", help="The questionnaire; else it is asked.")]
_Auto = Annotated[
    bool, typer.Option("--auto", help="Drive our own simulated terminal through the cases.")
]
_Drive = Annotated[
    str, typer.Option(metavar="COMMAND", help="Call this for each step, with it as JSON.")
]
_Report = Annotated[str, typer.Option(metavar="FOLDER", help="Keep evidence and reports there.")]
_Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run whose evidence is in the folder.")
]
_Case = Annotated[
    list[str] | None, typer.Option(metavar="ID", help="Only this case; may be repeated.")
]
_Rules = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Requirements or cases of your own; may be repeated."),
]
_TerminalNumber = Annotated[
    str, typer.Option("--terminal", metavar="TID", help="DE 41; learnt if it is not given.")
]
_Merchant = Annotated[str, typer.Option(metavar="MID", help="DE 42; learnt if it is not given.")]
_Tpdu = Annotated[str, typer.Option(metavar="DIGITS", help="The TPDU; learnt if it is not given.")]
_Learn = Annotated[
    bool, typer.Option("--learn", help="Learn terminal, merchant and TPDU from what comes.")
]
_KeyFile = Annotated[
    str, typer.Option(metavar="FILE|-", help="The terminal master key; else the test key.")
]
_Dialect = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="The dialect; else pos and composite.")
]
_Outer = Annotated[
    str, typer.Option(metavar="NAME", help="What is around a frame: none, http, block:N.")
]
_TlsCertificate = Annotated[
    str, typer.Option(metavar="FILE", help="Listen with TLS, with this certificate.")
]
_TlsKey = Annotated[str, typer.Option(metavar="FILE", help="The key of the certificate.")]
_Speed = Annotated[
    float, typer.Option(min=0.1, max=1000, help="With --auto: how fast time passes.")
]


def terminal(
    *,
    listen: _Listen = "",
    answers: _Answers = "",
    auto: _Auto = False,
    drive: _Drive = "",
    report: _Report = "",
    resume: _Resume = False,
    case: _Case = None,
    rules: _Rules = None,
    terminal_number: _TerminalNumber = "",
    merchant: _Merchant = "",
    tpdu: _Tpdu = "",
    learn: _Learn = False,
    key_file: _KeyFile = "",
    dialect: _Dialect = "",
    outer: _Outer = "none",
    tls_certificate: _TlsCertificate = "",
    tls_key: _TlsKey = "",
    speed: _Speed = AUTO_SPEED,
) -> None:
    """Judge a terminal that connects: what it sends, and what it does with the answers.

    \b
    Examples:
      jinbao conform terminal --auto
      jinbao conform terminal --listen 0.0.0.0:9583 --answers pos.toml --report out
      jinbao conform terminal --auto --case no-answer --report out
    """  # noqa: D301 - \b keeps the lines of the examples apart
    _check_choices(
        (bool(tls_key) and not tls_certificate, "--tls-key: needs --tls-certificate"),
        (auto and bool(listen), "--auto and --listen: our own terminal needs no address"),
        (learn and bool(terminal_number or merchant or tpdu), "--learn: goes with no number"),
        (auto and bool(drive), "--auto and --drive: one of them"),
        (resume and not report, "--resume: needs --report FOLDER, where the evidence is"),
    )
    setup = setup_of(
        Wanted(
            answers=answers,
            rules=tuple(rules or ()),
            cases=tuple(case or ()),
            terminal=terminal_number or (terminal_id(0) if auto and not learn else ""),
            merchant=merchant or (MERCHANT if auto and not learn else ""),
            tpdu=tpdu,
            key_file=key_file,
            dialect=dialect,
            is_ours=auto,
            is_wrapped=outer != "none",
        )
    )
    way = _Way(
        where=("127.0.0.1", 0) if auto else address_of(listen or _HERE),
        speed=speed if auto else 1.0,
        is_auto=auto,
        drive=_checked_drive(drive),
        outers=_outer_frames(outer),
        tls=(server_tls(tls_certificate, tls_key), client_tls(tls_certificate)),
        chosen=tuple(case or ()),
    )
    _judge(setup, way, report, resume=resume)


def _check_choices(*choices: tuple[bool, str]) -> None:
    for is_wrong, words in choices:
        if is_wrong:
            stop(words)


def _checked_drive(command: str) -> str:
    """Return the command of a robot; status 2 where it cannot be called."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        stop(f"--drive {command!r}: {error}".lower())
    if command and not (words and shutil.which(words[0])):
        stop(f"--drive {command!r}: there is no such command, or it may not be run")
    return command


def _outer_frames(name: str) -> tuple[Callable[[], Outer], Callable[[], Outer]]:
    try:
        return outer_of(name), client_of(name)
    except ValueError as error:
        stop(f"--outer {error}")


def _judge(setup: Setup, way: _Way, report: str, *, resume: bool) -> None:
    folder = folder_of(report) if report else None
    host = Host(setup)
    before = begun(folder) if folder is not None and resume else []
    told = {
        "role": "terminal",
        "drives": "auto" if way.is_auto else way.drive or "a tester",
        "chosen": list(way.chosen),
    }
    keeper = Keeper(setup, folder, told)
    if before:
        keeper.resume(host, before)
    elif folder is not None:
        unused(folder, ", or go on with --resume")
    watcher = watcher_of(setup, host)
    try:
        live.run(_run(host, way, (keeper, watcher)))
    except OSError as error:
        stop(f"{way.where[0]}:{way.where[1]}: {error.strerror or type(error).__name__}")
    finally:
        watcher.stop()
    done = keeper.end()
    watcher.tell(done, keeper.head)
    if folder is not None:
        write_reports(done, folder)
        note(f"evidence and reports are in {folder}; the last hash is {keeper.head}")
    if done.verdict != "pass":
        raise typer.Exit(BAD)


async def _run(host: Host, way: _Way, told: tuple[Keeper, Watcher]) -> None:
    keeper, watcher = told
    clock, over = FastClock(way.speed), asyncio.Event()

    def noted(each: Note) -> None:
        _draw(watcher, each, keeper.note(each))
        if not (way.is_auto or way.drive) and _is_done(host):
            over.set()

    server = HostServer(host, clock, noted, way.outers[0])
    port = await server.open(*way.where, way.tls[0])
    keeper.begin()
    watcher.listening(f"{way.where[0]}:{port}")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    try:
        if way.is_auto:
            await _until(over, _drive_ours(host, clock, way, port))
        elif way.drive:
            await _until(over, _drive_robot(host, shlex.split(way.drive)))
        else:
            await over.wait()
    finally:
        server.close()
        await asyncio.sleep(_QUIET_S)


def _draw(watcher: Watcher, each: Note, record: Record) -> None:
    """Tell the tester; what cannot be told ends no run, for the evidence has it already."""
    try:
        watcher.noted(each, record)
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a drawing chokes on
        note(f"record {record['n']} cannot be shown ({type(error).__name__}); the run goes on")


async def _until(over: asyncio.Event, work: Any) -> None:  # noqa: ANN401 - a coroutine of any kind
    """Work until it is done or the tester ends the run."""
    ended, working = asyncio.create_task(over.wait()), asyncio.create_task(work)
    await asyncio.wait((ended, working), return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, working):
        task.cancel()
    if working.done() and not working.cancelled():
        working.result()


async def _drive_ours(host: Host, clock: FastClock, way: _Way, port: int) -> None:
    cases = plan(host.suite, Trial())
    finished = host.finished.get(terminal_id(0), set())
    cases = [case for case in cases if case.id not in finished or case.id == "sign-on"]
    is_composite = host.setup.answers.features.get("composite", False)
    wire = composite_wire() if is_composite else wires()[0]
    driver = Driver(terminal_identity(), wire, cases)
    client = DriverClient(driver, clock, way.outers[1]())
    await client.run(way.where[0], port, way.tls[1])
    await asyncio.sleep(_QUIET_S)


def _is_done(host: Host) -> bool:
    """Tell whether every case of every terminal that came is done."""
    stations = host.stations.values()
    return bool(stations) and all(
        progress.state == "done" for station in stations for progress in station.progress.values()
    )


async def _drive_robot(host: Host, command: list[str]) -> None:
    """Call a vendor's robot for each step: the action as JSON on its standard input."""
    # What every terminal of a run that goes on has done is not done again; it signs on anew.
    finished = set.intersection(*host.finished.values()) if host.finished else set()
    for case in plan(host.suite, Trial()):
        if case.id in finished - {"sign-on"}:
            continue
        for action in case.do:
            step = msgspec.json.encode({"case": case.id, "tell": case.tell, "do": action})
            await asyncio.sleep(action.wait_s)
            if complaint := await _call(command, step + b"\n"):
                note(f"{case.id}: the robot {complaint}")


async def _call(command: list[str], step: bytes) -> str:
    """Call the robot once; return what went wrong with it, which is no fault of the terminal."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    except OSError as error:
        return f"cannot be started ({error.strerror})"
    complaint = ""
    try:
        async with asyncio.timeout(_STEP_S):
            try:
                await process.communicate(step)
            except (BrokenPipeError, ConnectionResetError, RuntimeError):
                # It ended without reading; uvloop says that its pipe is closed already.
                await process.wait()
                complaint = "ended without reading its step"
    except TimeoutError:
        return f"took more than {_STEP_S:g} s"
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return f"ended with status {process.returncode}" if process.returncode else complaint
