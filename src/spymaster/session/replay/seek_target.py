"""Where a replay is asked to go, and whether it is there."""

from __future__ import annotations

import enum
import math
from typing import Final

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.session.replay.event_index import EventIndex
from spymaster.signals.frame import Command


class SeekKind(enum.Enum):
    """What is looked for."""

    MOMENT = enum.auto()
    """The first snap not before ``ns``."""
    RECORDS = enum.auto()
    """As many records as ``records``."""
    ALERT = enum.auto()
    """The first alert raised after ``ns``."""
    TOUCH = enum.auto()
    """The first touch of the level ``key`` that begins after ``ns``."""


class SeekTarget(msgspec.Struct, frozen=True):
    """Somewhere to go as fast as possible. ``pause``: stand still there; ``description``: for people."""

    kind: SeekKind
    ns: int = 0
    records: int = 0
    key: float = math.nan
    pause: bool = True
    description: str = ""

    @property
    def is_search(self) -> bool:
        """Whether it is not known that there is such a thing."""
        return self.kind in (SeekKind.ALERT, SeekKind.TOUCH)

    @property
    def not_found_message(self) -> str:
        """What is said where the recording ends before it."""
        return f"{self.description}: none up to the end of the recording" if self.is_search else ""


class ReplayPosition(msgspec.Struct, frozen=True):
    """Where a replay is, or will be once it has done what was asked before. ``key``: of the level asked about."""

    snap_ns: int
    records: int
    playing: bool
    interval_ns: int
    key: float = math.nan


_BACK: Final = {Command.BACK_SNAP, Command.BACK_SECOND}


class NotFoundError(Exception):
    """What was asked for is known not to exist; the message is for people."""


def seek_target_for(
    command: Command, value: float, subject: str, here: ReplayPosition, events: EventIndex
) -> SeekTarget | None:
    """What a command asks for; None for one that asks to go nowhere. Raises NotFoundError."""
    if command is Command.SEEK:
        return SeekTarget(SeekKind.MOMENT, int(value), pause=not here.playing)
    if command is Command.SEEK_ALERT:
        return SeekTarget(SeekKind.MOMENT, int(value))
    if command is Command.RESTART:
        return SeekTarget(SeekKind.MOMENT, 0, pause=False)
    if command is Command.STEP_RECORD:
        return SeekTarget(SeekKind.RECORDS, records=here.records + 1)
    if command is Command.BACK_RECORD:
        return SeekTarget(SeekKind.RECORDS, records=max(here.records - 1, 1))
    if command is Command.STEP_SNAP:
        return SeekTarget(SeekKind.MOMENT, (here.snap_ns // here.interval_ns + 1) * here.interval_ns)
    if command is Command.STEP_SECOND:
        return SeekTarget(SeekKind.MOMENT, here.snap_ns + NS_PER_S)
    if command in _BACK:
        back_ns = here.snap_ns if command is Command.BACK_SNAP else here.snap_ns - NS_PER_S + 1
        return SeekTarget(SeekKind.MOMENT, events.snap_before(back_ns))
    if command in (Command.NEXT_ALERT, Command.PREVIOUS_ALERT):
        return _alert(command, here, events)
    if command in (Command.NEXT_TOUCH, Command.PREVIOUS_TOUCH):
        return _touch(command, subject, here, events)
    return None


def _alert(command: Command, here: ReplayPosition, events: EventIndex) -> SeekTarget:
    if command is Command.PREVIOUS_ALERT:
        before = events.alert_before(here.snap_ns)
        if before is None:
            raise NotFoundError("No alert before this moment")
        return SeekTarget(SeekKind.MOMENT, before)
    known = events.next_alert(here.snap_ns)
    if known is not None:
        return SeekTarget(SeekKind.MOMENT, known)
    return SeekTarget(SeekKind.ALERT, max(here.snap_ns, events.visited_ns), description="the next alert")


def _touch(command: Command, subject: str, here: ReplayPosition, events: EventIndex) -> SeekTarget:
    if math.isnan(here.key):
        raise NotFoundError(f"No level {subject} in this recording")
    if command is Command.PREVIOUS_TOUCH:
        before = events.touch_before(here.key, here.snap_ns)
        if before is None:
            raise NotFoundError(f"No touch of {subject} before this moment")
        return SeekTarget(SeekKind.MOMENT, before)
    known = events.next_touch(here.key, here.snap_ns)
    if known is not None:
        return SeekTarget(SeekKind.MOMENT, known)
    return SeekTarget(
        SeekKind.TOUCH, max(here.snap_ns, events.visited_ns), key=here.key, description=f"the next touch of {subject}"
    )
