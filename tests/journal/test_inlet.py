"""What a session writes, in which frames, and under which hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spymaster.journal.clock import HOUR_NS, hour_of, split_at_hours
from spymaster.journal.codec import decode_alerts, decode_records, decode_signals
from spymaster.journal.format import FrameFlag, FrameKind, StoredFrame
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.frames import Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import F_BAD_TS_RECV, NS_PER_S, UNDEF_TIMESTAMP, Kind
from tests.support.blocks import TestBlock, alert, block, level
from tests.support.journals import T0_NS, config_frame, depth_frame, mixed_batch, read_journal, records, same_records

BEFORE_HOUR_NS = T0_NS // HOUR_NS * HOUR_NS + HOUR_NS - 5 * NS_PER_S


def journalled(folder: Path, *frames: Frame, flags: FrameFlag = FrameFlag.NONE) -> list[StoredFrame]:
    """What stands in the journal after a session took these frames, without its last frame."""
    writer = JournalWriter(folder, "test", clock_ns=T0_NS)
    inlet = JournalInlet(writer)
    for frame in frames:
        inlet.on_frame(frame, flags)
    writer.close()
    return read_journal(folder)[:-1]


def one_trade(**fields: int) -> RecordsFrame:
    """A single trade at T0."""
    trade = records(Kind.TRADE, 1)
    for name, value in fields.items():
        trade[name] = value
    return RecordsFrame(Batch.of(Kind.TRADE, trade))


def test_the_clock_is_that_of_the_latest_record(tmp_path: Path) -> None:
    frames = journalled(tmp_path, depth_frame(10, step_ns=7), depth_frame(2, from_ns=T0_NS - NS_PER_S))
    assert [frame.clock_ns for frame in frames] == [T0_NS + 63, T0_NS + 63]


def test_a_watermark_moves_the_clock(tmp_path: Path) -> None:
    assert journalled(tmp_path, WatermarkFrame(T0_NS + 9))[0].clock_ns == T0_NS + 9


def test_a_time_long_after_its_receipt_does_not_move_the_clock(tmp_path: Path) -> None:
    wrong = one_trade(ts_event=T0_NS + 3600 * NS_PER_S, ts_recv=T0_NS)
    assert journalled(tmp_path, wrong)[0].clock_ns == T0_NS


def test_a_receipt_that_is_marked_bad_is_not_held_against_a_record(tmp_path: Path) -> None:
    frame = one_trade(ts_event=T0_NS + 2 * NS_PER_S, ts_recv=T0_NS, flags=F_BAD_TS_RECV)
    assert journalled(tmp_path, frame)[0].clock_ns == T0_NS + 2 * NS_PER_S


def test_a_record_without_a_time_counts_from_its_receipt(tmp_path: Path) -> None:
    frame = one_trade(ts_event=UNDEF_TIMESTAMP, ts_recv=T0_NS + 4)
    assert journalled(tmp_path, frame)[0].clock_ns == T0_NS + 4


def test_a_time_after_the_last_session_does_not_move_the_clock(tmp_path: Path) -> None:
    late_ns = T0_NS + 40 * 86_400 * NS_PER_S
    frames = journalled(tmp_path, config_frame(), one_trade(ts_event=late_ns, ts_recv=late_ns))
    assert frames[1].clock_ns == T0_NS


def test_interval_quotes_count_from_their_receipt(tmp_path: Path) -> None:
    quote = records(Kind.BBO, 1)
    quote["ts_event"], quote["ts_recv"] = T0_NS - NS_PER_S, T0_NS + NS_PER_S
    assert journalled(tmp_path, RecordsFrame(Batch.of(Kind.BBO, quote)))[0].clock_ns == T0_NS + NS_PER_S


def test_bars_of_earlier_days_do_not_move_the_clock(tmp_path: Path) -> None:
    bars = RecordsFrame(Batch.of(Kind.BAR, records(Kind.BAR, 3, from_ns=T0_NS + 5)))
    assert journalled(tmp_path, bars)[0].clock_ns == T0_NS


def test_backfilled_records_are_flagged_and_do_not_move_the_clock(tmp_path: Path) -> None:
    (frame,) = journalled(tmp_path, depth_frame(3, step_ns=HOUR_NS), flags=FrameFlag.BACKFILL)
    assert (frame.flags, frame.count, frame.clock_ns) == (FrameFlag.BACKFILL, 3, T0_NS)


def test_a_batch_is_cut_where_the_hour_changes(tmp_path: Path) -> None:
    frames = journalled(tmp_path, depth_frame(10, from_ns=BEFORE_HOUR_NS, step_ns=NS_PER_S))
    assert [frame.count for frame in frames] == [5, 5]
    assert [hour_of(frame.clock_ns) for frame in frames] == [hour_of(BEFORE_HOUR_NS), hour_of(BEFORE_HOUR_NS) + 1]
    assert [frame.first_seq for frame in frames] == [0, 5]


@given(count=st.integers(1, 60), step_s=st.integers(1, 2000), seed=st.integers(0, 9))
def test_pieces_of_a_batch_are_the_batch(count: int, step_s: int, seed: int) -> None:
    batch = mixed_batch(count, from_ns=BEFORE_HOUR_NS, step_ns=step_s * NS_PER_S, seed=seed)
    pieces = [piece for piece, _ in split_at_hours(batch, T0_NS)]
    assert [piece.first_seq for piece in pieces] == np.cumsum([0, *map(len, pieces[:-1])]).tolist()
    arrays = {
        kind: np.concatenate([piece.arrays[kind] for piece in pieces if kind in piece.arrays])
        for kind, rows in batch.arrays.items()
        if len(rows)
    }
    assert same_records(Batch(arrays, np.concatenate([piece.order for piece in pieces])), batch)


@given(step_s=st.integers(1, 2000))
def test_no_record_of_a_piece_is_later_than_its_clock(step_s: int) -> None:
    batch = mixed_batch(30, from_ns=BEFORE_HOUR_NS, step_ns=step_s * NS_PER_S)
    for piece, clock_ns in split_at_hours(batch, T0_NS):
        assert all(by_name(kind, rows)["ts_event"].max() <= clock_ns for kind, rows in piece.arrays.items())


def test_a_batch_larger_than_a_frame_may_be_becomes_several(tmp_path: Path) -> None:
    frame = depth_frame(100_000)
    frames = journalled(tmp_path, frame)
    assert len(frames) > 1
    found = np.concatenate([decode_records(stored).arrays[Kind.MBP10] for stored in frames])
    assert found.tobytes() == frame.batch.arrays[Kind.MBP10].tobytes()


def test_signals_and_alerts_follow_the_records_they_rest_on(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "test", clock_ns=T0_NS)
    inlet = JournalInlet(writer)
    inlet.on_frame(depth_frame(4))
    published: TestBlock = block([level(), level(price=4810.0)], [level()], alerts=[alert()])
    inlet.publish(published)
    writer.close()
    records_, signals, alerts, _ = read_journal(tmp_path)
    assert [records_.kind, signals.kind, alerts.kind] == [FrameKind.RECORDS, FrameKind.SIGNAL, FrameKind.ALERT]
    assert signals.first_seq == 4
    assert signals.clock_ns == records_.clock_ns
    rows = decode_signals(signals)
    assert rows.snaps.tobytes() == published.snaps.tobytes()
    assert rows.levels["price"].tolist() == [4805.0, 4810.0, 4805.0]
    assert decode_alerts(alerts).tobytes() == published.alerts.tobytes()
