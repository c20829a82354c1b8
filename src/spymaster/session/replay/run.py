"""One engine on its way through a recording, from the beginning or from a checkpoint, leaving checkpoints behind."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final

from spymaster.market.frames import ConfigFrame, RecordsFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.models.break_model import BreakModel
from spymaster.models.live_scorer import LevelAsker
from spymaster.physics.engine import Engine, EngineError, SnapBlock
from spymaster.session.frames.builder import FrameBuilder
from spymaster.session.frames.heat_store import HeatStore
from spymaster.session.replay.checkpoints import VERSION, Checkpoint, CheckpointStore, packed_engine
from spymaster.session.replay.event_index import EventIndex
from spymaster.session.replay.practice import PracticeDesk
from spymaster.session.sources.holes import hole_lines
from spymaster.session.sources.recorded import RecordedSource
from spymaster.signals.hash import SignalHash

_NEAR_NS: Final = 3 * NS_PER_S
"""How long before a moment gone to a checkpoint is left, so that what lies just before it is near."""


class StaleCheckpointError(Exception):
    """A checkpoint does not fit the recording after all."""


class ReplayRun:
    """An engine, what follows it, and the source it reads. ``checkpoint`` None: from the beginning.

    ``near_ns``: a moment gone to; a checkpoint is kept in memory a little before it. ``model``: one that may be shown;
    ``asks``: follows levels for models with several heads. ``practice``: paper orders that live on the same records,
    None for none. Raises StaleCheckpointError.
    """

    def __init__(
        self,
        source: RecordedSource,
        checkpoints: CheckpointStore,
        events: EventIndex,
        checkpoint: Checkpoint | None = None,
        model: BreakModel | None = None,
        asks: Callable[[ConfigFrame], LevelAsker | None] = lambda _config: None,
    ) -> None:
        self._source = source
        self._checkpoints = checkpoints
        self._events = events
        self._checkpoint = checkpoint
        self.engine = Engine(snaps_per_block=1)
        self.heat = HeatStore()
        self.hash = SignalHash()
        self.last_snap_ns = 0
        self.near_ns: int | None = None
        self.practice: PracticeDesk | None = None
        self._batch_ns = 0
        self._configured = checkpoint is not None
        config = checkpoint.config if checkpoint is not None else source.config_frame()
        list(self.engine.feed(config))
        self.builder = FrameBuilder(self.engine, config, self.heat, model=model, asker=asks(config))
        if checkpoint is not None:
            self._restore(checkpoint)

    @property
    def records(self) -> int:
        """Records taken so far."""
        return self.builder.records

    def blocks(self) -> Generator[SnapBlock, None, None]:
        """Snap by snap to the end of the recording; each block is to be given to ``on_block``."""
        begun = self._checkpoint
        frames = self._source.frames() if begun is None else self._source.frames_from(begun.position)
        for frame in frames:
            if isinstance(frame, ConfigFrame):
                self._configure(frame)
                continue
            if self.practice is not None:
                self.practice.on_frame(frame)
            self.builder.on_frame(frame)
            yield from self.engine.feed(frame)
            if isinstance(frame, RecordsFrame) and self._source.at_records:
                self._between_frames()
        yield from self.engine.finish()

    def _configure(self, config: ConfigFrame) -> None:
        """At a further CONFIG the engine begins anew. Its blocks have all been taken by then."""
        if not self._configured:
            self._configured = True
            return
        self.builder.begin_anew(config)
        if self.practice is not None:
            self.practice.on_frame(config)
        list(self.engine.feed(config))

    def on_block(self, block: SnapBlock) -> None:
        """Follow a block."""
        self.builder.on_block(block)
        self.hash.update(block)
        if len(block.snaps):
            self.last_snap_ns = int(block.snaps["t_ns"][-1])
            if self.practice is not None:
                self.practice.advance(self.last_snap_ns)
            self._events.add_snap(self.last_snap_ns, self.builder.raised, self.builder.touches_begun)

    def holes(self) -> tuple[str, ...]:
        """What is to be said of the holes passed over, a line each."""
        return hole_lines(self.engine)

    def checkpoint(self) -> Checkpoint:
        """Everything, between two frames of records."""
        assert self.engine.config is not None
        return Checkpoint(
            identity=self._checkpoints.identity,
            version=VERSION,
            t_ns=self.last_snap_ns,
            records=self.records,
            position=self._source.position(),
            engine=packed_engine(self.engine.snapshot()),
            builder=self.builder.snapshot(),
            digest=self.hash.digest,
            config=self.engine.config,
        )

    def _between_frames(self) -> None:
        if not self.last_snap_ns:
            return
        if self._checkpoints.has_room_for(self.last_snap_ns):
            self._checkpoints.add(self.checkpoint())
            self._checkpoints.save_events(self._events.snapshot())
        elif self.near_ns is not None:
            reach_ns = max(_NEAR_NS, 2 * (self.last_snap_ns - self._batch_ns))
            if self.near_ns - reach_ns <= self.last_snap_ns < self.near_ns:
                self._checkpoints.add_near(self.checkpoint())
                self.near_ns = None
        self._batch_ns = self.last_snap_ns

    def _restore(self, checkpoint: Checkpoint) -> None:
        try:
            self.engine.restore(checkpoint.engine_bytes())
            self.builder.restore(checkpoint.builder)
            self.hash = SignalHash(checkpoint.digest)
        except (EngineError, ValueError) as error:
            raise StaleCheckpointError(str(error)) from error
        self.last_snap_ns = self._batch_ns = checkpoint.t_ns
