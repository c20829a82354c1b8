"""A recording as a Session travels through it: where it begins and ends, what is known of it, the best way."""

from __future__ import annotations

import math
from typing import Final

from spymaster.session.replay.cache import CachePlan, ReplayCache
from spymaster.session.replay.checkpoints import Checkpoint
from spymaster.session.replay.event_index import KnownPast
from spymaster.session.replay.run import ReplayRun, StaleCheckpointError
from spymaster.session.replay.seek_target import Aim, Goal, Here, goal_for
from spymaster.session.sources.forms import interval_ns_of, open_source
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, ReplayStatus

_WORTH_NS: Final = 2_000_000_000
"""How much event time a checkpoint ahead has to save before it is gone to."""


class Recording:
    """Opened by a Session for as long as it lives. ``cache`` None: checkpoints in memory only."""

    def __init__(self, plan: ReplayPlan, cache: CachePlan | None) -> None:
        self._source = open_source(plan)
        self.first_ns, self.last_ns = self._source.first_ns, self._source.last_ns
        self._interval_ns = interval_ns_of(self._source.config_frame())
        self._cache = ReplayCache(cache if cache is not None else CachePlan())
        self._source.make_seekable(self._cache.copy_of)
        self._shelf = self._cache.shelf(self._source.identity())
        self._past = KnownPast(self._interval_ns, self._shelf.past())

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files, a line each."""
        return self._source.problems

    def close(self) -> None:
        """Keep what is known of the recording, and let its files go."""
        self._source.close()
        if self._past.visited_ns:
            self._shelf.keep_past(self._past.memory())
        self._cache.close()

    def run(self, checkpoint: Checkpoint | None) -> ReplayRun:
        """An engine at a checkpoint, or at an earlier one where that turns out to be of no use; None: at the first
        record."""
        while checkpoint is not None:
            try:
                return ReplayRun(self._source, self._shelf, self._past, checkpoint)
            except StaleCheckpointError:
                self._shelf.forget(checkpoint.t_ns, checkpoint.records)
                checkpoint = self._shelf.latest(until_ns=checkpoint.t_ns - 1)
        return ReplayRun(self._source, self._shelf, self._past)

    def here(self, run: ReplayRun, goal: Goal | None, subject: str, playing: bool) -> Here:
        """Where the replay is, or will be once ``goal`` is reached. ``subject``: id of a level, or nothing."""
        key = run.builder.level_key(subject) if subject else math.nan
        snap_ns, records = run.last_snap_ns, run.records
        if goal is not None and goal.aim is Aim.MOMENT:
            snap_ns = goal.ns
        elif goal is not None and goal.aim is Aim.RECORDS:
            records = goal.records
        return Here(snap_ns, records, playing or (goal is not None and not goal.pause), self._interval_ns, key)

    def goal(self, command: Command, value: float, subject: str, here: Here) -> Goal | None:
        """What a command asks for. Raises NothingThere."""
        return goal_for(command, value, subject, here, self._past)

    @staticmethod
    def back_to(snap_ns: int, *, pause: bool = True) -> Goal:
        """Back to a snap that was left for a search, or to the beginning of a range."""
        return Goal(Aim.MOMENT, snap_ns, pause=pause)

    @staticmethod
    def lies_behind(goal: Goal, run: ReplayRun) -> bool:
        """Whether a goal can only be reached by going back."""
        if goal.aim is Aim.RECORDS:
            return goal.records <= run.records
        return goal.ns <= run.last_snap_ns and not goal.is_search

    def begin_at(self, goal: Goal | None) -> Checkpoint | None:
        """Where to begin on the way to a goal, None for the first record."""
        if goal is None:
            return None
        if goal.aim is Aim.RECORDS:
            return self._shelf.latest(until_records=goal.records - 1)
        # so that the snap of that moment is still to come: a checkpoint is a little after its last snap
        return self._shelf.latest(until_ns=goal.ns - (0 if goal.is_search else 1))

    def better_start(self, goal: Goal, run: ReplayRun) -> tuple[bool, Checkpoint | None]:
        """(whether to go on from elsewhere, from which checkpoint)."""
        if self.lies_behind(goal, run):
            return True, self.begin_at(goal)
        if goal.aim is Aim.RECORDS:
            return False, None
        nearest = self._shelf.nearest(until_ns=goal.ns - (0 if goal.is_search else 1))
        if nearest is None or nearest < run.last_snap_ns + _WORTH_NS:
            return False, None
        checkpoint = self.begin_at(goal)
        ahead = checkpoint is not None and checkpoint.t_ns > run.last_snap_ns
        return ahead, checkpoint if ahead else None

    @staticmethod
    def aim(goal: Goal, run: ReplayRun) -> None:
        """Tell an engine that is about to run what to stop for."""
        run.near_ns = goal.ns if goal.aim is Aim.MOMENT else None
        if goal.aim is Aim.RECORDS:
            run.engine.records_per_step = max(goal.records - run.records, 1)
        else:
            run.engine.step_freely()

    @staticmethod
    def is_there(goal: Goal, t_ns: int | None, run: ReplayRun) -> bool:
        """Whether the block just taken, with its last snap at ``t_ns``, is what was looked for."""
        if goal.aim is Aim.RECORDS:
            run.engine.records_per_step = max(goal.records - run.records, 1)
            return run.records >= goal.records
        if t_ns is None or t_ns < goal.ns or (goal.is_search and t_ns == goal.ns):
            return False
        if goal.aim is Aim.ALERT:
            return bool(run.builder.raised)
        return goal.aim is Aim.MOMENT or goal.key in run.builder.touches_begun

    def status(
        self,
        goal: Goal | None,
        began_ns: int,
        now_ns: int,
        checkpoint_ns: int | None,
        loop_ns: tuple[int, int | None] | None,
        answer: str,
    ) -> ReplayStatus:
        """Where the replay stands, for a screen."""
        target_ns = goal.ns if goal is not None and goal.aim is Aim.MOMENT else None
        end_ns = target_ns if target_ns is not None else self.last_ns
        way_ns = end_ns - (began_ns or self.first_ns)
        done = (now_ns - (began_ns or self.first_ns)) / way_ns if way_ns > 0 and now_ns else 0.0
        return ReplayStatus(
            seeking_ns=target_ns,
            seeking=goal.words if goal is not None else "",
            seek_progress=min(max(done, 0.0), 1.0) if goal is not None else 0.0,
            checkpoint_ns=checkpoint_ns if goal is not None else None,
            answer=answer,
            loop_ns=loop_ns,
            alerts=self._past.alerts,
            visited_ns=self._past.visited_ns,
        )
