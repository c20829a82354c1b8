"""A session lived again from its own journal is the same session."""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.journal.codec import encode_frame, encode_signals
from spymaster.journal.errors import JournalError
from spymaster.journal.format import FrameFlag, FrameKind, segment_path
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.source import Source
from spymaster.journal.writer import JournalWriter
from spymaster.market.frames import ConfigFrame, FeedState, FeedStatusFrame, Frame, GapFrame, RecordsFrame
from spymaster.physics.engine import Engine
from spymaster.session.headless import RunTotals, Tap, drive
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.support.journals import (
    T0_NS,
    config_frame,
    depth_frame,
    read_journal,
    signal_rows,
    trades_frame,
    write_journal,
)

INTERVAL_NS = 250_000_000


def hash_of(source: Source, *, tap: Tap | None = None, snaps_per_block: int = 16) -> str:
    totals = RunTotals(INTERVAL_NS)
    drive(source, Engine(snaps_per_block=snaps_per_block), [totals], tap=tap)
    return totals.hash.hexdigest()


def recorded(plan: ReplayPlan, folder: Path, *, snaps_per_block: int = 16, segment_bytes: int = 2**20) -> str:
    """Replay into a journal; the hash of what was published."""
    source = ReplaySource(plan)
    writer = JournalWriter(folder, "test", clock_ns=source.begins_ns, segment_bytes=segment_bytes)
    published = hash_of(source, tap=JournalInlet(writer), snaps_per_block=snaps_per_block)
    writer.close()
    return published


@pytest.fixture(scope="module")
def journal(small_plan: ReplayPlan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "journal"
    recorded(small_plan, folder)
    return folder


def with_config(*frames: Frame, journal: Path, folder: Path) -> Path:
    """A journal of these frames behind a usable CONFIG."""
    config = JournalSource(journal).config
    write_journal(folder, [config, *frames])
    return folder


def test_recording_changes_nothing(small_plan: ReplayPlan, tmp_path: Path) -> None:
    assert recorded(small_plan, tmp_path) == hash_of(ReplaySource(small_plan))


@pytest.mark.parametrize(("snaps_per_block", "segment_bytes"), [(1, 2**20), (16, 40_000)])
def test_a_journal_lived_again_publishes_the_same(
    small_plan: ReplayPlan, tmp_path: Path, snaps_per_block: int, segment_bytes: int
) -> None:
    published = recorded(small_plan, tmp_path, snaps_per_block=snaps_per_block, segment_bytes=segment_bytes)
    assert hash_of(JournalSource(tmp_path)) == published


def test_what_was_published_follows_the_records_it_rests_on(journal: Path) -> None:
    seen_ns = 0
    for frame in read_journal(journal):
        if frame.kind is FrameKind.SIGNAL:
            assert seen_ns
        seen_ns = max(seen_ns, frame.clock_ns)


def test_the_span_is_that_of_the_records(journal: Path, small_plan: ReplayPlan) -> None:
    source = JournalSource(journal)
    assert source.first_ns == ReplaySource(small_plan).begins_ns
    assert source.last_ns == max(frame.clock_ns for frame in read_journal(journal))


def test_a_closed_journal_has_no_problems(journal: Path) -> None:
    source = JournalSource(journal)
    list(source.frames())
    assert (source.problems, source.is_torn) == ((), False)


def test_a_journal_of_a_killed_session_says_that_it_is_torn(journal: Path, tmp_path: Path) -> None:
    write_journal(tmp_path, [JournalSource(journal).config, depth_frame(3)], close=False)
    source = JournalSource(tmp_path)
    assert [type(frame) for frame in source.frames()] == [ConfigFrame, RecordsFrame]
    assert source.is_torn
    assert "its recording was not closed" in source.problems[0]


def test_what_was_lost_is_said(journal: Path, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test")
    writer.append(encode_frame(JournalSource(journal).config), clock_ns=T0_NS)
    writer.close(problem="stopped half way")
    source = JournalSource(tmp_path)
    list(source.frames())
    assert source.problems == (f"{tmp_path}: not everything was recorded (stopped half way)",)


def test_frames_without_records_are_lived_again_too(journal: Path, tmp_path: Path) -> None:
    frames = (
        FeedStatusFrame("depth", FeedState.DOWN, T0_NS),
        GapFrame("depth", T0_NS, T0_NS + 1, "why"),
        trades_frame(1),
    )
    kinds = [type(frame) for frame in JournalSource(with_config(*frames, journal=journal, folder=tmp_path)).frames()]
    assert kinds == [ConfigFrame, FeedStatusFrame, GapFrame, RecordsFrame]


def test_records_fetched_later_and_outputs_are_passed_over(journal: Path, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test")
    inlet = JournalInlet(writer)
    inlet.on_frame(JournalSource(journal).config)
    inlet.on_frame(depth_frame(5), FrameFlag.BACKFILL)
    inlet.on_frame(depth_frame(2))
    writer.append(encode_signals(*signal_rows(1, 1)), clock_ns=T0_NS)
    writer.close()
    counts = [len(frame.batch) for frame in JournalSource(tmp_path).frames() if isinstance(frame, RecordsFrame)]
    assert counts == [2]


def test_a_configuration_of_another_version_is_refused(tmp_path: Path) -> None:
    write_journal(tmp_path, [config_frame()])
    with pytest.raises(JournalError, match="configuration is that of another version"):
        JournalSource(tmp_path)


def test_a_journal_whose_first_segments_are_gone_sends_one_to_the_lake(journal: Path, tmp_path: Path) -> None:
    write_journal(tmp_path, [config_frame(), depth_frame(9), depth_frame(9)], segment_bytes=2000)
    segment_path(tmp_path, 1).unlink()
    with pytest.raises(JournalError, match=r"00000001\.journal: is no longer there: .*; replay the lake"):
        JournalSource(tmp_path)
