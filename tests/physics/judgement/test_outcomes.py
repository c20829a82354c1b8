"""What became of an alert: where price was some time later, which way it went first, and what is not known."""

from __future__ import annotations

import math
from typing import Any

import pytest

from spymaster.market.frames import WatermarkFrame
from spymaster.market.rows import AlertEvent, BarrierState, Signal
from spymaster.session.frames.alert_book import AlertBook
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.notes import alert_reason
from tests.support.blocks import T0_NS, alert, block, level
from tests.support.engine import Results, engine_for, feed, records
from tests.support.market import BID, MID, SECOND, START_NS, Market
from tests.support.scenes import deep_book, keep_alive, pull_zone, shift_price

TICK = MID + 4
PARAMS = {"warmup_ns": 0, "tape_full_volume": 1e12, "arm_sigma": 0.0, "theta_noise": 0.0}
MARKS = ("outcome_30s", "outcome_120s", "outcome_240s")


def broken(*moves: tuple[float, int], until_s: float) -> Market:
    """BREAK is raised at a pulled zone; then the book moves by so many ticks at these seconds."""
    market = keep_alive(pull_zone(deep_book(START_NS), TICK), 18.0)
    for at_s, ticks in moves:
        keep_alive(market, at_s)
        shift_price(market, ticks)
    return keep_alive(market, until_s)


def told(market: Market, until_s: float, **params: float) -> list[Any]:
    """The first alert, then every word on its outcome."""
    engine = engine_for(levels=(TICK / 4,), params={**PARAMS, **params})
    results: Results = feed(engine, records(market.words()), WatermarkFrame(START_NS + round(until_s * SECOND)))
    first = results.alerts[0]
    assert (first["event"], first["signal"]) == (AlertEvent.RAISED, Signal.BREAK)
    own = [a for a in results.alerts if a["raised_ns"] == first["raised_ns"]]
    return [first, *(a for a in own if not math.isnan(a["outcome_30s"]) or a["t_ns"] - a["raised_ns"] > 30 * SECOND)]


def age(a: Any) -> float:
    return float((a["t_ns"] - a["raised_ns"]) / SECOND)


def test_the_outcome_is_told_at_three_marks_each_with_what_is_known_by_then() -> None:
    """Four ticks to the level and half a spread: 0.875 points before it, 1.125 beyond it once price moved 8 ticks."""
    first, *later = told(broken((60.0, 8), until_s=270.0), 270.0)
    assert all(math.isnan(first[name]) for name in MARKS)
    outcomes = [a for a in later if a["event"] == AlertEvent.UPDATED and a["barrier_state"] == BarrierState.MISSING]
    assert [age(a) for a in outcomes] == [30.0, 120.0, 240.0]
    assert [[None if math.isnan(a[name]) else float(a[name]) for name in MARKS] for a in outcomes] == [
        [-0.875, None, None],
        [-0.875, 1.125, None],
        [-0.875, 1.125, 1.125],
    ]
    assert {int(a["outcome_first"]) for a in outcomes} == {0}


@pytest.mark.parametrize(("moves", "side"), [((12, -40), 1), ((-6, 40), -1)])
def test_which_way_came_first_is_told_with_the_next_mark(moves: tuple[int, int], side: int) -> None:
    first, *later = told(broken((60.0, moves[0]), (80.0, moves[1]), until_s=145.0), 145.0)
    raised_s = (first["t_ns"] - START_NS) / SECOND
    last = later[-1]
    assert int(last["outcome_first"]) == side
    assert last["outcome_first_s"] == pytest.approx(60.0 - raised_s, abs=1.3)


def test_an_alert_raised_further_away_is_not_decided_by_that() -> None:
    """Less than a point before the level, half a point being asked for: the race begins when price is that near."""
    near, never = (told(broken((60.0, move), until_s=145.0), 145.0, outcome_points=0.5)[-1] for move in (3, -4))
    assert int(never["outcome_first"]) == 0
    assert math.isnan(never["outcome_first_s"])
    assert int(near["outcome_first"]) == 0, "it is there, and neither way was made yet"
    through = told(broken((60.0, 3), (70.0, 4), until_s=145.0), 145.0, outcome_points=0.5)[-1]
    assert int(through["outcome_first"]) == 1


def test_the_way_that_decides_is_a_key() -> None:
    last = told(broken((60.0, 8), until_s=145.0), 145.0, outcome_points=1.0)[-1]
    assert int(last["outcome_first"]) == 1


def test_the_outcome_of_a_break_of_support_is_counted_downwards() -> None:
    market = keep_alive(pull_zone(deep_book(START_NS), MID - 3, BID), 30.0)
    shift_price(market, -8)
    keep_alive(market, 60.0)
    engine = engine_for(levels=((MID - 3) / 4,), params=PARAMS)
    results = feed(engine, records(market.words()), WatermarkFrame(START_NS + 60 * SECOND))
    last = [a for a in results.alerts if not math.isnan(a["outcome_30s"])][-1]
    assert last["direction"] == -1
    assert last["outcome_30s"] == 1.125


def test_an_outcome_says_nothing_of_the_level_as_it_is_now() -> None:
    last = told(broken((60.0, 8), until_s=145.0), 145.0)[-1]
    assert all(math.isnan(last[name]) for name in ("score", "delta_liq", "added", "pulled", "filled", "window_s"))
    assert last["raised_score"] > 80.0


# --- told ------------------------------------------------------------------------------------------------------------


def outcome(seconds: int, **columns: float) -> dict[str, float]:
    late = {"t_ns": T0_NS + seconds * SECOND, "raised_ns": T0_NS, "event": AlertEvent.UPDATED}
    return alert(**{**late, "score": math.nan, "barrier_state": BarrierState.MISSING, **columns})


def test_an_outcome_in_words() -> None:
    assert alert_reason(outcome(30, outcome_30s=1.25)) == "1.25 points beyond the level after 30 s"
    assert alert_reason(outcome(120, outcome_30s=1.25, outcome_120s=-0.5)) == "0.50 points back from it after 120 s"
    known = {"outcome_30s": 0.0, "outcome_first": 1, "outcome_first_s": 12.25}
    assert alert_reason(outcome(30, **known)) == "at the level after 30 s; first came the way beyond, after 12 s"


def test_the_message_has_the_outcome_once_it_is_known() -> None:
    encoder = SignalEncoder("es", ())
    known = {"outcome_30s": 1.25, "outcome_first": -1, "outcome_first_s": 9.0}
    messages = encoder.alerts(block([level()], alerts=[alert(), outcome(30, **known)]))
    assert messages[0].outcome is None
    told_now = messages[1].outcome
    assert told_now is not None
    assert (told_now.after_30s, told_now.after_120s, told_now.first, told_now.first_s) == (1.25, None, "BACK", 9.0)
    assert messages[0].id == messages[1].id


def test_the_list_shows_the_outcome_of_an_alert_that_ended_and_does_not_call_it_on() -> None:
    book = AlertBook(SignalEncoder("es", ()))
    ended = alert(event=AlertEvent.RESOLVED, reason=1) | {"t_ns": T0_NS + 4 * SECOND, "raised_ns": T0_NS}
    alerts = [alert(t_ns=T0_NS, raised_ns=T0_NS), ended, outcome(30, outcome_30s=1.25)]
    book.on_block(block([level()], alerts=alerts))  # type: ignore[arg-type]  # the shape of a SnapBlock
    (view,) = book.latest()
    assert view.resolved_ns == T0_NS + 4 * SECOND
    assert view.outcome == "1.25 points beyond the level after 30 s"
    assert (view.went, view.above, view.above_s, view.settled) == (0, view.direction * 1.25, 30, False)


def test_the_list_knows_which_way_price_went_first_and_when_nothing_more_will_be_said() -> None:
    book = AlertBook(SignalEncoder("es", ()))
    told = outcome(240, outcome_30s=1.25, outcome_240s=-3.0, outcome_first=-1, outcome_first_s=9.0)
    book.on_block(block([level()], alerts=[alert(t_ns=T0_NS, raised_ns=T0_NS), told]))  # type: ignore[arg-type]
    (view,) = book.latest()
    assert (view.went, view.went_s, view.settled) == (-view.direction, 9.0, True)


def test_a_reject_is_worded_as_defended() -> None:
    assert alert_reason(alert(signal=Signal.REJECT, score=14.0)).startswith("defended, score 14; ")
