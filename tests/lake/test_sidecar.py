"""The sidecar brings every frame into the lake once, whatever happens to it, to the disk or to the writer."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from spymaster.journal.errors import JournalDamage, JournalError
from spymaster.journal.files import Files, OsFiles
from spymaster.journal.format import segment_path, segments_in
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.lock import FileLock
from spymaster.journal.writer import JournalWriter
from spymaster.lake.sidecar.process import Sidecar
from spymaster.lake.sidecar.progress import KILLED, SIDECAR_LOCK, SidecarState, read_progress, read_status
from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import RunStatus
from tests.support.doubles import Shelf, ShelfRecorder
from tests.support.journals import T0_NS, contents, read_journal, trades_frame

HOUR_NS = 3600 * NS_PER_S


class Stopped(Exception):
    """The test ends the sidecar as a kill would."""


class Scene:
    """A journal being written and the lake made of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf = Shelf()
        self.writer = JournalWriter(folder, "test", clock_ns=T0_NS, segment_bytes=2000)
        self.inlet = JournalInlet(self.writer)

    def hours(self, first: int, count: int) -> None:
        """Write some trades in each of so many hours."""
        for hour in range(first, first + count):
            for part in range(4):
                at_ns = T0_NS + hour * HOUR_NS + part * NS_PER_S
                self.inlet.on_frame(trades_frame(5, from_ns=at_ns, seed=hour * 4 + part))

    def sidecar(
        self, sleep: Callable[[float], None] = lambda _: None, *, delete: bool = False, files: Files | None = None
    ) -> Sidecar:
        """A new sidecar of this journal."""
        make = partial(ShelfRecorder, self.shelf)
        return Sidecar(self.folder, make, delete_segments=delete, files=files, retry_s=0.001, sleep=sleep)

    def written(self) -> list[tuple[int, int, int, bytes]]:
        """What the journal holds, its last frame left out where it was closed."""
        return [kept for kept in contents(read_journal(self.folder)) if kept[0] != 9]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.writer.abandon()


def test_a_closed_journal_is_in_the_lake_once_and_sealed(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.close()
    assert scene.sidecar().run()
    assert scene.shelf.all() == scene.written()
    assert scene.shelf.sealed == (RunStatus.SEALED, "")


def test_a_run_that_lost_something_is_torn_with_the_reason(scene: Scene) -> None:
    scene.hours(0, 1)
    scene.writer.close(problem="3 records could not be written")
    assert not scene.sidecar().run()
    assert scene.shelf.sealed == (RunStatus.TORN, "3 records could not be written")


def test_when_the_writer_is_killed_what_it_wrote_is_drained_and_torn(scene: Scene) -> None:
    scene.hours(0, 2)
    scene.writer.abandon()
    assert not scene.sidecar().run()
    assert scene.shelf.all() == scene.written()
    assert scene.shelf.sealed == (RunStatus.TORN, KILLED)


def test_a_sidecar_follows_while_the_writer_lives(scene: Scene) -> None:
    scene.hours(0, 1)
    steps = iter(range(1, 4))

    def write_more(_: float) -> None:
        step = next(steps, None)
        if step is None:
            scene.writer.close()
        else:
            scene.hours(step, 1)

    assert scene.sidecar(write_more).run()
    assert scene.shelf.all() == scene.written()


def test_its_place_is_the_start_of_the_hour_that_is_not_durable(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.close()
    scene.sidecar().run()
    started = [frame.position for frame in read_journal(scene.folder)][8]
    assert read_progress(scene.folder) == started


@pytest.mark.parametrize("after", range(5))
def test_a_killed_sidecar_is_followed_by_one_that_writes_nothing_twice(scene: Scene, after: int) -> None:
    steps = iter(range(after))

    def write_more(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise Stopped
        scene.hours(step, 1)

    with pytest.raises(Stopped):
        scene.sidecar(write_more).run()
    scene.hours(after, 1)
    scene.writer.close()
    assert scene.sidecar().run()
    assert scene.shelf.all() == scene.written()


def test_a_refusing_disk_is_tried_again_and_nothing_is_missing_or_double(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.close()
    scene.shelf.refusals = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) for _ in range(3)]
    said: list[tuple[SidecarState, str]] = []

    def look(_: float) -> None:
        status = read_status(scene.folder)
        assert status is not None
        said.append((status.state, status.reason))

    assert scene.sidecar(look).run()
    assert scene.shelf.all() == scene.written()
    assert (SidecarState.FAILING, "No space left on device") in said


def test_a_place_that_cannot_be_written_is_tried_again(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.close()

    class Refusing(OsFiles):
        left = 2

        def replace(self, source: Path, target: Path) -> None:
            if self.left:
                self.left -= 1
                raise OSError(errno.EIO, "no")
            super().replace(source, target)

    assert scene.sidecar(files=Refusing()).run()
    assert scene.shelf.all() == scene.written()


def test_segments_stay_unless_they_are_not_wanted(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.close()
    before = segments_in(scene.folder)
    scene.sidecar().run()
    assert segments_in(scene.folder) == before


def test_segments_go_only_when_everything_in_them_is_durable(scene: Scene) -> None:
    scene.hours(0, 3)

    def stop(_: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        scene.sidecar(stop, delete=True).run()
    place = read_progress(scene.folder)
    assert place is not None
    assert segments_in(scene.folder)[0] == place.segment > 1
    scene.writer.close()
    assert scene.sidecar(delete=True).run()
    assert segments_in(scene.folder) == []
    assert len(scene.shelf.all()) == 12


def test_a_torn_runs_last_segments_are_kept(scene: Scene) -> None:
    scene.hours(0, 3)
    scene.writer.abandon()
    scene.sidecar(delete=True).run()
    assert segments_in(scene.folder) != []


def test_damage_seals_what_is_sound_as_torn_and_is_said(scene: Scene) -> None:
    scene.hours(0, 2)
    scene.writer.close()
    frames = read_journal(scene.folder)
    bad = frames[5]
    with segment_path(scene.folder, bad.segment).open("r+b") as file:
        file.seek(bad.offset + 70)
        file.write(b"\xff\xff")
    with pytest.raises(JournalDamage):
        scene.sidecar().run()
    assert scene.shelf.all() == contents(frames[:5])
    assert scene.shelf.sealed is not None
    assert scene.shelf.sealed[0] is RunStatus.TORN
    assert f"damaged at byte {bad.offset}" in scene.shelf.sealed[1]


def test_two_sidecars_do_not_write_one_lake(scene: Scene) -> None:
    lock = FileLock(scene.folder / SIDECAR_LOCK, "writing the lake")
    with pytest.raises(JournalError, match=r"writing the lake is under way in process \d+"):
        scene.sidecar().run()
    lock.close()


def test_it_says_how_far_it_is_behind_and_when_it_had_everything(scene: Scene) -> None:
    scene.hours(0, 2)

    def stop(_: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        scene.sidecar(stop).run()
    status = read_status(scene.folder)
    assert status is not None
    assert (status.state, status.pid) == (SidecarState.FOLLOWING, os.getpid())
    assert status.caught_up_ns <= status.at_ns


def test_a_sealed_run_says_so(scene: Scene) -> None:
    scene.hours(0, 2)
    scene.writer.close()
    scene.sidecar().run()
    status = read_status(scene.folder)
    assert status is not None
    assert (status.state, status.complete, status.behind_bytes) == (SidecarState.SEALED, True, 0)
