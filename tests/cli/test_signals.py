"""Every command under INT, TERM and HUP, while it is loaded and later: exit code, what it says, what it leaves.

The moments are imports and functions that every run passes through, so that they are the same on any machine.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from spymaster.interrupts import ENDING
from tests.cli.conftest import COMMAND
from tests.support.signalled import Seam, await_handler, run_struck

Process = subprocess.Popen[str]

PATIENCE_S = 240.0
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
    "lake publish": Case(
        "lake publish {lake} --catalog {here}/catalog.db --warehouse file://{here}/tables",
        Seam("spymaster.lake.publish.publish:_TablePublisher._commit"),
        "what is published so far stands; run lake publish again",
        ("catalog.db", "tables"),
    ),
    "lake query": Case(
        "lake query {lake} --kind ROUND --out {here}/out.csv",
        Seam("spymaster.lake.export.export:TableSink.write_table"),
    ),
    "lake audit": Case("lake audit {lake} --against {small}", Seam("spymaster.lake.audit.summary:Spill.add")),
    "lake retain": Case(
        "lake retain {lake} --bronze-days 1 --also unaudited --apply",
        Seam("spymaster.cli.tables.lake_care:carry_out"),
        "not all of it is gone; run lake retain again, and lake doctor",
    ),
    "evaluate": Case("evaluate states {bundled}", Seam("spymaster.cli.market.evaluate_states:LevelSink.on_block")),
    "strategy": Case("evaluate strategy {rule} {bundled}", Seam("spymaster.evaluate.strategy.trader:Trader.on_block")),
    "learn": Case("learn pbreak {here}/out.model {bundled}", Seam("spymaster.learn.break_rows:BreakRowSink.on_block")),
    "research": Case(
        "research run {plan} --workers 1",
        Seam("spymaster.research.local_pool:LocalPool._give"),
        "plan.toml: not all of it is computed; run it again to go on",
    ),
    "dataset": Case(
        "dataset build {bundled} --out {here}/set",
        Seam("spymaster.learn.dataset.gather:DecisionSink.on_block"),
        "set: not finished; run the same command again to go on, or delete it",
        ("set",),
    ),
    "predictions": Case("predictions verify {lake}", Seam("spymaster.cli.learn.predictions:_runs")),
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
    "mcp": Case("mcp", Seam("spymaster.cli.live.programs:found_target")),
    "attach": Case("attach", Seam("spymaster.cli.live.attach:found_target")),
}


OF_EXTRAS = {"lake publish": "pyiceberg"}
"""What a command needs beyond what the program brings."""

IMPORTS = 120
"""How many modules every command looks up, at least."""


@pytest.fixture(scope="module")
def lake(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one run."""
    out = tmp_path_factory.mktemp("lake") / "out"
    done = subprocess.run([*COMMAND, "record", out, "--source", small], capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def places(small: Path, lake: Path, tmp_path: Path) -> dict[str, Path]:
    """What the placeholders stand for."""
    from spymaster.resources import bundled_recording

    here = tmp_path / "here"
    here.mkdir()
    rule = tmp_path / "rule.toml"
    rule.write_text(
        "[when]\ndistance = 0.5\n[bracket]\ntarget = 8\nstop = 8\n[costs]\ncommission = 2.0\ntick_value = 12.5\n"
    )
    copy = tmp_path / "lake"
    shutil.copytree(lake, copy)
    plan = tmp_path / "plan.toml"
    plan.write_text(f"sources = ['{small}']\nsteps = ['replay']\n", encoding="utf-8")
    return {"plan": plan, "small": small, "here": here, "lake": copy, "bundled": bundled_recording(), "rule": rule}


@pytest.fixture(scope="module")
def loaded() -> None:
    """Every module is in memory: while another thread imports one a signal is put off, for as long as that takes."""
    import spymaster

    for room in ("feeds", "journal", "lake", "loopback", "physics", "session", "signals"):
        for module in pkgutil.walk_packages([f"{spymaster.__path__[0]}/{room}"], f"spymaster.{room}."):
            importlib.import_module(module.name)


def case_of(name: str) -> Case:
    """The case of this name; skips where its command lacks a package."""
    if name in OF_EXTRAS:
        pytest.importorskip(OF_EXTRAS[name], reason=f"{OF_EXTRAS[name]} is not installed")
    return CASES[name]


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("name", CASES)
def test_a_signal_in_the_middle_ends_a_command_in_order(
    name: str,
    number: signal.Signals,
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = case_of(name)
    before = files_in(places["lake"])
    code = run_struck(monkeypatch, case.arguments.format(**places).split(), case.seam, number)
    told, said = capfd.readouterr()
    assert code == 128 + number
    if name == "run" and case.says not in said:
        # records came before the signal got through, as while a thread imports: a session that is told of when it ends
        assert "recorded" in told
        assert "Traceback" not in said
        return
    assert said.splitlines()[-1] == WORDS[number]
    assert case.says in said
    assert "Traceback" not in said
    assert {path.name for path in places["here"].iterdir()} == set(case.leaves)
    assert files_in(places["lake"]) == before
    assert not list(places["here"].rglob("*.partial"))


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("name", CASES)
def test_a_signal_while_a_command_is_being_loaded_ends_it_in_order(
    name: str, number: signal.Signals, places: dict[str, Path]
) -> None:
    case = case_of(name)
    before = files_in(places["lake"])
    looked_up = random.Random(f"{name} {number}").randrange(1, IMPORTS)
    process = launched(struck_at_import(looked_up, number), *case.arguments.format(**places).split())
    out, said = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
    assert process.returncode == 128 + number, (looked_up, out, said)
    assert said.splitlines()[-1] == WORDS[number]
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


def struck_at_import(looked_up: int, number: signal.Signals) -> tuple[str, ...]:
    """The command, which is sent a signal when the module of that number is looked up: the same moment on any machine.

    The signal is one of the system, so it is met where the interpreter next looks for signals.
    """
    program = f"""
import os, sys
from spymaster.cli.entry import main
class Striking:
    looked_up = 0
    def find_spec(self, name, path=None, target=None):
        self.looked_up += 1
        if self.looked_up == {looked_up}:
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Striking())
main()
"""
    return (sys.executable, "-c", program)


def launched(command: Sequence[str], *arguments: object, ignoring: signal.Signals | None = None) -> Process:
    """A command in a process of its own."""

    def ignore() -> None:
        if ignoring is not None:
            signal.signal(ignoring, signal.SIG_IGN)

    return subprocess.Popen(
        [*command, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ignore,
    )


def started(*arguments: object, ignoring: signal.Signals | None = None) -> Process:
    """The command in a process of its own that has just begun: its signals are its own, nothing else is loaded."""
    process = launched(COMMAND, *arguments, ignoring=ignoring)
    await_handler(process.pid, signal.SIGTERM)
    return process
