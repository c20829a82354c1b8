"""A screen at a moment as an SVG picture, without a terminal."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import Final

from spymaster.signals.frame import FrameSource, Phase
from spymaster.tui.actions import BY_NAME
from spymaster.tui.app import SpymasterApp
from spymaster.tui.colour import ColourDepth
from spymaster.tui.options import AppOptions
from spymaster.tui.picture import picture

_ACTIONS: Final = {"help": "help", "health": "health", "log": "log", "level": "level_detail", "chart": "chart"}
SCREENS: Final = ("cockpit", *_ACTIONS)
"""Values of ``--screen``. ``level``: that of the nearest level."""

FIRST_FRAME_S: Final = 60.0


class ScreenshotError(RuntimeError):
    """No picture could be made; the message is one line for the user."""


def render_screenshot(source: FrameSource, size: tuple[int, int], screen: str, options: AppOptions) -> str:
    """The SVG text of a screen of ``size`` (columns, rows), showing the source's newest frame.

    The source must have arrived at the wanted moment and be standing still. Raises ``ScreenshotError`` for an unknown
    screen or theme, or if no frame comes.
    """
    if screen not in SCREENS:
        raise ScreenshotError(f"screen {screen!r}: not one of {', '.join(SCREENS)}")
    return asyncio.run(_render(source, size, screen, dataclasses.replace(options, colour=ColourDepth.TRUECOLOUR)))


async def _render(source: FrameSource, size: tuple[int, int], screen: str, options: AppOptions) -> str:
    await _await_frame(source)
    app = SpymasterApp(source, options)
    if app.colours.name != options.theme:
        raise ScreenshotError(f"theme {options.theme!r}: not one of {', '.join(sorted(app.library.themes))}")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if screen != "cockpit":
            await app.perform(BY_NAME[_ACTIONS[screen]])
        await pilot.pause()
        await pilot.pause()
        return picture(app)


async def _await_frame(source: FrameSource) -> None:
    deadline = time.monotonic() + FIRST_FRAME_S
    while (frame := source.latest()) is None or frame.header.phase in (Phase.COMPILING, Phase.LOADING):
        if time.monotonic() > deadline:
            raise ScreenshotError(f"no frame within {FIRST_FRAME_S:.0f} s")
        await asyncio.sleep(0.02)
