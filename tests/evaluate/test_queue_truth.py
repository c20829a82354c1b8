"""Paper orders against the simulator's true queues: how nearly the usual share of cancels says what becomes of one."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.queue_truth import HORIZON_NS, NEVER, QueueFate, queue_fates
from spymaster.market.kinds import NS_PER_S
from spymaster.practice.standing import PracticeRules
from spymaster.sim.market.simulation import Session, Settings, simulate

START_NS = 1_773_765_000_000_000_000


@cache
def session() -> Session:
    """Four minutes of a market at midday, with all kinds of level planted."""
    return simulate(Settings(seed=5, start_ns=START_NS, minute=750), 4)


def fates(cancels_ahead: float) -> list[QueueFate]:
    """Orders of one contract at both sides, at the touch and behind it, every five seconds."""
    return list(queue_fates(session(), cancels_ahead, every=20))


def both_filled(found: list[QueueFate]) -> NDArray[np.int64]:
    """Predicted and true waits, of those that both fill."""
    return np.array([(one.predicted_ns, one.true_ns) for one in found if NEVER not in (one.predicted_ns, one.true_ns)])


def test_there_is_something_to_judge() -> None:
    found = fates(0.25)
    assert len(found) > 150
    assert {one.side for one in found} == {1, -1}
    assert len(both_filled(found)) > 60
    assert sum(one.true_ns == NEVER for one in found) > 10


def test_taking_all_cancels_to_be_behind_never_fills_what_a_real_order_had_not_been() -> None:
    found = fates(0.0)
    assert [one for one in found if one.predicted_ns != NEVER and one.true_ns == NEVER] == []
    waits = both_filled(found)
    assert np.mean(waits[:, 0] >= waits[:, 1]) > 0.9


def test_the_usual_share_says_of_nearly_all_orders_whether_they_are_filled() -> None:
    found = fates(PracticeRules().cancels_ahead)
    right = [(one.predicted_ns == NEVER) == (one.true_ns == NEVER) for one in found]
    assert np.mean(right) > 0.96


def late_s(cancels_ahead: float) -> float:
    """How much too late paper orders fill on average; one that is not filled waits to the horizon."""
    found = fates(cancels_ahead)
    waits = [[HORIZON_NS if wait == NEVER else wait for wait in (one.predicted_ns, one.true_ns)] for one in found]
    return float(np.mean([predicted - true for predicted, true in waits])) / NS_PER_S


def test_the_more_cancels_stood_ahead_the_sooner_an_order_is_filled() -> None:
    late = [late_s(share) for share in (0.0, 0.25, 0.5, 1.0)]
    assert late == sorted(late, reverse=True)
    assert late[0] > 0 > late[-1]


def test_the_usual_share_is_within_a_second_on_average_and_to_the_same_tenth_mostly() -> None:
    assert abs(late_s(PracticeRules().cancels_ahead)) < 1.0
    waits = both_filled(fates(PracticeRules().cancels_ahead))
    assert np.mean(np.abs(waits[:, 0] - waits[:, 1]) < NS_PER_S / 10) > 0.6
