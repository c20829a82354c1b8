"""A journal's frames without a journal, and lakes made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.config.loader import load_config
from spymaster.config.params import build_params
from spymaster.journal.codec import TEST_BLOCK, encode_alerts, encode_frame, encode_signals
from spymaster.journal.format import FrameContent, FrameFlag, StoredFrame, frame_bytes
from spymaster.lake.catalog import Lake
from spymaster.lake.run_manifest import RunInfo
from spymaster.lake.sidecar.recorder import LakeRecorder
from spymaster.lake.storage.files import LocalStorage, Storage
from spymaster.ledger.rows import NO_TESTS
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import by_name
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument, TickSource
from spymaster.market.kinds import Kind
from spymaster.market.manifest import RecordingFile, RunStatus
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW, SNAP
from tests.support.blocks import SNAP_NS, alert, level
from tests.support.dbn import depth, records
from tests.support.journals import ES, T0_NS

HOUR_NS = 3_600_000_000_000
SPY = Instrument(2, 900, "SPY", 10_000_000, 1, TickSource.DEFINITION, EQUITY_CALENDAR)
RUN = RunInfo(
    id="20240105-143000",
    mode="record",
    profile="es",
    symbol="ESH4",
    underlying="ES",
    started_ns=T0_NS,
    code_version="0.1.0",
    config={"ui": {"theme": "dark"}},
    simulated=True,
    note="made by a test",
)


class Frames:
    """Numbers and places frames as a journal's writer would, and keeps them."""

    def __init__(self) -> None:
        self.stored: list[StoredFrame] = []
        self.seq = 0
        self.clock_ns = 0
        self._offset = 80

    def add(self, frame: Frame | FrameContent, clock_ns: int | None = None, *, backfill: bool = False) -> None:
        """The next frame; ``clock_ns`` by default what it was."""
        content = frame if isinstance(frame, FrameContent) else encode_frame(frame)
        self.clock_ns = max(self.clock_ns, clock_ns or 0)
        payload = memoryview(bytearray(b"".join(part.tobytes() for part in content.parts)))
        flags = FrameFlag.BACKFILL if backfill else FrameFlag(0)
        head = (content.kind, flags, content.version, content.count, self.seq, self.clock_ns)
        self.stored.append(StoredFrame(*head, payload, 1, self._offset))
        self._offset += frame_bytes(len(payload))
        if isinstance(frame, RecordsFrame):
            self.seq += len(frame.batch)

    def records(self, kind: Kind, rows: Records, *, backfill: bool = False) -> None:
        """Records of one kind; the clock goes with them."""
        clock_ns = None if backfill else int(by_name(kind, rows)["ts_event"].max())
        self.add(RecordsFrame(Batch.of(kind, rows)), clock_ns, backfill=backfill)

    def signals(self, snaps: NDArray[Any], levels: NDArray[Any], tests: NDArray[Any] = NO_TESTS) -> None:
        """Snaps and their levels, and the tests that were decided at them."""
        self.add(encode_signals(snaps, levels, {TEST_BLOCK: tests} if len(tests) else {}))

    def alerts(self, alerts: NDArray[Any]) -> None:
        """Alerts."""
        self.add(encode_alerts(alerts))


def published(snaps: int, levels: int = 3, *, from_ns: int = T0_NS) -> tuple[NDArray[Any], NDArray[Any]]:
    """Snaps (SNAP) and their levels (LEVEL_ROW), a quarter point apart in distance, the first at the price."""
    heads = np.zeros(snaps, SNAP)
    heads["t_ns"] = from_ns + np.arange(snaps) * SNAP_NS
    heads["levels"], heads["session_date"] = levels, 20240105
    rows = [level(price=4805.0 - 0.25 * k, distance=0.25 * k) for k in range(levels)] * snaps
    return heads, np.array([tuple(row.values()) for row in rows], LEVEL_ROW)


def raised(at_ns: int = T0_NS) -> NDArray[Any]:
    """One alert (ALERT_ROW), just raised."""
    row = alert(t_ns=at_ns, raised_ns=at_ns)
    return np.array([tuple(row[name] for name in ALERT_ROW.names or ())], ALERT_ROW)


def config_frame(profile: str = "es", levels: Sequence[UserLevel] = (), share: Instrument | None = None) -> ConfigFrame:
    """A CONFIG with true parameters."""
    params = build_params(load_config().profile(profile)).tobytes()
    return ConfigFrame(profile, params, ES, TapeFrom.DEPTH, tuple(levels), b"sessions", share)


def es_depth(count: int, from_ns: int = T0_NS, **about: Any) -> NDArray[np.int64]:
    """Depth of ES, a millisecond apart."""
    given = {"recv_ns": from_ns, "instrument_id": ES.instrument_id, **about}
    return depth(count, **given)


def es_trades(count: int, from_ns: int = T0_NS, **about: Any) -> NDArray[Any]:
    """Trades of ES, a millisecond apart."""
    given: dict[str, Any] = {"recv_ns": from_ns, "instrument_id": ES.instrument_id, "price": 4_800_000_000_000}
    return records(Kind.TRADE, count, **{**given, "size": 1, "action": b"T", "side": b"A", **about})


def record(
    root: Path | Storage,
    frames: Sequence[StoredFrame],
    run: RunInfo = RUN,
    *,
    status: RunStatus | None = RunStatus.SEALED,
    group_rows: int = 100_000,
) -> tuple[RecordingFile, ...]:
    """Write a run into a lake; sealed unless told otherwise. The files that became durable."""
    storage = LocalStorage(root) if isinstance(root, Path) else root
    recorder = LakeRecorder(storage, run, group_rows=group_rows)
    files = [file for frame in frames for file in recorder.on_frame(frame)]
    if status is not None:
        files += recorder.seal(status)
    return tuple(files)


def lake_at(root: Path) -> Lake:
    """The lake in a folder."""
    return Lake(LocalStorage(root))
