"""A replay behind a screen: it keeps the pace, obeys, steps exactly, begins again the same, and says why it failed."""

from __future__ import annotations

import itertools
import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from spymaster.market import dtypes as dt
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Phase
from tests.session.conftest import plan_of
from tests.session.screen import INTERVAL_NS, PATIENCE_S, Open, S, Wall, same_picture
from tests.support.market import START_NS
from tests.support.small_files import Words, depth_file, torn

pytestmark = pytest.mark.usefixtures("warm")


def test_as_fast_as_possible_it_plays_to_the_end(open_screen: Open, words: Words) -> None:
    screen = open_screen()
    screen.session.start()
    header = screen.phase(Phase.ENDED).header
    assert header.records == len(words)
    assert header.t_ns == (int(words[-1, dt.W_TS_EVENT]) // INTERVAL_NS + 1) * INTERVAL_NS
    assert header.speed == math.inf
    assert screen.session.reached.is_set()
    assert screen.session.failure == ""


def test_at_its_end_a_recording_is_as_long_as_its_records_say(open_screen: Open, tmp_path: Path, words: Words) -> None:
    """A header may say more than was recorded: a day that is still going on."""
    hour_ns = 3600 * 1_000_000_000
    path = depth_file(tmp_path / "day.mbp-10.dbn", words, end_ns=int(words[-1, dt.W_TS_EVENT]) + hour_ns)
    screen = open_screen(plan_of(path))
    assert screen.paused_at_the_first_snap().header.last_ns > int(words[-1, dt.W_TS_EVENT]) + hour_ns // 2
    screen.session.send(Command.PLAY)
    header = screen.phase(Phase.ENDED).header
    assert header.last_ns == header.t_ns


def test_every_frame_has_a_higher_number_than_the_one_before(open_screen: Open) -> None:
    screen = open_screen()
    numbers = [screen.paused_at_the_first_snap().number]
    numbers += [screen.ask(Command.STEP_SNAP).number for _ in range(5)]
    assert numbers == sorted(set(numbers))


def test_simulated_records_are_called_so(small_plan: ReplayPlan) -> None:
    session = ReplaySession(small_plan, simulated=True, speed=None)
    session.start()
    try:
        assert session.reached.wait(PATIENCE_S)
        frame = session.latest()
        assert frame is not None
        assert frame.header.simulated
    finally:
        session.stop()


def test_event_time_follows_the_clock(open_screen: Open) -> None:
    wall = Wall()
    screen = open_screen(speed=0.5, now_s=wall)
    screen.session.start()
    first = screen.wait(lambda frame: frame.t_ns > 0).t_ns
    for _ in range(3):
        wall.jump(4.0)
        due_ns = first + round((wall.s - 1000.0) * 0.5 * S)
        screen.wait(lambda frame, due_ns=due_ns: frame.t_ns > due_ns - INTERVAL_NS)  # type: ignore[misc]
        assert screen.settled().t_ns <= due_ns + INTERVAL_NS


def test_a_snap_is_not_shown_before_it_is_due(open_screen: Open) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    screen.session.start()
    first = screen.wait(lambda frame: frame.t_ns > 0).t_ns
    wall.s += 0.12
    assert screen.settled().t_ns == first


def test_a_pause_stands_still_and_play_goes_on_from_there(open_screen: Open) -> None:
    wall = Wall()
    screen = open_screen(speed=1.0, now_s=wall)
    paused = screen.paused_at_the_first_snap()
    wall.s += 600.0
    assert screen.settled().t_ns == paused.t_ns
    screen.session.send(Command.PLAY)
    screen.phase(Phase.PLAYING)
    wall.jump(2.0)
    due_ns = paused.t_ns + 2 * S
    screen.wait(lambda frame: frame.t_ns >= due_ns)
    assert screen.settled().t_ns <= due_ns + 2 * INTERVAL_NS


def test_a_pause_is_obeyed_while_waiting_for_the_next_snap(open_screen: Open) -> None:
    screen = open_screen(speed=0.25, now_s=Wall())
    screen.session.start()
    screen.wait(lambda frame: frame.t_ns > 0)
    screen.session.send(Command.PAUSE)
    screen.phase(Phase.PAUSED)


@pytest.mark.parametrize("started", ["playing", "paused", "ended", "waiting for the clock"])
def test_stop_ends_the_thread(open_screen: Open, started: str) -> None:
    screen = open_screen(**({"speed": 0.25, "now_s": Wall()} if started == "waiting for the clock" else {}))
    if started == "paused":
        screen.paused_at_the_first_snap()
    else:
        screen.session.start()
    if started == "ended":
        screen.phase(Phase.ENDED)
    screen.session.stop()
    assert "session" not in {thread.name for thread in threading.enumerate()}


def test_a_moment_is_reached_as_fast_as_possible_and_pauses_there(open_screen: Open) -> None:
    moment = START_NS + 9 * S
    screen = open_screen(speed=1.0, until_ns=moment, now_s=Wall())
    screen.session.start()
    assert screen.session.reached.wait(PATIENCE_S)
    frame = screen.frame()
    assert (frame.t_ns, frame.header.phase) == (moment, Phase.PAUSED)


def test_a_moment_between_two_snaps_is_that_of_the_later_one(open_screen: Open) -> None:
    screen = open_screen(until_ns=START_NS + 9 * S + 1)
    screen.session.start()
    assert screen.session.reached.wait(PATIENCE_S)
    assert screen.frame().t_ns == START_NS + 9 * S + INTERVAL_NS


def test_a_moment_reached_at_once_shows_what_playing_shows(open_screen: Open) -> None:
    direct, played = open_screen(until_ns=START_NS + 3 * S), open_screen()
    direct.session.start()
    direct.phase(Phase.PAUSED)
    frame = played.paused_at_the_first_snap()
    while frame.t_ns < START_NS + 3 * S:
        frame = played.ask(Command.STEP_SNAP)
    assert same_picture(direct.frame(), frame)


def test_a_moment_after_the_end_is_the_end(open_screen: Open) -> None:
    screen = open_screen(until_ns=START_NS + 3600 * S)
    screen.session.start()
    assert screen.session.reached.wait(PATIENCE_S)
    assert screen.frame().header.phase is Phase.ENDED


def test_from_the_moment_on_it_can_be_played(open_screen: Open) -> None:
    screen = open_screen(until_ns=START_NS + 9 * S)
    screen.session.start()
    screen.phase(Phase.PAUSED)
    screen.session.send(Command.PLAY)
    screen.phase(Phase.ENDED)


def test_the_heatmap_is_pulled_whole(open_screen: Open) -> None:
    screen = open_screen()
    screen.session.start()
    end = screen.phase(Phase.ENDED)
    heat = screen.session.heat(3600)
    assert heat.first == 0
    assert len(heat) == len({int(t - 1) // S for t in heat.t_ns}) > 10
    assert heat.t_ns[-1] == end.t_ns


def test_a_failure_is_shown_with_its_reason(open_screen: Open, tmp_path: Path) -> None:
    screen = open_screen(plan_of(tmp_path / "gone.dbn"))
    screen.session.start()
    assert screen.session.reached.wait(PATIENCE_S)
    header = screen.frame().header
    assert header.phase is Phase.FAILED
    assert header.message.startswith(f"{tmp_path}/gone.dbn: no such file")
    assert screen.session.failure == header.message


def test_a_file_torn_on_the_way_is_played_to_the_tear_and_said(open_screen: Open, tmp_path: Path, words: Words) -> None:
    whole = depth_file(tmp_path / "whole.mbp-10.dbn", words)
    screen = open_screen(plan_of(torn(tmp_path / "torn.mbp-10.dbn", whole, 0.5)))
    screen.session.start()
    header = screen.phase(Phase.ENDED).header
    assert 0 < header.records < len(words)
    assert f"torn at record {header.records}" in header.message


def test_a_screen_that_looks_while_it_runs_never_sees_a_torn_frame(open_screen: Open, bundled_plan: ReplayPlan) -> None:
    screen = open_screen(bundled_plan)
    screen.session.start()
    seen = 0
    for last in itertools.count():
        frame = screen.frame() if screen.session.latest() is not None else None
        if frame is not None and frame.number > seen and frame.t_ns:
            seen = frame.number
            assert frame.header.t_ns == frame.t_ns
            assert len(frame.level_views) == len(frame.levels)
            assert set(frame.levels["spot"].tolist()) <= {frame.header.spot}
            assert len(frame.heat.t_ns) == len(frame.heat.depth) == len(frame.heat.base)
            assert frame.heat.t_ns[-1] == frame.t_ns
        heat = screen.session.heat(300)
        assert len(heat.t_ns) == len(heat.depth) == len(heat.last) == len(heat.gap_ns)
        assert np.all(np.diff(heat.t_ns) > 0)
        for dots in (heat.trades, heat.marks):
            assert not len(dots) or heat.first <= dots["column"].min() <= dots["column"].max() < heat.first + len(heat)
        if frame is not None and frame.header.phase is Phase.ENDED:
            assert last > 20
            return
        time.sleep(0)


def test_before_there_is_an_engine_there_are_no_bars_and_no_histories(small_plan: ReplayPlan) -> None:
    session = ReplaySession(small_plan, simulated=False)
    assert len(session.chart().bars) == 0
    assert len(session.level_history("VWAP", 60).seconds) == 0


def test_beginning_again_forgets_what_was_remembered_of_the_levels(open_screen: Open) -> None:
    screen = open_screen()
    screen.session.start()
    frame = screen.phase(Phase.ENDED)
    level_id = frame.level_views[0].id
    before = len(screen.session.level_history(level_id, 900).seconds)
    screen.session.send(Command.RESTART)
    screen.wait(lambda frame: frame.t_ns == 0 or frame.header.phase is not Phase.ENDED)
    screen.phase(Phase.ENDED)
    assert len(screen.session.level_history(level_id, 900).seconds) == before > 0
