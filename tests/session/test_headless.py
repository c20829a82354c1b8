"""A replay without a screen: every snap reaches the sinks once, and the report says what was in the records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.market import dtypes as dt
from spymaster.market.frames import Frame
from spymaster.market.manifest import load_manifest
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.resources import bundled_recording
from spymaster.session.delivery import InlineDelivery
from spymaster.session.headless import RunTotals, drive, report
from spymaster.session.replay.pacing import Pacer
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.headless import HeadlessResult
from tests.session.conftest import plan_of
from tests.support.small_files import Words, depth_and_trades, depth_file, torn

INTERVAL_NS = 250_000_000


class Times:
    """A sink that notes the times of the snaps."""

    def __init__(self) -> None:
        self.all: list[int] = []

    def on_block(self, block: SnapBlock) -> None:
        self.all += block.snaps["t_ns"].tolist()


class Wall:
    """A clock that moves by sleeping only."""

    def __init__(self) -> None:
        self.ns = 0
        self.naps: list[float] = []

    def __call__(self) -> int:
        return self.ns

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.ns += round(seconds * 1e9)


class Broken:
    """A source that fails on the way."""

    def __init__(self) -> None:
        self.closed = False

    def frames(self) -> Iterator[Frame]:
        raise OSError("the disk is gone")
        yield

    def close(self) -> None:
        self.closed = True


def run(plan: ReplayPlan, **engine: int) -> HeadlessResult:
    source, totals = ReplaySource(plan), RunTotals(INTERVAL_NS)
    machine = Engine(**engine)  # type: ignore[arg-type]  # only snaps_per_block is passed
    drive(source, machine, [totals])
    return report(source, machine, totals, 2.0)


@pytest.fixture(scope="module")
def bundled(bundled_plan: ReplayPlan) -> HeadlessResult:
    return run(bundled_plan)


@pytest.fixture(scope="module")
def small(small_plan: ReplayPlan) -> HeadlessResult:
    return run(small_plan)


def test_the_bundled_recording_has_the_records_its_manifest_says(bundled: HeadlessResult) -> None:
    said = {file.path: file.records for file in load_manifest(bundled_recording()).files}
    assert said["ESM6.mbp-10.dbn.zst"] <= bundled.records <= sum(said.values())
    assert bundled.trades == said["ESM6.trades.dbn.zst"]
    assert (bundled.trades_missing, bundled.trades_extra) == (0, 0)
    assert bundled.rejected == {}
    assert bundled.problems == ()


def test_a_snap_every_quarter_of_a_second_of_event_time(bundled: HeadlessResult) -> None:
    assert bundled.snaps == 7 * 60 * 4


def test_the_bundled_recording_raises_alerts(bundled: HeadlessResult) -> None:
    assert 0 < bundled.signals <= bundled.alerts


def test_trust_adds_up_to_the_time_of_the_snaps(bundled: HeadlessResult) -> None:
    for spells in bundled.trust.values():
        assert sum(spell.seconds for spell in spells) == bundled.snaps * 0.25


def test_inputs_that_a_file_cannot_have_are_absent(small: HeadlessResult) -> None:
    assert [spell.state for spell in small.trust["options"]] == ["ABSENT"]
    assert [spell.state for spell in small.trust["equity"]] == ["ABSENT"]


def test_paces_are_counts_over_the_time_it_took(bundled: HeadlessResult) -> None:
    assert bundled.wall_s == 2.0
    assert bundled.records_per_s == pytest.approx(bundled.records / 2.0)
    assert bundled.snaps_per_s == pytest.approx(bundled.snaps / 2.0)


def test_the_times_are_those_of_the_first_and_the_last_record(small: HeadlessResult, words: Words) -> None:
    assert small.first_ns == words[0, dt.W_TS_EVENT]
    assert small.last_ns == words[-1, dt.W_TS_EVENT]


@pytest.mark.parametrize("snaps", [1, 3, 64])
def test_how_many_snaps_are_gathered_changes_nothing(small: HeadlessResult, small_plan: ReplayPlan, snaps: int) -> None:
    again = run(small_plan, snaps_per_block=snaps)
    assert (again.signal_hash, again.snaps, again.trust) == (small.signal_hash, small.snaps, small.trust)


@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_chunks_change_nothing(small: HeadlessResult, small_plan: ReplayPlan, chunk: int) -> None:
    assert run(plan_of(*small_plan.sources, chunk=chunk)).signal_hash == small.signal_hash


def test_trades_beside_the_depth_change_nothing(small: HeadlessResult, tmp_path: Path, words: Words) -> None:
    beside = run(plan_of(*depth_and_trades(tmp_path, words)))
    assert (beside.signal_hash, beside.records, beside.trades) == (small.signal_hash, small.records, small.trades)


def test_another_size_gives_another_hash(small: HeadlessResult, tmp_path: Path, words: Words) -> None:
    other = words.copy()
    other[len(words) // 2, dt.W_LEVELS + 4 * 9 + 2] += 1
    assert run(plan_of(depth_file(tmp_path / "other.mbp-10.dbn", other))).signal_hash != small.signal_hash


def test_the_sinks_get_every_snap_once_and_in_order(small_plan: ReplayPlan) -> None:
    times, more = Times(), Times()
    drive(ReplaySource(small_plan), Engine(), [times, more])
    assert times.all == more.all
    assert set(np.diff(times.all).tolist()) == {INTERVAL_NS}


def test_the_last_snap_is_the_first_grid_point_after_the_last_record(small_plan: ReplayPlan, words: Words) -> None:
    times = Times()
    drive(ReplaySource(small_plan), Engine(), [times])
    last = int(words[-1, dt.W_TS_EVENT])
    assert times.all[-1] == (last // INTERVAL_NS + 1) * INTERVAL_NS


def test_a_paced_run_takes_event_time_over_speed(small_plan: ReplayPlan) -> None:
    wall, times = Wall(), Times()
    drive(ReplaySource(small_plan), Engine(snaps_per_block=1), [times], pacer=Pacer(4.0, wall), sleep=wall.sleep)
    assert wall.ns == pytest.approx((times.all[-1] - times.all[0]) / 4.0, abs=1000)
    assert max(wall.naps) <= 0.0625 + 1e-6


def test_a_paced_run_computes_the_same(small_plan: ReplayPlan, small: HeadlessResult) -> None:
    wall, totals = Wall(), RunTotals(INTERVAL_NS)
    drive(ReplaySource(small_plan), Engine(snaps_per_block=1), [totals], pacer=Pacer(64.0, wall), sleep=wall.sleep)
    assert totals.hash.hexdigest() == small.signal_hash


def test_progress_is_asked_for_after_each_batch_of_records(small_plan: ReplayPlan) -> None:
    seen: list[int] = []
    source = ReplaySource(plan_of(*small_plan.sources, chunk=100))
    drive(source, Engine(), [], after_frame=lambda engine: seen.append(engine.counters()["records"]))
    assert seen == sorted(seen)
    assert len(seen) > 5


def test_a_source_that_fails_is_closed() -> None:
    source = Broken()
    with pytest.raises(OSError, match="the disk is gone"):
        drive(source, Engine(), [])
    assert source.closed


def test_a_replay_in_one_thread_starts_no_other_and_gives_the_same_signals(tmp_path: Path, words: Words) -> None:
    plan = plan_of(*depth_and_trades(tmp_path, words))
    source, engine = ReplaySource(msgspec.structs.replace(plan, read_ahead=False)), Engine()
    totals, seen = RunTotals(INTERVAL_NS), set[str]()
    drive(
        source,
        engine,
        [totals],
        after_frame=lambda engine: seen.update(thread.name for thread in threading.enumerate()),
        delivery=InlineDelivery,
    )
    assert threading.current_thread().name in seen
    assert not seen & {"read-ahead", "sinks"}
    assert totals.hash.hexdigest() == run(plan).signal_hash


def test_a_torn_file_is_reported_up_to_the_tear(tmp_path: Path, words: Words) -> None:
    whole = depth_file(tmp_path / "whole.mbp-10.dbn", words)
    result = run(plan_of(torn(tmp_path / "torn.mbp-10.dbn", whole, 0.5)))
    assert 0 < result.records < len(words)
    assert len(result.problems) == 1
    assert f"torn at record {result.records}" in result.problems[0]


def test_rejected_records_are_counted_by_reason(tmp_path: Path, words: Words) -> None:
    other = words.copy()
    other[50, dt.W_LEVELS] += 1
    other[60, dt.W_LEVELS] += 1
    result = run(plan_of(depth_file(tmp_path / "off.mbp-10.dbn", other)))
    assert result.rejected == {"bad_price": 2}
    assert result.records == len(words)


def test_a_report_without_a_snap_says_so_without_failing(tmp_path: Path, words: Words) -> None:
    plan = plan_of(depth_file(tmp_path / "one.mbp-10.dbn", words[:1]))
    source, engine, totals = ReplaySource(plan), Engine(), RunTotals(INTERVAL_NS)
    for _ in engine.feed(source.config_frame()):
        raise AssertionError("a CONFIG frame makes no snaps")
    result = report(source, engine, totals, 0.0)
    assert (result.records, result.snaps, result.first_ns, result.last_ns) == (0, 0, None, None)
    assert result.signal_hash == "0" * 32
    assert result.records_per_s == 0.0
