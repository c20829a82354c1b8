"""How the cockpit and each of its widgets look, as pictures. What they say at other sizes and moments is text, in
``tests/view``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spymaster.signals.frame import Frame, Phase
from spymaster.tui.themes.library import load_themes
from spymaster.view.layout import layout_for
from tests.support import frames
from tests.support.screens import CockpitApp
from tests.support.snapshots import Snap, SnapPanels

WIDGETS: dict[str, tuple[str, ...]] = {
    "header": ("header_left", "header_right"),
    "trust": ("trust_left", "trust_right"),
    "heat": ("heat_head", *(f"heat_{index}" for index in range(9)), "time_axis"),
    "rail": ("rail_head", "rail", "rail_foot"),
    "ladder": ("ladder_head", "flow_bid", "bid", "price", "ask", "flow_ask", "volume", "ladder_foot"),
    "focus": ("side",),
    "levels": ("levels_head", "levels_left", "levels_right"),
    "alerts": ("alerts",),
    "tape": ("tape",),
    "rule": ("rule",),
    "footer": ("note", "footer"),
}
"""Panels of each widget. Together they are the whole cockpit of a live session."""

OTHER_THEMES = sorted({*load_themes().themes} - {"dark"})


async def pictured(app: CockpitApp, size: tuple[int, int], snap: Snap) -> bool:
    async with app.run_test(size=size) as pilot:
        app.show(frames.with_options())
        await pilot.pause()
        return await snap(app)


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_cockpit_at_a_size(size: tuple[int, int], snap: Snap) -> None:
    assert await pictured(CockpitApp(*size), size, snap)


@pytest.mark.parametrize("theme", OTHER_THEMES)
async def test_the_cockpit_in_a_theme(theme: str, snap: Snap) -> None:
    assert await pictured(CockpitApp(120, 40, theme), (120, 40), snap)


@pytest.mark.parametrize("name", WIDGETS)
async def test_a_widget(name: str, snap_panels: SnapPanels) -> None:
    app = CockpitApp(200, 60)
    async with app.run_test(size=(200, 60)) as pilot:
        app.show(frames.with_options())
        await pilot.pause()
        assert await snap_panels(app, WIDGETS[name])


OF_OTHER_MOMENTS: dict[str, tuple[tuple[str, ...], Callable[[], Frame], dict[str, Any]]] = {
    "strikes": (("side",), frames.with_options, {"side": "strikes"}),
    "time-bar": (("time_bar",), lambda: frames.replay_frame(simulated=True), {}),
    "first-start-card": (("card",), frames.empty_frame, {}),
    "failure-card": (("card",), lambda: frames.empty_frame(Phase.FAILED, "x.dbn.zst ends inside a record"), {}),
    "blind-card": (("card",), frames.blind_frame, {}),
}
"""Widgets that are not there all the time: panels, the moment, what the user chose."""


@pytest.mark.parametrize("name", OF_OTHER_MOMENTS)
async def test_a_widget_of_another_moment(name: str, snap_panels: SnapPanels) -> None:
    panels, frame, changes = OF_OTHER_MOMENTS[name]
    app = CockpitApp(200, 60, time_bar=name == "time-bar")
    async with app.run_test(size=(200, 60)) as pilot:
        app.show(frame(), **changes)
        await pilot.pause()
        assert await snap_panels(app, panels)


def test_every_panel_is_pictured() -> None:
    panels = {name for bar in (False, True) for name in layout_for(200, 60, bar).rects} | {"card"}
    shown = {
        panel
        for widget in (*WIDGETS.values(), *(panels for panels, _, _ in OF_OTHER_MOMENTS.values()))
        for panel in widget
    }
    assert shown == panels
