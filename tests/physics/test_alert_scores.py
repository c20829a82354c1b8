"""An alert keeps the score it was raised with and the furthest since: the highest, and of a REJECT the lowest."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.levels import LevelKind
from spymaster.market.rows import AlertEvent, Signal
from tests.physics.judgement.test_trigger import eaten, played, vacuum_above, wall_at_the_touch
from tests.support.engine import Results
from tests.support.market import MID, Market
from tests.support.scenes import keep_alive, pull_zone, stack_zone


def ended_break() -> Market:
    market = vacuum_above()
    stack_zone(market, MID + 4, size=200)
    return keep_alive(market, 30.0)


def ended_reject() -> Market:
    market = wall_at_the_touch()
    pull_zone(market, MID + 1, leave=40)
    return keep_alive(market, 30.0)


SCENES = [
    (ended_break(), MID + 4, Signal.BREAK, np.max),
    (ended_reject(), MID + 1, Signal.REJECT, np.min),
    (keep_alive(eaten(800), 21.0), MID + 1, Signal.CONTESTED, np.max),
]


def of_first(results: Results, signal: Signal) -> NDArray[np.void]:
    """Everything said of the first alert of a kind at the user's level."""
    alerts = results.alerts[(results.alerts["signal"] == signal) & (results.alerts["kind"] == LevelKind.USER)]
    first: NDArray[np.void] = alerts[alerts["raised_ns"] == alerts["raised_ns"][0]]
    return first


@pytest.mark.parametrize(("market", "tick", "signal", "furthest"), SCENES, ids=["BREAK", "REJECT", "CONTESTED"])
def test_every_word_of_an_alert_says_both(market: Market, tick: int, signal: Signal, furthest: object) -> None:
    results = played(market, tick, until_s=30.0)
    alerts, rows = of_first(results, signal), results.level(tick / 4)
    assert alerts["event"][0] == AlertEvent.RAISED
    assert alerts["raised_score"][0] == alerts["peak_score"][0] == alerts["score"][0]
    assert set(alerts["raised_score"]) == {alerts["score"][0]}
    for alert in alerts:
        times = np.array(results.times)
        # at the snap that ends it the level has left: what it scores there is another signal's, or nobody's
        until = times <= alert["t_ns"] if alert["event"] != AlertEvent.RESOLVED else times < alert["t_ns"]
        seen = rows["score"][(times >= alert["raised_ns"]) & until]
        assert alert["peak_score"] == furthest(seen)  # type: ignore[operator]


def test_a_score_goes_on_after_an_alert_was_raised() -> None:
    """Otherwise the two would be one number."""
    alerts = of_first(played(ended_break(), MID + 4, until_s=30.0), Signal.BREAK)
    assert alerts["peak_score"][-1] > alerts["raised_score"][-1]
