"""A frame is made when somebody who has shown the last one comes back for another."""

from __future__ import annotations

from spymaster.session.frames.demand import MOST_OFTEN_S, UNASKED_S, Demand
from tests.support.scripted_source import ScriptedSource


def test_taking_a_frame_for_the_first_time_asks_for_no_other() -> None:
    demand, frame = Demand(), ScriptedSource().latest()
    demand.take(frame)
    assert not demand.is_due(MOST_OFTEN_S)


def test_taking_it_again_asks_for_a_newer_one() -> None:
    demand, frame = Demand(), ScriptedSource().latest()
    demand.take(frame)
    demand.take(frame)
    assert demand.is_due(MOST_OFTEN_S)


def test_however_often_it_is_asked_for_frames_keep_their_distance() -> None:
    demand = Demand()
    demand.take(None)
    assert not demand.is_due(MOST_OFTEN_S / 2)


def test_once_made_it_is_asked_for_no_more() -> None:
    demand = Demand()
    demand.take(None)
    demand.made()
    assert not demand.is_due(MOST_OFTEN_S)


def test_who_looks_once_in_a_while_finds_a_frame_not_much_older_than_that() -> None:
    assert Demand().is_due(UNASKED_S)
