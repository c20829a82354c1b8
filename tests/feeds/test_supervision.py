"""Waits between lives, the watch over data, and what a feed says of itself: by a clock that is told what time it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from spymaster.feeds.live.lag import LeastLag
from spymaster.feeds.live.supervision import (
    Backoff,
    Bell,
    Fault,
    FaultKind,
    FeedVoice,
    Hours,
    Lane,
    Limits,
    Remedy,
    Watchdog,
    keep_alive,
)
from spymaster.journal.source import Arrival
from spymaster.market.frames import FeedState, FeedStatusFrame

LIMITS = Limits()


class ToldClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def wall_ns(self) -> int:
        """Now, ns UTC."""
        return int(self.now_s * 1e9)

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return self.now_s


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


def watch(clock: ToldClock, *lanes: str, hours: Hours = Hours.REGULAR, steady: bool = True) -> Watchdog:
    """A watch over a session that has just begun."""
    dog = Watchdog((Lane(name, lambda _ns: hours, steady) for name in lanes), LIMITS, clock)
    dog.begin()
    return dog


def test_waits_double_to_a_minute_and_no_further() -> None:
    backoff = Backoff(LIMITS, chance=lambda: 0.0)
    assert [backoff.next_s() for _ in range(8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_chance_shortens_a_wait_by_at_most_half() -> None:
    assert Backoff(LIMITS, chance=lambda: 0.999999).next_s() == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize(("lived_s", "next_s"), [(59.9, 4.0), (60.0, 1.0)])
def test_a_minute_of_life_makes_the_next_wait_the_first_again(lived_s: float, next_s: float) -> None:
    backoff = Backoff(LIMITS, chance=lambda: 0.0)
    backoff.next_s()
    backoff.next_s()
    backoff.lived(lived_s)
    assert backoff.next_s() == next_s


def test_a_vendor_in_trouble_is_left_alone_for_the_longest_wait() -> None:
    assert Backoff(LIMITS, chance=lambda: 0.0).next_s(Remedy.BACK_OFF) == 60.0


def test_lives_follow_one_another_until_a_fault_says_stop(clock: ToldClock) -> None:
    faults = [Fault(FaultKind.CLOSED), Fault(FaultKind.RESET), Fault(FaultKind.KEY, "no", Remedy.STOP)]
    numbers: list[int] = []
    told: list[tuple[FaultKind, float | None]] = []
    slept: list[float] = []

    async def life(number: int) -> Fault:
        numbers.append(number)
        return faults[number]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def ended(fault: Fault, wait_s: float | None) -> None:
        told.append((fault.kind, wait_s))

    backoff = Backoff(LIMITS, chance=lambda: 0.0)
    last = asyncio.run(keep_alive(life, backoff=backoff, clock=clock, ended=ended, sleep=sleep))
    assert last is faults[2]
    assert numbers == [0, 1, 2]
    assert slept == [1.0, 2.0]
    assert told == [(FaultKind.CLOSED, 1.0), (FaultKind.RESET, 2.0), (FaultKind.KEY, None)]


@pytest.mark.parametrize(
    ("hours", "after_s", "is_fault"),
    [
        (Hours.REGULAR, 5.0, False),
        (Hours.REGULAR, 5.1, True),
        (Hours.OPEN, 60.0, False),
        (Hours.OPEN, 60.1, True),
        (Hours.CLOSED, 3000.0, False),
    ],
)
def test_silence_of_a_lane_is_judged_by_the_hour_of_the_day(
    clock: ToldClock, hours: Hours, after_s: float, is_fault: bool
) -> None:
    dog = watch(clock, "mbp-10", hours=hours)
    dog.saw("mbp-10")
    for _ in range(int(after_s)):
        dog.heard()
        clock.now_s += 1.0
    clock.now_s += after_s - int(after_s)
    dog.heard()
    fault = dog.fault()
    assert (fault is not None) is is_fault
    assert fault is None or fault.kind is FaultKind.SILENT


def test_a_session_that_never_sends_a_record_is_dead_after_ten_seconds_heartbeats_or_not(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10")
    clock.now_s += 10.1
    dog.heard()
    fault = dog.fault()
    assert fault is not None
    assert (fault.kind, fault.detail) == (FaultKind.NO_FIRST_RECORD, "mbp-10: nothing for 10.1 s")


def test_one_lane_that_delivers_does_not_excuse_another(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10", "bbo-1s")
    dog.saw("mbp-10")
    dog.saw("bbo-1s")
    clock.now_s += 4.0
    dog.saw("mbp-10")
    clock.now_s += 2.0
    dog.saw("mbp-10")
    fault = dog.fault()
    assert fault is not None
    assert fault.detail.startswith("bbo-1s")


def test_a_closed_market_owes_no_record_but_a_heartbeat(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10", hours=Hours.CLOSED)
    dog.heard()
    clock.now_s += 20.0
    assert dog.fault() is None
    clock.now_s += 0.1
    fault = dog.fault()
    assert fault is not None
    assert fault.kind is FaultKind.HUNG


@pytest.mark.parametrize(("before", "allowed_s"), [(Hours.CLOSED, 5.0), (Hours.OPEN, 5.0)])
def test_silence_counts_from_when_it_began_to_matter(clock: ToldClock, before: Hours, allowed_s: float) -> None:
    now = [before]
    dog = Watchdog((Lane("mbp-10", lambda _ns: now[0]),), LIMITS, clock)
    dog.begin()
    dog.saw("mbp-10")
    for _ in range(5):
        clock.now_s += 10.0
        dog.heard()
        assert dog.fault() is None
    now[0] = Hours.REGULAR
    assert dog.fault() is None
    clock.now_s += allowed_s
    assert dog.fault() is None
    clock.now_s += 0.1
    fault = dog.fault()
    assert fault is not None
    assert fault.kind is FaultKind.SILENT


def test_a_closed_market_owes_an_acknowledgement(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10", hours=Hours.CLOSED)
    clock.now_s += 10.1
    fault = dog.fault()
    assert fault is not None
    assert fault.kind is FaultKind.NO_FIRST_RECORD


def test_a_lane_that_is_not_steady_owes_a_record_only_when_something_tells_of_it(clock: ToldClock) -> None:
    dog = watch(clock, "trades", steady=False)
    dog.heard()
    clock.now_s += 15.0
    dog.heard()
    assert dog.fault() is None
    dog.saw("trades")
    dog.expects("trades")
    clock.now_s += 5.1
    dog.heard()
    fault = dog.fault()
    assert fault is not None
    assert fault.detail.startswith("trades")
    dog.saw("trades")
    assert dog.fault() is None


def test_nothing_is_owed_between_two_lives(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10")
    dog.rest()
    clock.now_s += 1000.0
    assert dog.fault() is None
    dog.begin()
    assert dog.fault() is None


Said = list[tuple[str, FeedState, str]]


def said(arrivals: list[Arrival]) -> Said:
    """What was said, feed by feed."""
    frames = [arrival.frame for arrival in arrivals]
    return [(f.feed, f.state, f.detail) for f in frames if isinstance(f, FeedStatusFrame)]


def test_a_change_is_said_once_for_each_feed_of_a_connection() -> None:
    voice = FeedVoice(("depth", "options"))
    assert said(voice.up("connected", 1)) == [(f, FeedState.UP, "connected") for f in ("depth", "options")]
    assert said(voice.up("connected", 2)) == []
    assert said(voice.down("connection lost", 3)) == [
        (f, FeedState.DOWN, "connection lost") for f in ("depth", "options")
    ]
    assert said(voice.down("connection lost", 4)) == []


def test_coming_back_is_another_thing_than_coming() -> None:
    voice = FeedVoice(("depth",))
    states: list[Callable[[], list[Arrival]]] = [
        lambda: voice.up("a", 1),
        lambda: voice.down("b", 2),
        lambda: voice.down("c", 3),
        lambda: voice.up("d", 4),
    ]
    assert [said(say())[0][1] for say in states] == [
        FeedState.UP,
        FeedState.DOWN,
        FeedState.DOWN,
        FeedState.RECONNECTED,
    ]
    assert voice.why == "b"


def test_a_note_changes_nothing_of_whether_the_feed_is_believed() -> None:
    voice = FeedVoice(("depth",))
    assert said(voice.note("x", 1)) == [("depth", FeedState.DOWN, "x")]
    voice.up("connected", 2)
    assert said(voice.note("y", 3)) == [("depth", FeedState.UP, "y")]


def test_a_bell_rung_before_it_is_waited_for_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    assert bell.wait(0.0)
    assert not bell.wait(0.0)


def test_the_least_lag_is_that_of_the_last_half_to_whole_minute() -> None:
    least = LeastLag()
    assert least.ns is None
    for at_s, lag in ((100.0, 50), (110.0, 20), (131.0, 90)):
        least.take(lag, at_s)
    assert least.ns == 20
    least.take(70, 162.0)
    assert least.ns == 70
    least.take(-5, 163.0)
    assert least.ns == -5


def test_the_age_of_a_lane_is_that_of_its_latest_record(clock: ToldClock) -> None:
    dog = watch(clock, "mbp-10", "bbo-1s")
    clock.now_s += 2.0
    dog.saw("mbp-10")
    clock.now_s += 1.5
    assert dog.ages_s() == {"mbp-10": 1.5, "bbo-1s": 3.5}
