"""Live feeds as one source: CONFIG first, watermarks in quiet times, an end when all are over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from spymaster.errors import UserError
from spymaster.feeds.live.source import WATERMARK_LAG_NS, LiveFeeds
from spymaster.feeds.live.supervision import Bell
from spymaster.journal.format import FrameFlag
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, FeedState, FeedStatusFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import Kind
from tests.feeds.test_supervision import ToldClock
from tests.support.journals import config_frame, depth_frame, records


class ScriptedFeed:
    """A feed that gives what it is told to, one list of arrivals a poll; then it is over."""

    name = "scripted"
    problem = ""

    def __init__(self, *polls: list[Arrival], before: Callable[[int], None] = lambda _n: None) -> None:
        self._polls = list(polls)
        self._before = before
        self._number = 0
        self.is_closed = False
        self.bell: Bell | None = None

    @property
    def is_over(self) -> bool:
        """Whether everything was given."""
        return not self._polls

    def open(self, bell: Bell) -> None:
        """Begin."""
        self.bell = bell
        bell.ring()

    def poll(self) -> Iterable[Arrival]:
        """The next list."""
        self._before(self._number)
        self._number += 1
        return self._polls.pop(0) if self._polls else []

    def close(self) -> None:
        """End."""
        self.is_closed = True


STATUS = Arrival(FeedStatusFrame("depth", FeedState.UP, 1, "connected"))


def depth(count: int = 2) -> Arrival:
    """Some records."""
    return Arrival(depth_frame(count))


def source(
    feed: ScriptedFeed, clock: ToldClock | None = None, *, configure: Callable[[], ConfigFrame | None] = config_frame
) -> LiveFeeds:
    """The feed as a source."""
    return LiveFeeds([feed], configure, clock or ToldClock())


def kinds(frames: Iterable[Frame]) -> list[str]:
    """What they are."""
    return [type(frame).__name__ for frame in frames]


def test_config_comes_before_everything_that_arrived_while_it_was_not_known() -> None:
    answers: list[ConfigFrame | None] = [None, None, config_frame()]
    feed = ScriptedFeed([STATUS], [depth()], [depth()], [depth()])
    made = source(feed, configure=lambda: answers.pop(0))
    found = kinds(made.frames())
    assert found == ["ConfigFrame", "FeedStatusFrame", *["RecordsFrame"] * 3]


def test_records_held_back_are_those_that_arrived_though_their_buffers_were_used_again() -> None:
    buffer = records(Kind.MBP10, 2)
    shared = Arrival(RecordsFrame(Batch.of(Kind.MBP10, buffer)))
    answers: list[ConfigFrame | None] = [None, config_frame()]

    def overwrite(number: int) -> None:
        if number == 1:
            buffer[:] = 0

    feed = ScriptedFeed([shared], [], before=overwrite)
    made = source(feed, configure=lambda: answers.pop(0) if len(answers) > 1 else answers[0])
    frames = list(made.frames())
    (held,) = [frame for frame in frames if isinstance(frame, RecordsFrame)]
    assert np.array_equal(held.batch.arrays[Kind.MBP10], records(Kind.MBP10, 2))


def test_what_was_fetched_later_is_for_the_journal_and_not_for_an_engine() -> None:
    fetched = Arrival(depth_frame(3), FrameFlag.BACKFILL)
    assert len(list(source(ScriptedFeed([fetched], [STATUS])).arrivals())) == 3
    assert kinds(source(ScriptedFeed([fetched], [STATUS])).frames()) == ["ConfigFrame", "FeedStatusFrame"]


def quiet(seconds: Iterable[float], *, polls: int = 4, skew_ns: int = 0) -> list[Frame]:
    """What comes when time passes so between polls and nothing arrives."""
    clock = ToldClock()
    steps = iter(seconds)

    def pass_time(_number: int) -> None:
        clock.now_s += next(steps, 0.0)

    feed = ScriptedFeed([depth()], *[[] for _ in range(polls)], before=pass_time)
    return list(LiveFeeds([feed], config_frame, clock, skew_ns=lambda: skew_ns).frames())


def test_a_quarter_of_a_second_without_a_record_moves_the_clock_to_three_tenths_ago() -> None:
    frames = quiet([0.0, 0.0, 0.2, 0.06, 0.25])
    marks = [frame.clock_ns for frame in frames if isinstance(frame, WatermarkFrame)]
    assert marks == [int(100.26e9) - WATERMARK_LAG_NS, int(100.51e9) - WATERMARK_LAG_NS]


def test_a_clock_known_to_be_ahead_holds_the_watermark_back() -> None:
    (mark,) = [f for f in quiet([0.0, 0.3], polls=1, skew_ns=10**9) if isinstance(f, WatermarkFrame)]
    assert mark.clock_ns == int(100.3e9) - 10**9 - WATERMARK_LAG_NS


def test_records_that_have_no_time_do_not_put_a_watermark_off() -> None:
    clock = ToldClock()

    def pass_time(_number: int) -> None:
        clock.now_s += 0.3

    said = Arrival(RecordsFrame(Batch.of(Kind.SYSTEM, records(Kind.SYSTEM, 1))))
    feed = ScriptedFeed([depth()], [said], [said], before=pass_time)
    assert "WatermarkFrame" in kinds(LiveFeeds([feed], config_frame, clock).frames())


def test_no_watermark_comes_before_config() -> None:
    clock = ToldClock()

    def pass_time(_number: int) -> None:
        clock.now_s += 1.0

    feed = ScriptedFeed([STATUS], [], [], before=pass_time)
    assert kinds(LiveFeeds([feed], lambda: None, clock).frames()) == []


def test_the_source_ends_when_every_feed_has_and_closes_them() -> None:
    feed = ScriptedFeed([depth()], [depth()])
    assert kinds(source(feed).frames()) == ["ConfigFrame", "RecordsFrame", "RecordsFrame"]
    assert feed.is_closed


def test_closing_from_another_thread_ends_it() -> None:
    feed = ScriptedFeed(*[[] for _ in range(10_000)])
    made = source(feed)
    threading.Timer(0.1, made.close).start()
    assert set(kinds(made.frames())) <= {"ConfigFrame", "WatermarkFrame"}
    assert feed.is_closed


def test_records_without_end_of_which_nobody_knows_what_they_are_end_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spymaster.feeds.live.source._MOST_HELD_BYTES", 1000)
    feed = ScriptedFeed([depth(4)], [depth(4)])
    with pytest.raises(UserError, match="no instrument was recognised"):
        list(source(feed, configure=lambda: None).frames())


def test_what_is_wrong_with_a_feed_is_told_with_its_name() -> None:
    feed = ScriptedFeed()
    feed.problem = "cannot connect"
    assert source(feed).problem == "scripted: cannot connect"
