"""A screen at a moment as an SVG picture, without a terminal."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import Final

from spymaster.errors import ExitCode, UserError
from spymaster.event_loop import run_in_loop
from spymaster.signals.frame import FrameSource, Phase
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.actions import BY_NAME
from spymaster.tui.options import AppOptions
from spymaster.tui.picture import picture
from spymaster.tui.terminal.colour import ColourDepth

_ACTIONS: Final = {
    **{name: name for name in ("help", "health", "doctor", "settings", "log", "chart", "flow")},
    "level": "level_detail",
}
SCREENS: Final = ("cockpit", *_ACTIONS)
"""Values of ``--screen``. ``level``: that of the nearest level."""

FIRST_FRAME_S: Final = 60.0


def render_screenshot(source: FrameSource, size: tuple[int, int], screen: str, options: AppOptions) -> str:
    """The SVG text of a screen of ``size`` (columns, rows), showing the source's newest frame.

    The source must have arrived at the wanted moment and be standing still. Raises UserError for an unknown
    screen or theme, or if no frame comes.
    """
    if screen not in SCREENS:
        remedy = f"choose from {', '.join(SCREENS)}"
        raise UserError(f"--screen {screen}", "there is no such screen", remedy, code=ExitCode.USAGE)
    drawn = dataclasses.replace(options, colour=ColourDepth.TRUECOLOUR)
    return run_in_loop(lambda: _render(source, size, screen, drawn))


async def _render(source: FrameSource, size: tuple[int, int], screen: str, options: AppOptions) -> str:
    await _await_frame(source)
    app = SpymasterApp(source, options)
    if app.colours.name != options.theme:
        remedy = f"choose from {', '.join(sorted(app.library.themes))}"
        raise UserError(f"theme {options.theme}", "there is no such theme", remedy, code=ExitCode.USAGE)
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
            problem = f"nothing to show came within {FIRST_FRAME_S:.0f} s"
            raise UserError("--screenshot", problem, "choose a moment later in the recording", code=ExitCode.USAGE)
        await asyncio.sleep(0.02)
