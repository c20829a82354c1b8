"""A source that shows one frame and remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory
from tests.support import frames, past


@dataclass
class StillSource:
    """Always the same frame."""

    frame: Frame | None = field(default_factory=frames.frame)
    asked: list[Command] = field(default_factory=list)

    def latest(self) -> Frame | None:
        """The frame."""
        return self.frame

    def heat(self, seconds: int) -> HeatColumns:
        """Its heat."""
        return frames.heat(seconds)

    def chart(self) -> Chart:
        """The chart of the scene."""
        return past.chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """The story of the scene's level, whichever is asked for."""
        return past.level_history(level_id, seconds)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Remember."""
        self.asked.append(command)
