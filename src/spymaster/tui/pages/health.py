"""Session health: the inputs, the journal, the engine, and the way to this terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from spymaster.alerts.standing import AlertStanding
from spymaster.signals.frame import Frame
from spymaster.tui.host import Cockpit
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.page import PageScreen
from spymaster.tui.terminal.link import AckSource, LinkState
from spymaster.tui.themes.library import Theme
from spymaster.view.drawing.cells import Rows
from spymaster.view.drawing.numbers import MISSING, micros, rate, volume
from spymaster.view.pages.blocks import Fact
from spymaster.view.pages.health import health_rows
from spymaster.view.state import Quality

_QUALITY: Final = ("full", "no half-blocks", "256 colours", "slow marks", "rows only", "1 Hz")
_SOURCES: Final = {
    AckSource.TERMINAL: "the terminal answers",
    AckSource.TMUX: "tmux, not what lies behind it",
    AckSource.BYTES: "nobody answers: unsent bytes only",
}


class HealthScreen(PageScreen):
    """What is sound and what is not, now and since the session began."""

    NAME = "health"
    TITLE_WORDS = ("SESSION HEALTH", "what is sound, what is not, and since when")

    def __init__(
        self, cockpit: Cockpit, theme: Theme, options: AppOptions, alerts: Callable[[], AlertStanding] = AlertStanding
    ) -> None:
        super().__init__(cockpit, theme, options)
        self._alerts = alerts

    def rows(self, frame: Frame | None, width: int) -> Rows:
        """The page."""
        screen = screen_facts(self.host.link_state())
        return health_rows(frame, screen, width, self._options.glyphs, self._alerts())


def screen_facts(link: LinkState) -> tuple[Fact, ...]:
    """What is known of the way to the terminal."""
    capacity = MISSING if link.capacity is None else rate(link.capacity)
    return (
        ("screen age", _milliseconds(link.age_s), "text"),
        ("terminal round trip", _milliseconds(link.rtt_s), "text"),
        ("measured by", _SOURCES[link.source], "text"),
        ("frames", f"{link.frames:,}, {link.skipped:,} skipped", "text"),
        ("bytes", f"{rate(link.bytes_per_s)}, {volume(link.bytes_total)} in all", "text"),
        ("the link has carried", capacity, "text"),
        ("quality", _QUALITY[link.quality], "text" if link.quality is Quality.FULL else "degraded"),
    )


def _milliseconds(seconds: float | None) -> str:
    return MISSING if seconds is None else micros(1e6 * seconds)
