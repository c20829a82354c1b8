"""Steps, speeds and restarts of a replay behind a screen: exact, bounded, and the same again."""

from __future__ import annotations

import time

import numpy as np
import pytest

from spymaster.market import dtypes as dt
from spymaster.session.replay.pacing import MAX_SPEED, SPEEDS
from spymaster.signals.frame import Command, Phase
from tests.session.screen import INTERVAL_NS, Open, S, Wall, same_picture
from tests.support.market import START_NS
from tests.support.small_files import Words

pytestmark = pytest.mark.usefixtures("warm")


def test_a_record_step_takes_exactly_one_record(open_screen: Open, words: Words) -> None:
    screen = open_screen()
    counts = [screen.paused_at_the_first_snap().header.records]
    counts += [screen.ask(Command.STEP_RECORD).header.records for _ in range(60)]
    assert counts == list(range(counts[0], counts[0] + 61))
    assert screen.frame().header.as_of_ns == words[counts[-1] - 1, dt.W_TS_EVENT]


def test_record_steps_reach_the_picture_that_playing_reaches(open_screen: Open) -> None:
    stepped, played = open_screen(), open_screen()
    stepped.paused_at_the_first_snap()
    played.paused_at_the_first_snap()
    wanted = played.ask(Command.STEP_SECOND)
    frame = stepped.frame()
    while frame.t_ns < wanted.t_ns:
        frame = stepped.ask(Command.STEP_RECORD)
    assert frame.levels.tobytes() == wanted.levels.tobytes()


def test_a_snap_step_takes_one_interval(open_screen: Open) -> None:
    screen = open_screen()
    times = [screen.paused_at_the_first_snap().t_ns]
    times += [screen.ask(Command.STEP_SNAP).t_ns for _ in range(12)]
    assert set(np.diff(times).tolist()) == {INTERVAL_NS}


def test_a_second_step_takes_one_second(open_screen: Open) -> None:
    screen = open_screen()
    times = [screen.paused_at_the_first_snap().t_ns]
    times += [screen.ask(Command.STEP_SECOND).t_ns for _ in range(4)]
    assert set(np.diff(times).tolist()) == {S}


def test_a_step_waits_for_no_clock(open_screen: Open) -> None:
    screen = open_screen(speed=0.25, now_s=Wall())
    first = screen.paused_at_the_first_snap().t_ns
    assert screen.ask(Command.STEP_SECOND).t_ns == first + S


def test_snap_steps_after_record_steps_stay_on_the_grid(open_screen: Open) -> None:
    screen = open_screen()
    screen.paused_at_the_first_snap()
    before = screen.ask(Command.STEP_RECORD).t_ns
    assert screen.ask(Command.STEP_SNAP).t_ns == before + INTERVAL_NS


def test_a_paused_frame_shows_nothing_after_its_moment(open_screen: Open) -> None:
    screen = open_screen()
    frames = [screen.paused_at_the_first_snap()] + [screen.ask(Command.STEP_SNAP) for _ in range(4)]
    assert [frame.t_ns for frame in frames if frame.header.as_of_ns > frame.t_ns] == []


def test_faster_goes_up_to_as_fast_as_possible_and_no_further(open_screen: Open) -> None:
    screen = open_screen(speed=0.25)
    screen.paused_at_the_first_snap()
    shown = [screen.ask(Command.FASTER).header.speed for _ in range(len(SPEEDS) + 2)]
    assert shown == [*SPEEDS[1:], MAX_SPEED, MAX_SPEED, MAX_SPEED]


def test_slower_goes_down_to_a_quarter_and_no_further(open_screen: Open) -> None:
    screen = open_screen(speed=None)
    screen.paused_at_the_first_snap()
    shown = [screen.ask(Command.SLOWER).header.speed for _ in range(len(SPEEDS) + 2)]
    assert shown == [*reversed(SPEEDS), 0.25, 0.25]


def test_a_speed_between_two_steps_goes_to_the_next_one(open_screen: Open) -> None:
    screen = open_screen(speed=3.0)
    screen.paused_at_the_first_snap()
    assert screen.ask(Command.FASTER).header.speed == 4.0
    screen.ask(Command.SLOWER)
    assert screen.frame().header.speed == 2.0


def test_after_a_change_of_speed_event_time_goes_on_from_where_it_was(open_screen: Open) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    screen.session.start()
    first = screen.wait(lambda frame: frame.t_ns > 0).t_ns
    wall.jump(2.0)
    screen.wait(lambda frame: frame.t_ns >= first + 2 * S)
    screen.session.send(Command.FASTER)
    time.sleep(0.2)
    wall.jump(0.1)
    screen.wait(lambda frame: frame.header.speed == 2.0)
    before = screen.settled().t_ns
    wall.jump(2.0)
    screen.wait(lambda frame: frame.t_ns >= before + 3 * S)
    assert screen.settled().t_ns <= before + 5 * S


def test_a_restart_shows_the_same_frames_again(open_screen: Open) -> None:
    screen = open_screen()
    first = [screen.paused_at_the_first_snap()] + [screen.ask(Command.STEP_SECOND) for _ in range(3)]
    screen.session.send(Command.RESTART)
    screen.session.send(Command.PAUSE)
    again = [screen.wait(lambda frame: frame.t_ns == first[0].t_ns and frame.header.phase is Phase.PAUSED)]
    again += [screen.ask(Command.STEP_SECOND) for _ in range(3)]
    assert [same_picture(a, b) for a, b in zip(first, again, strict=True)] == [True] * 4
    assert again[0].number > first[-1].number


def test_a_restart_works_at_the_end(open_screen: Open) -> None:
    screen = open_screen()
    screen.session.start()
    end = screen.phase(Phase.ENDED)
    screen.session.send(Command.RESTART)
    again = screen.wait(lambda frame: frame.number > end.number and frame.header.phase is Phase.ENDED)
    assert same_picture(end, again)


def test_a_restart_keeps_the_pace(open_screen: Open) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    screen.session.start()
    first = screen.wait(lambda frame: frame.t_ns > 0).t_ns
    wall.jump(10.0)
    number = screen.wait(lambda frame: frame.t_ns >= first + 10 * S).number
    screen.session.send(Command.RESTART)
    time.sleep(0.3)
    wall.jump(0.5)
    screen.wait(lambda frame: frame.number > number and frame.t_ns > 0)
    assert screen.settled().t_ns <= first + S


@pytest.mark.parametrize("command", [Command.STEP_RECORD, Command.STEP_SNAP, Command.STEP_SECOND])
def test_a_restart_after_stepping_over_the_end_keeps_the_pace(open_screen: Open, command: Command) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    screen.paused_at_the_first_snap()
    seconds = 0
    while screen.frame().t_ns < START_NS + 22 * S and seconds < 60:
        screen.ask(Command.STEP_SECOND)
        seconds += 1
    while screen.frame().header.phase is not Phase.ENDED:
        number = screen.frame().number
        screen.session.send(command)
        screen.wait(
            lambda frame, number=number: (  # type: ignore[misc]
                frame.number > number and frame.header.phase in (Phase.PAUSED, Phase.ENDED)
            )
        )
    number = screen.frame().number
    screen.session.send(Command.RESTART)
    time.sleep(0.3)
    wall.jump(0.5)
    screen.wait(lambda frame: frame.number > number and frame.t_ns > 0)
    frame = screen.settled()
    assert frame.header.phase is Phase.PLAYING
    assert frame.t_ns < START_NS + 2 * S


def test_at_the_end_a_step_changes_nothing(open_screen: Open) -> None:
    screen = open_screen()
    screen.session.start()
    end = screen.phase(Phase.ENDED)
    screen.session.send(Command.STEP_SECOND)
    time.sleep(0.1)
    assert screen.frame().header.phase is Phase.ENDED
    assert same_picture(screen.frame(), end)
