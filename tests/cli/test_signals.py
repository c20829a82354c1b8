"""Every command under INT, TERM and HUP, in its first second and later: exit code, what it says, what it leaves.

The later moments are functions that every run passes through; the first second is a process of its own, told at a
moment that differs from run to run.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from spymaster.interrupts import ENDING
from tests.cli.conftest import COMMAND
from tests.support.signalled import Seam, await_handler, run_struck

PATIENCE_S = 60.0
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM", signal.SIGHUP: "ended by SIGHUP"}


@dataclass(frozen=True)
class Case:
    """A command with ``{placeholders}``, a moment in the middle of it, and what it says of what it leaves.

    ``leaves``: what is new in its folder, names without their random part.
    """

    arguments: str
    seam: Seam
    says: str = ""
    leaves: tuple[str, ...] = ()


CASES = {
    "replay": Case("replay {small} --headless", Seam("spymaster.physics.engine:Engine.feed", 2)),
    "export": Case("export signals {small} --out {here}/out.csv", Seam("spymaster.lake.export.export:TableSink.write")),
    "simulate": Case(
        "simulate {here}/sim --minutes 0.2",
        Seam("spymaster.feeds.dbn.writer:DbnWriter.write", 2),
        "sim: not finished and no recording; simulate it again or delete it",
        ("sim",),
    ),
    "lake compact": Case(
        "lake compact {lake}",
        Seam("spymaster.lake.tables.part:Part.write"),
        "Silver is not whole; run lake compact again",
    ),
    "lake rebuild-gold": Case(
        "lake rebuild-gold {lake}",
        Seam("spymaster.lake.tables.part:Part.write"),
        "its Gold is not whole; run lake rebuild-gold again",
    ),
    "evaluate": Case("evaluate states {bundled}", Seam("spymaster.cli.market.evaluate_states:LevelSink.on_block")),
    "docs": Case("docs physics", Seam("spymaster.cli.docs:document")),
    "warmup": Case("warmup", Seam("spymaster.session.warmup:start_compiling", after=True)),
    "bench": Case("bench --rounds 1 --records 10000 --only read", Seam("spymaster.bench.measures:_against_floor")),
    "levels": Case("levels list {small}", Seam("spymaster.physics.engine:Engine.feed", 2)),
    "screenshot": Case("replay {small} --screenshot {here}/out.svg", Seam("spymaster.tui.screenshot:_await_frame")),
    "record": Case(
        "record {here}/out --source {small}",
        Seam("spymaster.cli.record:_run_info"),
        "out: nothing was recorded",
    ),
    "doctor": Case("doctor", Seam("spymaster.cli.doctor:_calendars")),
    "run": Case(
        "run {here}/out --demo",
        Seam("spymaster.session.live.session:LiveSession.start", after=True),
        "live: ended before anything came; nothing was recorded",
    ),
}


BRIEF = ("docs", "doctor")
"""They may have ended by themselves before a signal comes in their first second."""


@pytest.fixture(scope="module")
def lake(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one run."""
    out = tmp_path_factory.mktemp("lake") / "out"
    done = subprocess.run([*COMMAND, "record", out, "--source", small], capture_output=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def places(small: Path, lake: Path, tmp_path: Path) -> dict[str, Path]:
    """What the placeholders stand for."""
    from spymaster.resources import bundled_recording

    here = tmp_path / "here"
    here.mkdir()
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    return {"small": small, "here": here, "lake": copy, "bundled": bundled_recording()}


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("name", CASES)
def test_a_signal_in_the_middle_ends_a_command_in_order(
    name: str,
    number: signal.Signals,
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    before = files_in(places["lake"])
    code = run_struck(monkeypatch, case.arguments.format(**places).split(), case.seam, number)
    said = capfd.readouterr().err
    assert code == 128 + number
    assert said.splitlines()[-1] == WORDS[number]
    assert case.says in said
    assert "Traceback" not in said
    assert {path.name for path in places["here"].iterdir()} == set(case.leaves)
    assert files_in(places["lake"]) == before
    assert not list(places["here"].rglob("*.partial"))


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("name", [name for name in CASES if name not in BRIEF])
def test_a_signal_in_the_first_second_ends_a_command_in_order(
    name: str, number: signal.Signals, places: dict[str, Path]
) -> None:
    case = CASES[name]
    before = files_in(places["lake"])
    process = started(*case.arguments.format(**places).split())
    time.sleep(random.Random(f"{name} {number}").uniform(0.0, 0.5))
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    assert process.returncode == 128 + number, said
    assert WORDS[number] in said
    assert not list(places["here"].rglob("*.partial"))
    assert {path.name for path in places["here"].iterdir()} <= set(case.leaves)
    assert files_in(places["lake"]) == before


def test_a_signal_that_is_ignored_stays_ignored(small: Path) -> None:
    """As under ``nohup``."""
    process = started("replay", small, "--headless", ignoring=signal.SIGHUP)
    process.send_signal(signal.SIGHUP)
    out, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    assert out.startswith("records")


def test_an_interrupted_terminal_that_is_gone_is_no_further_failure(small: Path) -> None:
    process = started("replay", small, "--headless", "--speed", "1")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(PATIENCE_S) == 128 + signal.SIGHUP


def started(*arguments: object, ignoring: signal.Signals | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own that has just begun: its signals are its own, nothing else is loaded."""

    def ignore() -> None:
        if ignoring is not None:
            signal.signal(ignoring, signal.SIG_IGN)

    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ignore,
    )
    await_handler(process.pid, signal.SIGTERM)
    return process
