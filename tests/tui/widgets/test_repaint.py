"""What a frame costs: only what changed is painted, and no more than what was agreed is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console
from textual._compositor import CompositorUpdate
from textual.geometry import Region

from spymaster.tui.themes.library import load_themes
from spymaster.tui.widgets.base import Painter, changed_rows, spans
from spymaster.view.drawing.cells import Rows
from tests.support import frames
from tests.support.awaiting import shows
from tests.support.heat_scene import LAST, T0
from tests.support.screens import CockpitApp

ROWS: Rows = ((("one", "text"),), (("two", "muted"),), (("six", "bid"),))


def test_rows_that_are_equal_did_not_change() -> None:
    same: Rows = ((("one", "text"),), (("two", "muted"),), (("six", "bid"),))
    assert changed_rows(ROWS, same) == []


def test_a_new_style_is_a_change() -> None:
    assert changed_rows(ROWS, (ROWS[0], (("two", "text"),), ROWS[2])) == [1]


def test_added_and_lost_rows_are_changes() -> None:
    assert changed_rows(ROWS, ROWS[:1]) == [1, 2]
    assert changed_rows(ROWS[:1], ROWS) == [1, 2]


def test_neighbouring_rows_are_painted_together() -> None:
    assert spans([1, 2, 3, 7, 9, 10]) == [(1, 4), (7, 8), (9, 11)]


def test_a_strip_is_made_once_for_equal_rows() -> None:
    painter = Painter(load_themes().get("dark"))
    assert painter.strip(ROWS[0]) is painter.strip((("one", "text"),))


async def test_the_same_frame_again_paints_nothing() -> None:
    app = CockpitApp(200, 60)
    async with app.run_test(size=(200, 60)) as pilot:
        scene = frames.frame()
        assert app.show(scene, 0.0) > 300
        await pilot.pause()
        assert app.show(scene, 5.0) == 0


async def test_one_changed_size_paints_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.frame(), 0.0)
        await pilot.pause()
        asked: list[Region] = []
        monkeypatch.setattr(app.panels.widget("bid"), "refresh", lambda *regions: asked.extend(regions))
        ladder = frames.ladder()
        ladder["bid"][ladder["tick"] == LAST - 4] = 281
        app.show(replace(frames.frame(), ladder=ladder), 0.1)
        assert [(region.y, region.height) for region in asked] == [(15, 1)]


async def test_slow_panels_wait_their_turn_and_a_signal_does_not() -> None:
    app = CockpitApp(200, 60)
    async with app.run_test(size=(200, 60)) as pilot:
        app.show(frames.frame(), 0.0)
        await pilot.pause()
        before = app.panels.widget("levels_left").rows
        rows, views = frames.levels()
        rows["score"][1] = 55.0
        app.show(frames.frame(levels=rows, level_views=views), 0.25)
        assert app.panels.widget("levels_left").rows == before
        rows["signal"][2] = 1
        app.show(frames.frame(levels=rows, level_views=views), 0.26)
        assert app.panels.widget("levels_left").rows != before


async def test_the_axis_moves_in_all_panels_at_once() -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.show(frames.frame(), 0.0)
        await pilot.pause()
        before = {name: app.panels.widget(name).rows for name in ("price", "flow_bid", "rail")}
        app.show(frames.frame(), 0.01, pinned_tick=LAST + 4)
        assert all(app.panels.widget(name).rows != rows for name, rows in before.items())


async def test_another_theme_repaints_everything() -> None:
    app = CockpitApp(80, 24)
    async with app.run_test(size=(80, 24)) as pilot:
        app.show(frames.frame(), 0.0)
        await pilot.pause()
        price = app.panels.widget("price")
        before = price.render_line(3)
        app.panels.set_theme(load_themes().get("light"))
        assert price.render_line(3) != before
        assert price.render_line(3).text == before.text


async def test_panels_left_out_at_a_size_are_hidden() -> None:
    app = CockpitApp(120, 40)
    async with app.run_test(size=(120, 40)) as pilot:
        app.panels.place(60, 20)
        await pilot.pause()
        assert not app.panels.widget("side").display
        assert app.panels.region("heat") is None
        assert app.panels.region("ladder") is not None


async def test_missing_heat_is_asked_for_once() -> None:
    app = CockpitApp(200, 60)
    async with app.run_test(size=(200, 60)):
        app.show(frames.frame(heat=frames.heat(8)), 0.0)
        assert app.panels.needs_heat == 72
        app.panels.load_heat(frames.heat(30))
        app.show(frames.frame(heat=frames.heat(8)), 0.25)
        assert app.panels.needs_heat == 0


async def test_an_ordinary_frame_stays_within_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[CompositorUpdate] = []
    app = CockpitApp(200, 60)
    async with app.run_test(size=(200, 60)) as pilot:
        app.show(frames.frame(heat=frames.heat(160, end=1)), 0.0)
        await pilot.pause()
        monkeypatch.setattr(app, "_display", lambda _, update: sent.append(update) if update else None)
        ladder = frames.ladder()
        for offset in range(1, 8):
            ladder["bid"][ladder["tick"] == LAST - offset] += 3
            ladder["ask"][ladder["tick"] == LAST + offset] += 3
        header = frames.header(t_ns=T0 + 1_000_000_000)
        app.show(frames.frame(header=header, ladder=ladder, heat=frames.heat(4, None, 2)), 1.0)
        await shows(pilot, lambda: bool(sent))
        await pilot.pause()
    console = Console(color_system="truecolor", force_terminal=True, width=200)
    total = sum(len(update.render_segments(console).encode()) for update in sent)
    assert 500 < total < 15_000
