"""One plain sentence, made of the row's own numbers."""

from __future__ import annotations

import math

import pytest

from spymaster.market.rows import AlertEvent, BarrierState, ResolveReason, Signal, Tag, Trust
from spymaster.signals.notes import alert_reason, level_note
from tests.support.blocks import SNAP_NS, T0_NS, alert, level, unseen

RESISTANCE, SUPPORT = 1.0, -1.0


@pytest.mark.parametrize(
    ("state", "direction", "added", "pulled", "filled", "sentence"),
    [
        (BarrierState.VACUUM, SUPPORT, 10, 158, 0, "bids pulled 158 against 10 added in 10 s, none eaten"),
        (BarrierState.VACUUM, RESISTANCE, 2, 102, 32, "asks pulled 102 against 2 added in 10 s, 32 eaten"),
        (BarrierState.CONSUMED, RESISTANCE, 1, 20, 80, "asks eaten: 80 filled and 20 pulled against 1 added in 10 s"),
        (BarrierState.WEAK, SUPPORT, 15, 30, 21, "bids thinning: 30 pulled and 21 filled against 15 added in 10 s"),
        (BarrierState.WEAK, SUPPORT, 40, 4, 21, "bids thin: 4 pulled and 21 filled against 40 added in 10 s"),
        (BarrierState.ABSORPTION, RESISTANCE, 200, 20, 188, "asks hit for 188 and held, net -8 in 10 s"),
        (BarrierState.WALL, RESISTANCE, 309, 0, 0, "asks stacked, net +309 in 10 s, not hit"),
        (BarrierState.WALL, SUPPORT, 311, 78, 88, "bids stacked, net +145 in 10 s, hit for 88 and refilled"),
        (BarrierState.NEUTRAL, SUPPORT, 30, 20, 5, "no clear change: bids net +5 in 10 s"),
    ],
)
def test_a_judged_barrier_is_told_by_its_flows(
    state: BarrierState, direction: float, added: float, pulled: float, filled: float, sentence: str
) -> None:
    row = level(barrier_state=state, direction=direction, added=added, pulled=pulled, filled=filled)
    assert level_note(row) == sentence


def test_a_level_outside_the_visible_book_is_out_of_view() -> None:
    assert level_note(unseen()) == "out of view"


def test_a_level_is_not_called_out_of_view_when_the_book_itself_is_the_trouble() -> None:
    assert level_note(unseen(trust_depth=Trust.BLIND)) == "the book is not to be trusted now"
    assert level_note(unseen(trust_depth=Trust.ABSENT)) == "no depth feed"


def test_a_window_that_is_still_filling_is_named_as_long_as_it_is() -> None:
    assert "added in 1.75 s" in level_note(level(window_s=1.75))


def test_a_part_of_the_zone_out_of_view_is_said() -> None:
    assert level_note(level(visible_fraction=0.8)).endswith(", 80% of the zone in view")


def test_hidden_fills_are_said_where_they_betray_an_iceberg() -> None:
    row = level(barrier_state=BarrierState.WALL, tags=float(Tag.ICEBERG), hidden_share=0.44, filled=50.0)
    assert level_note(row).endswith(", 44% of the fills hidden")


def test_a_sweep_in_the_band_is_said_with_who_how_much_and_when() -> None:
    sweep = {"sweep_direction": -1.0, "sweep_volume": 318.0, "sweep_levels": 3.0, "sweep_age_s": 0.5}
    assert level_note(level(**sweep)).endswith("; sellers swept 318 over 3 prices 0.5 s ago")
    assert "buyers swept" in level_note(level(**{**sweep, "sweep_direction": 1.0}))


def test_a_raised_alert_tells_its_score_and_what_the_barrier_does() -> None:
    assert alert_reason(alert()) == "score 84; bids pulled 158 against 10 added in 10 s, none eaten"


def test_contested_is_told_as_eaten_but_not_beaten() -> None:
    row = alert(signal=Signal.CONTESTED, score=55.0, barrier_state=BarrierState.CONSUMED, filled=400.0, pulled=20.0)
    assert alert_reason(row).startswith("eaten but not beaten, score 55; bids eaten: 400 filled")


def test_a_resolved_alert_tells_why_and_how_long_it_lasted() -> None:
    end = {"event": AlertEvent.RESOLVED, "t_ns": T0_NS + 19 * SNAP_NS, "score": 68.62}
    row = alert(**end, reason=ResolveReason.SCORE_EXIT)
    assert alert_reason(row) == "the score went back past its exit after 4.75 s, score 69"


def test_a_resolved_alert_without_a_score_does_not_invent_one() -> None:
    row = alert(event=AlertEvent.RESOLVED, t_ns=T0_NS + SNAP_NS, reason=ResolveReason.LEFT_BAND, score=math.nan)
    assert alert_reason(row) == "price left the level's band after 0.25 s"
