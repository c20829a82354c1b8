"""Event time follows the wall clock from one anchor: nothing drifts, and a change of speed moves no moment."""

from __future__ import annotations

import pytest

from spymaster.session.replay.pacing import Pacer

S = 1_000_000_000
EVENT_NS = 1_704_412_800 * S


class Wall:
    """A monotonic clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.ns = 7 * S

    def __call__(self) -> int:
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += round(seconds * S)


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_the_first_moment_is_due_at_once(wall: Wall) -> None:
    assert Pacer(1.0, wall).wait_s(EVENT_NS) == 0.0


@pytest.mark.parametrize(("speed", "wait_s"), [(0.25, 40.0), (1.0, 10.0), (4.0, 2.5), (64.0, 0.15625)])
def test_a_later_moment_is_due_after_event_time_over_speed(wall: Wall, speed: float, wait_s: float) -> None:
    pacer = Pacer(speed, wall)
    pacer.wait_s(EVENT_NS)
    assert pacer.wait_s(EVENT_NS + 10 * S) == wait_s


def test_a_late_moment_waits_for_nothing(wall: Wall) -> None:
    pacer = Pacer(1.0, wall)
    pacer.wait_s(EVENT_NS)
    wall.pass_s(11)
    assert pacer.wait_s(EVENT_NS + 10 * S) == 0.0


def test_sleeping_too_long_each_time_does_not_add_up(wall: Wall) -> None:
    pacer = Pacer(2.0, wall)
    started = wall.ns
    for snap in range(4000):
        wall.pass_s(pacer.wait_s(EVENT_NS + snap * S // 4))
        wall.pass_s(0.003)
    assert (wall.ns - started) / S == pytest.approx(3999 * 0.25 / 2.0 + 0.003, abs=1e-6)


def test_time_lost_to_a_slow_reader_is_caught_up(wall: Wall) -> None:
    pacer = Pacer(1.0, wall)
    pacer.wait_s(EVENT_NS)
    wall.pass_s(5)
    assert pacer.wait_s(EVENT_NS + 2 * S) == 0.0
    assert pacer.wait_s(EVENT_NS + 6 * S) == 1.0


def test_a_new_speed_counts_from_the_moment_it_was_chosen(wall: Wall) -> None:
    pacer = Pacer(1.0, wall)
    pacer.wait_s(EVENT_NS)
    wall.pass_s(10)
    pacer.set_speed(4.0, EVENT_NS + 10 * S)
    assert pacer.speed == 4.0
    assert pacer.wait_s(EVENT_NS + 10 * S) == 0.0
    assert pacer.wait_s(EVENT_NS + 18 * S) == 2.0


def test_after_a_pause_the_moment_it_ended_is_the_new_anchor(wall: Wall) -> None:
    pacer = Pacer(1.0, wall)
    pacer.wait_s(EVENT_NS)
    wall.pass_s(600)
    pacer.restart(EVENT_NS + S)
    assert pacer.wait_s(EVENT_NS + 3 * S) == 2.0


def test_as_fast_as_possible_never_waits(wall: Wall) -> None:
    pacer = Pacer(None, wall)
    assert [pacer.wait_s(EVENT_NS + k * 3600 * S) for k in range(3)] == [0.0, 0.0, 0.0]


def test_from_as_fast_as_possible_to_a_pace(wall: Wall) -> None:
    pacer = Pacer(None, wall)
    pacer.wait_s(EVENT_NS)
    pacer.set_speed(1.0, EVENT_NS + 500 * S)
    assert pacer.wait_s(EVENT_NS + 501 * S) == 1.0


@pytest.mark.parametrize("speed", [0.25, 1.0, 64.0])
def test_nobody_waits_for_a_closed_market_or_a_hole_in_the_data(wall: Wall, speed: float) -> None:
    pacer = Pacer(speed, wall)
    pacer.wait_s(EVENT_NS)
    wall.pass_s(pacer.wait_s(EVENT_NS + S))
    assert pacer.wait_s(EVENT_NS + 49 * 3600 * S) == 0.0
    assert pacer.wait_s(EVENT_NS + 49 * 3600 * S) == 0.0
    assert pacer.wait_s(EVENT_NS + 49 * 3600 * S + S) == 1.0 / speed
