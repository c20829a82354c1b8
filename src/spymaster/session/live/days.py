"""One trade date after the other: each a session with a recording of its own, begun when the one before has ended.

A screen looks at all of them as at one (``FrameSource``). The next session's feeds connect as soon as those of the one
before are closed; what was missed between them is fetched. The lake of a day that is over is sealed by its sidecar.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from spymaster.errors import UserError
from spymaster.session.live.day import Before, LiveDay
from spymaster.session.live.session import LiveSession
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Command, Frame, HeatColumns, LevelHistory, RecordingLight

_JOIN_S: Final = 30.0


class Lived(msgspec.Struct, frozen=True):
    """One trade date's session, and the folder of its recording."""

    day: LiveDay
    session: LiveSession
    out: Path


class LiveDays:
    """Lives trade dates until it is stopped, a session ends for another reason, or there were ``days`` of them.

    ``begin``: puts the session of the present trade date together, given the one before, if any; raises UserError.
    ``say``: is told in a line when a trade date is over.
    """

    def __init__(
        self, begin: Callable[[Lived | None, Before | None], Lived], *, days: int | None, say: Callable[[str], None]
    ) -> None:
        self._begin, self._most, self._say = begin, days, say
        self._stopping = threading.Event()
        self._change = threading.Lock()
        self._now = begin(None, None)
        self._thread = threading.Thread(target=self._work, name="days", daemon=True)
        self.lived: tuple[Lived, ...] = (self._now,)
        """All sessions so far, the present one the last."""
        self.failure = ""
        """Why the next trade date could not be begun."""
        self.ended = threading.Event()
        """Set once the last journal is closed."""

    @property
    def session(self) -> LiveSession:
        """The present session."""
        return self._now.session

    @property
    def message(self) -> str:
        """What is being waited for or wrong, in words; empty while all is well."""
        return self.failure or self.session.message

    @property
    def light(self) -> RecordingLight:
        """How the present recording stands."""
        recording = self.session.recording
        return recording.light if recording is not None else RecordingLight()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait until the journal is closed. Safe to call twice and before it has begun."""
        with self._change:
            self._stopping.set()
        self.session.stop()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def latest(self) -> Frame | None:
        """The newest frame."""
        return self.session.latest()

    def heat(self, seconds: int) -> HeatColumns:
        """Up to ``seconds`` newest heat columns."""
        return self.session.heat(seconds)

    def chart(self) -> Chart:
        """What the chart of the present trade date is drawn from."""
        return self.session.chart()

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What is remembered of a level."""
        return self.session.level_history(level_id, seconds)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """A market neither steps nor goes back: only STOP means anything."""
        if command is Command.STOP:
            with self._change:
                self._stopping.set()
        self.session.send(command, value, subject)

    def _work(self) -> None:
        try:
            self.session.start()
            while True:
                self.session.ended.wait()
                if not self._goes_on():
                    return
        finally:
            self.ended.set()

    def _goes_on(self) -> bool:
        """Begin the next trade date, if there is to be one."""
        over = self._now
        if not (over.session.is_complete and over.day.is_over) or self._stopping.is_set():
            return False
        sealed = f"trade date {_date(over.day.date)} is over; {over.out} is being sealed"
        if self._most is not None and len(self.lived) >= self._most:
            self._say(f"{sealed}; it was asked for {self._most} of them: the session ends")
            return False
        try:
            following = self._begin(over, over.day.before)
        except UserError as error:
            self.failure = f"the next trade date could not be begun: {error}"
            return False
        self._say(f"{sealed}; the next, {_date(following.day.date)}, is recorded into {following.out}")
        with self._change:
            if self._stopping.is_set():
                following.session.stop()
                return False
            self._now = following
            self.lived = (*self.lived, following)
            following.session.start()
        return True


def _date(yyyymmdd: int) -> str:
    return f"{yyyymmdd // 10_000}-{yyyymmdd // 100 % 100:02}-{yyyymmdd % 100:02}"
