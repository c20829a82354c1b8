"""What the caller of the screen decides, and how the screen ended."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from spymaster.config.origins import Setting
from spymaster.signals.frame import Frame
from spymaster.signals.header_parts import PastTests, Usual
from spymaster.tui.keys.keymap import Keymap
from spymaster.tui.terminal.colour import ColourDepth
from spymaster.view.pages.doctor import Finding, TerminalSeen
from spymaster.view.state import Attached, Quality

if TYPE_CHECKING:
    from spymaster.alerts.watch import RuleWatch


class Ending(enum.IntEnum):
    """How the screen ended; the value is the exit status that fits."""

    QUIT = 0
    """The user left."""
    FAILED = 1
    """The screen broke; the Session behind it may be sound."""
    HANGUP = 129
    """The terminal went away. In a live session the Session may carry on."""
    INTERRUPTED = 130
    """SIGINT or ctrl+c: stop and seal."""
    TERMINATED = 143
    """SIGTERM: stop and seal."""


@dataclass(frozen=True, slots=True)
class AppOptions:
    """Settings of the screen.

    ``theme``: name of a theme; ``theme_folder``: where the user's own are; ``notice``: a sentence shown until the first
    key, such as how to go live; ``quality``: a fixed quality instead of the one the link can carry; ``frame_hz``: most
    frames drawn per second; ``save_folder``: where saved screens go; ``on_hangup``: called once, after the terminal has
    been given up and before ``run_app`` returns; ``on_ready``: called once after the first paint, the moment to load
    and start whatever is slow; ``mouse``: clicks and the wheel, never reports of motion;
    ``attached``: how the screen stands to a Session elsewhere, which takes no commands; ``alerts``: what rings and what
    one's own rules say, None for the usual bell alone; ``doctor``: looks at the machine, slowly; ``settings``: what is
    set and where it comes from; ``on_open``: told that the user wants to choose something else to look at, before the
    screen ends; ``usual``: today against the days before, from a frame and the session's bars, answered at once.
    """

    keymap: Keymap
    theme: str = "dark"
    theme_folder: Path | None = None
    glyphs: Literal["unicode", "ascii"] = "unicode"
    colour: ColourDepth = ColourDepth.TRUECOLOUR
    mouse: bool = True
    notice: str = ""
    quality: Quality | None = None
    frame_hz: float = 4.0
    save_folder: Path = Path()
    on_hangup: Callable[[], None] | None = None
    on_ready: Callable[[], None] | None = None
    attached: Callable[[], Attached] | None = None
    alerts: RuleWatch | None = None
    doctor: Callable[[TerminalSeen], Iterator[Finding]] | None = None
    settings: Callable[[], tuple[Setting, ...]] | None = None
    on_open: Callable[[], None] | None = None
    usual: Callable[[Frame, NDArray[Any]], Usual | None] | None = None
    past_tests: Callable[[str, int], PastTests | None] | None = None
