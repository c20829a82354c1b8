"""A recording as a Session travels through it: where it begins and ends, what is known of it, the best way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from spymaster.market.frames import ConfigFrame
from spymaster.models.break_model import BreakModel
from spymaster.models.live_scorer import LevelAsker
from spymaster.practice.standing import PracticeStanding
from spymaster.session.replay.cache import CachePlan, ReplayCache
from spymaster.session.replay.checkpoints import Checkpoint
from spymaster.session.replay.event_index import EventIndex
from spymaster.session.replay.run import ReplayRun, StaleCheckpointError
from spymaster.session.replay.seek_target import ReplayPosition, SeekKind, SeekTarget, seek_target_for
from spymaster.session.sources.forms import interval_ns_of, open_source
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Command, ReplayStatus

_WORTH_NS: Final = 2_000_000_000
"""How much event time a checkpoint ahead has to save before it is gone to."""


Asks = Callable[[ConfigFrame], LevelAsker | None]


def _nobody(_config: ConfigFrame) -> None:
    """No model is to be asked."""


class ReplayIndex:
    """Opened by a Session for as long as it lives. ``cache`` None: checkpoints in memory only. ``model``: one that may
    be shown; ``asks``: follows levels for models with several heads, None where none speaks."""

    def __init__(
        self, plan: ReplayPlan, cache: CachePlan | None, model: BreakModel | None = None, asks: Asks | None = None
    ) -> None:
        self._model, self._asks = model, asks or _nobody
        self._source = open_source(plan)
        self.first_ns, self.last_ns = self._source.first_ns, self._source.last_ns
        self._interval_ns = interval_ns_of(self._source.config_frame())
        self._cache = ReplayCache(cache if cache is not None else CachePlan())
        self._source.make_seekable(self._cache.copy_of)
        # what was remembered without models is of no use with them, and must not be taken for it
        asking = b"asking" if asks is not None else b""
        self._checkpoints = self._cache.checkpoint_store(self._source.identity() + asking)
        self._events = EventIndex(self._interval_ns, self._checkpoints.saved_events())

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files, a line each."""
        return self._source.problems

    def end_ns(self, ended: ReplayRun | None) -> int:
        """Where the recording ends: as its files say, after a run that came to its end as the records say."""
        return min(self.last_ns, ended.last_snap_ns) if ended is not None and ended.last_snap_ns else self.last_ns

    def close(self) -> None:
        """Keep what is known of the recording, and let its files go."""
        self._source.close()
        if self._events.visited_ns:
            self._checkpoints.save_events(self._events.snapshot())
        self._cache.close()

    def run(self, checkpoint: Checkpoint | None) -> ReplayRun:
        """An engine at a checkpoint, or at an earlier one where that turns out to be of no use; None: at the first
        record."""
        while checkpoint is not None:
            try:
                return ReplayRun(self._source, self._checkpoints, self._events, checkpoint, self._model, self._asks)
            except StaleCheckpointError:
                self._checkpoints.forget(checkpoint.t_ns, checkpoint.records)
                checkpoint = self._checkpoints.latest(until_ns=checkpoint.t_ns - 1)
        return ReplayRun(self._source, self._checkpoints, self._events, model=self._model, asks=self._asks)

    def here(self, run: ReplayRun, target: SeekTarget | None, subject: str, playing: bool) -> ReplayPosition:
        """Where the replay is, or will be once ``target`` is reached. ``subject``: id of a level, or nothing."""
        key = run.builder.level_key(subject) if subject else math.nan
        snap_ns, records = run.last_snap_ns, run.records
        if target is not None and target.kind is SeekKind.MOMENT:
            snap_ns = target.ns
        elif target is not None and target.kind is SeekKind.RECORDS:
            records = target.records
        return ReplayPosition(
            snap_ns, records, playing or (target is not None and not target.pause), self._interval_ns, key
        )

    def target(self, command: Command, value: float, subject: str, here: ReplayPosition) -> SeekTarget | None:
        """What a command asks for. Raises NotFoundError."""
        return seek_target_for(command, value, subject, here, self._events)

    @staticmethod
    def back_to(snap_ns: int, *, pause: bool = True) -> SeekTarget:
        """Back to a snap that was left for a search, or to the beginning of a range."""
        return SeekTarget(SeekKind.MOMENT, snap_ns, pause=pause)

    @staticmethod
    def lies_behind(target: SeekTarget, run: ReplayRun) -> bool:
        """Whether a target can only be reached by going back."""
        if target.kind is SeekKind.RECORDS:
            return target.records <= run.records
        return target.ns <= run.last_snap_ns and not target.is_search

    def begin_at(self, target: SeekTarget | None) -> Checkpoint | None:
        """Where to begin on the way to a target, None for the first record."""
        if target is None:
            return None
        if target.kind is SeekKind.RECORDS:
            return self._checkpoints.latest(until_records=target.records - 1)
        # so that the snap of that moment is still to come: a checkpoint is a little after its last snap
        return self._checkpoints.latest(until_ns=target.ns - (0 if target.is_search else 1))

    def better_start(self, target: SeekTarget, run: ReplayRun) -> tuple[bool, Checkpoint | None]:
        """(whether to go on from elsewhere, from which checkpoint)."""
        if self.lies_behind(target, run):
            return True, self.begin_at(target)
        if target.kind is SeekKind.RECORDS:
            return False, None
        nearest = self._checkpoints.nearest(until_ns=target.ns - (0 if target.is_search else 1))
        if nearest is None or nearest < run.last_snap_ns + _WORTH_NS:
            return False, None
        checkpoint = self.begin_at(target)
        ahead = checkpoint is not None and checkpoint.t_ns > run.last_snap_ns
        return ahead, checkpoint if ahead else None

    @staticmethod
    def set_stop(target: SeekTarget, run: ReplayRun) -> None:
        """Tell an engine that is about to run what to stop for."""
        run.near_ns = target.ns if target.kind is SeekKind.MOMENT else None
        if target.kind is SeekKind.RECORDS:
            run.engine.records_per_step = max(target.records - run.records, 1)
        else:
            run.engine.step_freely()

    @staticmethod
    def is_there(target: SeekTarget, t_ns: int | None, run: ReplayRun) -> bool:
        """Whether the block just taken, with its last snap at ``t_ns``, is what was looked for."""
        if target.kind is SeekKind.RECORDS:
            run.engine.records_per_step = max(target.records - run.records, 1)
            return run.records >= target.records
        if t_ns is None or t_ns < target.ns or (target.is_search and t_ns == target.ns):
            return False
        if target.kind is SeekKind.ALERT:
            return bool(run.builder.raised)
        return target.kind is SeekKind.MOMENT or target.key in run.builder.touches_begun

    def status(
        self,
        target: SeekTarget | None,
        began_ns: int,
        now_ns: int,
        checkpoint_ns: int | None,
        loop_ns: tuple[int, int | None] | None,
        answer: str,
        practice: PracticeStanding | None,
    ) -> ReplayStatus:
        """Where the replay stands, for a screen."""
        target_ns = target.ns if target is not None and target.kind is SeekKind.MOMENT else None
        end_ns = target_ns if target_ns is not None else self.last_ns
        span_ns = end_ns - (began_ns or self.first_ns)
        done = (now_ns - (began_ns or self.first_ns)) / span_ns if span_ns > 0 and now_ns else 0.0
        return ReplayStatus(
            seeking_ns=target_ns,
            seeking=target.description if target is not None else "",
            seek_progress=min(max(done, 0.0), 1.0) if target is not None else 0.0,
            checkpoint_ns=checkpoint_ns if target is not None else None,
            answer=answer,
            loop_ns=loop_ns,
            alerts=self._events.alerts,
            visited_ns=self._events.visited_ns,
            practice=practice,
        )
