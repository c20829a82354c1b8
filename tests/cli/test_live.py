"""``live``, ``run`` and ``record`` of a market: lived on the demo's vendor, recorded, replayed, stopped and sealed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.bus.nats.embedded import embedded_server, found_server
from spymaster.bus.nats.names import LEVELS_STREAM
from spymaster.cli.live.report import LiveReport, print_report
from spymaster.journal.format import FrameKind
from spymaster.journal.mirror_status import MirrorState, read_mirror_status
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.session.sources.journal_source import JournalSource
from spymaster.signals.header_parts import GreeksCheck
from spymaster.tui.options import Ending
from tests.cli.conftest import COMMAND, Run, Spawn
from tests.support.journals import read_journal
from tests.support.nats_server import stored_in, until
from tests.support.pty_terminal import PtyTerminal

pytest.importorskip("databento")

FAST = ("--demo", "--speed", "64", "--json")
STARTED_S = 240.0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The demo's whole day, lived without a screen: its folder and its report."""
    folder = tmp_path_factory.mktemp("lived")
    done = subprocess.run(
        [*COMMAND, "run", folder / "out", *FAST],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return folder / "out", report


def test_a_live_session_is_sealed_complete_at_the_end_of_the_demos_day(lived: tuple[Path, dict[str, object]]) -> None:
    _, report = lived
    assert (report["complete"], report["lost_records"], report["problem"]) == (True, 0, "")
    assert int(str(report["records"])) > 50_000
    assert int(str(report["alerts"])) > 0


@pytest.mark.parametrize("speed", ["max", "64"])
def test_what_was_lived_replays_to_the_same_signals_from_journal_and_lake(
    lived: tuple[Path, dict[str, object]], spawn: Spawn, speed: str
) -> None:
    out, report = lived
    for source in (out, out / "journal"):
        done = spawn("replay", source, "--headless", "--json", "--speed", speed)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["signal_hash"] == report["signal_hash"]


def test_the_lake_of_a_live_session_is_sound_and_says_that_it_was_simulated(
    lived: tuple[Path, dict[str, object]], spawn: Spawn
) -> None:
    out, _ = lived
    assert spawn("lake", "verify", out).returncode == 0
    assert "SIMULATED" in spawn("replay", out, "--headless").stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A demo that is being lived at the market's own pace, once its journal grows."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "run", out, "--demo", "--speed", "1", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + STARTED_S
    while not list(out.glob("journal/*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.1)
    try:
        yield out, process
    finally:
        process.kill()
        process.wait()


def test_run_stop_ends_a_session_and_seals_it(running: tuple[Path, subprocess.Popen[str]], spawn: Spawn) -> None:
    out, process = running
    second = spawn("run", out, "--demo")
    assert second.returncode == 1
    assert f"in use by process {process.pid} since " in second.stderr
    assert f"look at it with: spymaster-tui attach {out}; end it with: spymaster-tui run {out} --stop" in second.stderr
    stopped = spawn("run", out, "--stop")
    assert (stopped.returncode, stopped.stdout) == (0, f"{out}: process {process.pid} has ended and sealed it\n")
    report = json.loads(process.communicate(timeout=240)[0])
    assert process.returncode == 128 + signal.SIGTERM
    assert (report["complete"], report["problem"]) == (True, "ended by SIGTERM")
    again = spawn("run", out, "--stop")
    assert again.returncode == 2
    assert "no live session records into it" in again.stderr


def test_ctrl_c_seals_what_was_lived(running: tuple[Path, subprocess.Popen[str]]) -> None:
    _, process = running
    process.send_signal(signal.SIGINT)
    report = json.loads(process.communicate(timeout=240)[0])
    assert process.returncode == 130
    assert report["complete"] is True


@pytest.mark.slow
@pytest.mark.parametrize("screen", [False, True], ids=["run", "live"])
def test_a_session_with_a_server_of_its_own_has_every_snap_there_in_the_end(tmp_path: Path, screen: bool) -> None:
    out, config, home = tmp_path / "out", tmp_path / "desk.toml", tmp_path / "state"
    config.write_text("[nats]\nport = 0\n", encoding="utf-8")
    what = ["live", "--out", str(out)] if screen else ["run", str(out)]
    command = [*COMMAND, "--config", str(config), *what, "--demo", "--nats"]
    environment = {"XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path)}
    with PtyTerminal(command, cwd=tmp_path, env=environment) as terminal:
        until(lambda: (found := read_mirror_status(out / "journal")) is not None and found.counts.acked > 0, "sent")
        assert found_server(home / "spymaster-tui" / "nats") is not None
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
    status = read_mirror_status(out / "journal")
    assert status is not None
    assert (status.state, status.reason) == (MirrorState.DONE, "")
    assert found_server(home / "spymaster-tui" / "nats") is None
    snaps = sum(frame.count for frame in read_journal(out / "journal") if frame.kind is FrameKind.SIGNAL)
    with embedded_server(home / "spymaster-tui" / "nats", 0) as server:
        stored = asyncio.run(stored_in(server.url, LEVELS_STREAM))
    assert len([one for one in stored if one.subject == "levels.signals"]) == snaps > 0


@pytest.mark.slow
def test_the_demo_is_shown_live_and_q_stops_and_seals_it(tmp_path: Path, spawn: Spawn) -> None:
    out = tmp_path / "out"
    command = [*COMMAND, "live", "--demo", "--out", str(out)]
    with PtyTerminal(command, cwd=tmp_path, env={"XDG_CONFIG_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("SIMULATED", STARTED_S)
        terminal.wait_for("REC", STARTED_S)
        terminal.wait_for("ESM6", STARTED_S)
        terminal.send("q")
        assert terminal.wait() == Ending.QUIT
        assert terminal.restored()
    assert spawn("lake", "verify", out).returncode == 0


@pytest.mark.slow
def test_a_lost_terminal_ends_the_screen_and_not_the_session(tmp_path: Path, spawn: Spawn) -> None:
    out = tmp_path / "out"
    command = [*COMMAND, "live", "--demo", "--out", str(out)]
    with PtyTerminal(command, cwd=tmp_path, env={"XDG_CONFIG_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("ESM6", STARTED_S)
        terminal.signal(signal.SIGHUP)
        time.sleep(1.0)
        assert terminal.process.poll() is None
        assert spawn("run", out, "--stop").returncode == 0
        assert terminal.wait() == Ending.TERMINATED
    assert spawn("lake", "verify", out).returncode == 0


@pytest.fixture(scope="module")
def lived_spy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object], str]:
    """The demo's day of SPY, lived without a screen, with bars of the day before: its folder, its report, its words."""
    folder = tmp_path_factory.mktemp("lived-spy")
    bars = folder / "monday.csv"
    rows = [f"2026-03-16T{14 + n // 60}:{n % 60:02}:00Z,687,689.05,686,688,{100 + n}" for n in range(120)]
    bars.write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    done = subprocess.run(
        [
            *COMMAND,
            "run",
            folder / "out",
            "--demo",
            "--speed",
            "16",
            "--json",
            "--profile",
            "spy",
            "--warmup",
            f"SPY={bars}",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return folder / "out", report, done.stderr


def test_the_demos_day_of_spy_comes_from_both_vendors_and_is_sealed_complete(
    lived_spy: tuple[Path, dict[str, object], str],
) -> None:
    _, report, said = lived_spy
    assert (report["complete"], report["lost_records"], report["problem"]) == (True, 0, "")
    assert "live: depth and trades of ES: Databento (the demo's)" in said
    assert "live: options of the day on SPY: Massive (the demo's), with its greeks" in said


def test_the_vendors_greeks_against_ours_are_printed_with_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    greeks = GreeksCheck(1, 48, 1, 2, 0.0123, 0.0456, 0.0009, 0.0038, 0.0001, 0.0004)
    report = LiveReport("1", "out", True, 5, 100, 0, 2, 4, 0, 0, "00", {}, "", greeks)
    print_report(report, (), as_json=False, simulated=True)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("greeks"))
    assert "48 contracts, median and 90 %: delta 0.0009 0.0038, gamma 0.0001 0.0004, volatility 0.0123 0.0456" in line


def test_what_was_lived_of_both_vendors_replays_to_the_same_signals(
    lived_spy: tuple[Path, dict[str, object], str], spawn: Spawn
) -> None:
    out, report, _ = lived_spy
    for source in (out, out / "journal"):
        done = spawn("replay", source, "--headless", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["signal_hash"] == report["signal_hash"]


def test_bars_given_to_a_live_session_are_recorded_with_it(lived_spy: tuple[Path, dict[str, object], str]) -> None:
    frames = JournalSource(lived_spy[0] / "journal").frames()
    first = next(frame for frame in frames if isinstance(frame, RecordsFrame))
    assert len(first.batch.arrays[Kind.BAR]) == 120


def test_without_a_terminal_live_says_so_and_leaves_nothing(spawn: Spawn, tmp_path: Path) -> None:
    done = spawn("live", "--demo", TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "there is no terminal to show it on" in done.stderr
    assert not list(tmp_path.glob("spymaster-demo-*"))


@pytest.mark.parametrize("command", [("run", "OUT"), ("record", "OUT")], ids=" ".join)
def test_without_keys_one_line_names_the_variable_and_what_still_works(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    result = run(*(out if word == "OUT" else word for word in command))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: DATABENTO_API_KEY MASSIVE_API_KEY POLYGON_API_KEY: none is set, neither in the env")
    assert "live --demo, replay, simulate" in line
    assert not out.exists()


def test_futures_need_the_vendor_that_has_them(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "of-no-use-here")
    result = run("run", tmp_path / "out", "--profile", "es")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: DATABENTO_API_KEY: is set neither in the environment nor in the system's keyring")
    assert "POLYGON_API_KEY gives no ES" in line
    assert "of-no-use-here" not in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--demo", "--days", "0"), "is no time at all"),
        (("--demo", "--warmup", "nowhere.csv"), "there is no such file or folder"),
        (("--demo", "--speed", "max"), "a live market has a time of its own"),
        (("--speed", "4"), "the market has its own"),
    ],
)
def test_what_makes_no_sense_live_is_refused(run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    result = run("run", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_record_plays_a_source_or_the_demo_not_both(run: Run, small: Path, tmp_path: Path) -> None:
    result = run("record", tmp_path / "out", "--source", small, "--demo")
    assert result.exit_code == 2
    assert "leave out --source or --demo" in result.stderr


def test_record_without_a_source_records_the_market(spawn: Spawn, tmp_path: Path) -> None:
    done = spawn("record", tmp_path / "out", *FAST)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["complete"] is True
