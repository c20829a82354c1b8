"""``evaluate``: a day held against what price did next (docs/record.md)."""

from __future__ import annotations

import numpy as np

from spymaster.errors import ExitCode, UserError
from spymaster.evaluate.record.judge_run import judge_run
from spymaster.evaluate.record.price_pieces import SNAP_NS
from spymaster.evaluate.record.run_sink import RunSink
from spymaster.market.params import PARAMS
from spymaster.market.rows import Signal
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.research.steps.judged import JudgedDay, write_judged
from spymaster.research.steps.step import Begin, Made


class JudgeWatcher:
    """Follows a day and judges it at its end. Raises UserError where its snaps are of another interval."""

    def __init__(self, begin: Begin) -> None:
        params = np.frombuffer(begin.frame.params, PARAMS)[0]
        if int(params["snap_interval_ns"]) != SNAP_NS:
            problem = "has snaps of another interval than a quarter of a second"
            raise UserError(begin.day.name, problem, "evaluate it with snap_ms = 250", code=ExitCode.USAGE)
        self._begin = begin
        self._sink = RunSink(begin.frame.instrument.tick_e9, int(params["sweep_min_levels"]))

    def on_block(self, block: SnapBlock) -> None:
        """Copy what is needed of a block."""
        self._sink.on_block(block)

    def after_frame(self, engine: Engine) -> None:
        """Copy the orders that were completed."""
        self._sink.after_frame(engine)

    def at_change(self, engine: Engine) -> None:
        """Prices up to there are the other contract's."""
        self._sink.at_change(engine)

    def finish(self, engine: Engine) -> Made:
        """Judge the run."""
        run = self._sink.run()
        raised = run.raised
        days = [
            JudgedDay(
                record, *(_count(raised, record.session_date, signal) for signal in (Signal.BREAK, Signal.REJECT))
            )
            for record in judge_run(run, simulated=self._begin.day.simulated)
        ]
        facts = {"unseen_orders": self._sink.unseen_orders, "dropped_levels": self._sink.dropped_levels}
        return Made(write_judged(self._begin.folder, days), facts)

    def discard(self) -> None:
        """Nothing is open."""


def _count(raised: np.ndarray, date: int, signal: Signal) -> int:
    return int(((raised["session_date"] == date) & (raised["signal"] == signal)).sum())
