"""How the screens around the cockpit look, as pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from spymaster.signals.frame import Frame
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.start import Kind, Place, StartScreen
from tests.support import frames
from tests.support.snapshots import Snap
from tests.support.still_source import StillSource

SIZES = ((80, 24), (120, 40), (200, 60))
THEMES = ("light", "colour-blind", "256")
PLACES = (
    Place(Kind.LIVE, "Live", missing="no key: set DATABENTO_API_KEY"),
    Place(Kind.RECORDING, "2026-11-20", "SPY and ES, 6 h 30", Path("2026-11-20")),
    Place(Kind.RECORDING, "first-look", "simulated, 7 min", Path("first-look")),
    Place(Kind.DEMO, "Demo", "the bundled simulated recording"),
)


def size_name(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def cockpit(frame: Frame | None = None, theme: str = "dark", notice: str = "") -> SpymasterApp:
    options = AppOptions(keymap=load_keymap("default"), theme=theme, notice=notice)
    return SpymasterApp(StillSource(frame or frames.frame()), options)


async def pressed(app: SpymasterApp, size: tuple[int, int], keys: tuple[str, ...], snap: Snap) -> bool:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await settle(pilot)
        return await snap(app)


async def settle(pilot: Pilot[Any]) -> None:
    for _ in range(3):
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("page", ["question_mark", "h"], ids=["help", "health"])
async def test_a_page_at_a_size(page: str, size: tuple[int, int], snap: Snap) -> None:
    assert await pressed(cockpit(), size, (page,), snap)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 48), (200, 60)], ids=size_name)
@pytest.mark.parametrize("page", ["enter", "p"], ids=["level", "chart"])
async def test_a_screen_over_the_cockpit_at_a_size(page: str, size: tuple[int, int], snap: Snap) -> None:
    assert await pressed(cockpit(), size, (page,), snap)


@pytest.mark.parametrize("theme", [*THEMES, "high-contrast"])
@pytest.mark.parametrize("page", ["enter", "p"], ids=["level", "chart"])
async def test_a_screen_over_the_cockpit_in_a_theme(page: str, theme: str, snap: Snap) -> None:
    assert await pressed(cockpit(theme=theme), (120, 40), (page,), snap)


@pytest.mark.parametrize("page", ["enter", "p"], ids=["level", "chart"])
async def test_a_screen_over_the_cockpit_of_a_replay(page: str, snap: Snap) -> None:
    assert await pressed(cockpit(frames.replay_frame()), (120, 40), (page,), snap)


@pytest.mark.parametrize("theme", THEMES)
async def test_help_in_a_theme(theme: str, snap: Snap) -> None:
    assert await pressed(cockpit(theme=theme), (120, 40), ("question_mark",), snap)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
async def test_the_log_at_a_size(size: tuple[int, int], snap: Snap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    app = cockpit()
    for number, (level, text) in enumerate([(20, "theme dark"), (30, "depth: silent for 3 s"), (40, "depth: gone")]):
        record = logging.LogRecord("spymaster", level, "", 0, text, None, None)
        record.created = 1_795_185_000.0 + number
        app.book.emit(record)
    assert await pressed(app, size, ("l",), snap)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
async def test_the_start_screen_at_a_size(size: tuple[int, int], snap: Snap) -> None:
    options = AppOptions(keymap=load_keymap("default"))
    app = SpymasterApp(None, options, lambda theme: StartScreen(theme, PLACES, lambda place: None))
    assert await pressed(app, size, ("k", "enter"), snap)


MOMENTS: dict[str, Callable[[], SpymasterApp]] = {
    "live": cockpit,
    "replay": lambda: cockpit(frames.replay_frame()),
    "notice": lambda: cockpit(frames.replay_frame(simulated=True), notice="to go live, set DATABENTO_API_KEY"),
}


@pytest.mark.parametrize("moment", list(MOMENTS))
async def test_the_whole_cockpit_screen(moment: str, snap: Snap) -> None:
    assert await pressed(MOMENTS[moment](), (120, 40), (), snap)


@pytest.mark.parametrize(("keys", "name"), [(("f",), "jump"), (("colon",), "go to")], ids=["jump", "go to"])
async def test_what_lies_over_the_cockpit(keys: tuple[str, ...], name: str, snap: Snap) -> None:
    assert await pressed(cockpit(), (120, 40), keys, snap)
