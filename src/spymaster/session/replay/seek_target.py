"""Where a replay is asked to go, and whether it is there."""

from __future__ import annotations

import enum
import math
from typing import Final

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.session.replay.event_index import KnownPast
from spymaster.signals.frame import Command


class Aim(enum.Enum):
    """What is looked for."""

    MOMENT = enum.auto()
    """The first snap not before ``ns``."""
    RECORDS = enum.auto()
    """As many records as ``records``."""
    ALERT = enum.auto()
    """The first alert raised after ``ns``."""
    TOUCH = enum.auto()
    """The first touch of the level ``key`` that begins after ``ns``."""


class Goal(msgspec.Struct, frozen=True):
    """Somewhere to go as fast as possible. ``pause``: stand still there; ``words``: what is looked for, for people."""

    aim: Aim
    ns: int = 0
    records: int = 0
    key: float = math.nan
    pause: bool = True
    words: str = ""

    @property
    def is_search(self) -> bool:
        """Whether it is not known that there is such a thing."""
        return self.aim in (Aim.ALERT, Aim.TOUCH)

    @property
    def in_vain(self) -> str:
        """What is said where the recording ends before it."""
        return f"{self.words}: none up to the end of the recording" if self.is_search else ""


class Here(msgspec.Struct, frozen=True):
    """Where a replay is, or will be once it has done what was asked before. ``key``: of the level asked about."""

    snap_ns: int
    records: int
    playing: bool
    interval_ns: int
    key: float = math.nan


_BACK: Final = {Command.BACK_SNAP, Command.BACK_SECOND}


class NothingThere(Exception):
    """What was asked for is known not to exist; the message is for people."""


def goal_for(command: Command, value: float, subject: str, here: Here, past: KnownPast) -> Goal | None:
    """What a command asks for; None for one that asks to go nowhere. Raises NothingThere."""
    if command is Command.SEEK:
        return Goal(Aim.MOMENT, int(value), pause=not here.playing)
    if command is Command.SEEK_ALERT:
        return Goal(Aim.MOMENT, int(value))
    if command is Command.RESTART:
        return Goal(Aim.MOMENT, 0, pause=False)
    if command is Command.STEP_RECORD:
        return Goal(Aim.RECORDS, records=here.records + 1)
    if command is Command.BACK_RECORD:
        return Goal(Aim.RECORDS, records=max(here.records - 1, 1))
    if command is Command.STEP_SNAP:
        return Goal(Aim.MOMENT, (here.snap_ns // here.interval_ns + 1) * here.interval_ns)
    if command is Command.STEP_SECOND:
        return Goal(Aim.MOMENT, here.snap_ns + NS_PER_S)
    if command in _BACK:
        back_ns = here.snap_ns if command is Command.BACK_SNAP else here.snap_ns - NS_PER_S + 1
        return Goal(Aim.MOMENT, past.snap_before(back_ns))
    if command in (Command.NEXT_ALERT, Command.PREVIOUS_ALERT):
        return _alert(command, here, past)
    if command in (Command.NEXT_TOUCH, Command.PREVIOUS_TOUCH):
        return _touch(command, subject, here, past)
    return None


def _alert(command: Command, here: Here, past: KnownPast) -> Goal:
    if command is Command.PREVIOUS_ALERT:
        before = past.alert_before(here.snap_ns)
        if before is None:
            raise NothingThere("No alert before this moment")
        return Goal(Aim.MOMENT, before)
    known = past.next_alert(here.snap_ns)
    if known is not None:
        return Goal(Aim.MOMENT, known)
    return Goal(Aim.ALERT, max(here.snap_ns, past.visited_ns), words="the next alert")


def _touch(command: Command, subject: str, here: Here, past: KnownPast) -> Goal:
    if math.isnan(here.key):
        raise NothingThere(f"No level {subject} in this recording")
    if command is Command.PREVIOUS_TOUCH:
        before = past.touch_before(here.key, here.snap_ns)
        if before is None:
            raise NothingThere(f"No touch of {subject} before this moment")
        return Goal(Aim.MOMENT, before)
    known = past.next_touch(here.key, here.snap_ns)
    if known is not None:
        return Goal(Aim.MOMENT, known)
    return Goal(Aim.TOUCH, max(here.snap_ns, past.visited_ns), key=here.key, words=f"the next touch of {subject}")
