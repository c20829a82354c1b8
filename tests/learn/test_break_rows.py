"""Rows of P(break) out of a run: what they hold, what came of them, and that nothing of the future is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spymaster.config.loader import load_config
from spymaster.labels.first_passage import Outcome
from spymaster.learn.break_rows import EVERY_NS, BreakRows, BreakRowSink, MidSink
from spymaster.market.frames import ConfigFrame, GapFrame, UserLevel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.engine import Engine
from spymaster.session.headless import drive
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.sim.recording.second import write_second_recording


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight minutes of a simulated market."""
    folder = tmp_path_factory.mktemp("rows") / "eight"
    write_second_recording(folder, 5, 8.0, with_truth=False)
    return folder


def plan_of(folder: Path) -> ReplayPlan:
    levels = tuple(UserLevel(f"USER_{price}", price * 10**9) for price in range(6800, 6900, 2))
    return ReplayPlan((folder,), load_config().profile("es"), None, user_levels=levels[:40])


def lived(folder: Path) -> tuple[BreakRows, MidSink, BreakRowSink]:
    mids, sink = MidSink(), BreakRowSink()
    drive(ReplaySource(plan_of(folder)), Engine(snaps_per_block=16), [sink], tap=mids, at_change=sink.at_change)
    return sink.rows(mids), mids, sink


@pytest.fixture(scope="module")
def rows(recording: Path) -> BreakRows:
    return lived(recording)[0]


def test_there_is_a_row_every_two_seconds_of_each_price_near_by(rows: BreakRows) -> None:
    assert len(rows) > 100
    assert (rows.t_ns % EVERY_NS == 0).all()
    assert len(np.unique(rows.design, axis=0)) == len(rows)


def test_each_row_is_of_a_level_less_than_two_points_away(rows: BreakRows) -> None:
    distance = rows.design[:, 2]
    assert np.isfinite(rows.design).all()
    assert (np.abs(distance) <= 4.0).all()


def test_of_the_last_minutes_the_end_is_unknown_unless_it_came(rows: BreakRows) -> None:
    late = rows.t_ns > rows.t_ns.max() - 30 * NS_PER_S
    assert (rows.outcome[late] == Outcome.CENSORED).any()
    assert (rows.outcome[rows.t_ns == rows.t_ns.max()] == Outcome.NO_RACE).all()


def test_the_end_of_the_session_never_counts_as_neither(rows: BreakRows) -> None:
    late = rows.t_ns > rows.t_ns.max() - 230 * NS_PER_S
    assert (rows.outcome[late] != Outcome.CHOP).all()


def test_the_path_is_the_mid_of_the_future_in_time(recording: Path) -> None:
    _, mids, sink = lived(recording)
    path = mids.path(np.zeros((0, 2), np.int64), sink.last_snap_ns)
    assert (np.diff(path.t_ns) >= 0).all()
    assert (np.diff(path.price) != 0.0).all()
    assert set(np.unique(path.price * 8.0 % 1.0).tolist()) == {0.0}


def test_a_gap_of_the_feed_censors(recording: Path) -> None:
    _, mids, sink = lived(recording)
    whole = sink.rows(mids)
    first = int(whole.t_ns.min())
    mids.on_frame(GapFrame("depth", first + NS_PER_S // 2, first + NS_PER_S, "lost"))
    cut = sink.rows(mids)
    at_first = whole.t_ns == first
    assert (cut.outcome[at_first] == Outcome.CENSORED).all()
    later = whole.t_ns > first + NS_PER_S
    assert (cut.outcome[later] == whole.outcome[later]).all()


def test_what_comes_later_changes_no_row_before_it(recording: Path, rows: BreakRows) -> None:
    """Half of the records are left out: the rows up to there are the same numbers, bit for bit."""
    source, engine, sink = ReplaySource(plan_of(recording)), Engine(snaps_per_block=1), BreakRowSink()
    middle = int((rows.t_ns.min() + rows.t_ns.max()) // 2)
    for frame in source.frames():
        for block in engine.feed(frame):
            sink.on_block(block)
        if not isinstance(frame, ConfigFrame) and sink.last_snap_ns > middle:
            break
    source.close()
    early = sink.rows(MidSink())
    known = rows.t_ns <= sink.last_snap_ns
    assert 50 < len(early) < len(rows)
    assert early.design.tobytes() == rows.design[known].tobytes()
