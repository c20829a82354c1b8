"""A replay without a screen: run the engine over a source, hand its snaps to sinks, and report what happened."""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from spymaster.journal.source import Source
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.physics.memory.counters import COUNTERS, REJECTIONS
from spymaster.session.delivery import Delivery, InlineDelivery, Sink
from spymaster.session.replay.pacing import Pacer
from spymaster.session.sources.holes import hole_lines
from spymaster.session.sources.recorded import RecordedSource
from spymaster.signals.hash import SignalHash
from spymaster.signals.headless import HeadlessResult, SignalTally, TrustLedger


class Tap(Protocol):
    """Writes a run down (``journal.inlet.JournalInlet``): first what goes into the engine, then what came out."""

    def on_frame(self, frame: Frame) -> None:
        """Keep a frame; on return it is safe."""
        ...

    def publish(self, block: SnapBlock) -> None:
        """Keep what the engine made of it."""
        ...


class RunTotals:
    """What is counted over a whole run, block by block."""

    def __init__(self, interval_ns: int) -> None:
        self.last_snap_ns = 0
        self.hash = SignalHash()
        self.trust = TrustLedger(interval_ns)
        self.tally = SignalTally()
        self._counters: Counter[str] = Counter()
        self._first_ns = 0

    def count(self, engine: Engine) -> None:
        """Keep what an engine counted that is about to begin anew (``drive``'s ``at_change``)."""
        self._counters.update(engine.counters())
        self._first_ns = self._first_ns or int(engine.state["clock"][0]["first_ns"])

    def counters(self, engine: Engine) -> dict[str, int]:
        """What was counted over the whole run."""
        return {name: count + self._counters[name] for name, count in engine.counters().items()}

    def first_ns(self, engine: Engine) -> int:
        """Time of the first record of the run, 0 without any."""
        return self._first_ns or int(engine.state["clock"][0]["first_ns"])

    def on_block(self, block: SnapBlock) -> None:
        """Count a block in."""
        if len(block.snaps):
            self.last_snap_ns = int(block.snaps["t_ns"][-1])
            if block.digest is None:
                self.hash.update(block)
            else:
                self.hash = SignalHash(block.digest)
            self.trust.update(block)
            self.tally.update(block)


def drive(
    source: Source,
    engine: Engine,
    sinks: Sequence[Sink],
    *,
    pacer: Pacer | None = None,
    sleep: Callable[[float], None] = time.sleep,
    after_frame: Callable[[Engine], None] | None = None,
    tap: Tap | None = None,
    at_change: Callable[[Engine], None] = lambda engine: None,
    delivery: type[Delivery | InlineDelivery] = Delivery,
) -> None:
    """Feed every frame of a source to an engine and every block of snaps to the sinks, in event time's pace.

    With a ``pacer`` the engine should gather one snap a block, so that each is delivered when it is due. The sinks take
    a block in a thread of their own while the engine computes the next one; one block at a time and in order. ``tap``
    gets each frame before the engine does. ``at_change``: before a further CONFIG has the engine begin anew.
    ``delivery``: whether the sinks have that thread.
    """
    with delivery(sinks) as delivering:
        try:
            for block in _blocks(source, engine, after_frame, tap, at_change):
                if pacer is not None and len(block.snaps):
                    wait_s = pacer.wait_s(int(block.snaps["t_ns"][-1]))
                    if wait_s > 0.0:
                        sleep(wait_s)
                delivering.give(block)
            delivering.settle()
        finally:
            source.close()


def _blocks(
    source: Source,
    engine: Engine,
    after_frame: Callable[[Engine], None] | None,
    tap: Tap | None,
    at_change: Callable[[Engine], None],
) -> Iterator[SnapBlock]:
    for frame in source.frames():
        if tap is not None:
            tap.on_frame(frame)
        if isinstance(frame, ConfigFrame) and engine.config is not None:
            at_change(engine)
        for block in engine.feed(frame):
            if tap is not None:
                tap.publish(block)
            yield block
        if after_frame is not None and isinstance(frame, RecordsFrame):
            after_frame(engine)
    for block in engine.finish():
        if tap is not None:
            tap.publish(block)
        yield block


def report(source: RecordedSource, engine: Engine, totals: RunTotals, wall_s: float) -> HeadlessResult:
    """What a headless replay prints, however far it came."""
    is_configured = engine.config is not None
    counters = totals.counters(engine) if is_configured else dict.fromkeys(COUNTERS, 0)
    rejected = {name: counters[name] for name in REJECTIONS if counters[name]}
    for reason, count in source.rejected().items():
        rejected[reason] = rejected.get(reason, 0) + count
    as_of_ns = engine.state["clock"][0]["as_of_ns"] if is_configured else 0
    pace = 1.0 / wall_s if wall_s > 0.0 else 0.0
    return HeadlessResult(
        records=counters["records"],
        trades=counters["trades"],
        trades_missing=source.trades_missing,
        trades_extra=source.trades_extra,
        rejected=rejected,
        ignored=source.ignored(),
        snaps=totals.tally.snaps,
        signals=totals.tally.signals,
        alerts=totals.tally.alerts,
        first_ns=(totals.first_ns(engine) if is_configured else 0) or None,
        last_ns=int(as_of_ns) or None,
        wall_s=round(wall_s, 6),
        records_per_s=round(counters["records"] * pace, 1),
        snaps_per_s=round(totals.tally.snaps * pace, 1),
        peak_rss_bytes=peak_rss_bytes(),
        signal_hash=totals.hash.hexdigest(),
        trust=totals.trust.spells(),
        problems=(*source.problems, *hole_lines(engine)),
    )


def peak_rss_bytes() -> int:
    """The most memory this process has held, bytes (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
