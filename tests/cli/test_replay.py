"""``replay --headless`` and ``--screenshot``: stdout is data, stderr is narration."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from spymaster.feeds.dbn.writer import DbnWriter
from spymaster.market.dtypes import W_TS_RECV
from spymaster.market.kernel_cache import CACHE_DIR_VARIABLE
from spymaster.resources import bundled_recording
from spymaster.signals.headless import HeadlessResult
from tests.cli.conftest import COMMAND, Run, Spawn, one_line
from tests.support.signalled import Seam, run_struck
from tests.support.small_files import Words, depth_and_trades, depth_file, of_contract

pytestmark = pytest.mark.usefixtures("warm")


def test_the_report_for_people(run: Run, small: Path, words: Words) -> None:
    result = run("replay", small, "--headless")
    assert (result.exit_code, result.stderr) == (0, "")
    heads = [line.split()[0] for line in result.stdout.splitlines()]
    assert heads == ["records", "snaps", "speed", "hash", "depth", "tape", "options", "equity"]
    assert f"{len(words):,}" in result.stdout


def test_the_report_for_programs_has_every_field_and_nothing_else(run: Run, small: Path, words: Words) -> None:
    result = run("replay", small, "--headless", "--speed", "max", "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert list(report) == list(HeadlessResult.__struct_fields__)
    assert report["records"] == len(words)


def test_a_vendor_s_folder_plays_as_it_lies(run: Run, tmp_path: Path, words: Words) -> None:
    depth_file(tmp_path / "glbx-mdp3-20240105.mbp-10.dbn.zst", words)
    manifest = {"job_id": "GLBX-20240107-ABCDEFGHIJ", "files": [{"filename": "a", "size": 1, "hash": "sha256:00"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    result = run("replay", tmp_path, "--profile", "es", "--headless", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["records"] == len(words)


def test_what_was_not_used_is_said_and_can_be_chosen(run: Run, tmp_path: Path, words: Words) -> None:
    both = np.concatenate([words, of_contract(words[:100], 17077, publisher_id=41)])
    path = depth_file(tmp_path / "a.dbn", both[np.argsort(both[:, W_TS_RECV], kind="stable")])
    first = run("replay", path, "--profile", "es", "--headless", "--json")
    assert json.loads(first.stdout)["ignored"] == [{"symbol": "ESH4", "publisher": 41, "records": 100}]
    assert "100 records not used: 100 of ESH4 by publisher 41" in first.stderr
    other = run("replay", path, "--profile", "es", "--headless", "--publisher", "41")
    assert f"ignored  {len(words):,} ESH4 (publisher 1)" in other.stdout


def test_a_source_without_the_profile_s_product_asks_for_a_symbol(run: Run, tmp_path: Path, words: Words) -> None:
    path = depth_file(tmp_path / "a.dbn", words, symbol_map={17077: "NQH4"})
    result = run("replay", path, "--profile", "es", "--headless")
    assert result.exit_code == 3
    assert "no ES contract with depth or trades in it (it holds: NQH4)" in one_line(result.stderr)
    assert run("replay", path, "--profile", "es", "--headless", "--symbol", "NQH4").exit_code == 0


def test_simulated_records_say_so(run: Run) -> None:
    result = run("replay", bundled_recording(), "--headless")
    assert result.stdout.splitlines()[0] == "SIMULATED data"


def test_the_profile_is_the_recording_s(run: Run) -> None:
    own = json.loads(run("replay", bundled_recording(), "--headless", "--json").stdout)
    es = json.loads(run("replay", bundled_recording(), "--headless", "--json", "--profile", "es").stdout)
    spy = json.loads(run("replay", bundled_recording(), "--headless", "--json", "--profile", "spy").stdout)
    assert own["signal_hash"] == es["signal_hash"] != spy["signal_hash"]


def test_without_a_recording_s_word_the_profile_is_spy(run: Run, small: Path) -> None:
    own = json.loads(run("replay", small, "--headless", "--json").stdout)
    spy = json.loads(run("replay", small, "--headless", "--json", "--profile", "spy").stdout)
    assert own["signal_hash"] == spy["signal_hash"]


def test_a_configuration_changes_what_is_computed(run: Run, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[profile.es]\nw_barrier = 20.0\n")
    usual = json.loads(run("replay", small, "--headless", "--json", "--profile", "es").stdout)
    mine = json.loads(run("--config", path, "replay", small, "--headless", "--json", "--profile", "es").stdout)
    assert usual["signal_hash"] != mine["signal_hash"]


def test_levels_of_one_s_own_are_judged(run: Run, small: Path) -> None:
    usual = json.loads(run("replay", small, "--headless", "--json").stdout)
    mine = json.loads(run("replay", small, "--headless", "--json", "--level", "500.25").stdout)
    assert usual["signal_hash"] != mine["signal_hash"]


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_chunks_change_nothing(run: Run, small: Path, chunk: int) -> None:
    usual = json.loads(run("replay", small, "--headless", "--json").stdout)
    other = json.loads(run("replay", small, "--headless", "--json", "--chunk", chunk).stdout)
    assert usual["signal_hash"] == other["signal_hash"]


def test_the_order_of_the_sources_changes_nothing(run: Run, tmp_path: Path, words: Words) -> None:
    depth, trades = depth_and_trades(tmp_path, words)
    one = json.loads(run("replay", depth, trades, "--headless", "--json").stdout)
    other = json.loads(run("replay", trades, depth, "--headless", "--json").stdout)
    assert one["signal_hash"] == other["signal_hash"]
    assert one["trades_missing"] == other["trades_missing"] == 0


def test_a_file_and_its_folder_are_the_same(run: Run, small: Path) -> None:
    one = json.loads(run("replay", small, "--headless", "--json").stdout)
    other = json.loads(run("replay", small.parent, "--headless", "--json").stdout)
    assert one["signal_hash"] == other["signal_hash"]


def test_a_paced_replay_computes_the_same(run: Run, small: Path) -> None:
    fast = json.loads(run("replay", small, "--headless", "--json").stdout)
    paced = json.loads(run("replay", small, "--headless", "--json", "--speed", "64").stdout)
    assert fast["signal_hash"] == paced["signal_hash"]
    assert paced["wall_s"] > 0.3


def test_a_screenshot_is_an_svg_of_the_size_asked_for(spawn: Spawn, tmp_path: Path) -> None:
    out = tmp_path / "screen.svg"
    done = spawn("replay", bundled_recording(), "--screenshot", out, "--at", "12:33", "--size", "80x24")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.strip() == f"{out}: 80x24 cockpit"
    picture = out.read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "SIMULATED" in picture.replace("&#160;", " ")


def test_a_picture_of_a_file_without_records_is_refused_at_once(spawn: Spawn, tmp_path: Path) -> None:
    """Before kernels are compiled and without waiting for a frame: nothing would ever come."""
    empty = tmp_path / "empty.mbp-10.dbn.zst"
    DbnWriter(empty, schema="mbp-10", dataset="GLBX.MDP3", symbol_map={1: "ESM6"}).close()
    cold = {CACHE_DIR_VARIABLE: str(tmp_path / "cold")}
    done = spawn("replay", empty, "--screenshot", tmp_path / "x.svg", **cold)
    assert (done.returncode, one_line(done.stderr)[:6]) == (3, "error:")
    assert "holds no records" in done.stderr
    assert not (tmp_path / "x.svg").exists()


def test_a_picture_of_a_recording_that_was_stopped_before_its_first_record_is_refused(
    run: Run, tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as struck:
        seam = Seam("spymaster.physics.engine:Engine.feed")
        run_struck(struck, ["record", tmp_path / "out", "--source", small], seam, signal.SIGINT)
    done = run("replay", tmp_path / "out" / "journal", "--screenshot", tmp_path / "x.svg", "--no-cache")
    assert done.exit_code == 3
    assert one_line(done.stderr).endswith("holds no record of an open market; there is nothing to show")


def test_a_screenshot_that_cannot_be_written_is_said(spawn: Spawn, tmp_path: Path, small: Path) -> None:
    done = spawn("replay", small, "--screenshot", tmp_path / "no" / "screen.svg")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"{tmp_path}/no/screen.svg" in done.stderr.splitlines()[-1]


def wait_for(descriptor: int, wanted: bytes) -> bytes:
    """Read a terminal until it shows something."""
    shown = b""
    deadline = time.monotonic() + 240
    while wanted not in shown and time.monotonic() < deadline:
        if select.select([descriptor], [], [], 0.2)[0]:
            shown += os.read(descriptor, 4096)
    assert wanted in shown
    return shown


@pytest.mark.parametrize("arguments", [("replay", "--headless", "--speed", "1", "--json")])
def test_ctrl_c_in_mid_run_is_one_word_and_130(arguments: tuple[str, ...]) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, *arguments, str(bundled_recording())]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        wait_for(ours, b"replay ")
        process.send_signal(signal.SIGINT)
        assert b"interrupted" in wait_for(ours, b"interrupted")
        stdout, _ = process.communicate(timeout=240)
    os.close(ours)
    assert (process.returncode, stdout) == (130, b"")


def test_progress_of_a_long_run_goes_to_the_terminal_and_leaves_no_line() -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "replay", "--headless", "--speed", "64", "--json", str(bundled_recording())]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = wait_for(ours, b"snaps\x1b[K\rreplay")
        process.send_signal(signal.SIGINT)
        shown += wait_for(ours, b"interrupted")
        process.communicate(timeout=240)
    os.close(ours)
    assert b"\r\x1b[Kinterrupted" in shown


def test_compiling_is_done_before_the_run_that_is_measured(
    run: Run, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_s = [0.0]

    def compile_for_a_thousand_seconds(stream: object) -> None:
        clock_s[0] += 1000.0

    monkeypatch.setattr("spymaster.session.before_run.have_kernels", compile_for_a_thousand_seconds)
    monkeypatch.setattr("spymaster.cli.replay.command.time.perf_counter", lambda: clock_s[0])
    report = json.loads(run("replay", small, "--headless", "--json").stdout)
    assert (clock_s[0], report["wall_s"]) == (1000.0, 0.0)
