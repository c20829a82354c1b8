"""What the way to the terminal can carry, measured: screen age, bytes per second, and the picture quality that fits.

A frame is written with a question to the terminal behind it. The terminal answers once it has drawn everything before
the question, so the answer tells how old the picture is, however many buffers lie between. Everything here takes the
time as an argument and touches no terminal.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec

from spymaster.view.state import Quality

ACK_SLOTS: Final = 64
"""Numbers a reply can carry; more frames than this are never under way."""

PING_SLOT: Final = ACK_SLOTS
"""Slot of a question that has no frame before it."""

TELLING_BYTES: Final = 4096
"""Smaller frames say nothing about what a link can carry."""

NARROW_BYTES_PER_S: Final = 100_000
"""A link below this gets 256 colours at once: a whole screen of exact colours would hold a key up for too long."""

_FLOORS: Final = (
    (3_000, Quality.ONE_HZ),
    (8_000, Quality.ROWS),
    (20_000, Quality.SLOW_MARKS),
    (NARROW_BYTES_PER_S, Quality.PALETTE_256),
)
"""Best quality on a link that takes less than so many bytes a second, without waiting until it has been too slow."""

RATE_WINDOW_S: Final = 2.0
PING_EVERY_S: Final = 3.0
REPLY_TIMEOUT_S: Final = 1.5
MAX_REPLY_TIMEOUT_S: Final = 6.0
LOST_REPLIES_BEFORE_DOUBT: Final = 3


class AckSource(enum.StrEnum):
    """Who vouches for the screen age."""

    TERMINAL = "terminal"
    """The terminal itself answers."""
    TMUX = "tmux"
    """A multiplexer answers for the terminal: the way from it to the eye is not measured."""
    BYTES = "bytes"
    """Nobody answers: only the bytes not yet taken by the system are known."""


class LinkState(msgspec.Struct, frozen=True):
    """The link at a moment.

    ``age_s``: time from the pull of a frame's data to the terminal's reply to it, or how long the oldest unanswered
    frame has been under way where that is more; None before the first reply. ``rtt_s``: the link's own time, from
    questions sent without a frame; None unknown. ``bytes_per_s`` over the last seconds; ``capacity``: bytes per second
    the link has shown it can take, None unknown.
    """

    age_s: float | None = None
    rtt_s: float | None = None
    bytes_per_s: float = 0.0
    capacity: float | None = None
    pending_bytes: int = 0
    quality: Quality = Quality.FULL
    source: AckSource = AckSource.TERMINAL
    frames: int = 0
    skipped: int = 0
    bytes_total: int = 0


@dataclass(slots=True)
class _InFlight:
    slot: int
    data_at: float
    sent_at: float
    size: int


class QualityLadder:
    """Steps the quality down when frames take too long on the way, and carefully up again.

    ``drain_s`` of a frame is its time on the way beyond the link's own round trip: what its bytes cost. Two slow
    frames out of three step down; a step up is tried after a quiet time that doubles each time a step up fails.
    ``floor``: the best quality allowed now. ``overtaken``: the answer to a key does not wait for a frame, which may
    then take as long as the time between two of them.
    """

    TOO_SLOW_S: Final = 0.09
    COMFORTABLE_S: Final = 0.03
    TOO_SLOW_OVERTAKEN_S: Final = 0.3
    COMFORTABLE_OVERTAKEN_S: Final = 0.12
    SETTLE_S: Final = 1.5
    FIRST_TRIAL_S: Final = 8.0
    LAST_TRIAL_S: Final = 120.0
    RELAPSE_S: Final = 6.0

    def __init__(self) -> None:
        self.floor = Quality.FULL
        self.overtaken = False
        self._stepped = Quality.FULL
        self._recent: deque[float] = deque(maxlen=3)
        self._changed_at = float("-inf")
        self._calm_since: float | None = None
        self._stepped_up_at = float("-inf")
        self._trial_s = self.FIRST_TRIAL_S

    @property
    def quality(self) -> Quality:
        """The quality to use now."""
        return max(self._stepped, self.floor)

    def observe(self, drain_s: float, now: float) -> Quality:
        """Take one frame's cost in and return the quality to use from here on."""
        self._recent.append(drain_s)
        too_slow_s = self.TOO_SLOW_OVERTAKEN_S if self.overtaken else self.TOO_SLOW_S
        comfortable_s = self.COMFORTABLE_OVERTAKEN_S if self.overtaken else self.COMFORTABLE_S
        slow = sum(cost > too_slow_s for cost in self._recent)
        if slow >= 2:
            self._calm_since = None
            if now - self._changed_at >= self.SETTLE_S:
                self._step(+1, now)
        elif max(self._recent) <= comfortable_s:
            self._calm_since = now if self._calm_since is None else self._calm_since
            if now - self._calm_since >= self._trial_s:
                self._step(-1, now)
        else:
            self._calm_since = None
        return self.quality

    def _step(self, by: int, now: float) -> None:
        wanted = Quality(min(max(self.quality + by, self.floor), Quality.ONE_HZ))
        if wanted == self.quality:
            return
        if by > 0:
            relapsed = now - self._stepped_up_at < self.RELAPSE_S
            self._trial_s = min(self._trial_s * 2, self.LAST_TRIAL_S) if relapsed else self.FIRST_TRIAL_S
        else:
            self._stepped_up_at = now
        self._stepped = wanted
        self._changed_at = now
        self._calm_since = None
        self._recent.clear()


@dataclass(slots=True)
class LinkMeter:
    """Keeps the books of frames sent, bytes taken and replies received. Not thread-safe; the driver holds the lock."""

    source: AckSource = AckSource.TERMINAL
    ladder: QualityLadder = field(default_factory=QualityLadder)
    adaptive: bool = True
    pending_bytes: int = 0
    frames: int = 0
    skipped: int = 0
    bytes_total: int = 0
    _flight: deque[_InFlight] = field(default_factory=deque)
    _taken: deque[tuple[float, int]] = field(default_factory=deque)
    _pings: deque[float] = field(default_factory=lambda: deque(maxlen=8))
    _pinged_at: float = float("-inf")
    _last_trip: float | None = None
    _capacity: float | None = None
    _lost: int = 0
    _replied: bool = False
    _answers: bool = True

    @property
    def answering(self) -> bool:
        """False once the terminal has left several questions in a row without a reply."""
        return self._answers

    @property
    def capacity(self) -> float | None:
        """Bytes per second the link has shown it can take, None while that is not known."""
        return self._capacity

    @property
    def round_trip_s(self) -> float | None:
        """The link's own time, None while that is not known."""
        return min(self._pings) if self._pings else None

    def learned(self, bytes_per_s: float | None) -> None:
        """What the link takes, measured piece by piece."""
        if bytes_per_s is not None:
            self._capacity = bytes_per_s
            self._set_floor()

    def _set_floor(self) -> None:
        if self.adaptive and self._capacity is not None:
            floors = (floor for limit, floor in _FLOORS if self._capacity < limit)
            self.ladder.floor = next(floors, Quality.FULL)

    @property
    def unanswered(self) -> int:
        """Frames whose reply is still out."""
        return len(self._flight)

    def sent(self, size: int, data_at: float, now: float) -> int:
        """A frame of ``size`` bytes is handed over; returns the slot its question must carry."""
        slot = self.frames % ACK_SLOTS
        self.frames += 1
        self._flight.append(_InFlight(slot, data_at, now, size))
        return slot

    def ping_due(self, now: float) -> bool:
        """True when nothing is under way and the link's own time has not been measured for a while."""
        return not self._flight and self.pending_bytes == 0 and now - self._pinged_at >= PING_EVERY_S

    def pinged(self, now: float) -> int:
        """A question without a frame is handed over; returns its slot."""
        self._pinged_at = now
        self._flight.append(_InFlight(PING_SLOT, now, now, 0))
        return PING_SLOT

    def queued(self, size: int) -> None:
        """``size`` bytes wait to be taken by the system."""
        self.pending_bytes += size

    def taken(self, size: int, now: float) -> None:
        """The system took ``size`` bytes."""
        self.pending_bytes -= size
        self.bytes_total += size
        self._taken.append((now, size))
        if self.pending_bytes == 0 and not self._answers:
            self._settle_all(now)

    def dropped(self, size: int) -> None:
        """``size`` waiting bytes will never be written."""
        self.pending_bytes -= size

    def acked(self, slot: int, now: float) -> bool:
        """The terminal answered the question of ``slot``. Replies to forgotten questions are ignored (False)."""
        index = next((n for n, frame in enumerate(self._flight) if frame.slot == slot), None)
        self._lost = 0
        self._answers = self._replied = True
        if index is None:
            return False
        for _ in range(index):
            self._arrived(self._flight.popleft(), now)
        self._arrived(self._flight.popleft(), now)
        return True

    @property
    def reply_timeout_s(self) -> float:
        """How long a reply may take."""
        return min(max(REPLY_TIMEOUT_S, 4.0 * (self._last_trip or 0.0)), MAX_REPLY_TIMEOUT_S)

    @property
    def last_reply_timeout_s(self) -> float:
        """How long to wait for the last replies: long where they are sure to come, or they end up in the shell."""
        return MAX_REPLY_TIMEOUT_S if self._replied else REPLY_TIMEOUT_S

    def overdue(self, now: float) -> bool:
        """Give up on replies that are far too late although every byte has left; True if something was given up."""
        if not self._flight or self.pending_bytes:
            return False
        if now - self._flight[-1].sent_at < self.reply_timeout_s:
            return False
        self._lost += 1
        self._answers = self._answers and self._replied and self._lost < LOST_REPLIES_BEFORE_DOUBT
        if self._answers:
            self._flight.clear()
        else:
            self._settle_all(now)
        return True

    def forget(self) -> None:
        """Whatever is under way will neither be written nor answered."""
        self._flight.clear()
        self.pending_bytes = 0

    def busy(self) -> bool:
        """True while a frame is unsent or, where the terminal answers, unanswered."""
        frames = any(frame.slot != PING_SLOT for frame in self._flight)
        return self.pending_bytes > 0 or (self._answers and frames)

    def state(self, now: float) -> LinkState:
        """The link as it is now."""
        while self._taken and self._taken[0][0] < now - RATE_WINDOW_S:
            self._taken.popleft()
        waiting = next((now - frame.data_at for frame in self._flight if frame.slot != PING_SLOT), None)
        ages = [age for age in (self._last_trip, waiting) if age is not None]
        return LinkState(
            age_s=max(ages) if ages else None,
            rtt_s=min(self._pings) if self._pings else None,
            bytes_per_s=sum(size for _, size in self._taken) / RATE_WINDOW_S,
            capacity=self._capacity,
            pending_bytes=self.pending_bytes,
            quality=self.ladder.quality,
            source=self.source if self._answers else AckSource.BYTES,
            frames=self.frames,
            skipped=self.skipped,
            bytes_total=self.bytes_total,
        )

    def _settle_all(self, now: float) -> None:
        while self._flight:
            self._arrived(self._flight.popleft(), now)

    def _arrived(self, frame: _InFlight, now: float) -> None:
        trip = max(now - frame.sent_at, 0.0)
        if frame.slot == PING_SLOT:
            if self._answers:
                self._pings.append(trip)
            return
        self._last_trip = max(now - frame.data_at, 0.0)
        drain = trip - min(self._pings, default=0.0)
        if frame.size >= TELLING_BYTES:
            rate = frame.size / max(drain, 0.005)
            self._capacity = rate if self._capacity is None else 0.7 * self._capacity + 0.3 * rate
        if self.adaptive:
            self._set_floor()
            self.ladder.observe(drain, now)
