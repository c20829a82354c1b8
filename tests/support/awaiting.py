"""Wait for what must come true, never for a time: a test is to pass on a machine of any speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PATIENCE_S = 120.0
"""Longer than anything takes; a machine that takes longer is broken."""


async def shows(pilot: Pilot[Any], true: Callable[[], bool]) -> None:
    """Let an application go on until something is true of it."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, "never came true"
        await pilot.pause(0.01)


def awaited(true: Callable[[], bool]) -> None:
    """Wait until something that other threads or processes do is true."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, "never came true"
        time.sleep(0.01)
