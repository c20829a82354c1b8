"""A replay session looked at and asked for things as a screen does, against a clock that the test moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, Frame, HeatColumns, Phase

S = 1_000_000_000
INTERVAL_NS = S // 4
PATIENCE_S = 240.0


class Wall:
    """A clock that stands still until told otherwise; read from the session's thread."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s

    def jump(self, seconds: float) -> None:
        """Let time pass at once, and a moment more when the thread has followed: frames are 0.1 s apart."""
        self.s += seconds
        time.sleep(0.6)
        self.s += 0.12


class Screen:
    """What a screen does: look at the newest frame, ask for things."""

    def __init__(self, plan: ReplayPlan, **options: Any) -> None:
        self.session = ReplaySession(plan, simulated=False, **options)

    def frame(self) -> Frame:
        frame = self.session.latest()
        assert frame is not None
        return frame

    def wait(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first frame seen that is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            frame = self.session.latest()
            if frame is not None and wanted(frame):
                return frame
            time.sleep(0.001)
        frame = self.frame()
        raise AssertionError(
            f"no such frame came; the newest: {frame.t_ns} {frame.header.phase} {frame.header.message}"
        )

    def phase(self, phase: Phase) -> Frame:
        return self.wait(lambda frame: frame.header.phase is phase)

    def ask(self, command: Command) -> Frame:
        """Ask a paused session for something and wait until it stands still again."""
        number = self.frame().number
        self.session.send(command)
        return self.wait(lambda frame: frame.number > number and frame.header.phase is Phase.PAUSED)

    def ask_until(self, command: Command, wanted: Callable[[Frame], bool]) -> Frame:
        """Ask a paused session for something and wait until it stands still as wanted."""
        number = self.frame().number
        self.session.send(command)
        return self.wait(lambda frame: frame.number > number and frame.header.phase is Phase.PAUSED and wanted(frame))

    def paused_at_the_first_snap(self) -> Frame:
        """Start, and stop at once."""
        self.session.send(Command.PAUSE)
        self.session.start()
        return self.phase(Phase.PAUSED)

    def settled(self) -> Frame:
        """The newest frame once no more has come for a moment of real time."""
        frame = self.frame()
        since = time.monotonic()
        while time.monotonic() - since < 0.3:
            newest = self.frame()
            if newest.t_ns != frame.t_ns:
                frame, since = newest, time.monotonic()
            time.sleep(0.005)
        return self.frame()


Open = Callable[..., Screen]
"""Makes a screen: of a plan, with options of ``ReplaySession``."""


def same_picture(a: Frame, b: Frame) -> bool:
    """Whether two frames show the same moment the same way."""
    arrays = ("book", "ladder", "levels", "orders")
    return (
        a.t_ns == b.t_ns
        and all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in arrays)
        and a.header.records == b.header.records
        and a.trust == b.trust
        and a.alerts == b.alerts
        and same_heat(a.heat, b.heat)
    )


def same_heat(a: HeatColumns, b: HeatColumns) -> bool:
    names = ("t_ns", "base", "depth", "last", "bid", "ask", "gap_ns", "trades", "marks")
    return a.first == b.first and all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in names)
