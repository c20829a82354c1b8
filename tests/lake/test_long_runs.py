"""Sessions of 23 hours and gaps of a week inside a lake: no snap while the market is closed, and flat memory."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from spymaster.config.loader import load_config
from spymaster.lake.bronze.reader import BronzeReader
from spymaster.lake.catalog import GOLD, LakeRun
from spymaster.lake.days.choice import ALL_TIME, days_of, portions
from spymaster.lake.days.signals import SignalRows, Wanted
from spymaster.lake.days.trade_dates import day_ns
from spymaster.lake.gold.rebuild import rebuild_gold
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.lake.storage.files import LocalStorage
from spymaster.market.calendar_table import ET
from spymaster.market.dtypes import by_name
from spymaster.market.frames import ConfigFrame, RecordsFrame
from spymaster.market.kinds import NS_PER_S, Kind
from spymaster.market.rows import LEVEL_ROW, SNAP
from spymaster.market.sessions import SESSION, session_of
from spymaster.physics.engine import Engine
from spymaster.session.record.run_tests import RunTests
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from tests.support.lakes import HOUR_NS, RUN, Frames, lake_at
from tests.support.small_files import busy_words, depth_file

Words = NDArray[np.int64]
SNAP_MS: Final = 1000
CHUNK: Final = 20
"""Records of a frame: a session of 23 hours is journalled in many."""


def eastern(day: int, hour: int, minute: int = 0) -> int:
    """A moment of January 2024 in New York, ns UTC."""
    return int(dt.datetime(2024, 1, day, hour, minute, tzinfo=ET).timestamp()) * NS_PER_S


def spread(words: Words, *spans: tuple[int, int]) -> Words:
    """Depth with its records spread evenly over spans of time, as many in each."""
    rows = by_name(Kind.MBP10, words)
    parts = np.array_split(np.arange(len(words)), len(spans))
    for (begin_ns, end_ns), part in zip(spans, parts, strict=True):
        rows["ts_event"][part] = np.linspace(begin_ns, end_ns - NS_PER_S, len(part)).astype(np.int64)
    rows["ts_recv"] = rows["ts_event"] + 1000
    return words


def recorded(root: Path, words: Words, at_hour: Callable[[], None] = lambda: None) -> LakeRun:
    """A session on this depth, recorded into a lake as a sidecar does it; ``at_hour``: called as an hour is closed."""
    profile = msgspec.structs.replace(load_config().profile("es"), snap_ms=SNAP_MS)
    source = ReplaySource(ReplayPlan((depth_file(root.parent / "depth.mbp-10.dbn", words),), profile, None, (), CHUNK))
    run: RunInfo = msgspec.structs.replace(RUN, started_ns=int(by_name(Kind.MBP10, words)["ts_event"][0]))
    recorder, frames, engine = LakeRecorder(LocalStorage(root), run), Frames(), Engine()
    tests = RunTests(may_compile=True)

    def write() -> None:
        if recorder.on_frame(frames.stored.pop()):
            at_hour()

    def publish(blocks: Any) -> None:
        for block in blocks:
            used = np.arange(block.rows.shape[1]) < block.snaps["levels"][:, np.newaxis]
            frames.signals(block.snaps, block.rows[used], tests.on_block(block))
            write()
            if len(block.alerts):
                frames.alerts(block.alerts)
                write()

    for frame in source.frames():
        if isinstance(frame, RecordsFrame):
            frames.add(frame, int(by_name(Kind.MBP10, frame.batch.arrays[Kind.MBP10])["ts_recv"][-1]))
        else:
            frames.add(frame)
        if isinstance(frame, ConfigFrame):
            tests.configure(frame)
        write()
        publish(engine.feed(frame))
    publish(engine.finish())
    if len(rest := tests.rest()):
        frames.signals(np.zeros(0, SNAP), np.zeros(0, LEVEL_ROW), rest)
        write()
    recorder.seal()
    return lake_at(root).run()


def snap_times(root: Path, run: LakeRun) -> NDArray[np.int64]:
    """The times of all snaps that Gold holds."""
    files = [file.path for file in run.files(GOLD) if "/signals/" in file.path]
    columns = [pq.ParquetFile(root / path).read(["ts_event_ns"])["ts_event_ns"].to_numpy() for path in files]
    return np.unique(np.concatenate(columns))


def sessions_of(root: Path) -> NDArray[np.void]:
    """The sessions that the run was told of."""
    frames = BronzeReader(LocalStorage(root), lake_at(root).run()).frames()
    config = next(frame for frame in frames if isinstance(frame, ConfigFrame))
    return np.frombuffer(config.sessions, SESSION)


FRIDAY = eastern(5, 16, 40), eastern(5, 17)
TUESDAY_WEEK = eastern(15, 18), eastern(15, 18, 20)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of a run that goes on after a gap of more than a week."""
    root = tmp_path_factory.mktemp("week") / "lake"
    recorded(root, spread(busy_words(600), FRIDAY, TUESDAY_WEEK))
    return root


def test_a_gap_of_a_week_has_no_snap_while_the_market_is_closed(week: Path) -> None:
    sessions = sessions_of(week)
    times = snap_times(week, lake_at(week).run())
    assert len(times) > 2000
    # a snap at the very close is of the session that ends there
    within = [session_of(sessions, t_ns) is not None or t_ns in sessions["close_ns"] for t_ns in times.tolist()]
    assert all(within)


def test_a_gap_of_a_week_is_not_filled_with_snaps(week: Path) -> None:
    times = snap_times(week, lake_at(week).run())
    after_half_an_hour = (times > eastern(7, 18, 31)) & (times <= TUESDAY_WEEK[0])
    assert not after_half_an_hour.any()
    assert (times > TUESDAY_WEEK[0]).any()


def test_hours_without_anything_have_no_file(week: Path) -> None:
    run = lake_at(week).run()
    hours = {FRIDAY[0] // HOUR_NS, TUESDAY_WEEK[0] // HOUR_NS}
    assert set(BronzeReader(LocalStorage(week), run).hours) == hours


def test_a_run_over_a_week_s_gap_is_rebuilt_as_it_was_recorded(week: Path, tmp_path: Path) -> None:
    rebuilt = rebuild_gold(LocalStorage(week), lake_at(week).run(), LocalStorage(tmp_path))
    assert rebuilt.changed == ()


def test_each_trade_date_of_such_a_run_is_asked_for_itself(week: Path) -> None:
    lake = lake_at(week)

    def asked(span: tuple[int, int]) -> list[int]:
        rows = SignalRows(lake.storage, portions(days_of(lake.runs, span), span), Wanted(("ts_event_ns",)))
        return [t_ns for table in rows.tables() for t_ns in table["ts_event_ns"].to_pylist()]

    whole = asked(ALL_TIME)
    by_date = [asked(day_ns(date)) for date in range(20240105, 20240117)]
    assert [t_ns for part in by_date for t_ns in part] == whole
    assert all(by_date[place] for place in (0, 11))
    assert not any(by_date[2:3] + by_date[4:10])
    assert whole == sorted(whole)


@pytest.mark.slow
def test_a_session_of_23_hours_takes_no_more_memory_than_its_first_hours(tmp_path: Path) -> None:
    peaks: list[int] = []

    def at_hour() -> None:
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()

    words = spread(busy_words(3000), (eastern(8, 18), eastern(9, 17)))
    tracemalloc.start()
    try:
        run = recorded(tmp_path / "lake", words, at_hour)
    finally:
        tracemalloc.stop()
    assert len(peaks) == 22
    assert max(peaks[-6:]) <= 1.1 * max(peaks[2:8])
    times = snap_times(tmp_path / "lake", run)
    grid_ns = SNAP_MS * 1_000_000
    assert (np.diff(times) == grid_ns).all()
    assert times[-1] == eastern(9, 17)
