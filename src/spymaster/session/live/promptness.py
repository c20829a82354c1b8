"""What a live session's process does so that records do not wait for anything else in it."""

from __future__ import annotations

import gc
import sys
from typing import Final

_TURN_S: Final = 0.0001
"""A batch asks for the interpreter half a dozen times between socket and snap, and each time waits a turn of the thread
that draws. With half a millisecond, which does for a replay, a burst was journalled twice as late."""
_FULL_COLLECTIONS: Final = 200
"""The collector walks everything the process holds so many times more rarely than it walks what is young (10 is usual):
a full walk holds up every thread for ten milliseconds, and with a screen there was one every four seconds."""


def be_prompt() -> None:
    """Let what arrives wait neither behind a frame that is being drawn or encoded for others, nor for the collector."""
    sys.setswitchinterval(_TURN_S)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _FULL_COLLECTIONS)
