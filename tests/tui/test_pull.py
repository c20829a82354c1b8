"""The screen pulls at its own rate and never draws on a terminal that is still busy."""

from __future__ import annotations

from dataclasses import dataclass, field

from spymaster.signals.frame import Frame
from spymaster.tui.pull import OVERTAKE_S, POLL_S, FramePull
from spymaster.view.state import Quality
from tests.support.scripted_source import ScriptedSource


@dataclass
class Terminal:
    is_busy: bool = False
    newest_first: bool = False
    skipped: int = 0

    def busy(self) -> bool:
        return self.is_busy

    def overtakes(self) -> bool:
        return self.newest_first

    def skip(self) -> None:
        self.skipped += 1


@dataclass
class Pulled:
    terminal: Terminal = field(default_factory=Terminal)
    source: ScriptedSource = field(default_factory=ScriptedSource)
    drawn: list[int] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        self.pull = FramePull(self.source, self.terminal, self._draw, frame_hz=4.0)
        self.now = 100.0

    def _draw(self, frame: Frame | None, now: float) -> None:
        assert frame is not None
        self.drawn.append(frame.number)

    def run(self, seconds: float) -> int:
        """Look at every look's time, with event time running; returns how many frames were drawn."""
        before, until = len(self.drawn), self.now + seconds
        while self.now < until:
            self.pull.look(self.now)
            self.looks += 1
            wait_s = min(self.pull.next_look_s(self.now), until - self.now)
            self.now += wait_s
            self.source.advance(wait_s)
        return len(self.drawn) - before


def test_frames_are_drawn_at_the_frame_rate() -> None:
    assert Pulled().run(5.0) == 20


def test_a_frame_is_taken_when_it_is_drawn_and_once_before_so_that_the_next_is_made_in_time() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    taken = 0
    latest = pulled.source.latest

    def take() -> Frame | None:
        nonlocal taken
        taken += 1
        return latest()

    pulled.source.latest = take  # type: ignore[method-assign]
    assert pulled.run(2.0) == 8
    assert taken == 16


def test_a_busy_terminal_is_skipped_and_then_shown_the_newest() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.terminal.is_busy = True
    assert pulled.run(2.0) == 0
    assert pulled.terminal.skipped > 0
    pulled.terminal.is_busy = False
    newest = pulled.source.latest()
    pulled.run(POLL_S)
    assert newest is not None
    assert pulled.drawn[-1] == newest.number


def test_for_each_frame_it_is_looked_twice_and_at_what_stands_still_thirteen_times_a_second_at_most() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.looks = 0
    pulled.run(5.0)
    assert pulled.looks <= 2 * 20 + 1
    still = Pulled()
    still.source.advance = lambda seconds: None  # type: ignore[method-assign]
    still.run(6.0)
    assert still.looks <= 6 * 13


def test_one_hz_is_one_hz() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.pull.quality = Quality.ONE_HZ
    assert pulled.run(6.0) in (5, 6)


def test_what_was_asked_for_is_drawn_at_the_next_look() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.source.advance(1.0)
    pulled.pull.expedite(pulled.now)
    assert pulled.pull.look(pulled.now)


def test_a_frame_that_stays_the_same_is_drawn_once_a_second_for_its_ages() -> None:
    pulled = Pulled()
    drawn = sum(pulled.pull.look(100.0 + n * POLL_S) for n in range(100))
    assert drawn == 5


def test_the_answer_to_a_key_is_drawn_on_a_busy_terminal_where_it_goes_before_what_is_being_sent() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.terminal.is_busy = True
    pulled.pull.expedite(pulled.now)
    assert pulled.run(0.5) == 0
    pulled.terminal.newest_first = True
    pulled.pull.expedite(pulled.now)
    assert pulled.run(0.5) > 0
    pulled.run(OVERTAKE_S)
    assert pulled.run(2.0) == 0


def test_a_screen_nobody_looks_at_is_drawn_once_a_second_and_at_once_when_somebody_does() -> None:
    pulled = Pulled()
    pulled.run(1.0)
    pulled.pull.resting = True
    assert pulled.run(6.0) in (5, 6)
    pulled.pull.resting = False
    pulled.pull.expedite(pulled.now)
    assert pulled.run(POLL_S) == 1
