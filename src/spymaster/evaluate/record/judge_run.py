"""A run held against what price did next, session date by session date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.evaluate.agreement import EPISODE
from spymaster.evaluate.mid_path import HALF_TICKS_PER_POINT, OUTCOME
from spymaster.evaluate.near_states import LEVEL
from spymaster.evaluate.record.day_record import HORIZONS_S, LARGE, SWEEP, DayRecord, Markout, TestCounts
from spymaster.evaluate.record.price_pieces import LEAST_PIECE_S, Piece, pieces_of
from spymaster.evaluate.record.run_sink import Run
from spymaster.evaluate.signal_outcomes import (
    DISTANCES,
    VOLATILITIES,
    AlertRecord,
    BaseCounts,
    count_base,
    judge_alerts,
)
from spymaster.evaluate.watch import RAISED
from spymaster.evaluate.worlds.world_record import ENGINE
from spymaster.ledger.rows import PLACEBO, TestOutcome
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind
from spymaster.market.rows import Signal
from spymaster.sim.market.latent import BUCKET_NS

Array = NDArray[Any]


def judge_run(run: Run, *, simulated: bool) -> list[DayRecord]:
    """One record for each session date of a run."""
    prices, raised, tests = run.prices, run.raised, run.tests
    return [
        _judge_day(
            int(date),
            prices[prices["session_date"] == date],
            raised[raised["session_date"] == date],
            tests[tests["session_date"] == date],
            run.orders,
            simulated,
        )
        for date in np.unique(prices["session_date"])
    ]


def _judge_day(
    date: int, prices: Array, raised: Array, tests: Array, orders: Mapping[str, Array], simulated: bool
) -> DayRecord:
    alerts: list[AlertRecord] = []
    beyond, ended = (np.zeros((VOLATILITIES, DISTANCES), np.int64) for _ in range(2))
    sums: dict[str, Array] = {}
    seconds = left_out_s = 0.0
    for stretch in pieces_of(prices):
        length_s = len(stretch) * BUCKET_NS / NS_PER_S
        if length_s < LEAST_PIECE_S:
            left_out_s += length_s
            continue
        seconds += length_s
        piece = Piece(stretch)
        inside = _within(piece, raised["t_ns"])
        alerts += judge_alerts(piece.path, _as_watched(raised[inside]), np.zeros(0, LEVEL), np.zeros(0, EPISODE))
        base = count_base(piece.path, piece.ticks)
        beyond += np.array(base.beyond)
        ended += np.array(base.ended)
        for name, table in _marks(piece, raised[inside], orders).items():
            sums[name] = sums.get(name, 0.0) + table
    kinds = {LevelKind(int(kind)).name: int(kind) for kind in np.unique(tests["kind"]) if kind != PLACEBO}
    return DayRecord(
        session_date=date,
        begin_ns=int(prices["t_ns"][0]),
        end_ns=int(prices["t_ns"][-1]),
        hours=seconds / 3600.0,
        left_out_s=left_out_s,
        simulated=simulated,
        alerts={ENGINE: alerts},
        base=BaseCounts(beyond.tolist(), ended.tolist()),
        tests={name: _counts(tests[tests["kind"] == kind]) for name, kind in kinds.items()},
        placebo=_counts(tests[tests["kind"] == PLACEBO]),
        markouts={
            name: [Markout(int(row[0]), float(row[1]), float(row[2])) for row in table] for name, table in sums.items()
        },
    )


def _within(piece: Piece, t_ns: Array) -> Array:
    times = piece.path.times
    inside: Array = (t_ns >= times[0]) & (t_ns <= times[-1])
    return inside


def _as_watched(raised: Array) -> Array:
    """Signals as judged ones: the level's nearest tick, and the side of its defenders."""
    found = np.zeros(len(raised), RAISED)
    found["t_ns"], found["signal"] = raised["t_ns"], raised["signal"]
    found["tick"] = np.rint(raised["level"] * (HALF_TICKS_PER_POINT // 2))
    found["side"] = raised["direction"] > 0
    found["watched"] = 1
    return found


def _counts(tests: Array) -> TestCounts:
    by = {outcome: tests["outcome"] == outcome for outcome in TestOutcome}
    decided = by[TestOutcome.BROKE] | by[TestOutcome.HELD] | by[TestOutcome.NEITHER]
    return TestCounts(
        broke=int(by[TestOutcome.BROKE].sum()),
        held=int(by[TestOutcome.HELD].sum()),
        neither=int(by[TestOutcome.NEITHER].sum()),
        unknown=int(by[TestOutcome.UNKNOWN].sum()),
        filled=float(tests["filled"][decided].sum()),
    )


def _marks(piece: Piece, raised: Array, orders: Mapping[str, Array]) -> dict[str, Array]:
    """float64[horizons, 3] by event: how many, what price moved their way, and what it does without them."""
    found: dict[str, Array] = {}
    for k, seconds in enumerate(HORIZONS_S):
        moves = piece.moves(seconds)
        known = ~np.isnan(moves)
        drift = float(moves[known].mean()) if known.any() else 0.0
        base_sums, base_counts = piece.mean_moves(moves)
        base = np.divide(base_sums, base_counts, out=np.zeros(len(base_sums)), where=base_counts > 0)
        for signal in (Signal.BREAK, Signal.REJECT):
            own = raised[raised["signal"] == signal]
            turn = 1.0 if signal == Signal.BREAK else -1.0
            rows = piece.path.rows(own["t_ns"])
            halves = np.rint(own["level"] * HALF_TICKS_PER_POINT).astype(np.int64)
            past = own["direction"] * (piece.path.mids[rows] - halves)
            near = known[rows] & (abs(past) <= OUTCOME)
            way = turn * own["direction"][near]
            expected = turn * base[past[near] + OUTCOME]
            _put(found, signal.name, k, near.sum(), (way * moves[rows[near]]).sum(), expected.sum())
        for name in (SWEEP, LARGE):
            own = orders[name]
            own = own[_within(piece, own["t_ns"])]
            rows = np.minimum(np.searchsorted(piece.path.times, own["t_ns"], "left"), len(moves) - 1)
            rows, way = rows[known[rows]], own["side"][known[rows]]
            _put(found, name, k, len(rows), (way * moves[rows]).sum(), (way * drift).sum())
    return found


def _put(found: dict[str, Array], name: str, horizon: int, n: Any, points: Any, base: Any) -> None:
    found.setdefault(name, np.zeros((len(HORIZONS_S), 3)))[horizon] += (n, points, base)
