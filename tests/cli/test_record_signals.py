"""``record`` stopped at any moment seals what it has or says what is missing; the lake is an exact prefix then."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from spymaster.journal.format import FrameKind
from spymaster.lake.bronze.reader import read_records
from spymaster.lake.catalog import Lake
from spymaster.lake.sidecar.progress import SidecarState, SidecarStatus, read_status
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RunStatus
from spymaster.session.record.sidecar_watch import SidecarWatch
from tests.support.journals import read_journal
from tests.support.signalled import Seam, run_struck
from tests.support.small_files import Words

PATIENCE_S = 240.0
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "ended by SIGTERM", signal.SIGHUP: "ended by SIGHUP"}

WHILE_REPLAYING = {
    "before the sidecar is started": Seam("spymaster.session.record.recording:write_plan"),
    "while the sidecar is started": Seam("spymaster.session.record.sidecar_watch:SidecarWatch.look"),
    "before the first frame": Seam("spymaster.session.sources.replay_source:ReplaySource._begin"),
    "while kernels are loaded or compiled": Seam("spymaster.physics.engine:Engine.feed"),
    "in the middle of writing": Seam("spymaster.journal.segments:SegmentFiles.append", 2),
    "between writing and computing": Seam("spymaster.physics.engine:Engine.feed", 2),
    "while what was computed is written": Seam("spymaster.journal.inlet:JournalInlet.publish"),
}
ONCE_REPLAYED = {
    "while the journal is closed": Seam("spymaster.journal.writer:JournalWriter.close"),
    "when the journal is closed": Seam("spymaster.journal.writer:JournalWriter.close", after=True),
    "while the lake is waited for": Seam("spymaster.session.record.sidecar_watch:SidecarWatch.finish"),
}


def sealed(out: Path) -> SidecarStatus:
    """What the sidecar says in the end; it ends by itself."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        status = read_status(out / "journal")
        if status is not None and status.state is SidecarState.SEALED:
            return status
        assert time.monotonic() < give_up, status
        time.sleep(0.05)


def depth_in(out: Path) -> bytes:
    """The depth records of a lake, one after the other."""
    files = [file.path for file in Lake(LocalStorage(out)).run().manifest.files if file.kind == "MBP10"]
    return b"".join(rows.tobytes() for path in files for rows in read_records(LocalStorage(out), path, Kind.MBP10))


def record(out: Path, small: Path) -> list[object]:
    """The command, in small pieces."""
    return ["record", out, "--source", small, "--speed", "64"]


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        *((moment, list(WORDS)[place % 3]) for place, moment in enumerate(WHILE_REPLAYING)),
        ("between writing and computing", signal.SIGINT),
        ("between writing and computing", signal.SIGTERM),
    ],
)
def test_a_recording_stopped_on_its_way_is_sealed_as_not_complete(
    moment: str,
    number: signal.Signals,
    small: Path,
    words: Words,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    code = run_struck(monkeypatch, record(out, small), WHILE_REPLAYING[moment], number)
    said = capfd.readouterr()
    assert code == 128 + number
    assert f"NOT COMPLETE ({WORDS[number]})" in said.out
    assert "Traceback" not in said.err
    assert not sealed(out).complete
    run = Lake(LocalStorage(out)).run()
    assert (run.run.status, run.run.reason) == (RunStatus.TORN, WORDS[number])
    count = sum(frame.count for frame in read_journal(out / "journal") if frame.kind is FrameKind.RECORDS)
    assert f"{count:,} recorded" in said.out
    assert run.manifest.records == count
    assert depth_in(out) == words[:count].tobytes()


@pytest.mark.parametrize(
    ("moment", "number"), [(moment, list(WORDS)[place % 3]) for place, moment in enumerate(ONCE_REPLAYED)]
)
def test_a_signal_once_all_is_recorded_ends_the_waiting_and_the_sidecar_finishes(
    moment: str,
    number: signal.Signals,
    small: Path,
    words: Words,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    code = run_struck(monkeypatch, record(out, small), ONCE_REPLAYED[moment], number)
    said = capfd.readouterr()
    assert code == 128 + number
    assert "the lake is not finished; the sidecar goes on without this command" in said.err
    assert "not all in the lake yet" in said.out
    assert sealed(out).complete
    assert depth_in(out) == words.tobytes()


def test_with_no_sidecar_at_work_it_says_how_to_finish(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(SidecarWatch, "_spawn", lambda self: None)
    seam = Seam("spymaster.session.record.sidecar_watch:SidecarWatch.finish")
    code = run_struck(monkeypatch, record(out, small), seam, signal.SIGINT)
    assert code == 128 + signal.SIGINT
    assert f"finish it with: record {out} --finish" in capfd.readouterr().err
    assert read_status(out / "journal") is None


def test_finishing_that_is_interrupted_leaves_nothing_half_written_and_can_go_on(
    small: Path, words: Words, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as without_sidecar:
        without_sidecar.setattr(SidecarWatch, "_spawn", lambda self: None)
        seam = Seam("spymaster.session.record.sidecar_watch:SidecarWatch.finish")
        run_struck(without_sidecar, record(out, small), seam, signal.SIGINT)
    with monkeypatch.context() as struck:
        seam = Seam("spymaster.lake.tables.part:Part.commit")
        assert run_struck(struck, ["record", out, "--finish"], seam, signal.SIGTERM) == 128 + signal.SIGTERM
    assert f"{out}: not finished; go on with: record {out} --finish" in capfd.readouterr().err
    assert not list(out.rglob("*.partial"))
    from spymaster.cli.record import finish_record

    assert finish_record(out) == 0
    assert depth_in(out) == words.tobytes()
