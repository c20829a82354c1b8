"""What there is to know of one's own alerts: those raised, what is silent, how the command fares. For any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

import msgspec

from spymaster.alerts.command import CommandCounts
from spymaster.alerts.standing import AlertStanding, RuleAlert, Snooze, SnoozeKind
from spymaster.market.kinds import NS_PER_S

KEPT: Final = 200
NS_PER_MIN: Final = 60 * NS_PER_S


class AlertDesk:
    """Remembers for a screen; the one who judges writes, the screen reads, and asks for silence."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing = AlertStanding()
        self._t_ns = 0

    def standing(self) -> AlertStanding:
        """All of it, as of now."""
        return self._standing

    def begin(self, t_ns: int) -> None:
        """A run begins at a moment: what was raised from it on is of a future that has not been, and what was on
        before it has ended as far as anybody can say."""
        with self._lock:
            before = (one for one in self._standing.alerts if one.t_ns < t_ns)
            alerts = tuple(
                one if one.ended_ns is not None else msgspec.structs.replace(one, ended_ns=t_ns) for one in before
            )
            self._change(alerts=alerts)
            self._t_ns = t_ns

    def take(self, t_ns: int, raised: Iterable[RuleAlert], ended: Iterable[RuleAlert]) -> tuple[RuleAlert, ...]:
        """A snap was judged; those of the raised that are not silenced."""
        with self._lock:
            self._t_ns = t_ns
            snoozes = tuple(one for one in self._standing.snoozes if t_ns < one.until_ns)
            if len(snoozes) != len(self._standing.snoozes):
                self._change(snoozes=snoozes)
            raised, over = tuple(raised), {one.id: one for one in ended}
            if raised or over:
                alerts = (*reversed(raised), *(over.get(one.id, one) for one in self._standing.alerts))
                self._change(alerts=alerts[:KEPT])
            return tuple(one for one in raised if not _silent(snoozes, one.rule, one.kind, one.level_id))

    def snooze(self, kind: SnoozeKind, name: str, minutes: float, t_ns: int) -> Snooze:
        """Silence from ``t_ns`` on; 0 minutes end the one there is."""
        snooze = Snooze(kind, name, t_ns + round(minutes * NS_PER_MIN))
        with self._lock:
            others = tuple(one for one in self._standing.snoozes if (one.kind, one.name) != (kind, name))
            self._change(snoozes=(*others, snooze) if minutes > 0 else others)
        return snooze

    def wake(self) -> None:
        """End every snooze."""
        with self._lock:
            self._change(snoozes=())

    def is_silent(self, rule: str, kind: str, level_id: str, t_ns: int) -> bool:
        """Whether an alert of these is snoozed at a moment."""
        return _silent((one for one in self._standing.snoozes if t_ns < one.until_ns), rule, kind, level_id)

    def rules_changed(self, rules: int, fault: str, *, has_command: bool, is_on: bool) -> None:
        """Other rules are in force, or the file with others is faulty."""
        with self._lock:
            self._change(rules=rules, fault=fault, has_command=has_command, is_on=is_on)

    def command_ran(self, counts: CommandCounts) -> None:
        """The command has been run again."""
        with self._lock:
            self._change(**counts._asdict())

    def _change(self, **changes: object) -> None:
        self._standing = msgspec.structs.replace(self._standing, **changes)


def _silent(snoozes: Iterable[Snooze], rule: str, kind: str, level_id: str) -> bool:
    return any(one.covers(rule, kind, level_id) for one in snoozes)
