"""Writing a journal and reading it again, as it was appended."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from spymaster.journal.codec import EndFrame, decode_frame, decode_records, encode_frame
from spymaster.journal.errors import JournalDamage, JournalError
from spymaster.journal.format import FrameKind, segment_path, segments_in
from spymaster.journal.reader import JournalReader
from spymaster.journal.writer import JournalWriter, RecordingState
from spymaster.market.frames import Frame, RecordsFrame, WatermarkFrame
from tests.support.journals import (
    T0_NS,
    config_frame,
    contents,
    depth_frame,
    mixed_batch,
    read_journal,
    same_records,
    write_journal,
)

BATCHES = [mixed_batch(n, seed=n) for n in (1, 12, 40, 3)]
FRAMES: list[Frame] = [config_frame(), *(RecordsFrame(batch) for batch in BATCHES), WatermarkFrame(T0_NS + 1)]


def test_frames_come_back_in_the_order_they_were_appended(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    kinds = [frame.kind for frame in read_journal(tmp_path)]
    assert kinds == [FrameKind.CONFIG, *[FrameKind.RECORDS] * 4, FrameKind.WATERMARK, FrameKind.END]


def test_records_come_back_bit_for_bit(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    found = [decode_records(frame) for frame in read_journal(tmp_path) if frame.kind is FrameKind.RECORDS]
    assert all(same_records(one, other) for one, other in zip(found, BATCHES, strict=True))


def test_records_are_numbered_through_and_other_frames_carry_the_next_number(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    sizes = [len(batch) for batch in BATCHES]
    starts = [sum(sizes[:n]) for n in range(5)]
    assert [frame.first_seq for frame in read_journal(tmp_path)] == [0, *starts, sum(sizes)]


def test_a_journal_closed_in_order_says_that_it_is_complete(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    assert decode_frame(read_journal(tmp_path)[-1]) == EndFrame(complete=True)


def test_a_journal_in_small_segments_reads_like_one_in_a_single_segment(tmp_path: Path) -> None:
    write_journal(tmp_path / "one", FRAMES)
    write_journal(tmp_path / "many", FRAMES, segment_bytes=4096)
    assert len(segments_in(tmp_path / "many")) > 3
    assert contents(read_journal(tmp_path / "many")) == contents(read_journal(tmp_path / "one"))


def test_a_frame_longer_than_a_segment_gets_a_segment_of_its_own(tmp_path: Path) -> None:
    write_journal(tmp_path, [config_frame(), depth_frame(5000), config_frame()], segment_bytes=1000)
    assert [frame.count for frame in read_journal(tmp_path)][1] == 5000


def test_reading_can_begin_at_any_frame(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES, segment_bytes=8192)
    frames = read_journal(tmp_path)
    for n, frame in enumerate(frames):
        with contextlib.closing(JournalReader(tmp_path, frame.position)) as reader:
            assert contents(list(reader.frames())) == contents(frames[n:])


def test_a_reader_follows_a_growing_journal(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test", segment_bytes=5000)
    reader = JournalReader(tmp_path)
    seen: list[int] = []
    for frame in FRAMES:
        writer.append(encode_frame(frame), clock_ns=T0_NS)
        seen.append(len(list(reader.frames())))
    writer.close()
    assert seen == [1] * len(FRAMES)
    assert [frame.kind for frame in reader.frames()] == [FrameKind.END]
    reader.close()


def test_a_reader_waits_for_the_rest_of_a_frame(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    whole = segment_path(tmp_path, 1).read_bytes()
    frames = read_journal(tmp_path)
    segment_path(tmp_path, 1).write_bytes(whole[: frames[2].offset + 100])
    with contextlib.closing(JournalReader(tmp_path)) as reader:
        before = list(reader.frames())
        assert reader.tail_bytes == 100
        segment_path(tmp_path, 1).write_bytes(whole)
        assert contents([*before, *reader.frames()]) == contents(frames)


def test_how_far_a_reader_is_behind_counts_all_segments(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES, segment_bytes=4096)
    with contextlib.closing(JournalReader(tmp_path)) as reader:
        behind = reader.bytes_behind()
        list(reader.frames())
        assert reader.bytes_behind() == 0
    total = sum(path.stat().st_size for path in tmp_path.glob("*.journal"))
    assert total - 200 < behind < total


def test_a_second_writer_is_told_who_holds_the_journal(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test")
    with pytest.raises(
        JournalError, match=r"recording is under way in process \d+, since 20\d\d-.*; stop that one first"
    ):
        JournalWriter(tmp_path, "test")
    writer.close()


def test_a_killed_writers_journal_is_taken_up_again(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES[:3], close=False)
    writer = JournalWriter(tmp_path, "test")
    for frame in FRAMES[3:]:
        writer.append(encode_frame(frame), clock_ns=T0_NS)
    writer.close()
    write_journal(tmp_path / "whole", FRAMES)
    assert contents(read_journal(tmp_path)) == contents(read_journal(tmp_path / "whole"))


def test_a_torn_tail_is_cut_away_and_reported(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES[:3], close=False)
    with segment_path(tmp_path, 1).open("ab") as file:
        file.write(b"\xd9\xe5\xa3\xf7 half a frame")
    writer = JournalWriter(tmp_path, "test")
    writer.close()
    assert writer.recovered is not None
    assert writer.recovered.cut_bytes == 17
    assert [frame.kind for frame in read_journal(tmp_path)][-1] is FrameKind.END


def test_a_segment_that_has_no_header_yet_holds_nothing(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES[:3], close=False)
    segment_path(tmp_path, 2).write_bytes(b"SPYJ")
    assert len(read_journal(tmp_path)) == 3
    writer = JournalWriter(tmp_path, "test")
    writer.close()
    assert segments_in(tmp_path) == [1]


def test_the_clock_survives_a_restart(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test", segment_bytes=100)
    writer.append(encode_frame(FRAMES[1]), clock_ns=T0_NS + 5)
    writer.abandon()
    writer = JournalWriter(tmp_path, "test")
    assert writer.clock_ns == T0_NS + 5
    writer.close()


def test_a_finished_journal_is_not_written_to_again(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    with pytest.raises(JournalError, match="finished journal of test; choose another folder"):
        JournalWriter(tmp_path, "test")


def test_the_journal_of_another_run_is_not_written_to(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES, close=False)
    with pytest.raises(JournalError, match="journal of another run, test"):
        JournalWriter(tmp_path, "other")


def test_a_folder_without_a_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal in it"):
        JournalReader(tmp_path)


def test_a_missing_segment_is_refused_by_name(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES, segment_bytes=4096)
    segment_path(tmp_path, 2).unlink()
    with pytest.raises(JournalError, match=r"00000002\.journal: is missing between others"):
        read_journal(tmp_path)


def test_a_shortened_segment_before_the_last_is_refused(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES, segment_bytes=4096)
    frames = [frame for frame in read_journal(tmp_path) if frame.segment == 1]
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes()[: frames[-1].offset])
    with pytest.raises(JournalDamage, match=r"00000001\.journal: damaged at byte \d+ \(\d+ bytes missing\)"):
        read_journal(tmp_path)


def test_a_new_writer_records_live(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test")
    assert writer.recording.state is RecordingState.LIVE
    writer.close()
