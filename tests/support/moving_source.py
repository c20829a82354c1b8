"""A Session of prepared frames that is moved by hand, with somebody who watches it."""

from __future__ import annotations

from dataclasses import replace

from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory
from spymaster.signals.watcher import Nobody, Watcher
from tests.support import frames, past
from tests.support.heat_scene import T0
from tests.support.scripted_source import heat_columns

SECOND = 1_000_000_000


class MovingSource:
    """The scene of ``frames``, one second further with each ``step``. ``asked``: commands that came."""

    def __init__(self, watcher: Watcher | None = None, seconds: int = 200) -> None:
        self.watcher: Watcher = watcher or Nobody()
        self.asked: list[Command] = []
        self.histories: list[str] = []
        self.second = seconds
        self.number = 1
        self._frame = self._made()

    def step(self, seconds: int = 1) -> Frame:
        """Let the market go on, and publish."""
        self.number += 1
        self.second += seconds
        self._frame = self._made()
        self.watcher.published()
        return self._frame

    def go_back(self, seconds: int) -> Frame:
        """As a replay does."""
        return self.step(-seconds)

    def latest(self) -> Frame | None:
        """The newest frame."""
        return self._frame

    def heat(self, seconds: int) -> HeatColumns:
        """The newest columns."""
        return heat_columns(self.second, seconds)

    def chart(self) -> Chart:
        """The chart of the scene."""
        return past.chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """The story of the scene's level."""
        self.histories.append(level_id)
        return past.level_history(level_id, seconds)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Remember."""
        self.asked.append(command)

    def _made(self) -> Frame:
        t_ns = T0 + self.number * SECOND // 4
        return replace(frames.with_options(number=self.number, heat=heat_columns(self.second, 8)), t_ns=t_ns)
