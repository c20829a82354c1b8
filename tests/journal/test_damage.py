"""Whatever happens to the bytes of a journal, reading yields a prefix of what was written or refuses."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from spymaster.journal.errors import JournalDamage, JournalError
from spymaster.journal.format import segment_path, segments_in
from spymaster.journal.writer import JournalWriter
from spymaster.market.frames import Frame, WatermarkFrame
from tests.support.journals import T0_NS, alert_rows, config_frame, contents, read_journal, trades_frame, write_journal

FRAMES: list[Frame] = [config_frame(), trades_frame(2), WatermarkFrame(T0_NS), trades_frame(1, seed=1)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Two segments, the last of a killed writer's."""
    folder = tmp_path / "journal"
    write_journal(folder, [*FRAMES, *FRAMES], segment_bytes=900, close=False)
    assert segments_in(folder) == [1, 2]
    return folder


def read_or_refuse(folder: Path) -> list[tuple[int, int, int, bytes]] | None:
    """What can be read, None for a refusal."""
    try:
        return contents(read_journal(folder))
    except JournalError:
        return None


def test_cut_anywhere_the_last_segment_yields_exactly_its_whole_frames(journal: Path) -> None:
    path = segment_path(journal, 2)
    frames = read_journal(journal)
    for length in reversed(range(path.stat().st_size)):
        os.truncate(path, length)
        kept = [frame for frame in frames if frame.segment == 1 or frame.end.offset <= length]
        assert contents(read_journal(journal)) == contents(kept), length


def test_cut_anywhere_the_last_segment_is_taken_up_again_behind_its_last_whole_frame(
    journal: Path, tmp_path: Path
) -> None:
    whole, frames = segment_path(journal, 2).read_bytes(), read_journal(journal)
    for length in range(0, len(whole), 31):
        copy = tmp_path / "copy"
        shutil.copytree(journal, copy)
        segment_path(copy, 2).write_bytes(whole[:length])
        JournalWriter(copy, "test").close()
        kept = [frame for frame in frames if frame.segment == 1 or frame.end.offset <= length]
        assert contents(read_journal(copy))[:-1] == contents(kept), length
        shutil.rmtree(copy)


def test_a_flipped_bit_anywhere_yields_a_prefix_or_a_refusal(journal: Path) -> None:
    expected = contents(read_journal(journal))
    for segment in (1, 2):
        with segment_path(journal, segment).open("r+b", buffering=0) as file:
            for place, byte in enumerate(file.read()):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << (place * 5 + segment) % 8]), place)
                found = read_or_refuse(journal)
                assert found is None or (found == expected[: len(found)] and len(found) < len(expected)), place
                os.pwrite(file.fileno(), bytes([byte]), place)


def test_damage_before_sound_frames_is_refused_with_file_place_and_remedy(journal: Path) -> None:
    path = segment_path(journal, 2)
    frame = next(frame for frame in read_journal(journal) if frame.segment == 2)
    data = bytearray(path.read_bytes())
    data[frame.offset + 60] ^= 1
    path.write_bytes(data)
    words = rf"00000002\.journal: damaged at byte {frame.offset} .*check sum.*truncate -s {frame.offset}"
    with pytest.raises(JournalDamage, match=words):
        read_journal(journal)


def test_a_damaged_journal_is_not_taken_up_and_not_changed(journal: Path) -> None:
    path = segment_path(journal, 2)
    frame = next(frame for frame in read_journal(journal) if frame.segment == 2)
    data = bytearray(path.read_bytes())
    data[frame.offset + 60] ^= 1
    path.write_bytes(data)
    with pytest.raises(JournalDamage):
        JournalWriter(journal, "test")
    assert path.read_bytes() == bytes(data)


def test_a_damaged_length_asks_for_no_more_than_the_file_has(journal: Path) -> None:
    path = segment_path(journal, 2)
    frame = [frame for frame in read_journal(journal) if frame.segment == 2][-1]
    data = bytearray(path.read_bytes())
    data[frame.offset + 4 : frame.offset + 8] = (60 * 2**20).to_bytes(4, "little")
    path.write_bytes(data)
    assert len(read_journal(journal)) == len(FRAMES) * 2 - 1


def test_a_segment_in_anothers_place_is_refused(journal: Path) -> None:
    shutil.copy(segment_path(journal, 1), segment_path(journal, 2))
    with pytest.raises(JournalDamage, match="it is segment 1 by its header"):
        read_journal(journal)


def test_the_segment_of_another_journal_is_refused(journal: Path, tmp_path: Path) -> None:
    write_journal(tmp_path / "other", [trades_frame(9, seed=3), *FRAMES], segment_bytes=900)
    shutil.copy(segment_path(tmp_path / "other", 2), segment_path(journal, 2))
    with pytest.raises(JournalDamage, match=r"begins at record \d+, not 3|bytes missing"):
        read_journal(journal)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    segment_path(tmp_path, 1).write_bytes(alert_rows(9).tobytes())
    with pytest.raises(JournalDamage, match=r"damaged at byte 0 \(not a journal\)"):
        read_journal(tmp_path)
