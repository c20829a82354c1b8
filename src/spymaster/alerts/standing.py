"""Alerts of one's own rules as a screen, a command and a log are told of them; no part of what is published."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.words import ConfidenceWord, DirectionWord, KindWord, SignalWord, StateWord

SnoozeKind = Literal["all", "rule", "kind", "level"]


NEWS_NS: Final = 10 * NS_PER_S
"""An alert of one's own that is older than this, at a start or after a hole, neither rings nor runs a command."""


class RuleAlert(msgspec.Struct, frozen=True):
    """A level that met a rule at ``t_ns``. ``ended_ns``: the snap at which it no longer did, None before.

    ``price`` and ``distance`` in the profile's unit; ``score`` None where the level had none; ``says``: one line for
    people. ``bell``, ``notify``, ``command``: what the rule asks for.
    """

    id: str
    rule: str
    t_ns: int
    level_id: str
    kind: KindWord
    price: float
    distance: float
    direction: DirectionWord
    state: StateWord
    signal: SignalWord
    score: float | None
    confidence: ConfidenceWord
    says: str
    bell: bool = True
    notify: bool = True
    command: bool = False
    ended_ns: int | None = None


class Snooze(msgspec.Struct, frozen=True):
    """Nothing rings or runs for ``name`` before ``until_ns`` of the market's time; ``name`` is empty for ``all``."""

    kind: SnoozeKind
    name: str
    until_ns: int

    @property
    def words(self) -> str:
        """Who is silent."""
        return "all alerts" if self.kind == "all" else f"{self.kind} {self.name}"

    def covers(self, rule: str, kind: str, level_id: str) -> bool:
        """Whether an alert of these is meant. ``rule`` is empty for the engine's own."""
        return self.kind == "all" or self.name == {"rule": rule, "kind": kind, "level": level_id}[self.kind]


class AlertStanding(msgspec.Struct, frozen=True):
    """What there is to show. ``alerts``: newest first; ``rules``: how many are in force; ``fault``: what is wrong with
    the rules' file, empty where nothing is; ``ran``, ``failed``, ``dropped``: of the command; ``last_failure``: why it
    failed last; ``is_on``: whether rules are judged here at all."""

    alerts: tuple[RuleAlert, ...] = ()
    rules: int = 0
    fault: str = ""
    snoozes: tuple[Snooze, ...] = ()
    ran: int = 0
    failed: int = 0
    dropped: int = 0
    last_failure: str = ""
    has_command: bool = False
    is_on: bool = True

    @property
    def trouble(self) -> str:
        """What is wrong, in one line; empty where nothing is."""
        if self.fault:
            return f"{self.fault}; the alert rules stay as they were"
        return f"alert command failed {self.failed} times: {self.last_failure}" if self.failed else ""
