"""What a session that is written down shows of it."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

import pytest

from spymaster.config.loader import load_config
from spymaster.journal.errors import JournalError
from spymaster.journal.files import Files
from spymaster.journal.format import FrameKind
from spymaster.lake.sidecar.plan import read_plan
from spymaster.lake.sidecar.progress import SidecarState, StatusFile
from spymaster.session.record.recording import RunRecording, new_run_id, plain_config
from spymaster.session.record.sidecar_watch import SidecarWatch
from tests.support.blocks import alert, block, level
from tests.support.journals import T0_NS, FailingFiles, depth_frame, read_journal
from tests.support.lakes import RUN


class Alive:
    """A sidecar that does nothing."""

    pid = 7

    def poll(self) -> None:
        return None

    def wait(self) -> None:
        return None


def idle(_command: Sequence[str], _log: IO[bytes]) -> Any:
    return cast(Any, Alive())


class Scene:
    """A recording whose disk, clock and sidecar are made by hand."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.files = FailingFiles()
        self.now_s = 50.0
        self.recording = self.start(self.files)

    def start(self, files: Files) -> RunRecording:
        """Begin."""
        return RunRecording(
            self.out,
            RUN,
            clock_ns=T0_NS,
            files=files,
            watch=lambda journal: SidecarWatch(journal, start=idle),
            now_s=lambda: self.now_s,
        )

    def kinds(self) -> list[FrameKind]:
        """Of the frames written."""
        return [frame.kind for frame in read_journal(self.out / "journal")]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "out")
    yield scene
    scene.recording.close()


def test_the_light_is_on_and_says_how_much_was_written(scene: Scene) -> None:
    scene.recording.on_frame(depth_frame(10))
    light = scene.recording.light
    assert (light.is_on, light.fault, light.lost_records) == (True, "", 0)
    assert light.written_bytes > 10 * 368


def test_a_full_disk_turns_the_light_off_with_the_reason_and_the_loss(scene: Scene) -> None:
    scene.files.room = 0
    scene.recording.on_frame(depth_frame(10))
    light = scene.recording.light
    assert (light.is_on, light.fault, light.lost_records) == (False, "no space left on device", 10)


def test_a_lake_in_trouble_is_said_beside_a_light_that_is_on(scene: Scene) -> None:
    StatusFile(scene.out / "journal").say(SidecarState.FAILING, reason="the bucket is gone")
    scene.now_s += 1.0
    scene.recording.on_frame(depth_frame(1))
    light = scene.recording.light
    assert light.is_on
    assert light.lake_fault == "the lake cannot be written (the bucket is gone)"


def test_what_is_taken_and_published_stands_in_that_order(scene: Scene) -> None:
    scene.recording.on_frame(depth_frame(1))
    scene.recording.publish(cast(Any, block([level()], alerts=[alert()])))
    scene.recording.on_frame(depth_frame(1))
    scene.recording.close()
    kinds = [FrameKind.RECORDS, FrameKind.SIGNAL, FrameKind.ALERT, FrameKind.RECORDS, FrameKind.END]
    assert scene.kinds() == kinds


def test_any_later_sidecar_finds_what_it_needs_beside_the_journal(scene: Scene) -> None:
    plan = read_plan(scene.out / "journal")
    assert (plan.root_of(scene.out / "journal"), plan.run) == (str(scene.out), RUN)


def test_a_second_recording_of_one_run_is_refused(scene: Scene) -> None:
    with pytest.raises(JournalError, match="recording is under way"):
        scene.start(FailingFiles())


def test_a_session_that_goes_on_with_its_journal_is_followed_again(scene: Scene) -> None:
    scene.recording.on_frame(depth_frame(1))
    scene.recording.abandon()
    StatusFile(scene.out / "journal").say(SidecarState.SEALED, reason="killed")
    scene.recording = scene.start(FailingFiles())
    assert scene.recording.health.complete is None
    scene.recording.on_frame(depth_frame(2))
    scene.recording.close()
    assert scene.kinds() == [FrameKind.RECORDS, FrameKind.RECORDS, FrameKind.END]


def test_a_disk_that_refuses_at_once_is_said_before_anything_begins(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"cannot be written \(read-only file system\)"):
        RunRecording(tmp_path, RUN, clock_ns=T0_NS, files=FailingFiles(room=0, error=errno.EROFS))


def test_two_runs_have_two_ids_that_sort_by_time() -> None:
    ids = [new_run_id(T0_NS), new_run_id(T0_NS + 1000), new_run_id(T0_NS + 10**9)]
    assert ids == sorted(set(ids))
    assert ids[0] == "20240105T143000Z-000000"


def test_the_configuration_of_a_run_is_plain_values() -> None:
    assert plain_config(load_config())["profile"]["es"]["snap_ms"] == 250
