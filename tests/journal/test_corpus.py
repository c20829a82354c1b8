"""Journals of every version of the format stay readable.

``corpus/version-N`` was written by the program of that version and is never written again. A frame that gains a field
older readers pass over raises no version: what the program then wrote stands beside it, named for the field.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.journal.format import VERSION
from spymaster.market.frames import (
    FeedState,
    FeedStatusFrame,
    Frame,
    GapFrame,
    MappingFrame,
    RecordsFrame,
    WatermarkFrame,
)
from tests.support.journals import T0_NS, config_frame, mixed_batch, read_journal, same_records, write_journal

CORPUS = Path(__file__).parent / "corpus"
NEWEST = f"version-{VERSION}-hours"
FRAMES: list[Frame] = [
    config_frame(),
    MappingFrame(1, 17, "ESH4"),
    FeedStatusFrame("depth", FeedState.RECONNECTED, T0_NS, "after 3 s"),
    RecordsFrame(mixed_batch(6)),
    WatermarkFrame(T0_NS + 250_000_000),
    GapFrame("depth", T0_NS, T0_NS + 1, "the disk was full"),
]


@pytest.mark.parametrize("written", ["version-1", NEWEST])
def test_a_journal_of_version_1_reads_as_it_was_written(written: str) -> None:
    found = [decode_frame(frame) for frame in read_journal(CORPUS / written)]
    records = found.pop(3)
    assert isinstance(records, RecordsFrame)
    assert same_records(records.batch, mixed_batch(6))
    assert found == [*FRAMES[:3], *FRAMES[4:], EndFrame(complete=True)]


def test_this_version_writes_the_same_bytes_as_its_corpus(tmp_path: Path) -> None:
    write_journal(tmp_path, FRAMES)
    name = "00000001.journal"
    assert (tmp_path / name).read_bytes() == (CORPUS / NEWEST / name).read_bytes()
