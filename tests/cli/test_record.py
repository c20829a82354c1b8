"""``record``: what a replay publishes is in a journal and in a lake afterwards, whoever is killed on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spymaster.errors import ExitCode
from spymaster.journal.format import FrameKind, segments_in
from spymaster.journal.lock import holder_of, is_held
from spymaster.lake.bronze.reader import read_records
from spymaster.lake.catalog import Lake, LakeRun
from spymaster.lake.sidecar.progress import SIDECAR_LOCK, STATUS_NAME, SidecarState, SidecarStatus, read_status
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus
from spymaster.physics.engine import Engine
from spymaster.resources import bundled_recording
from spymaster.session.headless import RunTotals, drive
from spymaster.session.sources.journal_source import JournalSource
from tests.cli.conftest import COMMAND, Run, Spawn, one_line
from tests.support.journals import read_journal
from tests.support.small_files import Words

KILLS = 10
PATIENCE_S = 240.0


def run_of(out: Path) -> LakeRun:
    """The run that a lake holds."""
    return Lake(LocalStorage(out)).run()


def depth_in(out: Path) -> bytes:
    """The depth records of a lake, one after the other."""
    files = [file.path for file in run_of(out).manifest.files if file.kind == "MBP10"]
    batches = [rows for path in files for rows in read_records(LocalStorage(out), path, Kind.MBP10)]
    return b"".join(rows.tobytes() for rows in batches)


def sealed(out: Path) -> SidecarStatus:
    """What the sidecar says in the end; it ends by itself."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        status = read_status(out / "journal")
        if status is not None and status.state is SidecarState.SEALED:
            return status
        assert time.monotonic() < give_up, status
        time.sleep(0.05)


@pytest.fixture(scope="module")
def recorded(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished recording of the small file."""
    out = tmp_path_factory.mktemp("recorded") / "out"
    done = subprocess.run([*COMMAND, "record", out, "--source", small], capture_output=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return out


def test_a_recording_is_complete_and_has_every_record(recorded: Path, words: Words) -> None:
    run = run_of(recorded)
    assert run.run.status is RunStatus.SEALED
    assert run.manifest.records == len(words)
    assert depth_in(recorded) == words.tobytes()


def test_the_journal_has_what_the_replay_published(recorded: Path, run: Run, small: Path) -> None:
    report = json.loads(run("replay", small, "--headless", "--json").stdout)
    totals = RunTotals(250_000_000)
    drive(JournalSource(recorded / "journal"), Engine(), [totals])
    assert totals.hash.hexdigest() == report["signal_hash"]
    assert totals.tally.snaps == report["snaps"]


def test_the_report_for_programs(run: Run, small: Path, tmp_path: Path, words: Words) -> None:
    result = run("record", tmp_path / "out", "--source", small, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["complete"], report["lost_records"], report["problem"]) == (True, 0, "")
    assert report["replay"]["records"] == len(words)


def test_simulated_records_say_so(run: Run, tmp_path: Path) -> None:
    result = run("record", tmp_path / "out", "--source", bundled_recording(), "--drop-journal")
    assert result.stdout.splitlines()[0] == "SIMULATED data"
    assert run_of(tmp_path / "out").manifest.simulated


def test_a_journal_that_is_not_wanted_goes_when_the_lake_has_it(run: Run, small: Path, tmp_path: Path) -> None:
    run("record", tmp_path / "out", "--source", small, "--drop-journal")
    assert segments_in(tmp_path / "out" / "journal") == []
    assert run_of(tmp_path / "out").run.status is RunStatus.SEALED


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--symbol", "NQH4"), "is a session of ESH4, not of NQH4; leave --symbol out"),
        (("--publisher", "41"), "is a session of publisher 1, not of 41; leave --publisher out"),
    ],
)
def test_a_contract_that_was_not_recorded_is_refused(
    run: Run, recorded: Path, asked: tuple[str, str], said: str
) -> None:
    result = run("replay", recorded, "--headless", *asked)
    assert result.exit_code == ExitCode.DATA
    assert one_line(result.stderr) == f"error: {recorded}: {said}"


@pytest.mark.parametrize("command", ["record", "levels list", "export events"])
def test_what_reads_files_alone_says_how_to_make_files_of_a_session(run: Run, recorded: Path, command: str) -> None:
    source = [recorded / "new", "--source", recorded] if command == "record" else [recorded]
    result = run(*command.split(), *source)
    said = f"this is a journal, and {command} reads DBN files alone; make files of it with 'spymaster-tui export dbn'"
    assert (result.exit_code, one_line(result.stderr)) == (ExitCode.DATA, f"error: {recorded}: {said}")


def test_the_contract_that_was_recorded_may_be_named(run: Run, recorded: Path) -> None:
    assert run("replay", recorded, "--headless", "--symbol", "ESH4", "--publisher", "1").exit_code == 0


def test_without_a_source_it_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    result = run("record", tmp_path / "out")
    assert result.exit_code == 2
    assert one_line(result.stderr).startswith(
        "error: DATABENTO_API_KEY MASSIVE_API_KEY POLYGON_API_KEY: none is set, neither in the environment nor in the"
    )


def test_a_folder_that_holds_something_is_left_alone(run: Run, small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    result = run("record", tmp_path, "--source", small)
    assert result.exit_code == 2
    assert "there is something already; name a new folder" in one_line(result.stderr)
    assert os.listdir(tmp_path) == ["mine"]


def test_a_recording_nobody_follows_any_more_is_finished_by_command(run: Run, recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(recorded, out)
    shutil.rmtree(out / "bronze")
    shutil.rmtree(out / "runs")
    (out / "journal" / STATUS_NAME).unlink()
    refused = run("record", out, "--source", bundled_recording())
    assert one_line(refused.stderr).endswith(f"is not finished; finish it with: record {out} --finish")
    done = run("record", out, "--finish")
    assert (done.exit_code, done.stdout) == (0, f"{out}: complete\n")
    assert depth_in(out) == depth_in(recorded)


def test_finishing_says_why_a_run_is_not_complete(run: Run, recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(recorded, out)
    shutil.rmtree(out / "runs")
    (out / "journal" / STATUS_NAME).unlink()
    last = max((out / "journal").glob("*.journal"))
    os.truncate(last, last.stat().st_size - 8)
    done = run("record", out, "--finish")
    assert done.exit_code == 1
    assert done.stdout == f"{out}: finished, NOT COMPLETE (the recording process ended without closing the journal)\n"


def test_there_is_nothing_to_finish_in_a_folder_without_a_journal(run: Run, tmp_path: Path) -> None:
    result = run("record", tmp_path, "--finish")
    assert result.exit_code == ExitCode.DATA
    said = f"error: {tmp_path}: no recording was begun in it; name a folder that was given to record"
    assert one_line(result.stderr) == said


def test_a_folder_that_cannot_be_written_is_said_in_one_line(run: Run, small: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("record", tmp_path / "file" / "out", "--source", small)
    assert result.exit_code == 1
    assert "cannot be written (not a directory)" in one_line(result.stderr)


def test_a_stopped_recording_is_sealed_as_not_complete(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(out, small, speed="1")
    await_records(out, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    run = run_of(out).run
    assert (run.status, run.reason) == (RunStatus.TORN, "ended by SIGTERM")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_programs_leave_an_exact_prefix_and_a_lake_that_is_finished(
    small: Path, tmp_path: Path, words: Words, seed: int
) -> None:
    dice = random.Random(seed)
    out = tmp_path / "out"
    # all of it takes twenty seconds: it cannot have ended by itself when it is killed
    process = start(out, small, speed="1")
    await_records(out, process)
    time.sleep(dice.uniform(0.0, 0.6))
    if seed % 2:
        status = read_status(out / "journal")
        if status is not None:
            os.kill(status.pid, signal.SIGKILL)
            time.sleep(dice.uniform(0.0, 0.3))
    process.kill()
    process.wait()
    if seed % 2:
        # nobody is left to start another sidecar, so we do
        follow(out)
    status = sealed(out)
    assert not status.complete
    frames = [frame for frame in read_journal(out / "journal") if frame.kind is FrameKind.RECORDS]
    count = sum(frame.count for frame in frames)
    run = run_of(out)
    assert run.run.status is RunStatus.TORN
    assert run.manifest.records == count
    assert depth_in(out) == words[:count].tobytes()


def start(out: Path, source: Path, *, speed: str) -> subprocess.Popen[bytes]:
    """A recording in a process of its own."""
    command = [*COMMAND, "record", str(out), "--source", str(source), "--speed", speed]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def await_records(out: Path, process: subprocess.Popen[bytes]) -> None:
    """Until records are in the journal."""
    give_up = time.monotonic() + PATIENCE_S
    path = out / "journal" / "00000001.journal"
    while not (path.exists() and path.stat().st_size > 20_000):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.01)


def follow(out: Path) -> None:
    """Run a sidecar to its end, unless another one is at it."""
    command = [sys.executable, "-m", "spymaster.lake.sidecar.process", str(out / "journal")]
    subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE_S)


def mounted(disk: Path, options: str) -> None:
    """Mount a disk in memory there, or skip the test."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser can mount a disk")
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this system does not let us mount a disk")


def test_a_read_only_disk_is_said_in_one_line(run: Run, small: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    mounted(disk, "ro")
    try:
        result = run("record", disk / "out", "--source", small)
        assert result.exit_code == 1
        assert "cannot be written (read-only file system)" in one_line(result.stderr)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB; a sidecar that still uses it afterwards is ended."""
    disk = tmp_path / "disk"
    mounted(disk, "size=12m")
    yield disk
    lock = disk / "out" / "journal" / SIDECAR_LOCK
    holder = holder_of(lock)
    if holder is not None and is_held(lock):
        os.kill(holder.pid, signal.SIGKILL)
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_survived_and_said_and_the_lake_is_truthful_once_there_is_room(
    spawn: Spawn, small_disk: Path
) -> None:
    out = small_disk / "out"
    result = spawn("record", out, "--source", bundled_recording(), "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert "warning: NOT RECORDING: no space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    lost = report["lost_records"]
    assert 0 < lost < report["replay"]["records"]
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    assert not sealed(out).complete
    run = run_of(out)
    assert run.run.status is RunStatus.TORN
    assert run.run.reason == f"{lost} records could not be written"
    assert run.manifest.records == report["replay"]["records"] - lost
