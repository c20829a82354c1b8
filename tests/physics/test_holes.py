"""A hole in a source costs nothing: half an hour without a word of the future, and nothing is computed until the next.

Only open time counts. A source that says itself when it is quiet, as a journal does, has no such holes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from spymaster.market.frames import Frame, WatermarkFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import Trust, TrustReason
from spymaster.physics.engine import Engine
from spymaster.physics.time.clock import SILENCE_NS
from spymaster.session.sources.holes import hole_lines
from tests.support.engine import Results, Words, engine_for, feed, records, run, session_table
from tests.support.market import CLOSE_NS, HOUR, INTERVAL, MID, MINUTE, OPEN_NS, SECOND, START_NS, Market

LEVELS = (MID / 4 + 1.0,)
OF_HALF_AN_HOUR = SILENCE_NS // INTERVAL


def market_with_holes(*starts_s: float, start_ns: int = START_NS) -> Words:
    """Half a minute of records from each of these seconds on, and nothing between."""
    market = Market(start_ns=start_ns)
    market.ladder(size=50, depth=20)
    for start in starts_s:
        for k in range(60):
            market.at(start + 0.5 * k)
            market.add(k % 2, MID - 3 if k % 2 == 0 else MID + 4, 5)
    return market.words()


def gaps(times: list[int]) -> list[tuple[int, int]]:
    """Neighbouring snaps that are further apart than the interval."""
    return [(a, b) for a, b in pairwise(times) if b - a > INTERVAL]


def last_before(words: Words, t_ns: int) -> int:
    return int(words[:, 1][words[:, 1] < t_ns].max())


def test_snaps_end_half_an_hour_after_the_last_record_and_begin_with_the_next() -> None:
    words = market_with_holes(1.0, 6 * 3600.0)
    results = run(words)
    last_ns = last_before(words, START_NS + HOUR)
    (gap,) = gaps(results.times)
    assert gap[0] == (last_ns + SILENCE_NS) // INTERVAL * INTERVAL
    # the first record after so long a silence waits for the second one, half a second later
    assert gap[1] == START_NS + 6 * HOUR + 750 * 1_000_000
    assert results.counters["holes"] == 1


def test_two_days_of_nothing_cost_no_more_than_half_an_hour() -> None:
    sessions = session_table(days=4)
    hole = run(market_with_holes(1.0, 51 * 3600.0), sessions=sessions)
    short = run(market_with_holes(1.0), sessions=sessions)
    assert len(hole.snaps) - 2 * len(short.snaps) <= OF_HALF_AN_HOUR


def test_a_market_with_a_record_in_every_half_hour_ticks_throughout() -> None:
    words = market_with_holes(*(1500.0 * k + 1.0 for k in range(6)))
    results = run(words)
    assert gaps(results.times) == []
    assert results.counters["holes"] == 0


def test_time_while_the_calendar_says_closed_is_no_silence() -> None:
    """Twelve minutes to the close, an hour's break, fifteen minutes from the opening."""
    start_ns = CLOSE_NS - 12 * MINUTE
    results = run(market_with_holes(1.0, 87 * 60.0, start_ns=start_ns))
    assert gaps(results.times) == [(CLOSE_NS, CLOSE_NS + HOUR)]
    assert results.counters["holes"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("chunk", [1, 7, 2048])
def test_a_hole_is_the_same_in_chunks_of_any_size(chunk: int) -> None:
    words = market_with_holes(1.0, 6 * 3600.0, 6 * 3600.0 + 120.0, 9 * 3600.0)
    whole, cut = run(words, levels=LEVELS), run(words, levels=LEVELS, chunk=chunk)
    assert whole.snaps.tobytes() == cut.snaps.tobytes()
    assert np.concatenate(whole.rows).tobytes() == np.concatenate(cut.rows).tobytes()
    assert whole.flows.tobytes() == cut.flows.tobytes()
    assert whole.counters == cut.counters
    assert whole.counters["holes"] == 2


def test_an_engine_restored_in_a_hole_goes_on_as_if_it_had_not_been_stopped() -> None:
    words = market_with_holes(1.0, 6 * 3600.0)
    cut = int(np.flatnonzero(words[:, 1] > START_NS + 5 * HOUR)[1])
    engine = engine_for(levels=LEVELS)
    results = feed(engine, records(words[:cut]))
    other = engine_for(levels=LEVELS)
    other.restore(engine.snapshot())
    feed(other, records(words[cut:]), into=results).take(other.finish())
    assert results.snaps.tobytes() == run(words, levels=LEVELS).snaps.tobytes()


def test_trust_says_that_records_are_missing_until_a_window_is_full_again() -> None:
    results = run(market_with_holes(1.0, 6 * 3600.0))
    after = results.snaps[results.snaps["t_ns"] > START_NS + 6 * HOUR]
    told = [(int(snap["trust"][0]), int(snap["trust_reason"][0])) for snap in after]
    assert told[0] == (Trust.DEGRADED, TrustReason.GAP)
    assert told[-1] == (Trust.GREEN, TrustReason.NONE)
    assert 9.0 <= told.count((Trust.DEGRADED, TrustReason.GAP)) / 4 <= 10.5


def test_windows_begin_anew_after_a_hole() -> None:
    results = run(market_with_holes(1.0, 6 * 3600.0), levels=LEVELS)
    rows = results.level(LEVELS[0])
    assert len(rows) == len(results.snaps)
    seen = rows["seen_s"][results.snaps["t_ns"] > START_NS + 6 * HOUR]
    assert seen[0] == 0.0
    assert seen[12] == 3.25


def test_no_price_is_in_sight_for_longer_than_its_bucket() -> None:
    results = run(market_with_holes(1.0, 6 * 3600.0))
    assert results.flows["visible_ns"].max() <= INTERVAL


def test_the_part_of_the_session_with_the_hole_is_not_whole() -> None:
    words = market_with_holes(1.0, 6 * 3600.0, start_ns=OPEN_NS)
    engine = engine_for()
    feed(engine, records(words))
    assert engine.state["ranges"]["part"][0]["whole"][0] == 0


def test_the_holes_are_told_with_their_times() -> None:
    engine = engine_for()
    feed(engine, records(market_with_holes(1.0, 6 * 3600.0)))
    (line,) = hole_lines(engine)
    assert line == (
        "no record of ESH4 between 2024-01-04 20:00:30.500 EST and 2024-01-05 02:00:00.500 EST: "
        "after 30 minutes of open market nothing was computed"
    )


def test_an_engine_without_a_hole_tells_of_none() -> None:
    engine = engine_for()
    feed(engine, records(market_with_holes(1.0)))
    assert hole_lines(engine) == ()
    assert hole_lines(Engine()) == ()


def with_watermarks(words: Words, every_s: int, until_s: int) -> Results:
    """The records with a WATERMARK after each span of silence."""
    frames: list[Frame] = []
    edges = [START_NS + k * every_s * NS_PER_S for k in range(1, until_s // every_s + 1)]
    at = 0
    for edge in edges:
        upto = int(np.searchsorted(words[:, 1], edge))
        if upto > at:
            frames.append(records(words[at:upto]))
        frames.append(WatermarkFrame(edge))
        at = upto
    engine = engine_for()
    results = feed(engine, *frames)
    results.counters = engine.counters()
    return results


def test_a_source_that_says_when_it_is_quiet_ticks_through_hours_of_nothing() -> None:
    results = with_watermarks(market_with_holes(1.0), every_s=600, until_s=3 * 3600)
    assert gaps(results.times) == []
    assert results.times[-1] == START_NS + 3 * HOUR
    assert results.counters["holes"] == 0


def test_a_watermark_after_hours_of_sleep_is_the_end_of_a_hole() -> None:
    engine = engine_for()
    results = feed(engine, records(market_with_holes(1.0)), WatermarkFrame(START_NS + 40 * SECOND))
    feed(engine, WatermarkFrame(START_NS + 5 * HOUR), WatermarkFrame(START_NS + 5 * HOUR + SECOND), into=results)
    (gap,) = gaps(results.times)
    assert gap == (START_NS + 40 * SECOND + SILENCE_NS, START_NS + 5 * HOUR + INTERVAL)
    assert engine.counters()["holes"] == 1


def test_a_source_that_ends_in_a_hole_ends_half_an_hour_after_its_last_record() -> None:
    """A lone record after the silence is never confirmed, so the clock stays where it was."""
    words = market_with_holes(1.0)
    lone = words[-1:].copy()
    lone[0, 1] += 6 * HOUR
    lone[0, 4] += 6 * HOUR
    alone = run(np.concatenate([words, lone]))
    assert alone.times == run(words).times
