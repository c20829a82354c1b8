"""A live session that notes when each record was journalled and each snap published: a process of ``bench`` of its own.

``python -m spymaster.bench.live.session PORT SECONDS FOLDER [screen]``
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spymaster.config.loader import load_config
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.databento_live.seen import DATA_KINDS
from spymaster.feeds.live.source import QUIET_S
from spymaster.journal.format import FrameFlag
from spymaster.lake.run_manifest import RunInfo
from spymaster.loopback.databento.gateway import DEMO_KEY, HOST
from spymaster.loopback.pace import Pace, PlayedClock
from spymaster.market.batches import Batch
from spymaster.market.dtypes import by_name
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.session.live.day import DayPlan, LiveDay
from spymaster.session.live.promptness import be_prompt
from spymaster.session.live.session import LiveSession
from spymaster.session.live.vendors import Accounts, roles_of
from spymaster.session.record.recording import RunRecording
from spymaster.session.warmup import load_engine

if TYPE_CHECKING:
    from spymaster.physics.engine import Engine, SnapBlock

NOTES: Final = "notes.npz"
CPU_NOTED_EACH: Final = 32
"""Batches for each look at the CPU time: a look has its own price."""
_AFTER_S: Final = 1.0
_PATIENCE_S: Final = 60.0


Spent = tuple[int, float, float]
"""Records so far, seconds of CPU of the process so far, bytes of memory it holds (0 where the system does not say)."""


def spent(records: int) -> Spent:
    """What this process has spent up to now."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        pages = 0
    return records, time.process_time(), float(pages * resource.getpagesize())


class TimedRecording(RunRecording):
    """The program's own recording, and when what it was given was safe. Times are ``time.time_ns``."""

    def __init__(self, out: Path, run: RunInfo, *, clock_ns: int) -> None:
        super().__init__(out, run, clock_ns=clock_ns)
        self.journalled: list[tuple[int, int]] = []
        """(records so far, when) of each batch."""
        self.cpu: list[Spent] = []
        """What was spent, now and then."""
        self.published: list[tuple[int, int]] = []
        """(place of the record that made it due, when) of each snap."""
        self.computed: list[tuple[int, int]] = []
        """(records so far, when) of each batch once the engine has taken it in."""
        self.is_quiet = False
        self._records = 0
        self._batch: Batch | None = None

    def on_frame(self, frame: Frame, flags: FrameFlag = FrameFlag.NONE) -> None:
        """Write a frame down."""
        super().on_frame(frame, flags)
        self.is_quiet = isinstance(frame, WatermarkFrame)
        self._batch = None
        if isinstance(frame, RecordsFrame):
            self._records += _data(frame.batch)
            self._batch = frame.batch
            self.journalled.append((self._records, time.time_ns()))
            if not len(self.journalled) % CPU_NOTED_EACH:
                self.cpu.append(spent(self._records))

    def computed_now(self) -> None:
        """The engine is through with what was written down."""
        self.computed.append((self._records, time.time_ns()))

    def publish(self, block: SnapBlock) -> None:
        """Write down what the engine made of the frames so far."""
        super().publish(block)
        now_ns = time.time_ns()
        batch = self._batch
        if batch is not None and len(block.snaps) and _data(batch):
            times = _event_ns(batch)
            first = self._records - len(times)
            for t_ns in block.snaps["t_ns"].tolist():
                place = min(int(np.searchsorted(times, t_ns, "right")), len(times) - 1)
                self.published.append((first + place, now_ns))


def _data(batch: Batch) -> int:
    return sum(len(rows) for kind, rows in batch.arrays.items() if kind in DATA_KINDS)


def _event_ns(batch: Batch) -> Any:
    """Times of the records of data, in their order, each no earlier than the one before."""
    times = np.zeros(len(batch), np.int64)
    for kind, rows in batch.arrays.items():
        times[batch.order == kind] = by_name(kind, rows)["ts_event"].view(np.int64) if kind in DATA_KINDS else -1
    return np.maximum.accumulate(times[times >= 0])


def live(port: int, seconds: float, folder: Path, *, with_screen: bool) -> None:
    """Live until the market is over, and leave the notes in the folder."""
    config = load_config()
    profile = config.profile("es")
    # as ``live`` does; the market begins with the first session, and by then kernels are loaded
    be_prompt()
    load_engine()
    first_ns = _first_ns()
    pace = Pace(first_ns, 1.0)
    pace.go()
    clock = PlayedClock(pace)
    end_ns = first_ns + round((seconds + _AFTER_S) * NS_PER_S)
    accounts = Accounts(databento=Address(DEMO_KEY, HOST, port))
    roles = roles_of(config.live, profile, accounts)
    plan = DayPlan(profile=profile, roles=roles, accounts=accounts, equity_dataset=config.live.equity_dataset)
    day = LiveDay(plan, clock)
    made: list[TimedRecording] = []

    def begin(frame: ConfigFrame) -> RunRecording:
        run = _run_info(frame, clock.wall_ns())
        made.append(TimedRecording(folder / "out", run, clock_ns=run.started_ns))
        return made[0]

    def is_over() -> bool:
        return clock.wall_ns() > end_ns and bool(made) and made[0].is_quiet

    source = day.source(quiet_s=QUIET_S)
    session = LiveSession(
        source,
        begin,
        profile=profile,
        simulated=True,
        draws=with_screen,
        is_over=is_over,
        follow=lambda engine: _note_computed(engine, made),
    )
    session.start()
    if with_screen:
        _show(session, folder)
    session.ended.wait(seconds + _PATIENCE_S)
    session.stop()
    if not made or session.failure:
        raise SystemExit(session.failure or session.refused or "nothing came")
    np.savez(
        folder / NOTES,
        journalled=np.array(made[0].journalled, np.int64),
        computed=np.array(made[0].computed, np.int64).reshape(-1, 2),
        cpu=np.array([*made[0].cpu, spent(made[0].journalled[-1][0])]),
        published=np.array(made[0].published, np.int64).reshape(-1, 2),
    )
    made[0].finish(_PATIENCE_S, lambda _health: None)


def _run_info(frame: ConfigFrame, started_ns: int) -> RunInfo:
    return RunInfo(
        id="bench",
        mode="live",
        profile=frame.profile,
        symbol=frame.instrument.symbol,
        underlying="ES",
        started_ns=started_ns,
        code_version="bench",
        config={},
        simulated=True,
    )


def _note_computed(engine: Engine, made: list[TimedRecording]) -> None:
    """Have it noted when the engine is through with each batch."""
    feed = engine.feed

    def noted(frame: Frame) -> Iterator[SnapBlock]:
        yield from feed(frame)
        if made and isinstance(frame, RecordsFrame):
            made[0].computed_now()

    engine.feed = noted  # type: ignore[method-assign]


def _first_ns() -> int:
    from spymaster.loopback.databento.reel import reels_of
    from spymaster.resources import bundled_recording

    return min(reel.first_ns for reel in reels_of([bundled_recording()]))


def _show(session: LiveSession, folder: Path) -> None:
    """The cockpit until somebody leaves it; a file says when it may be left."""
    from spymaster.cli.replay.cockpit import app_options
    from spymaster.tui.run import run_app

    def tell(ended: Callable[[], object] = session.ended.wait) -> None:
        ended()
        (folder / "ended").touch()

    threading.Thread(target=tell, daemon=True).start()
    run_app(session, app_options(load_config(), None, colour="truecolor", mouse=False))


if __name__ == "__main__":
    live(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), with_screen="screen" in sys.argv[4:])
