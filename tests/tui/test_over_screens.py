"""A level's own screen and the price chart: they show what the cockpit pulls, and no more often than they need to."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from spymaster.signals.frame import Command, LevelHistory
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import footer_pairs, load_keymap, parse_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.help import HelpScreen
from spymaster.tui.screens.charts.chart import ChartScreen
from spymaster.tui.screens.charts.flow import FlowScreen
from spymaster.tui.screens.cockpit import CockpitScreen
from spymaster.tui.screens.level import LevelScreen
from spymaster.tui.screens.over import MIDDLE_EVERY_S
from spymaster.tui.screenshot import SCREENS, render_screenshot
from spymaster.tui.widgets.base import RowWidget
from spymaster.view.chart.look import WIDTHS
from spymaster.view.drawing.cells import Rows, text_of
from tests.support import frames
from tests.support.awaiting import shows
from tests.support.scripted_source import ScriptedSource
from tests.support.still_source import StillSource

Opened = Callable[..., AbstractAsyncContextManager[Pilot[Any]]]


class Counting(ScriptedSource):
    """The scripted replay, counting how often a history is asked for."""

    asked_for = 0

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        self.asked_for += 1
        return super().level_history(level_id, seconds)


@pytest.fixture
def source() -> Counting:
    return Counting()


@pytest.fixture
def opened(source: Counting) -> Opened:
    @asynccontextmanager
    async def run(*keys: str, size: tuple[int, int] = (120, 40), **options: Any) -> AsyncIterator[Pilot[Any]]:
        given = {"keymap": load_keymap("default"), **options}
        async with SpymasterApp(source, AppOptions(**given)).run_test(size=size) as pilot:
            await pilot.pause()
            await press(pilot, *keys)
            yield pilot

    return run


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def level_of(pilot: Pilot[Any]) -> LevelScreen:
    assert isinstance(pilot.app.screen, LevelScreen)
    return pilot.app.screen


def chart_of(pilot: Pilot[Any]) -> ChartScreen:
    assert isinstance(pilot.app.screen, ChartScreen)
    return pilot.app.screen


def shown(pilot: Pilot[Any], panel: str) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, LevelScreen | ChartScreen)
    return "\n".join(text_of(row) for row in screen.panel(panel))


def prices(cockpit: CockpitScreen) -> Rows:
    return cockpit.query_one("#panel-price", RowWidget).rows


async def test_enter_opens_the_nearest_level_and_escape_closes_it(opened: Opened) -> None:
    async with opened("enter") as pilot:
        nearest = level_of(pilot).items[0].id
        assert level_of(pilot).detail.level_id == nearest
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CockpitScreen)


async def test_enter_opens_the_level_picked_on_the_cockpit(opened: Opened) -> None:
    async with opened("end", "enter") as pilot:
        assert level_of(pilot).detail.level_id == level_of(pilot).items[-1].id


async def test_the_next_level_is_picked_on_the_cockpit_too(opened: Opened) -> None:
    async with opened("enter", "j", "j", "k") as pilot:
        screen = level_of(pilot)
        assert screen.detail.level_id == screen.items[1].id
        await press(pilot, "escape")
        cockpit = pilot.app.screen
        assert isinstance(cockpit, CockpitScreen)
        assert cockpit.view_state.picked == screen.items[1].id


async def test_the_level_stays_however_the_price_moves(opened: Opened, source: Counting) -> None:
    async with opened("enter") as pilot:
        level_id = level_of(pilot).detail.level_id
        source.advance(30)
        await shows(pilot, lambda: level_of(pilot).items[0].id != level_id)
        assert level_of(pilot).detail.level_id == level_id


async def test_brackets_change_the_window_within_its_bounds(opened: Opened) -> None:
    async with opened("enter") as pilot:
        windows = []
        for key in ("less_than_sign", "less_than_sign", *("greater_than_sign",) * 4):
            await press(pilot, key)
            windows.append(level_of(pilot).detail.window_s)
        assert windows == [60, 60, 120, 300, 900, 900]
        assert "900 s," in shown(pilot, "level_plots")


async def test_the_score_is_told_without_one_force_after_the_other(opened: Opened) -> None:
    async with opened("enter") as pilot:
        told = []
        for _ in range(4):
            await press(pilot, "X")
            found = re.search(r"without (\w+)", shown(pilot, "level_facts"))
            told.append(found.group(1) if found else "")
        assert told == ["barrier", "fuel", "tape", ""]


async def test_a_level_is_copied_from_its_screen(opened: Opened) -> None:
    async with opened("enter", "end", "y") as pilot:
        assert pilot.app.clipboard.split("\t")[0] == level_of(pilot).items[-1].id
        assert "level copied" in shown(pilot, "note")


@pytest.mark.parametrize("screen", ["enter", "p"])
async def test_a_replay_is_played_and_stepped_from_the_screens_over_the_cockpit(
    opened: Opened, source: Counting, screen: str
) -> None:
    async with opened(screen, "space", "full_stop"):
        assert source.asked == [Command.PAUSE, Command.STEP_SNAP]


async def test_new_frames_reach_the_level_but_not_more_than_twice_a_second(opened: Opened, source: Counting) -> None:
    async with opened("enter") as pilot:
        before, began_s = source.asked_for, time.monotonic()
        while source.asked_for - before < 4:
            source.advance(0.25)
            await pilot.pause(0.05)
        # the first may follow at once, and the one before it may have come at any moment
        assert time.monotonic() - began_s >= 2 * MIDDLE_EVERY_S


async def test_a_step_of_a_paused_replay_is_shown_at_once(opened: Opened, source: Counting) -> None:
    async with opened("enter", "space") as pilot:
        await pilot.pause(0.3)
        before = source.asked_for
        await press(pilot, "full_stop")
        await shows(pilot, lambda: source.asked_for > before)


async def test_the_cockpit_is_not_drawn_under_a_screen_that_covers_it_and_is_fresh_after(
    opened: Opened, source: Counting
) -> None:
    async with opened("enter") as pilot:
        cockpit = pilot.app.screen_stack[1]
        assert isinstance(cockpit, CockpitScreen)
        before = prices(cockpit)
        source.advance(40)
        await pilot.pause(0.6)
        assert prices(cockpit) == before
        await press(pilot, "escape")
        await shows(pilot, lambda: prices(cockpit) != before)


async def test_p_opens_and_closes_the_chart_from_everywhere(opened: Opened) -> None:
    async with opened("enter", "p") as pilot:
        chart_of(pilot)
        await press(pilot, "p")
        level_of(pilot)


async def test_help_lies_over_a_level(opened: Opened) -> None:
    async with opened("enter", "question_mark") as pilot:
        assert isinstance(pilot.app.screen, HelpScreen)
        await press(pilot, "escape")
        level_of(pilot)


async def test_the_chart_scrolls_and_zooms_within_its_bounds(opened: Opened, source: Counting) -> None:
    source.advance(24_000)
    async with opened("p", "plus", "plus", size=(80, 24)) as pilot:
        await press(pilot, "left")
        once = chart_of(pilot).chart.back
        await press(pilot, "home")
        oldest = chart_of(pilot).chart.back
        await press(pilot, "left")
        assert 0 < once < oldest == chart_of(pilot).chart.back
        await press(pilot, "end")
        assert chart_of(pilot).chart.back == 0
        await press(pilot, *("minus",) * 9)
        assert chart_of(pilot).chart.cells == WIDTHS[0]
        await press(pilot, *("plus",) * 9)
        assert chart_of(pilot).chart.cells == WIDTHS[-1]


async def test_keys_choose_the_minutes_of_a_bar(opened: Opened, source: Counting) -> None:
    source.advance(24_000)
    async with opened("p") as pilot:
        for key, minutes in (("1", 1), ("2", 2), ("3", 5), ("4", 15), ("5", 5)):
            await press(pilot, key)
            assert chart_of(pilot).chart.minutes == minutes


async def test_other_minutes_leave_the_chart_at_its_moment(opened: Opened, source: Counting) -> None:
    source.advance(24_000)
    async with opened("p", "1", "home", size=(80, 24)) as pilot:
        ones = chart_of(pilot).chart.back
        await press(pilot, "3")
        assert 0 < chart_of(pilot).chart.back <= ones // 5


async def test_a_key_takes_the_volume_profile_away_and_brings_it_back(opened: Opened) -> None:
    async with opened("p") as pilot:
        with_it = chart_of(pilot).chart.profile
        await press(pilot, "v")
        assert chart_of(pilot).chart.profile is not with_it
        await press(pilot, "v")
        assert chart_of(pilot).chart.profile is with_it


async def test_keys_choose_what_the_option_flow_shows(opened: Opened) -> None:
    async with opened("e") as pilot:
        assert isinstance(pilot.app.screen, FlowScreen)
        for key, metric in (("1", "premium"), ("2", "delta"), ("3", "gamma")):
            await press(pilot, key)
            assert pilot.app.screen.choice.metric == metric
        await press(pilot, *("plus",) * 3)
        assert pilot.app.screen.choice.window_s == 5
        await press(pilot, "minus")
        assert pilot.app.screen.choice.window_s == 30
        await press(pilot, *("minus",) * 3)
        assert pilot.app.screen.choice.window_s == 60
        assert pilot.app.screen.choice.total is False
        await press(pilot, "u")
        assert pilot.app.screen.choice.total is True


async def test_e_opens_and_closes_the_flow_from_everywhere(opened: Opened) -> None:
    async with opened("p", "e") as pilot:
        assert isinstance(pilot.app.screen, FlowScreen)
        await press(pilot, "e")
        chart_of(pilot)


async def test_a_chart_that_was_scrolled_back_stays_at_its_bars(opened: Opened, source: Counting) -> None:
    source.advance(24_000)
    async with opened("p", "plus", "left", size=(80, 24)) as pilot:
        before = chart_of(pilot).chart.back
        source.advance(240)
        await shows(
            pilot, lambda: chart_of(pilot).chart.back == before + (4 if chart_of(pilot).chart.minutes == 1 else 2)
        )


async def test_a_theme_reaches_the_screen_over_the_cockpit(opened: Opened) -> None:
    async with opened("enter", "C") as pilot:
        app = pilot.app
        assert isinstance(app, SpymasterApp)
        assert level_of(pilot).theme is app.colours
        assert app.colours.name != "dark"


async def test_a_screen_over_the_cockpit_follows_the_size_of_the_terminal(opened: Opened) -> None:
    async with opened("enter", size=(160, 48)) as pilot:
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "STATE WEIGHTS" in shown(pilot, "level_facts")
        assert {len(row) for row in shown(pilot, "level_facts").splitlines()} == {26}


async def test_a_keymap_moves_the_keys_of_the_screens_over_the_cockpit(opened: Opened) -> None:
    keymap = parse_keymap('based_on = "default"\n[keys]\nwindow_longer = ["w"]', "keys.toml", "keys")
    async with opened("enter", "w", keymap=keymap) as pilot:
        assert level_of(pilot).detail.window_s == 300


def test_footers_begin_with_the_way_back() -> None:
    keymap = load_keymap("default")
    level = footer_pairs(keymap, replay=True, playing=True, screen="level")
    chart = footer_pairs(keymap, replay=True, playing=True, screen="chart")
    assert level[:3] == (("Esc", "back"), ("j k", "next level"), ("< >", "window"))
    assert chart[:3] == (("Esc", "back"), ("1 2 3 4", "minutes"), ("← →", "scroll"))
    assert ("[ ]", "speed") in chart
    assert ("[ ]", "speed") in level


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_can_be_pictured(screen: str) -> None:
    source = StillSource(frames.replay_frame())
    svg = render_screenshot(source, (100, 30), screen, AppOptions(keymap=load_keymap("default")))
    assert svg.startswith("<svg")


def test_a_view_without_a_level_opens_on_what_it_waits_for() -> None:
    source = StillSource(frames.frame(levels=frames.levels()[0][:0], level_views=()))
    svg = render_screenshot(source, (100, 30), "level", AppOptions(keymap=load_keymap("default")))
    assert "no&#160;level&#160;yet" in svg


async def test_two_clicks_on_a_level_open_it(opened: Opened) -> None:
    async with opened() as pilot:
        region = pilot.app.screen.query_one("#panel-levels_left", RowWidget).region
        await pilot.click(offset=(region.x + 6, region.y + 2), times=2)
        await pilot.pause()
        assert level_of(pilot).detail.level_id == level_of(pilot).items[2].id
