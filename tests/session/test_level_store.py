"""What is remembered of a level: its seconds, its touches, and no more than was agreed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, BarrierState, Signal
from spymaster.session.frames.level_store import LEVELS, SECONDS, TOUCHES, LevelStore
from spymaster.signals.frame import LevelHistory

S = 1_000_000_000
T0 = 1_795_190_000 * S
NAN = float("nan")


def row(kind: LevelKind = LevelKind.STRIKE, price: float = 687.0, ordinal: float = -1.0, **changes: float) -> Any:
    """One judged level."""
    out = np.full(1, NAN, LEVEL_ROW)[0]
    usual = {
        "kind": kind,
        "price": price,
        "user_index": ordinal,
        "x": 0.3,
        "direction": -1.0,
        "touching": 0.0,
        "score": 55.0,
        "signal": Signal.NEUTRAL,
        "barrier_state": BarrierState.WEAK,
        "barrier_confidence": 0.6,
        "depth_in_zone": 200.0,
        "bucket_added": 3.0,
        "bucket_pulled": 2.0,
        "bucket_filled": 1.0,
    }
    for name, value in {**usual, **changes}.items():
        out[name] = float(value)
    return out


class Replay:
    """A store that is given a snap every quarter of a second."""

    def __init__(self, user_ids: tuple[str, ...] = ()) -> None:
        self.store = LevelStore(user_ids)
        self.t_ns = T0

    def snap(self, *rows: Any) -> Replay:
        """The next snap with these rows."""
        self.t_ns += S // 4
        self.store.add_snap(self.t_ns, np.array(list(rows), LEVEL_ROW))
        return self

    def snaps(self, count: int, *rows: Any) -> Replay:
        """So many snaps of the same rows."""
        for _ in range(count):
            self.snap(*rows)
        return self

    def of(self, level_id: str = "STRIKE_687", seconds: int = SECONDS) -> LevelHistory:
        """What is remembered."""
        return self.store.history(level_id, seconds)


def column(history: LevelHistory, name: str) -> NDArray[Any]:
    out: NDArray[Any] = history.seconds[name]
    return out


def test_a_second_is_as_its_last_snap_and_sums_its_flows() -> None:
    replay = Replay().snaps(3, row(score=50.0)).snap(row(score=60.0))
    second = replay.of().seconds[-1]
    assert (second["score"], second["added"], second["pulled"], second["filled"]) == (60.0, 12.0, 8.0, 4.0)
    assert second["t_ns"] == T0 + S


def test_flows_are_those_of_the_level_wherever_it_stands_among_the_others() -> None:
    near, far = row(bucket_added=5.0), row(price=688.0, bucket_added=100.0)
    replay = Replay().snap(near, far).snap(far, near).snap(near).snap(far, near)
    assert column(replay.of(), "added").tolist() == [20.0]


def test_the_second_being_filled_is_there_already() -> None:
    replay = Replay().snaps(5, row())
    assert len(replay.of().seconds) == 2
    assert column(replay.of(), "added")[-1] == 3.0


def test_more_snaps_in_a_second_than_are_held_apart_lose_no_flow() -> None:
    replay = Replay()
    for at in range(50):
        replay.store.add_snap(T0 + (at + 1) * S // 50, np.array([row(bucket_added=1.0)], LEVEL_ROW))
    assert column(replay.of(), "added").tolist() == [50.0]


def test_a_moving_level_stays_one_level() -> None:
    replay = Replay()
    for at in range(8):
        replay.snap(row(LevelKind.VWAP, 687.3 + at * 0.01))
    assert column(replay.of("VWAP"), "added").tolist() == [12.0, 12.0]


def test_a_level_of_ones_own_is_found_by_its_name() -> None:
    replay = Replay(("open", "USER_6870")).snaps(4, row(LevelKind.USER, 687.1, 1.0), row(LevelKind.USER, 687.2, 0.0))
    assert len(replay.of("USER_6870").seconds) == 1
    assert len(replay.of("open").seconds) == 1


@pytest.mark.parametrize("level_id", ["STRIKE_700", "PM_HIGH", "nonsense", "STRIKE_", "STRIKE_x", ""])
def test_nothing_is_remembered_of_a_level_never_published(level_id: str) -> None:
    history = Replay().snaps(8, row()).of(level_id)
    assert len(history.seconds) == 0
    assert history.touches == ()


def test_a_quarter_of_an_hour_is_remembered_and_no_more() -> None:
    replay = Replay().snaps(4 * (SECONDS + 20), row())
    seconds = replay.of().seconds
    assert len(seconds) == SECONDS
    assert seconds["t_ns"][-1] == replay.t_ns
    assert np.diff(seconds["t_ns"]).tolist() == [S] * (SECONDS - 1)


def test_only_the_newest_seconds_are_given_when_fewer_are_asked_for() -> None:
    replay = Replay().snaps(400, row())
    assert column(replay.of(seconds=60), "t_ns")[0] == replay.t_ns - 59 * S


def test_an_unjudged_level_is_missing_and_not_nought() -> None:
    replay = Replay().snaps(4, row(score=NAN, barrier_state=NAN, depth_in_zone=NAN, bucket_added=NAN))
    second = replay.of().seconds[-1]
    assert second["state"] == BarrierState.MISSING
    assert math.isnan(second["score"])
    assert math.isnan(second["added"])


def test_what_is_given_cannot_be_written_to_and_does_not_change() -> None:
    replay = Replay().snaps(8, row(score=50.0))
    history = replay.of()
    replay.snaps(8, row(score=90.0))
    assert column(history, "score").tolist() == [50.0, 50.0]
    with pytest.raises(ValueError, match="read-only"):
        history.seconds["score"] = 0.0


def touching(x: float = 0.0, prior: float = 0.0, **changes: float) -> Any:
    return row(LevelKind.STRIKE, 687.0, -1.0, touching=1.0, x=x, prior_touches=prior, **changes)


def test_a_touch_lasts_from_the_snap_it_begins_to_the_one_after_its_end() -> None:
    replay = Replay().snaps(4, row()).snaps(8, touching()).snap(row())
    (touch,) = replay.of().touches
    assert (touch.t_ns, touch.until_ns) == (T0 + 5 * S // 4, T0 + 13 * S // 4)
    assert touch.direction == -1


def test_a_touch_in_progress_has_no_end() -> None:
    (touch,) = Replay().snaps(3, touching()).of().touches
    assert touch.until_ns is None


def test_the_excursion_is_the_furthest_beyond_and_negative_where_the_level_was_not_reached() -> None:
    through = Replay().snap(touching(0.02)).snap(touching(-0.05)).snap(touching(0.01))
    assert through.of().touches[0].excursion == 0.05
    assert Replay().snap(touching(0.02)).of().touches[0].excursion == -0.02


def test_coming_back_is_a_new_touch_when_the_row_counts_one_more() -> None:
    replay = Replay().snap(touching(prior=0.0)).snap(row()).snap(touching(prior=1.0))
    assert len(replay.of().touches) == 2


def test_coming_back_goes_on_with_the_touch_when_the_row_counts_no_more() -> None:
    replay = Replay().snap(touching(prior=1.0)).snaps(40, row()).snap(touching(prior=1.0))
    (touch,) = replay.of().touches
    assert touch.until_ns is None


def test_without_a_count_in_the_row_time_decides() -> None:
    soon = Replay().snap(touching(prior=NAN)).snaps(4, row()).snap(touching(prior=NAN))
    late = Replay().snap(touching(prior=NAN)).snaps(40, row()).snap(touching(prior=NAN))
    assert (len(soon.of().touches), len(late.of().touches)) == (1, 2)


def test_a_signal_raised_during_a_touch_or_soon_after_belongs_to_it() -> None:
    during = Replay().snap(touching()).snap(touching(signal=Signal.REJECT, score=14.0))
    after = Replay().snap(touching()).snaps(8, row()).snap(row(signal=Signal.BREAK, score=82.0))
    late = Replay().snap(touching()).snaps(400, row()).snap(row(signal=Signal.BREAK, score=82.0))
    assert (during.of().touches[0].signal, during.of().touches[0].score) == ("REJECT", 14.0)
    assert (after.of().touches[0].signal, after.of().touches[0].score) == ("BREAK", 82.0)
    assert (late.of().touches[0].signal, math.isnan(late.of().touches[0].score)) == ("", True)


def test_the_score_is_that_at_which_the_signal_was_raised() -> None:
    replay = Replay().snap(touching(signal=Signal.BREAK, score=81.0)).snap(touching(signal=Signal.BREAK, score=95.0))
    assert replay.of().touches[0].score == 81.0


def test_a_contest_is_not_a_signal_of_a_touch() -> None:
    replay = Replay().snap(touching(signal=Signal.CONTESTED, score=50.0))
    assert replay.of().touches[0].signal == ""


def test_what_a_touch_cost_is_what_was_filled_in_the_zone_while_it_lasted() -> None:
    fills = (touching(bucket_filled=filled) for filled in (4.0, NAN, 6.0))
    replay = Replay().snap(row(bucket_filled=99.0))
    for each in fills:
        replay.snap(each)
    replay.snap(row(bucket_filled=99.0))
    assert replay.of().touches[0].traded == 10.0


def test_what_a_touch_out_of_sight_cost_is_not_known() -> None:
    assert math.isnan(Replay().snap(touching(bucket_filled=NAN)).of().touches[0].traded)


def test_a_level_that_is_no_longer_published_ends_its_touch() -> None:
    replay = Replay().snap(touching()).snap()
    assert replay.of().touches[0].until_ns == replay.t_ns


def test_touches_and_levels_are_remembered_within_bounds() -> None:
    replay = Replay()
    for at in range(TOUCHES + 5):
        replay.snap(touching(prior=float(at))).snap(row())
    assert len(replay.of().touches) == TOUCHES
    for at in range(LEVELS):
        replay.snap(row(LevelKind.ROUND, 1000.0 + at, touching=1.0))
    assert replay.of().touches == ()
    assert len(replay.of(f"ROUND_{1000 + LEVELS - 1}").touches) == 1
