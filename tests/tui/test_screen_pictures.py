"""How each screen looks, as one picture; how it is arranged at other sizes and moments, as text."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from spymaster.config.origins import Setting
from spymaster.signals.frame import Frame
from spymaster.tui import pages, screens
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.start import StartScreen
from spymaster.view.pages.doctor import Finding, TerminalSeen
from spymaster.view.pages.start import Kind, StartChoice
from tests.support import frames
from tests.support.snapshots import MAX_BYTES, MAX_BYTES_TOGETHER, Snap, screen_text
from tests.support.still_source import StillSource

PLACES = (
    StartChoice(
        *(Kind.LIVE, "Live SPY", "ES depth and 0DTE options", None, "no vendor's key", "set DATABENTO_API_KEY"),
        form="market",
    ),
    StartChoice(Kind.DEMO_DAY, "Live demo", "a simulated day, live", form="simulated"),
    StartChoice(Kind.RECENT, "2026-11-19", "", Path("2026-11-19"), "gone; opened 3 h ago", "it was moved", "?"),
    StartChoice(Kind.RECORDING, "2026-11-20", "SPY and ES, 6 h 30", Path("2026-11-20"), form="recording"),
    StartChoice(Kind.RECORDING, "first-look", "simulated, 7 min", Path("first-look"), form="recording"),
    StartChoice(Kind.JOURNAL, "20261120T143000Z-1", "ESZ6, profile es", Path("run"), form="journal"),
    StartChoice(Kind.DEMO, "Demo", "the bundled simulated recording", Path("bundled"), form="demo"),
)


def cockpit(frame: Frame | None = None, notice: str = "") -> SpymasterApp:
    options = AppOptions(keymap=load_keymap("default"), notice=notice)
    return SpymasterApp(StillSource(frame or frames.frame()), options)


def with_options() -> SpymasterApp:
    return cockpit(frames.with_options())


def start() -> SpymasterApp:
    options = AppOptions(keymap=load_keymap("default"))
    return SpymasterApp(None, options, lambda theme: StartScreen(theme, options, PLACES, lambda place: None))


def with_a_log() -> SpymasterApp:
    app = cockpit()
    for number, (level, text) in enumerate([(20, "theme dark"), (30, "depth: silent for 3 s"), (40, "depth: gone")]):
        record = logging.LogRecord("spymaster", level, "", 0, text, None, None)
        record.created = 1_795_185_000.0 + number
        app.book.emit(record)
    return app


def looked_at(seen: TerminalSeen) -> Iterator[Finding]:
    yield Finding("terminal", True, f"{seen.columns}x{seen.rows}, {seen.colours}, TERM=xterm-256color")
    yield Finding("disk", False, "2 GB free at /data", "a day of ES depth takes a few GB: free some space")


def with_a_doctor() -> SpymasterApp:
    options = AppOptions(keymap=load_keymap("default"), doctor=looked_at)
    return SpymasterApp(StillSource(frames.frame()), options)


SET = (
    Setting("--theme", "light", "command line", "A theme's name."),
    Setting("MASSIVE_API_KEY", "not set", "nowhere", "Opens Massive's live feeds."),
    Setting("ui.theme", '"light"', "/home/user/.config/spymaster-tui/config.toml:12", "Name of a theme."),
    Setting("ui.glyphs", '"unicode"', "default", "Characters for states and bars."),
)


def with_settings() -> SpymasterApp:
    options = AppOptions(keymap=load_keymap("default"), settings=lambda: SET)
    return SpymasterApp(StillSource(frames.frame()), options)


SCREENS: dict[str, tuple[Callable[[], SpymasterApp], tuple[str, ...]]] = {
    "start": (start, ("home",)),
    "cockpit": (cockpit, ()),
    "level": (cockpit, ("enter",)),
    "chart": (cockpit, ("p",)),
    "flow": (with_options, ("e",)),
    "help": (cockpit, ("question_mark",)),
    "health": (cockpit, ("h",)),
    "doctor": (with_a_doctor, ("D",)),
    "settings": (with_settings, ("U",)),
    "log": (with_a_log, ("l",)),
    "jump": (cockpit, ("f",)),
    "prompt": (cockpit, ("colon",)),
}
"""How each screen is reached."""

OF_TEXTUAL = ("start", "help", "health", "doctor", "settings", "log")
"""Screens that are no projections of ``view``: only here is seen what they say at other sizes."""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of the log, whatever the machine's zone is."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@asynccontextmanager
async def shown(app: SpymasterApp, keys: tuple[str, ...], size: tuple[int, int] = (120, 40)) -> AsyncIterator[None]:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        for _ in range(3):
            await pilot.pause()
        yield


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen(name: str, snap: Snap) -> None:
    build, keys = SCREENS[name]
    app = build()
    async with shown(app, keys):
        assert await snap(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", OF_TEXTUAL)
async def test_what_a_screen_says_at_another_size(
    name: str, size: tuple[int, int], snapshot: SnapshotAssertion, plain_colours: None
) -> None:
    build, keys = SCREENS[name]
    app = build()
    async with shown(app, keys, size):
        assert screen_text(app) == snapshot


async def test_a_notice_at_the_start_of_a_replay(snapshot: SnapshotAssertion, plain_colours: None) -> None:
    """It stands over the rule, as the time bar has its line."""
    app = cockpit(frames.replay_frame(simulated=True), notice="to go live, set DATABENTO_API_KEY")
    async with shown(app, ()):
        assert screen_text(app) == snapshot


@pytest.mark.parametrize("name", ["level", "chart"])
async def test_a_screen_over_a_replay_leaves_its_time_bar(
    name: str, snapshot: SnapshotAssertion, plain_colours: None
) -> None:
    app = cockpit(frames.replay_frame())
    async with shown(app, SCREENS[name][1]):
        assert screen_text(app) == snapshot


def test_every_screen_is_pictured() -> None:
    found = {path.stem for room in (screens, pages) for path in Path(str(room.__file__)).parent.rglob("*.py")}
    assert found - NO_SCREENS == set(SCREENS)


NO_SCREENS = {
    "__init__",
    "no_cockpit",
    "over",
    "page",
}
"""What screens have in common."""


def test_all_pictures_together_are_small() -> None:
    pictures = [path.stat().st_size for path in Path(__file__).parents[1].rglob("__snapshots__/**/*.svg")]
    assert pictures
    assert max(pictures) <= MAX_BYTES
    assert sum(pictures) <= MAX_BYTES_TOGETHER
