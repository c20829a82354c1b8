"""A disk that refuses must not stop anything, must be seen, and must not be forgotten."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from spymaster.journal.codec import EndFrame, decode_frame, encode_alerts, encode_frame
from spymaster.journal.errors import JournalError
from spymaster.journal.format import FrameKind
from spymaster.journal.writer import JournalWriter, RecordingState
from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, GapFrame
from tests.support.journals import T0_NS, FailingFiles, alert_rows, config_frame, depth_frame, read_journal


class Clock:
    """A monotonic clock that is set by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Scene:
    """A writer on a disk that can be told to refuse."""

    def __init__(self, folder: Path, segment_bytes: int = 2**20) -> None:
        self.folder = folder
        self.files = FailingFiles()
        self.clock = Clock()
        self.writer = JournalWriter(
            folder, "test", files=self.files, now_s=self.clock, segment_bytes=segment_bytes, clock_ns=T0_NS
        )

    def append(self, frame: Frame, at_s: int = 0) -> bool:
        """Append, the clock being so many seconds after the start."""
        return self.writer.append(encode_frame(frame), clock_ns=T0_NS + at_s * 10**9)

    def mend(self) -> None:
        """Let the disk work again, and enough time pass for another attempt."""
        self.files.room = self.files.sync_error = None
        self.clock.now_s += 1.0

    def kinds(self) -> list[FrameKind]:
        """Of the frames that can be read."""
        return [frame.kind for frame in read_journal(self.folder)]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.append(config_frame())
    return scene


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_refusing_disk_is_said_at_once_with_its_reason(scene: Scene, error: int) -> None:
    scene.files.room, scene.files.error = 0, error
    assert not scene.append(depth_frame(3))
    assert scene.writer.recording.state is RecordingState.NOT_RECORDING
    assert scene.writer.recording.reason == os.strerror(error).lower()
    assert scene.writer.recording.lost_records == 3
    scene.writer.abandon()


@pytest.mark.parametrize("room", [1, 39, 40, 41, 200])
def test_a_frame_that_fits_in_part_is_cut_away(scene: Scene, room: int) -> None:
    scene.files.room = room
    scene.append(depth_frame(3))
    scene.writer.abandon()
    assert scene.kinds() == [FrameKind.CONFIG]
    assert scene.folder.joinpath("00000001.journal").stat().st_size == read_journal(scene.folder)[-1].end.offset


def test_when_the_disk_works_again_a_gap_tells_what_is_missing(scene: Scene) -> None:
    scene.append(depth_frame(2), at_s=1)
    scene.files.room = 100
    scene.append(depth_frame(3), at_s=2)
    scene.append(depth_frame(4), at_s=3)
    scene.mend()
    assert scene.append(depth_frame(5), at_s=4)
    assert scene.writer.recording.state is RecordingState.LIVE
    scene.writer.close()
    assert scene.kinds() == [FrameKind.CONFIG, FrameKind.RECORDS, FrameKind.GAP, FrameKind.RECORDS, FrameKind.END]
    gap = decode_frame(read_journal(scene.folder)[2])
    lost = "no space left on device: 7 records not recorded"
    assert gap == GapFrame("depth", T0_NS + 2 * 10**9, T0_NS + 4 * 10**9, lost)


def test_numbers_stay_contiguous_over_a_loss(scene: Scene) -> None:
    scene.append(depth_frame(2))
    scene.files.room = 0
    scene.append(depth_frame(3))
    scene.mend()
    scene.append(depth_frame(5))
    scene.writer.close()
    assert [frame.first_seq for frame in read_journal(scene.folder)] == [0, 0, 2, 2, 7]


def test_frames_without_records_are_written_later(scene: Scene) -> None:
    scene.files.room = 0
    status = FeedStatusFrame("depth", FeedState.DOWN, T0_NS)
    scene.append(status)
    scene.writer.append(encode_alerts(alert_rows(1)), clock_ns=T0_NS)
    scene.mend()
    scene.append(depth_frame(1))
    scene.writer.close()
    kinds = [FrameKind.CONFIG, FrameKind.GAP, FrameKind.FEED_STATUS, FrameKind.RECORDS, FrameKind.END]
    assert scene.kinds() == kinds
    assert decode_frame(read_journal(scene.folder)[2]) == status


def test_a_full_disk_is_not_asked_again_for_every_record(scene: Scene) -> None:
    scene.files.room = 0
    scene.append(depth_frame(1))
    scene.files.room = None
    assert not scene.append(depth_frame(1))
    scene.clock.now_s += 1.0
    assert scene.append(depth_frame(1))
    scene.writer.abandon()


def test_a_run_that_lost_records_is_never_complete(scene: Scene) -> None:
    scene.files.room = 0
    scene.append(depth_frame(3))
    scene.mend()
    scene.writer.close()
    end = decode_frame(read_journal(scene.folder)[-1])
    assert end == EndFrame(complete=False, reason="3 records could not be written")


def test_a_journal_closed_on_a_full_disk_has_no_end(scene: Scene) -> None:
    scene.files.room = 0
    scene.append(depth_frame(3))
    scene.writer.close()
    assert scene.kinds() == [FrameKind.CONFIG]


def test_a_failed_sync_counts_as_not_recording(scene: Scene) -> None:
    scene.files.sync_error = errno.EIO
    scene.append(depth_frame(3))
    scene.writer.sync()
    scene.append(depth_frame(3))
    assert scene.writer.recording.state is RecordingState.NOT_RECORDING
    scene.mend()
    scene.append(depth_frame(3))
    scene.writer.close()
    end = decode_frame(read_journal(scene.folder)[-1])
    assert isinstance(end, EndFrame)
    assert not end.complete


def test_a_disk_that_is_full_when_the_next_segment_begins_loses_only_what_comes_then(tmp_path: Path) -> None:
    scene = Scene(tmp_path, segment_bytes=2000)
    scene.append(config_frame())
    scene.append(depth_frame(3))
    scene.files.room = 10
    scene.append(depth_frame(3, seed=1))
    assert scene.writer.recording.state is RecordingState.NOT_RECORDING
    scene.mend()
    scene.append(depth_frame(2, seed=2))
    scene.writer.close()
    kinds = [FrameKind.CONFIG, FrameKind.RECORDS, FrameKind.GAP, FrameKind.RECORDS, FrameKind.END]
    assert scene.kinds() == kinds


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    files = FailingFiles(room=10)
    words = r"cannot be written \(no space left on device\); free some space there or choose another folder"
    with pytest.raises(JournalError, match=words):
        JournalWriter(tmp_path, "test", files=files)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_refused_at_the_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="permission denied"):
        JournalWriter(tmp_path, "test")
