"""Judges the snaps of a Session by the rules of the configuration, and follows its files while the Session runs."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.alerts.command import CommandPlan, CommandRunner
from spymaster.alerts.conditions import moment_of
from spymaster.alerts.desk import AlertDesk
from spymaster.alerts.rules import Memory, Rule, rules_of, step
from spymaster.alerts.standing import NEWS_NS, RuleAlert
from spymaster.config.alerts import Alerts
from spymaster.errors import UserError
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import level_id
from spymaster.signals.blocks import Block
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.frame import Frame
from spymaster.signals.said.viewport import LevelsViewport

LOOK_S: Final = 1.0
"""How often the files of the configuration are looked at."""

_log = logging.getLogger("spymaster.alerts")

Stamp = tuple[tuple[int, int, int] | None, ...]


class RuleWatch:
    """A ``Watcher`` of a Session: judges its snaps in its thread and leaves everything else to others.

    ``load``: the configuration as its files say now, or UserError; ``files``: those that may change. ``judges``: False
    where rules are not wanted (a replay that did not ask for them): then nothing is raised, and engine alerts can be
    snoozed all the same. ``runs_command``: False where another process judges the same snaps and runs it.
    ``now_ns``: the clock of a market that goes on: while a session catches up with it, what was raised longer ago runs
    no command. None where event time is no such clock, in a replay or a demo.
    """

    def __init__(
        self,
        alerts: Alerts,
        load: Callable[[], Alerts],
        files: Iterable[Path],
        *,
        judges: bool = True,
        runs_command: bool = True,
        now_ns: Callable[[], int] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._now_ns = now_ns
        self.desk = AlertDesk()
        self._judges, self._runs_command = judges, runs_command
        self._load, self._files = load, tuple(files)
        self._alerts = alerts
        self._rules: tuple[Rule, ...] = ()
        self._user_ids: Sequence[str] = ()
        self._memory = Memory()
        self._is_fresh = True
        self._seen = self._stamp()
        self._runner = CommandRunner(
            lambda: CommandPlan(self._alerts.command, self._alerts.command_limit),
            alerts.command_at_once,
            environment,
            lambda: self.desk.command_ran(self._runner.counts),
        )
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._take_over(alerts)

    @property
    def judges(self) -> bool:
        """Whether rules are judged, and a replay rings."""
        return self._judges

    @property
    def alerts(self) -> Alerts:
        """What is in force."""
        return self._alerts

    def start(self) -> None:
        """Begin to look at the files, once in ``LOOK_S``."""
        self._thread = threading.Thread(target=self._follow_files, name="alert rules", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and end what runs. Safe to call twice."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._runner.close()

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Snaps of a configuration are about to come: nothing of those before is remembered."""
        self._user_ids = tuple(level.id for level in config.user_levels)
        self._memory, self._is_fresh = Memory(), True

    def on_block(self, block: Block) -> None:
        """Judge the snaps of a block."""
        for place, snap in enumerate(block.snaps):
            rows = block.rows[place, : int(snap["levels"])]
            ids: tuple[str, ...] = ()
            if self._rules:
                named = zip(rows["kind"].tolist(), rows["price"].tolist(), rows["user_index"].tolist(), strict=True)
                ids = tuple(level_id(int(kind), price, int(own), self._user_ids) for kind, price, own in named)
            self._judge(int(snap["t_ns"]), rows, ids)

    def on_frame(self, frame: Frame) -> None:
        """Judge what a screen elsewhere is shown: the frames that reach it, of which some may be missing."""
        if frame.t_ns > 0:
            self._judge(frame.t_ns, frame.levels, tuple(view.id for view in frame.level_views))

    def published(self) -> None:
        """Nothing to do for a frame."""

    def scored(self, viewport: LevelsViewport) -> None:
        """No rule watches what a model says."""

    def look(self) -> bool:
        """Take over what changed in the files; a faulty one is told and changes nothing. Whether anything changed."""
        now = self._stamp()
        if now == self._seen:
            return False
        self._seen = now
        try:
            alerts = self._load()
        except UserError as error:
            _log.warning("%s; the alert rules stay as they were", error)
            self._tell(str(error))
            return True
        if alerts != self._alerts or self.desk.standing().fault:
            self._take_over(alerts)
            _log.info("alert rules in force: %s", ", ".join(rule.name for rule in self._rules) or "none")
        return True

    def _take_over(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._rules = rules_of(alerts) if self._judges else ()
        self._tell("")

    def _tell(self, fault: str) -> None:
        command = self._runs_command and bool(self._alerts.command)
        self.desk.rules_changed(len(self._rules), fault, has_command=command, is_on=self._judges)

    def _judge(self, t_ns: int, rows: NDArray[Any], ids: tuple[str, ...]) -> None:
        if self._is_fresh:
            self._is_fresh = False
            self.desk.begin(t_ns)
        rules, memory = self._rules, self._memory
        if not rules and not memory.on:
            self.desk.take(t_ns, (), ())
            return
        judged = step(rules, memory, moment_of(t_ns, rows if rules else rows[:0], ids if rules else ()))
        self._memory = judged.memory
        for alert in self.desk.take(t_ns, judged.raised, judged.ended):
            _log.info("alert %s: %s %s", alert.rule, alert.level_id, alert.says)
            if alert.command and self._runs_command and self._is_news(alert):
                self._runner.submit(alert)

    def _is_news(self, alert: RuleAlert) -> bool:
        late_ns = self._now_ns() - alert.t_ns if self._now_ns is not None else 0
        if late_ns > NEWS_NS:
            _log.info("alert %s: its command is not run, it is %d s old", alert.rule, late_ns // NS_PER_S)
        return late_ns <= NEWS_NS

    def _follow_files(self) -> None:
        while not self._ending.wait(LOOK_S):
            self.look()

    def _stamp(self) -> Stamp:
        return tuple(_stamp(path) for path in self._files)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
