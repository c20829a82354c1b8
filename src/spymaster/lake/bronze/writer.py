"""Bronze: everything that arrived, in the order and the layout it arrived in, a file for each table and hour."""

from __future__ import annotations

import contextlib
from typing import Final

import msgspec
import numpy as np

from spymaster.journal.codec import EndFrame
from spymaster.lake.tables.arrow_records import raw_rows
from spymaster.lake.tables.lanes import GROUP_ROWS, ControlLane, RecordLane
from spymaster.lake.tables.part import PartMaker
from spymaster.lake.tables.routing import TableKey, TableRouter, folder_of
from spymaster.lake.tables.schema import bronze_schema, control_schema
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    ConfigFrame,
    FeedStatusFrame,
    GapFrame,
    MappingFrame,
    WatermarkFrame,
)
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile

ControlFrame = WatermarkFrame | FeedStatusFrame | MappingFrame | ConfigFrame | GapFrame | EndFrame

_JSON: Final = msgspec.json.Encoder()


class BronzeWriter:
    """Writes the Bronze of one run, an hour at a time. Raises OSError where the disk or the network refuses.

    After an error it is of no use any more: ``discard`` it and write the hour again with a new one.
    """

    def __init__(self, parts: PartMaker, router: TableRouter, group_rows: int = GROUP_ROWS) -> None:
        self._parts = parts
        self._router = router
        self._group_rows = group_rows
        self._lanes: dict[tuple[TableKey, Kind], RecordLane] = {}
        self._control: ControlLane | None = None
        self.left_out: dict[str, int] = {}
        """Records that have no table, by kind."""

    def records(self, batch: Batch, hour: int, *, backfill: bool = False) -> None:
        """Take records that arrived in the open hour; ``hour`` is its number."""
        seqs = np.arange(batch.first_seq, batch.first_seq + len(batch), dtype=np.uint64)
        for kind, records in batch.arrays.items():
            if not len(records):
                continue
            if kind not in DTYPES:
                self.left_out[kind.name] = self.left_out.get(kind.name, 0) + len(records)
                continue
            if kind is Kind.DEF:
                self._router.define(records)
            own = seqs if len(batch.arrays) == 1 else seqs[batch.order == kind]
            rows = raw_rows(kind, records)
            for table_key, mask in self._router.split(kind, records):
                lane = self._lane(table_key, kind, int(own[0] if mask is None else own[mask][0]), hour)
                if mask is None:
                    lane.append(rows, own, backfill=backfill)
                else:
                    lane.append(rows[mask], own[mask], backfill=backfill)

    def control(
        self, frame: ControlFrame, hour: int, *, seq: int, clock_ns: int, segment: int = 0, offset: int = 0
    ) -> None:
        """Take a frame that stood between records; ``seq``: number of the record that comes next."""
        if isinstance(frame, ConfigFrame):
            self._router.configure(frame)
        elif isinstance(frame, MappingFrame):
            self._router.learn(frame)
        if self._control is None:
            schema = control_schema()
            part = self._parts.begin(folder_of("bronze", self._router.control, hour), seq, schema)
            self._control = ControlLane(part, self._group_rows)
        is_watermark = isinstance(frame, WatermarkFrame)
        name = str(frame.__struct_config__.tag)
        payload = None if is_watermark else _JSON.encode(frame).decode()
        at_ns = frame.clock_ns if isinstance(frame, WatermarkFrame) else None
        self._control.append((seq, segment, offset, clock_ns, name, at_ns, payload))

    def close_hour(self) -> list[RecordingFile]:
        """Make the files of the hour durable and visible."""
        lanes: list[RecordLane | ControlLane] = [*self._lanes.values()]
        if self._control is not None:
            lanes.append(self._control)
        files = [lane.finish() for lane in lanes]
        self._lanes.clear()
        self._control = None
        return files

    def discard(self) -> None:
        """Give the open hour up: nothing of it is left."""
        lanes: list[RecordLane | ControlLane] = [*self._lanes.values()]
        for lane in lanes if self._control is None else [*lanes, self._control]:
            with contextlib.suppress(OSError):
                lane.discard()
        self._lanes.clear()
        self._control = None

    def _lane(self, table_key: TableKey, kind: Kind, first_seq: int, hour: int) -> RecordLane:
        lane = self._lanes.get((table_key, kind))
        if lane is None:
            part = self._parts.begin(folder_of("bronze", table_key, hour), first_seq, bronze_schema(kind))
            lane = self._lanes[table_key, kind] = RecordLane(part, kind, self._group_rows)
        return lane
