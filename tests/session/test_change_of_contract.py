"""A source of several contracts: every record is played with the contract in force, and nothing is carried across."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spymaster.feeds.errors import SourceError
from spymaster.market import dtypes
from spymaster.market.frames import ConfigFrame, FeedState, FeedStatusFrame, RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.session.flow_events import flow_events
from spymaster.session.headless import RunTotals, drive, report
from spymaster.session.levels.published import list_levels
from spymaster.session.replay.cache import CachePlan
from spymaster.session.sources.replay_source import ReplayPlan, ReplaySource
from spymaster.signals.frame import Command, Frame, Phase
from tests.session.conftest import plan_of
from tests.session.screen import Open, S, same_picture
from tests.support.dbn import dbn_file, put, records
from tests.support.small_files import Words, busy_words, of_contract

MIDNIGHT_NS = int(dt.datetime(2023, 12, 15, tzinfo=dt.UTC).timestamp()) * S
ROLL = {"ES.v.0": [("2023-12-10", "2023-12-15", 4916), ("2023-12-15", "2023-12-17", 17077)]}
OLD, NEW = 4916, 17077


def contract_words(number: int, start_ns: int, count: int = 150) -> Words:
    return of_contract(busy_words(count, seed=number, start_ns=start_ns), number, ticks=200 if number == NEW else 0)


def roll_file(path: Path, old_ns: int, new_ns: int) -> Path:
    """A continuous symbol's depth: of the old contract from one time on, of the new one from another."""
    rows = np.concatenate([contract_words(OLD, old_ns), contract_words(NEW, new_ns)])
    return dbn_file(path, "mbp-10", rows, dated=ROLL, start_ns=old_ns, end_ns=MIDNIGHT_NS + 86_400 * S)


@pytest.fixture
def rolled(tmp_path: Path) -> ReplayPlan:
    """The contract changes at midnight UTC, in the middle of a trade date."""
    return plan_of(roll_file(tmp_path / "es.mbp-10.dbn.zst", MIDNIGHT_NS - 20 * S, MIDNIGHT_NS))


@pytest.fixture
def days(tmp_path: Path) -> ReplayPlan:
    """Two trade dates, each with its own contract."""
    return plan_of(roll_file(tmp_path / "es.mbp-10.dbn", MIDNIGHT_NS - 9 * 3600 * S, MIDNIGHT_NS + 15 * 3600 * S))


def is_paused_at(t_ns: int, frame: Frame) -> bool:
    return frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED


def run(plan: ReplayPlan, chunk: int | None = None) -> tuple[str, int, int]:
    """(signal hash, records, snaps) of a whole replay."""
    source = ReplaySource(msgspec.structs.replace(plan, records_per_chunk=chunk))
    totals, engine = RunTotals(250_000_000), Engine()
    drive(source, engine, [totals], at_change=totals.count)
    result = report(source, engine, totals, 1.0)
    assert result.ignored == ()
    return result.signal_hash, result.records, result.snaps


@pytest.mark.parametrize("which", ["rolled", "days"])
def test_each_contract_has_a_config_before_its_first_record_and_all_records_are_played(
    which: str, request: pytest.FixtureRequest
) -> None:
    source = ReplaySource(request.getfixturevalue(which))
    played: dict[int, set[int]] = {}
    in_force = 0
    count = 0
    for frame in source.frames():
        if isinstance(frame, ConfigFrame):
            in_force = frame.instrument.instrument_id
        elif isinstance(frame, RecordsFrame) and Kind.MBP10 in frame.batch.arrays:
            rows = frame.batch.arrays[Kind.MBP10].view(dtypes.MBP10_DTYPE)
            played.setdefault(in_force, set()).update(rows["instrument_id"].ravel().tolist())
            count += len(rows)
    assert played == {OLD: {OLD}, NEW: {NEW}}
    assert count == len(contract_words(OLD, MIDNIGHT_NS)) + len(contract_words(NEW, MIDNIGHT_NS))


@pytest.mark.parametrize("which", ["rolled", "days"])
def test_the_same_is_published_in_any_chunks(which: str, request: pytest.FixtureRequest) -> None:
    plan = request.getfixturevalue(which)
    once = run(plan)
    assert once[1] == len(contract_words(OLD, MIDNIGHT_NS)) + len(contract_words(NEW, MIDNIGHT_NS))
    assert [run(plan, chunk) for chunk in (1, 7, 2048)] == [once] * 3


class Mids:
    """A sink that notes the middle prices."""

    def __init__(self) -> None:
        self.all: list[float] = []

    def on_block(self, block: SnapBlock) -> None:
        self.all += block.snaps["es_mid"].tolist()


def test_both_contracts_have_snaps_at_their_own_prices(rolled: ReplayPlan) -> None:
    mids = Mids()
    drive(ReplaySource(rolled), Engine(), [mids])
    assert max(mids.all) - min(mids.all) > 40


def test_a_change_of_contract_is_said(rolled: ReplayPlan) -> None:
    source = ReplaySource(rolled)
    list(source.frames())
    (line,) = source.problems
    assert line == (
        "2023-12-15 00:00:00 UTC: the contract changes from ES.v.0 (id 4916) to ES.v.0 (id 17077): the engine begins "
        "anew, levels that rest on the other's prices are left out"
    )


def day_before(path: Path) -> Path:
    """Minute bars of the old contract for the whole of the 14th."""
    about = {"open": 4_700 * S, "high": 4_710 * S, "low": 4_690 * S, "close": 4_705 * S, "volume": 100}
    rows = records(Kind.BAR, 23 * 60, recv_ns=MIDNIGHT_NS - 25 * 3600 * S, step_ns=60 * S, instrument_id=OLD, **about)
    return dbn_file(path, "ohlcv-1m", rows, dated=ROLL, start_ns=MIDNIGHT_NS - 25 * 3600 * S, end_ns=MIDNIGHT_NS)


@pytest.mark.parametrize("changes", [False, True])
def test_the_day_before_of_the_other_contract_is_left_out_with_that_reason(tmp_path: Path, changes: bool) -> None:
    start_ns = MIDNIGHT_NS + 15 * 3600 * S
    rows = np.concatenate([contract_words(OLD, MIDNIGHT_NS - 9 * S), contract_words(NEW if changes else OLD, start_ns)])
    mapped = ROLL if changes else {"ES.v.0": [("2023-12-10", "2023-12-17", OLD)]}
    depth = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=mapped, end_ns=start_ns + 3600 * S)
    plan = plan_of(depth, day_before(tmp_path / "b.ohlcv-1m.dbn"))
    listing = list_levels(ReplaySource(plan), plan.profile)
    assert listing is not None
    assert {level.kind for level in listing.levels} >= ({"ROUND"} if changes else {"PD_HIGH", "PD_LOW", "PD_CLOSE"})
    reasons = {kind.kind: kind.reason for kind in listing.unpublished}
    if changes:
        told = "ES.v.0 (id 4916), another contract: levels that rest on its prices are left out"
        assert all(told in reasons[kind] for kind in ("PD_HIGH", "PD_LOW", "PD_CLOSE", "SMA_200"))


def test_bars_of_a_contract_from_before_it_was_in_force_are_made_of_its_own_trades(tmp_path: Path) -> None:
    """Of two contracts at once the second becomes the front month on the second trade date."""
    first_ns = int(dt.datetime(2023, 12, 6, 15, tzinfo=dt.UTC).timestamp()) * S
    parts = [contract_words(number, day_ns) for day_ns in (first_ns, first_ns + 86_400 * S) for number in (OLD, NEW)]
    rows = np.concatenate(parts)
    rows = rows[np.argsort(rows[:, dtypes.W_TS_RECV], kind="stable")]
    both = {"ESZ3": [("2023-12-01", "2023-12-15", OLD)], "ESH4": [("2023-12-01", "2023-12-15", NEW)]}
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, dated=both, start_ns=first_ns, end_ns=first_ns + 2 * 86_400 * S)
    source = ReplaySource(plan_of(path))
    symbols = [frame.instrument.symbol for frame in source.frames() if isinstance(frame, ConfigFrame)]
    assert symbols == ["ESZ3", "ESH4"]
    assert int(source.standing.bars["ts_event"][0]) == first_ns
    assert {(one.symbol, one.records) for one in source.ignored()} == {
        ("ESZ3", len(parts[2])),
        ("ESH4", len(parts[1])),
    }


def test_a_source_of_several_contracts_is_told_from_itself_with_other_bars(rolled: ReplayPlan, tmp_path: Path) -> None:
    bars = day_before(tmp_path / "bars" / "b.ohlcv-1m.dbn").parent
    plan = msgspec.structs.replace(rolled, warmup=(bars,))
    first = ReplaySource(plan).identity()
    assert ReplaySource(plan).identity() == first != ReplaySource(rolled).identity()
    put(bars / "more.csv", b"time,open,high,low,close,volume\n")
    assert ReplaySource(plan).identity() != first


def test_a_date_plays_that_day_s_contract_alone(days: ReplayPlan) -> None:
    source = ReplaySource(msgspec.structs.replace(days, date=20231215))
    list(source.frames())
    assert source.instrument.instrument_id == NEW
    assert source.problems == ()


def test_a_date_without_records_is_refused_in_one_line(days: ReplayPlan) -> None:
    with pytest.raises(SourceError, match=r"no record of ES\.v\.0 on 2023-12-16; there is some of 2023-12-14"):
        ReplaySource(msgspec.structs.replace(days, date=20231216))


def test_other_contracts_and_publishers_are_counted(tmp_path: Path) -> None:
    start_ns = MIDNIGHT_NS + 15 * 3600 * S
    own, other = contract_words(NEW, start_ns), of_contract(busy_words(40, start_ns=start_ns), 5)
    twin = of_contract(busy_words(50, start_ns=start_ns), NEW, publisher_id=41)
    rows = np.concatenate([own, other, twin])
    rows = rows[np.argsort(rows[:, dtypes.W_TS_RECV], kind="stable")]
    path = dbn_file(tmp_path / "a.dbn", "mbp-10", rows, symbol_map={NEW: "ESH4", 5: "NQH4"}, start_ns=start_ns)
    source = ReplaySource(plan_of(path))
    list(source.frames())
    counts = {(one.symbol, one.publisher): one.records for one in source.ignored()}
    assert counts == {("NQH4", 1): len(other), ("ESH4", 41): len(twin)}


def test_a_day_that_the_vendor_calls_degraded_lowers_trust_with_that_reason(tmp_path: Path, rolled: ReplayPlan) -> None:
    put(tmp_path / "condition.json", json.dumps([{"date": "2023-12-15", "condition": "degraded"}]).encode())
    source = ReplaySource(plan_of(tmp_path))
    states = [(frame.state, frame.at_ns) for frame in source.frames() if isinstance(frame, FeedStatusFrame)]
    assert states == [(FeedState.DAY_DEGRADED, MIDNIGHT_NS)]
    assert any("calls its data of 2023-12-15 (UTC) degraded" in line for line in source.problems)
    totals, engine = RunTotals(250_000_000), Engine()
    drive(source, engine, [totals], at_change=totals.count)
    reasons = {spell.reason for spell in report(source, engine, totals, 1.0).trust["tape"]}
    assert "the vendor calls the data of this day degraded" in reasons


def test_a_source_is_entered_behind_the_change_as_if_played_to_there(rolled: ReplayPlan) -> None:
    plan = msgspec.structs.replace(rolled, records_per_chunk=16)
    whole, source = ReplaySource(plan), ReplaySource(plan)
    positions = []
    frames = []
    for frame in whole.frames():
        if isinstance(frame, RecordsFrame):
            frames.append(frame.batch.arrays[Kind.MBP10].copy())
            positions.append(whole.position() if whole.at_records else None)
    for place in range(0, len(frames), 3):
        position = positions[place]
        if position is None:
            continue
        rest = [f.batch.arrays[Kind.MBP10].copy() for f in source.frames_from(position) if isinstance(f, RecordsFrame)]
        assert np.array_equal(
            np.concatenate([frames[place][:0], *rest]), np.concatenate([frames[place][:0], *frames[place + 1 :]])
        )


def test_events_of_the_ledger_do_not_run_on_across_a_change(rolled: ReplayPlan, tmp_path: Path) -> None:
    events = list(flow_events(ReplaySource(rolled), Engine(snaps_per_block=1)))
    apart = []
    for number, start_ns in ((OLD, MIDNIGHT_NS - 20 * S), (NEW, MIDNIGHT_NS)):
        path = dbn_file(tmp_path / f"{number}.dbn", "mbp-10", contract_words(number, start_ns), dated=ROLL)
        apart += list(flow_events(ReplaySource(plan_of(path)), Engine(snaps_per_block=1)))
    whole, parts = (np.concatenate([np.asarray(each["contracts"]) for each in one]) for one in (events, apart))
    assert np.array_equal(whole, parts)


def _stands_at(t_ns: int, frame: Frame) -> bool:
    return frame.t_ns == t_ns and frame.header.phase is Phase.PAUSED


@pytest.mark.usefixtures("warm")
def test_a_moment_sought_across_a_change_is_the_moment_played(
    rolled: ReplayPlan, tmp_path: Path, open_screen: Open
) -> None:
    plan = msgspec.structs.replace(rolled, records_per_chunk=16)
    before_ns, after_ns = MIDNIGHT_NS - 15 * S, MIDNIGHT_NS + 3 * S
    cache = CachePlan(tmp_path / "cache", every_ns=S, worth_bytes=0)
    played = open_screen(plan, until_ns=after_ns)
    sought = open_screen(plan, until_ns=after_ns, cache=cache)
    for screen in (played, sought):
        screen.session.start()
        screen.phase(Phase.PAUSED)
    for t_ns in (before_ns, after_ns):
        sought.session.send(Command.SEEK, t_ns)
        sought.wait(partial(_stands_at, t_ns))
    assert sought.session.signal_hash == played.session.signal_hash != ""
    assert same_picture(sought.frame(), played.frame())
    assert sought.frame().header.records == played.frame().header.records > len(contract_words(OLD, MIDNIGHT_NS))
