"""A frame is a picture of one moment: everything in it is of the snap at T, copied, and cannot be written to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import FeedState, FeedStatusFrame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import NO_TICK, Kind
from spymaster.market.rows import INPUTS
from spymaster.physics.engine import SnapBlock
from spymaster.session.frames.builder import LADDER_ROWS, FrameBuilder
from spymaster.session.frames.heat_store import HeatStore
from spymaster.session.frames.settlements import SETTLEMENT_PRICE
from spymaster.signals.frame import Frame, Mode, Phase, RecordingLight
from spymaster.signals.run_state import RunState, waiting_frame
from tests.support.engine import engine_for, records
from tests.support.market import ASK, BID, MID, START_NS, Market
from tests.support.small_files import Words

S = 1_000_000_000
LIGHT = RecordingLight(fault="no space left on device", lost_records=3)
RUN = RunState(
    Mode.REPLAY,
    Phase.PLAYING,
    False,
    2.0,
    START_NS,
    START_NS + 60 * S,
    message="hello",
    progress=0.5,
    recording=LIGHT,
)


class Session:
    """An engine and the frames made of it."""

    def __init__(self, levels: tuple[float, ...] = (5000.0, 5001.5), profile: str = "es", **config: Any) -> None:
        self.engine = engine_for(profile, snaps_per_block=1, levels=levels, **config)
        assert self.engine.config is not None
        self.builder = FrameBuilder(self.engine, self.engine.config, HeatStore())

    def feed(self, words: Words, until_s: float) -> Frame:
        """Records, then the snaps up to a moment; the frame of the last one."""
        for frame in (records(words), WatermarkFrame(START_NS + round(until_s * S))):
            for block in self.engine.feed(frame):
                self.builder.on_block(block)
        return self.builder.build(7, RUN)


def quiet_market() -> Market:
    """A ladder, a purchase of 20, and 30 contracts pulled from the second best bid."""
    market = Market().ladder()
    market.at(0.3).trade(BID, 20)
    market.at(0.6).cancel(market.orders_at(BID, MID - 1)[0], 30)
    return market


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Session().feed(quiet_market().words(), 2.0)


def arrays_of(frame: Frame) -> Iterator[tuple[str, NDArray[Any]]]:
    """Every array of a frame by name."""
    for part in (frame, frame.heat):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                yield f"{type(part).__name__}.{field.name}", value


def test_no_array_of_a_frame_can_be_written_to(frame: Frame) -> None:
    assert {name for name, array in arrays_of(frame) if array.flags.writeable} == set()


def test_a_frame_stays_as_it_is_while_the_engine_goes_on() -> None:
    market = quiet_market()
    session = Session()
    frame = session.feed(market.words(), 2.0)
    before = {name: array.tobytes() for name, array in arrays_of(frame)}
    fed = len(market.words())
    market.at(2.3).trade(ASK, 120)
    market.at(2.5).trade(BID, 5)
    session.feed(market.words()[fed:], 4.0)
    assert {name: array.tobytes() for name, array in arrays_of(frame)} == before


def test_an_input_whose_feed_is_down_says_so_in_the_feeds_words_also_after_a_checkpoint() -> None:
    session = Session()
    assert session.engine.config is not None
    said = FeedStatusFrame("depth", FeedState.DOWN, START_NS, "error 3: Connection limit")
    session.builder.on_frame(said)
    assert not list(session.engine.feed(said))
    shown = session.feed(quiet_market().words(), 2.0).trust
    assert [(one.state, one.reason) for one in shown[:2]] == [("BLIND", "error 3: Connection limit")] * 2
    other = FrameBuilder(session.engine, session.engine.config, HeatStore())
    other.restore(session.builder.snapshot())
    assert other.build(8, RUN).trust == shown


def test_the_number_and_the_time_are_those_asked_for(frame: Frame) -> None:
    assert (frame.number, frame.t_ns, frame.header.t_ns) == (7, START_NS + 2 * S, START_NS + 2 * S)


def test_the_header_repeats_what_the_session_says_of_itself(frame: Frame) -> None:
    header = frame.header
    assert (header.mode, header.phase, header.simulated, header.speed) == (Mode.REPLAY, Phase.PLAYING, False, 2.0)
    assert (header.first_ns, header.last_ns) == (RUN.first_ns, RUN.last_ns)
    assert (header.message, header.progress, header.recording) == ("hello", 0.5, LIGHT)
    assert (header.profile, header.symbol, header.tick_size) == ("es", "ESH4", 0.25)


def test_the_book_is_the_market_s_ten_best_levels(frame: Frame) -> None:
    market = quiet_market()
    for side in (BID, ASK):
        assert [tuple(row) for row in frame.book[side].tolist()] == list(market.levels(side).items())[:10]


def test_a_side_of_fewer_levels_is_filled_with_none() -> None:
    market = Market().ladder(depth=3)
    book = Session().feed(market.words(), 1.0).book
    assert book[BID, :, 0].tolist() == [MID, MID - 1, MID - 2, *[NO_TICK] * 7]
    assert book[ASK, 3:].tolist() == [[NO_TICK, 0]] * 7


def test_the_ladder_lies_round_the_best_bid_a_row_a_tick(frame: Frame) -> None:
    assert frame.ladder["tick"].tolist() == list(range(MID - LADDER_ROWS // 2, MID + LADDER_ROWS // 2))


def test_the_ladder_shows_what_the_book_shows(frame: Frame) -> None:
    for side, name in ((BID, "bid"), (ASK, "ask")):
        seen = frame.ladder[frame.ladder[f"{name}_seen"] == 1]
        shown = {int(row["tick"]): int(row[name]) for row in seen if row[name]}
        assert shown == dict(frame.book[side].tolist())


def test_the_ladder_counts_trades_where_they_were_by_aggressor(frame: Frame) -> None:
    traded = frame.ladder[(frame.ladder["buys"] > 0) | (frame.ladder["sells"] > 0)]
    assert traded[["tick", "buys", "sells"]].tolist() == [(MID + 1, 20, 0)]


def test_the_ladder_shows_what_was_pulled(frame: Frame) -> None:
    row = frame.ladder[frame.ladder["tick"] == MID - 1][0]
    assert (row["bid_change"], row["ask_change"]) == (-30, 0)


def test_prices_beyond_the_ten_levels_are_unseen(frame: Frame) -> None:
    far = frame.ladder[frame.ladder["tick"] == MID - 10][0]
    assert (far["bid_seen"], far["bid_age_ns"]) == (0, -1)


def test_best_prices_and_last_trade_are_in_ticks(frame: Frame) -> None:
    header = frame.header
    assert (header.es_bid_tick, header.es_ask_tick, header.es_last_tick) == (MID, MID + 1, MID + 1)
    assert header.es_last == (MID + 1) * 0.25


def test_the_change_counts_from_the_first_snap() -> None:
    market = quiet_market()
    session = Session()
    session.feed(market.words(), 1.0)
    fed = len(market.words())
    market.at(1.5).trade(BID, 110)
    frame = session.feed(market.words()[fed:], 3.0)
    assert frame.header.es_change > 0
    assert frame.header.es_change == pytest.approx(frame.header.es_mid - (MID + 0.5) * 0.25)


def test_the_day_before_s_settlement_is_read_off_statistics_and_outlives_a_checkpoint() -> None:
    session = Session()
    row = np.zeros(1, DTYPES[Kind.STAT])
    assert session.engine.config is not None
    instrument = session.engine.config.instrument
    row["instrument_id"], row["publisher_id"] = instrument.instrument_id, instrument.publisher_id
    row["stat_type"], row["update_action"], row["price"] = SETTLEMENT_PRICE, 1, 4_990_250_000_000
    row["ts_ref"] = START_NS - 4 * 86_400 * S
    session.builder.on_frame(RecordsFrame(Batch.of(Kind.STAT, row)))
    assert session.feed(quiet_market().words(), 1.0).header.day.settlement == 4990.25
    again = Session()
    again.engine.restore(session.engine.snapshot())
    again.builder.restore(session.builder.snapshot())
    assert again.builder.build(8, RUN).header.day.settlement == 4990.25


def test_a_frame_knows_of_no_record_after_its_moment(words: Words) -> None:
    session = Session()
    frames: list[Frame] = []
    for block in session.engine.feed(records(words)):
        session.builder.on_block(block)
        frames.append(session.builder.build(len(frames), RUN))
    assert [frame.number for frame in frames if frame.header.as_of_ns > frame.t_ns] == []


def test_the_book_of_a_frame_is_the_book_at_its_moment() -> None:
    market = Market().ladder()
    market.at(0.35).trade(BID, 50)
    market.at(0.6).trade(BID, 50)
    market.at(0.85)
    market.add(BID, MID, 1)
    session = Session()
    asks = {}
    for block in session.engine.feed(records(market.words())):
        session.builder.on_block(block)
        frame = session.builder.build(1, RUN)
        asks[(frame.t_ns - START_NS) / S] = int(frame.book[ASK, 0, 0])
    assert asks == {0.25: MID + 1, 0.5: MID + 2, 0.75: MID + 3}


def test_each_level_has_its_view_at_the_same_place(frame: Frame) -> None:
    assert len(frame.level_views) == len(frame.levels) > 2
    ids = dict(zip([view.id for view in frame.level_views], frame.levels["price"].tolist(), strict=True))
    assert (ids["L0"], ids["L1"], ids["ROUND_5005"]) == (5000.0, 5001.5, 5005.0)


def test_levels_are_given_nearest_first(frame: Frame) -> None:
    assert frame.levels["distance"].tolist() == sorted(frame.levels["distance"].tolist())


def test_a_level_s_rows_are_of_the_frame_s_snap(frame: Frame) -> None:
    assert set(frame.levels["spot"].tolist()) == {frame.header.spot}


def test_the_lights_are_the_four_inputs(frame: Frame) -> None:
    assert [light.name for light in frame.trust] == list(INPUTS)
    lights = {light.name: light for light in frame.trust}
    assert (lights["depth"].state, lights["depth"].reason) == ("GREEN", "")
    assert (lights["options"].state, lights["options"].age_ns) == ("ABSENT", None)
    assert lights["options"].reason != ""


def test_a_light_s_age_is_the_time_since_its_last_record(frame: Frame) -> None:
    lights = {light.name: light for light in frame.trust}
    assert lights["depth"].age_ns == 2 * S - round(0.6 * S)


def test_a_silent_feed_turns_the_light_off_with_its_reason() -> None:
    frame = Session().feed(quiet_market().words(), 120.0)
    assert frame.trust[0].state == "BLIND"
    assert "record" in frame.trust[0].reason or "silent" in frame.trust[0].reason
    assert frame.trust[0].age_ns == round(119.4 * S)


def test_orders_are_put_together_newest_last() -> None:
    market = quiet_market()
    market.at(0.8).trade(ASK, 70)
    orders = Session().feed(market.words(), 2.0).orders
    assert orders[["side", "size", "levels"]].tolist() == [(1, 20, 1), (-1, 70, 2)]


def test_the_newest_heat_columns_come_with_the_frame(words: Words) -> None:
    frame = Session().feed(words, 18.0)
    assert 1 <= len(frame.heat) <= 10
    assert frame.heat.t_ns[-1] == frame.t_ns


def test_spy_prices_are_in_dollars_and_futures_in_points() -> None:
    frame = Session((), "spy").feed(quiet_market().words(), 2.0)
    assert frame.header.profile == "spy"
    assert frame.header.spot == pytest.approx(frame.header.es_mid / frame.header.ratio)
    assert frame.header.ratio == pytest.approx(10.0, abs=0.5)


def test_shares_of_the_mass_balance_lie_between_none_and_all(words: Words) -> None:
    header = Session().feed(words, 18.0).header
    assert 0.0 <= header.hidden_share <= 1.0
    assert 0.0 <= header.residual_share <= 1.0


def test_alerts_of_the_blocks_are_listed(bundled_alerts: Frame) -> None:
    assert len(bundled_alerts.alerts) > 0
    times = [alert.t_ns for alert in bundled_alerts.alerts]
    assert times == sorted(times, reverse=True)


@pytest.fixture(scope="module")
def bundled_alerts(bundled_plan: Any) -> Frame:
    """The frame at the end of the bundled recording."""
    from spymaster.physics.engine import Engine
    from spymaster.session.headless import drive
    from spymaster.session.sources.replay_source import ReplaySource

    source, engine = ReplaySource(bundled_plan), Engine(snaps_per_block=1)
    builder = FrameBuilder(engine, source.config_frame(), HeatStore())

    class Sink:
        def on_block(self, block: SnapBlock) -> None:
            builder.on_block(block)

    drive(source, engine, [Sink()])
    return builder.build(1, RUN)


def test_before_the_first_snap_a_frame_says_what_the_session_does_and_nothing_else() -> None:
    run = RunState(Mode.REPLAY, Phase.COMPILING, True, 1.0, 0, 0, message="compiling", progress=0.25)
    frame = waiting_frame(3, run, "es", "")
    assert (frame.number, frame.header.phase, frame.header.message) == (3, Phase.COMPILING, "compiling")
    assert frame.header.simulated
    assert math.isnan(frame.header.spot)
    assert (len(frame.ladder), len(frame.levels), len(frame.heat), frame.alerts) == (0, 0, 0, ())
    assert [light.state for light in frame.trust] == ["ABSENT"] * 4


def test_no_array_of_a_waiting_frame_can_be_written_to() -> None:
    frame = waiting_frame(3, RUN, "es", "")
    assert {name for name, array in arrays_of(frame) if array.flags.writeable} == set()


def test_every_level_of_the_frame_has_a_history() -> None:
    session = Session()
    frame = session.feed(quiet_market().words(), 2.0)
    for place, view in enumerate(frame.level_views):
        seconds = session.builder.level_history(view.id, 60).seconds
        assert seconds["t_ns"].tolist() == [START_NS + S, START_NS + 2 * S], view.id
        assert np.array_equal(seconds["score"][-1:], frame.levels["score"][place : place + 1], equal_nan=True)


def test_bars_are_read_once_a_second_and_again_when_the_replay_stops() -> None:
    moments = iter([0.0, 0.4, 0.8, 1.1, 1.2])
    session = Session()
    assert session.engine.config is not None
    builder = FrameBuilder(session.engine, session.engine.config, HeatStore(), now_s=lambda: next(moments))
    arrays = []
    for phase in (Phase.PLAYING, Phase.PLAYING, Phase.PLAYING, Phase.PLAYING, Phase.PAUSED):
        builder.build(1, RunState(Mode.REPLAY, phase, False, 2.0, START_NS, START_NS + 60 * S))
        arrays.append(builder.chart())
    assert [a is b for a, b in itertools.pairwise(arrays)] == [True, True, False, False]


def test_a_block_of_several_snaps_is_refused_since_the_book_beside_them_is_gone() -> None:
    market = Market().ladder()
    for k in range(1, 9):
        market.at(0.5 * k)
        market.add(BID, MID - 3, 5)
    engine = engine_for(snaps_per_block=4)
    assert engine.config is not None
    builder = FrameBuilder(engine, engine.config, HeatStore())
    block = next(iter(engine.feed(records(market.words()))))
    with pytest.raises(ValueError, match=r"^a block of 4 snaps: frames need an engine with snaps_per_block=1$"):
        builder.on_block(block)
