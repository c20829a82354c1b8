"""What every live feed needs above its vendor's client, whoever the vendor is.

How to build a feed on it (``feeds.databento_live`` is one):

- Write ``async def life(number) -> Fault``: one connection from opening to its end, with a fresh session object. It
  returns why it ended and never raises for what a network or a vendor does. Give it to :func:`keep_alive`, which runs
  one life after another with :class:`Backoff` between them until a fault says STOP.
- Let the network's thread only append bytes and ring the :class:`Bell`. Parse in ``LiveFeed.poll``, which the
  Session's thread calls: there, tell the :class:`Watchdog` of each record lane that delivered, ask it what is overdue,
  and end the life (from its own loop) with the fault it names.
- Say every change through :class:`FeedVoice`: it makes the FEED_STATUS frames, once per change and in words.
- Take every time from a :class:`Clock` and every limit from :class:`Limits`, so that tests can fake the one and shorten
  the other. ``Limits().scaled(0.05)`` runs the same machine twenty times as fast.
- ``feeds.live.source.LiveFeeds`` puts several feeds together, adds CONFIG and watermarks and is the Session's source.
"""

from __future__ import annotations

import asyncio
import enum
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Protocol

import msgspec

from spymaster.journal.source import Arrival
from spymaster.market.frames import FeedState, FeedStatusFrame


class Clock(Protocol):
    """The time outside, the one seam it enters through."""

    def wall_ns(self) -> int:
        """Now, ns UTC; of a simulated vendor, its own time."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow, for waiting."""
        ...


class SystemClock:
    """This machine's time."""

    def wall_ns(self) -> int:
        """Now, ns UTC."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()


class Limits(msgspec.Struct, frozen=True):
    """How long a feed may take before it counts as broken, and how it comes back. All in seconds.

    ``first_record_s``: from the start of a session to its first record. ``silence_regular_s``, ``silence_open_s``: of
    one lane in regular hours, and while the market is open otherwise. ``heartbeat_s``: the interval asked of them;
    ``heartbeat_grace_s``: how much later than that a connection counts as hung. ``healthy_s``: a life this long makes
    the next wait the first again.
    """

    connect_s: float = 10.0
    first_record_s: float = 10.0
    silence_regular_s: float = 5.0
    silence_open_s: float = 60.0
    heartbeat_s: float = 10.0
    heartbeat_grace_s: float = 10.0
    backoff_first_s: float = 1.0
    backoff_most_s: float = 60.0
    healthy_s: float = 60.0

    def scaled(self, factor: float) -> Limits:
        """All of them times a factor."""
        return Limits(*(getattr(self, name) * factor for name in self.__struct_fields__))


class Remedy(enum.Enum):
    """What helps against a fault."""

    RETRY = "retry"
    """Try again after the next wait."""
    BACK_OFF = "back off"
    """Try again, but not before the longest wait: the vendor asked for it, or is in trouble itself."""
    STOP = "stop"
    """Nothing that this program can do: alarm, and do not try again."""


class FaultKind(enum.StrEnum):
    """How a life ended."""

    CLOSED = "connection closed by the vendor"
    RESET = "connection lost"
    REFUSED = "cannot connect"
    TIMED_OUT = "no answer while connecting"
    NO_FIRST_RECORD = "no record since the session began"
    SILENT = "silent"
    HUNG = "connection hung"
    ERROR = "error from the vendor"
    UNREADABLE = "unreadable bytes"
    KEY = "key not accepted"
    STOPPED = "stopped"


class Fault(msgspec.Struct, frozen=True):
    """Why a life ended. ``detail``: the vendor's own words, or what was measured."""

    kind: FaultKind
    detail: str = ""
    remedy: Remedy = Remedy.RETRY

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}" if self.detail else str(self.kind)


class Backoff:
    """Waits between lives: doubling from the first to the longest, each shortened by up to half at random, so that many
    clients that lost one server do not come back as one. ``chance``: uniform in [0, 1)."""

    def __init__(self, limits: Limits, chance: Callable[[], float] = random.random) -> None:
        self._limits = limits
        self._chance = chance
        self.attempts = 0
        """Lives that ended since the last healthy one."""

    def lived(self, seconds: float) -> None:
        """A life with data has ended after so many seconds; a long one clears the count."""
        if seconds >= self._limits.healthy_s:
            self.attempts = 0

    def next_s(self, remedy: Remedy = Remedy.RETRY) -> float:
        """How long to wait now."""
        most = self._limits.backoff_most_s
        doubled = self._limits.backoff_first_s * 2.0 ** min(self.attempts, 30)
        self.attempts += 1
        base = most if remedy is Remedy.BACK_OFF else min(most, doubled)
        return base * (1.0 - 0.5 * self._chance())


async def keep_alive(
    life: Callable[[int], Awaitable[Fault]],
    *,
    backoff: Backoff,
    clock: Clock,
    ended: Callable[[Fault, float | None], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Fault:
    """One life after another (``life`` is given its number, from 0) until a fault says STOP, which is returned.

    ``ended`` is told each fault and the seconds until the next life, None when there is none.
    """
    number = 0
    while True:
        begun_s = clock.monotonic_s()
        fault = await life(number)
        number += 1
        if fault.remedy is Remedy.STOP:
            ended(fault, None)
            return fault
        backoff.lived(clock.monotonic_s() - begun_s)
        wait_s = backoff.next_s(fault.remedy)
        ended(fault, wait_s)
        await sleep(wait_s)


class Hours(enum.Enum):
    """What a lane's market is doing: it decides how long silence may last."""

    REGULAR = "regular hours"
    OPEN = "open"
    CLOSED = "closed"


class Lane(msgspec.Struct, frozen=True):
    """One kind of record that a connection should deliver, usually a schema.

    ``hours``: of its market at a time (ns UTC). ``is_steady``: records come all the time while the market is open; of
    another lane silence means nothing by itself, only when ``Watchdog.expects`` says that a record must follow.
    """

    name: str
    hours: Callable[[int], Hours]
    is_steady: bool = True


_NEVER: Final = float("inf")


class Watchdog:
    """Watches data per lane from the first second of a life. Heartbeats and acknowledgements are not data."""

    def __init__(self, lanes: Iterable[Lane], limits: Limits, clock: Clock) -> None:
        self._lanes = {lane.name: lane for lane in lanes}
        self._limits = limits
        self._clock = clock
        self._due_since_s: dict[str, float] = {}
        self._heard: set[str] = set()
        self._hours: dict[str, tuple[Hours, float]] = {}
        self._any_s = _NEVER
        self._spoke = False

    def begin(self) -> None:
        """A session has begun: from now on its lanes owe records."""
        now_s = self._clock.monotonic_s()
        self._heard.clear()
        self._due_since_s = {name: now_s if lane.is_steady else _NEVER for name, lane in self._lanes.items()}
        self._any_s = now_s
        self._spoke = False

    def rest(self) -> None:
        """The life is over: nothing is owed until the next one begins."""
        self._due_since_s.clear()
        self._any_s = _NEVER

    def add(self, lane: Lane) -> None:
        """One more lane, which owes records from now on if a session runs."""
        self._lanes[lane.name] = lane
        if self._any_s != _NEVER:
            self._due_since_s[lane.name] = self._clock.monotonic_s() if lane.is_steady else _NEVER

    def heard(self) -> None:
        """The connection gave a sign of life, whatever it was."""
        if self._any_s != _NEVER:
            self._any_s = self._clock.monotonic_s()
            self._spoke = True

    def saw(self, lane: str) -> None:
        """Records of a lane came."""
        rule = self._lanes.get(lane)
        if rule is not None and self._any_s != _NEVER:
            self._heard.add(lane)
            self._due_since_s[lane] = self._clock.monotonic_s() if rule.is_steady else _NEVER

    def expects(self, lane: str) -> None:
        """Something else shows that records of this lane must be on their way."""
        if self._due_since_s.get(lane) == _NEVER:
            self._due_since_s[lane] = self._clock.monotonic_s()

    def fault(self) -> Fault | None:
        """What is overdue now, if anything."""
        now_s, now_ns = self._clock.monotonic_s(), self._clock.wall_ns()
        for name, since_s in self._due_since_s.items():
            hours, began_s = self._hours_now(name, now_s, now_ns)
            # silence counts from when it began to matter: nothing was owed while the market was closed
            age_s = now_s - max(since_s, began_s)
            allowed_s = self._allowed_s(name, hours)
            if age_s > allowed_s:
                first = name not in self._heard
                kind = FaultKind.NO_FIRST_RECORD if first else FaultKind.SILENT
                return Fault(kind, f"{name}: nothing for {age_s:.1f} s")
        if not self._spoke and now_s - self._any_s > self._limits.first_record_s:
            return Fault(FaultKind.NO_FIRST_RECORD, f"not even an acknowledgement for {now_s - self._any_s:.1f} s")
        hung_s = self._limits.heartbeat_s + self._limits.heartbeat_grace_s
        if now_s - self._any_s > hung_s:
            return Fault(FaultKind.HUNG, f"not even a heartbeat for {now_s - self._any_s:.1f} s")
        return None

    def _hours_now(self, name: str, now_s: float, now_ns: int) -> tuple[Hours, float]:
        """What a lane's market is doing, and since when as far as this watch has seen."""
        hours = self._lanes[name].hours(now_ns)
        known = self._hours.get(name)
        if known is None or known[0] is not hours:
            known = self._hours[name] = (hours, now_s if known is not None else 0.0)
        return known

    def _allowed_s(self, name: str, hours: Hours) -> float:
        if hours is Hours.CLOSED:
            return _NEVER
        limits = self._limits
        silence_s = limits.silence_regular_s if hours is Hours.REGULAR else limits.silence_open_s
        if name in self._heard:
            return silence_s
        # a lane that never spoke is given the time of a first record, once another has shown that the session runs it
        # is given no longer than silence may last
        return limits.first_record_s if not self._heard else max(limits.first_record_s, silence_s)

    def ages_s(self) -> Mapping[str, float]:
        """Seconds since the latest record of each steady lane, for people."""
        now_s = self._clock.monotonic_s()
        return {name: now_s - since for name, since in self._due_since_s.items() if since != _NEVER}


class Bell:
    """Wakes the Session's thread when a feed has something for it. Thread-safe."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ring(self) -> None:
        """There is something."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody rings, at most so long; whether somebody did. The bell is silent afterwards."""
        rung = self._event.wait(seconds)
        self._event.clear()
        return rung


class FeedVoice:
    """What a feed says of itself, as FEED_STATUS frames: each change once, in words, for each of its feed names.

    ``feeds``: the names the engine knows (``market.frames.DEPTH_FEED``) or people do (``options``, ``equity``).
    """

    def __init__(self, feeds: Iterable[str]) -> None:
        self._feeds = tuple(feeds)
        self.state = FeedState.DOWN
        self.words = "not connected yet"
        self.why = ""
        """Why it was down the last time."""
        self._has_been_up = False

    @property
    def is_down(self) -> bool:
        """Whether the feed is not to be believed."""
        return self.state is FeedState.DOWN

    def down(self, words: str, at_ns: int) -> list[Arrival]:
        """The feed is not to be believed from now on. Saying the same twice says nothing the second time."""
        if self.state is FeedState.DOWN and words == self.words:
            return []
        if self.state is not FeedState.DOWN or not self.why:
            self.why = words
        return self._say(FeedState.DOWN, words, at_ns)

    def up(self, words: str, at_ns: int) -> list[Arrival]:
        """Records come (again); ``at_ns``: time of the first of them."""
        if self.state is not FeedState.DOWN:
            return []
        state = FeedState.RECONNECTED if self._has_been_up else FeedState.UP
        self._has_been_up = True
        return self._say(state, words, at_ns)

    def skipped(self, words: str, at_ns: int) -> list[Arrival]:
        """The vendor left records out: what was added up from them is wrong."""
        return self._say(FeedState.SKIPPED_RECORDS, words, at_ns)

    def note(self, words: str, at_ns: int) -> list[Arrival]:
        """Something to be known that changes nothing of whether records come."""
        state = FeedState.DOWN if self.state is FeedState.DOWN else FeedState.UP
        return [Arrival(FeedStatusFrame(feed, state, at_ns, words)) for feed in self._feeds]

    def _say(self, state: FeedState, words: str, at_ns: int) -> list[Arrival]:
        self.state, self.words = state, words
        return [Arrival(FeedStatusFrame(feed, state, at_ns, words)) for feed in self._feeds]


class LiveFeed(Protocol):
    """One vendor's connection or connections, as ``LiveFeeds`` drives it."""

    @property
    def name(self) -> str:
        """For people: the vendor and what it gives."""
        ...

    def open(self, bell: Bell) -> None:
        """Begin, in threads of its own; ring the bell whenever ``poll`` would give something."""
        ...

    def poll(self) -> Iterable[Arrival]:
        """Everything since the last call, in the order it arrived, and what watching it brought up. Never waits.

        Called in one thread, at least every tenth of a second. Arrays of records are valid until the next call.
        """
        ...

    @property
    def problem(self) -> str:
        """Why it gives nothing now, in words; empty while all is well."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether it has stopped for good."""
        ...

    def close(self) -> None:
        """End its threads and connections. Safe to call twice."""
        ...
