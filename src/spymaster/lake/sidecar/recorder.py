"""From the journal's frames to the lake's files: what the sidecar does with each frame it reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from spymaster.journal.codec import decode_alerts, decode_frame, decode_signals, decode_tests
from spymaster.journal.format import FormatError, FrameFlag, FrameKind, Position, StoredFrame
from spymaster.lake.bronze.reader import read_controls, read_records
from spymaster.lake.bronze.writer import BronzeWriter
from spymaster.lake.gold.level_tests import LevelTestsWriter
from spymaster.lake.gold.writer import GoldWriter
from spymaster.lake.predictions import sealed_predictions
from spymaster.lake.run_manifest import RunInfo, RunManifest
from spymaster.lake.storage.files import Storage
from spymaster.lake.tables.lanes import GROUP_ROWS
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import TableRouter, hour_of
from spymaster.lake.tables.schema import CONTROL
from spymaster.market.frames import ConfigFrame, MappingFrame, RecordsFrame
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile, RunStatus
from spymaster.market.params import PARAMS

Durable = tuple[RecordingFile, ...]

_NOTHING: Final[Durable] = ()


class LakeRecorder:
    """Writes one run into a lake. Frames are given in the journal's order.

    ``on_frame`` returns the files that became durable, which is when the clock enters another hour; the manifest names
    them by then. ``open_hour_start`` is where the first frame stands that is not durable yet: a later process makes
    a new recorder of the same run and gives it every frame from there, and the hour is written again under the same
    names.

    ``predictions``: what a model said in the run, a file beside the journal if it said anything; it is taken into the
    lake when the run is sealed.

    Raises OSError where the disk or the network refuses; the recorder is of no use then: ``discard`` it, make another
    one and begin again at ``open_hour_start``. Raises ``journal.format.FormatError`` for a frame that holds
    nonsense.
    """

    def __init__(
        self, storage: Storage, run: RunInfo, *, group_rows: int = GROUP_ROWS, predictions: Path | None = None
    ) -> None:
        self._run, self._storage = run, storage
        self._predictions = predictions
        self._manifest = RunManifest(storage, run)
        self._router = TableRouter(run.symbol)
        parts = PartMaker(storage, run.id)
        self._bronze = BronzeWriter(parts, self._router, group_rows)
        self._gold = GoldWriter(parts, run.underlying)
        self._tests = LevelTestsWriter(parts, run.underlying)
        self._hour: int | None = None
        self._clock_ns = 0
        self._waiting: list[StoredFrame] = []
        self.open_hour_start: Position | None = None
        """Place of the first frame that is not durable; None before the first frame."""
        self._learn_again(storage)

    def on_frame(self, frame: StoredFrame) -> Durable:
        """Take the next frame in; returns the files that became durable by it."""
        if self.open_hour_start is None:
            self.open_hour_start = frame.position
        if frame.clock_ns <= 0:
            # said before the first record, so before anything is known of the time
            self._waiting.append(frame)
            return _NOTHING
        durable = self._enter(hour_of(frame.clock_ns), frame.position)
        self._clock_ns = max(self._clock_ns, frame.clock_ns)
        self._write_waiting()
        self._write(frame)
        return durable

    def seal(self, status: RunStatus = RunStatus.SEALED, reason: str = "") -> Durable:
        """The run is over: make everything durable and say so. ``reason``: why it is torn, if it is."""
        if self._hour is None:
            self._hour = hour_of(self._run.started_ns)
        self._write_waiting()
        files = self._close_hour()
        said = sealed_predictions(self._storage, self._run.id, self._predictions)
        if said is not None:
            self._manifest.predictions(*said)
        self._manifest.write(status, self._clock_ns, reason)
        return files

    def discard(self) -> None:
        """Give the open hour up: nothing of it is left."""
        self._bronze.discard()
        self._gold.discard()
        self._tests.discard()

    def _enter(self, hour: int, position: Position) -> Durable:
        if self._hour is None:
            self._hour = hour
            self._manifest.write(RunStatus.OPEN, self._run.started_ns)
        if hour <= self._hour:
            return _NOTHING
        files = self._close_hour()
        self._manifest.write(RunStatus.OPEN, self._clock_ns)
        self._hour = hour
        self.open_hour_start = position
        return files

    def _close_hour(self) -> Durable:
        files = (*self._bronze.close_hour(), *self._gold.close_hour(), *self._tests.close_hour())
        self._manifest.add(files)
        return files

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            self._write(frame)

    def _write(self, frame: StoredFrame) -> None:
        writers: dict[FrameKind, Callable[[StoredFrame], None]] = {
            FrameKind.RECORDS: self._write_records,
            FrameKind.SIGNAL: self._write_signals,
            FrameKind.ALERT: self._write_alerts,
        }
        writers.get(frame.kind, self._write_control)(frame)

    def _write_records(self, frame: StoredFrame) -> None:
        assert self._hour is not None
        content = decode_frame(frame)
        assert isinstance(content, RecordsFrame)
        self._bronze.records(content.batch, self._hour, backfill=FrameFlag.BACKFILL in frame.flags)

    def _write_signals(self, frame: StoredFrame) -> None:
        assert self._hour is not None
        rows = decode_signals(frame)
        if len(rows.snaps):
            self._manifest.trust(rows.snaps)
            self._gold.signals(rows.snaps, rows.levels, self._hour)
        self._tests.tests(decode_tests(rows), self._hour)

    def _write_alerts(self, frame: StoredFrame) -> None:
        assert self._hour is not None
        self._gold.alerts(decode_alerts(frame), self._hour)

    def _write_control(self, frame: StoredFrame) -> None:
        assert self._hour is not None
        content = decode_frame(frame)
        assert not isinstance(content, RecordsFrame)
        if isinstance(content, ConfigFrame):
            self._configure(content)
        self._manifest.control(content)
        self._bronze.control(
            content,
            self._hour,
            seq=frame.first_seq,
            clock_ns=frame.clock_ns,
            segment=frame.segment,
            offset=frame.offset,
        )

    def _configure(self, frame: ConfigFrame) -> None:
        if len(frame.params) != PARAMS.itemsize:
            raise FormatError("CONFIG was written by another version of the program")
        band = float(np.frombuffer(frame.params, PARAMS)["monitor_band"][0])
        ids = [level.id for level in frame.user_levels]
        self._gold.configure(band, ids)
        self._tests.configure(ids)

    def _learn_again(self, storage: Storage) -> None:
        """What an earlier process of the same run was told in the hours that are durable."""
        for file in self._manifest.files:
            if file.kind == CONTROL:
                for _, frame in read_controls(storage, file.path):
                    self._manifest.control(frame)
                    if isinstance(frame, ConfigFrame):
                        self._router.configure(frame)
                        self._configure(frame)
                    elif isinstance(frame, MappingFrame):
                        self._router.learn(frame)
            elif file.kind == Kind.DEF.name:
                for definitions in read_records(storage, file.path, Kind.DEF):
                    self._router.define(definitions)
