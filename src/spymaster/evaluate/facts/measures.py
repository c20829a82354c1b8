"""Stylised facts of a market, measured on its MBP-10 records alone (docs/physics.md 7.5), simulated or real.

Everything is vectorised numpy over the state of the book at the end of each venue event.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import W_LEVELS, by_name
from spymaster.market.kinds import F_SNAPSHOT, NS_PER_MS, NS_PER_S, UNDEF_PRICE, Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TICK_E9: Final = 250_000_000
_HOUR_S: Final = 3600.0
_MASK32: Final = 0xFFFFFFFF
_WARM_S: Final = 10
_TAIL_SHARE: Final = 0.02
_FAR_LAGS: Final = (31, 60)
_MINUTE_LAGS: Final = (50, 70)
_SIGN_LAGS: Final = (4, 200)
_IMPACT_LATER_S: Final = 10


@dataclass(frozen=True, slots=True)
class Tape:
    """What the facts rest on: the book after each event, and the trades.

    ``ts_ns``, ``bid``, ``ask`` (ticks), ``bid_size``, ``ask_size``: one for each venue event with both sides present.
    ``depth``: mean contracts per level, float64[10], both sides. Trades: ``trade_ns``, ``trade_size``, ``trade_sign``.
    """

    ts_ns: Ints
    bid: Ints
    ask: Ints
    bid_size: Ints
    ask_size: Ints
    depth: Floats
    trade_ns: Ints
    trade_size: Ints
    trade_sign: Ints
    records: int
    cancels_per_add: Floats

    @property
    def seconds(self) -> float:
        """Length of the session."""
        return float(self.ts_ns[-1] - self.ts_ns[0]) / NS_PER_S if len(self.ts_ns) else 0.0

    @property
    def mid(self) -> Floats:
        """Mid prices, ticks."""
        return (self.bid + self.ask) / 2.0

    def at(self, step_ns: int) -> Ints:
        """Index of the last event at or before each point of a time grid, the first seconds left out."""
        first = self.ts_ns[0] + _WARM_S * NS_PER_S
        grid = np.arange(first, self.ts_ns[-1], step_ns)
        found: Ints = np.maximum(np.searchsorted(self.ts_ns, grid, side="right") - 1, 0)
        return found


def read_tape(records: Ints) -> Tape:
    """What the facts need of MBP-10 records, int64[n, 46]."""
    fields = by_name(Kind.MBP10, records)
    ts = records[:, 1]
    ends = np.append(ts[1:] != ts[:-1], True)
    bid_px, ask_px = records[:, W_LEVELS], records[:, W_LEVELS + 1]
    good = ends & (bid_px != UNDEF_PRICE) & (ask_px != UNDEF_PRICE) & (ask_px > bid_px)
    rows = records[good]
    sizes = rows[:, W_LEVELS + 2]
    depth = np.array([_both(rows[:, W_LEVELS + 4 * level + 2]).mean() / 2 for level in range(10)])
    traded = fields["action"] == b"T"
    sign = np.where(fields["side"] == b"B", 1, np.where(fields["side"] == b"A", -1, 0))[traded]
    keep = sign != 0
    return Tape(
        ts_ns=rows[:, 1],
        bid=rows[:, W_LEVELS] // TICK_E9,
        ask=rows[:, W_LEVELS + 1] // TICK_E9,
        bid_size=sizes & _MASK32,
        ask_size=(sizes >> 32) & _MASK32,
        depth=depth,
        trade_ns=ts[traded][keep],
        trade_size=fields["size"][traded].astype(np.int64)[keep],
        trade_sign=sign[keep],
        records=len(records),
        cancels_per_add=_cancels_per_add(fields, ts),
    )


def _both(sizes: Ints) -> Ints:
    both: Ints = (sizes & _MASK32) + ((sizes >> 32) & _MASK32)
    return both


def _cancels_per_add(fields: NDArray[Any], ts: Ints) -> Floats:
    """Withdrawn orders per arriving one, minute by minute; a replaced one is both; what trades took does not count."""
    own = ~np.isin(ts, ts[fields["action"] == b"T"]) & ((fields["flags"] & F_SNAPSHOT) == 0)
    minute = (ts - ts[0]) // (60 * NS_PER_S)
    replaced = own & (fields["action"] == b"M")
    adds, cancels = (
        np.bincount(minute[replaced | (own & (fields["action"] == action))], minlength=int(minute[-1]) + 1)
        for action in (b"A", b"C")
    )
    ratio: Floats = cancels[adds > 0] / adds[adds > 0]
    return ratio


def autocorrelation(x: Floats, lag: int) -> float:
    """Correlation of a series with itself ``lag`` steps later; nan where it does not vary."""
    x = x - x.mean()
    variance = float((x * x).mean())
    return float((x[lag:] * x[:-lag]).mean()) / variance if variance > 0 and len(x) > lag else float("nan")


def mean_autocorrelation(x: Floats, lags: tuple[int, int]) -> float:
    """Mean autocorrelation over a span of lags, both ends included: far less noisy than one lag's."""
    return float(np.mean([autocorrelation(x, lag) for lag in range(lags[0], lags[1] + 1)]))


def kurtosis(x: Floats) -> float:
    """Fourth moment over the squared second: 3 for a normal distribution."""
    x = x - x.mean()
    second = float((x**2).mean())
    return float((x**4).mean()) / second**2 if second > 0 else float("nan")


def tail_exponent(sizes: Ints) -> float:
    """Hill's estimate of a Pareto tail over the largest two per cent."""
    ordered = np.sort(sizes.astype(np.float64))[::-1]
    k = max(int(len(ordered) * _TAIL_SHARE), 10)
    if len(ordered) <= k:
        return float("nan")
    # sizes are whole numbers: half a contract off undoes the bias of rounding down
    logs = np.log((ordered[:k] + 0.5) / (ordered[k] + 0.5))
    return float(1.0 / logs.mean()) if logs.mean() > 0 else float("nan")


def order_signs(tape: Tape) -> tuple[Floats, Floats, Ints]:
    """Aggressors re-assembled from trades of one moment: signs, contracts, times."""
    starts = np.flatnonzero(np.append(True, tape.trade_ns[1:] != tape.trade_ns[:-1]))
    if len(tape.trade_ns) == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    sizes = np.add.reduceat(tape.trade_size, starts).astype(np.float64)
    return tape.trade_sign[starts].astype(np.float64), sizes, tape.trade_ns[starts]


def sign_exponent(signs: Floats) -> float:
    """Exponent of the power law by which trade signs forget, fitted over lags 4 to 200 in log-spaced bins."""
    edges = np.unique(np.round(np.geomspace(*_SIGN_LAGS, 9)).astype(int))
    lags, values = [], []
    for low, high in pairwise(edges):
        value = mean_autocorrelation(signs, (int(low), int(high) - 1))
        if value > 0:
            lags.append(np.sqrt(low * (high - 1)))
            values.append(value)
    if len(lags) < 4:
        return float("nan")
    return float(-np.polyfit(np.log(lags), np.log(values), 1)[0])


def order_flow_imbalance(tape: Tape, step_ns: int) -> tuple[Floats, Floats]:
    """Best-level order-flow imbalance and mid moves (ticks) over steps of a time grid (docs/physics.md 2)."""
    bid, ask, qb, qa = tape.bid, tape.ask, tape.bid_size, tape.ask_size
    e = (
        (bid[1:] >= bid[:-1]) * qb[1:]
        - (bid[1:] <= bid[:-1]) * qb[:-1]
        - (ask[1:] <= ask[:-1]) * qa[1:]
        + (ask[1:] >= ask[:-1]) * qa[:-1]
    )
    total = np.append(0, np.cumsum(e))
    at = tape.at(step_ns)
    return np.diff(total[at]).astype(np.float64), np.diff(tape.mid[at])


def imbalance_auc(tape: Tape) -> tuple[float, bool]:
    """How well queue imbalance tells the next mid move: area under the curve, and whether fifths of it ascend."""
    mid = tape.mid
    moves = np.flatnonzero(np.diff(mid) != 0)
    following = np.searchsorted(moves, np.arange(len(mid) - 1))
    known = following < len(moves)
    is_up = np.diff(mid)[moves[following[known]]] > 0
    qi = (tape.bid_size - tape.ask_size) / (tape.bid_size + tape.ask_size)
    qi = qi[:-1][known]
    narrow = (tape.ask - tape.bid)[:-1][known] == 1
    qi, is_up = qi[narrow], is_up[narrow]
    ranks = np.empty(len(qi))
    ranks[np.argsort(qi, kind="stable")] = np.arange(len(qi))
    ups = int(is_up.sum())
    if ups in (0, len(is_up)):
        return float("nan"), False
    auc = (ranks[is_up].sum() - ups * (ups - 1) / 2) / (ups * (len(is_up) - ups))
    fifths = np.array_split(is_up[np.argsort(qi, kind="stable")], 5)
    return float(auc), bool((np.diff([part.mean() for part in fifths]) > 0).all())


def order_impact(tape: Tape) -> tuple[float, float]:
    """Exponent by which the mid's move over 1 s grows with an aggressor's size; share of large ones' left at 10 s."""
    signs, sizes, ts = order_signs(tape)
    usable = (ts > tape.ts_ns[0]) & (ts < tape.ts_ns[-1] - _IMPACT_LATER_S * NS_PER_S)
    signs, sizes, ts = signs[usable], sizes[usable], ts[usable]
    mid = tape.mid
    before = mid[np.searchsorted(tape.ts_ns, ts) - 1]
    soon, later = (
        (mid[np.searchsorted(tape.ts_ns, ts + wait * NS_PER_S, side="right") - 1] - before) * signs
        for wait in (1, _IMPACT_LATER_S)
    )
    edges = np.array([1, 2, 3, 5, 8, 12, 20, 35, 60, 1000])
    group = np.digitize(sizes, edges) - 1
    found = [k for k in range(len(edges) - 1) if (group == k).sum() > 20 and soon[group == k].mean() > 0]
    if len(found) < 4:
        return float("nan"), float("nan")
    size = np.array([sizes[group == k].mean() for k in found])
    move = np.array([soon[group == k].mean() for k in found])
    large = sizes >= np.quantile(sizes, 0.8)
    return float(np.polyfit(np.log(size), np.log(move), 1)[0]), float(later[large].mean() / soon[large].mean())


def gap_half_life_s(tape: Tape) -> float:
    """Median time that a spread of more than one tick lasts, seconds."""
    wide = (tape.ask - tape.bid) > 1
    edges = np.flatnonzero(np.diff(wide.astype(np.int8)))
    starts = edges[~wide[edges]]
    ends = edges[wide[edges]]
    if len(starts) == 0:
        return 0.0
    after = np.searchsorted(ends, starts, side="right")
    starts, after = starts[after < len(ends)], after[after < len(ends)]
    lasted = tape.ts_ns[ends[after] + 1] - tape.ts_ns[starts + 1]
    return float(np.median(lasted)) / NS_PER_S if len(lasted) else 0.0


def measure(records: Ints) -> dict[str, float]:
    """All facts of a market by name; ``facts_report.FACTS`` says what each is and should be."""
    tape = read_tape(records)
    at_1s, at_100ms = tape.at(NS_PER_S), tape.at(100 * NS_PER_MS)
    move = np.diff(tape.mid[at_1s])
    absolute = np.abs(move)
    minute_moves = tape.mid[at_1s][60::60] - tape.mid[at_1s][:-60:60]
    five = tape.mid[at_1s][300::60] - tape.mid[at_1s][:-300:60]
    ten = tape.mid[at_1s][10::10] - tape.mid[at_1s][:-10:10]
    signs, order_sizes, _ = order_signs(tape)
    ofi, moved = order_flow_imbalance(tape, 10 * NS_PER_S)
    best = float((tape.bid_size[at_100ms] + tape.ask_size[at_100ms]).mean() / 2)
    fit = np.corrcoef(ofi, moved)[0, 1] ** 2 if len(ofi) > 2 and moved.any() else np.nan
    slope = float((ofi * moved).mean() / (ofi * ofi).mean()) if ofi.any() else float("nan")
    auc, ascends = imbalance_auc(tape)
    exponent, kept = order_impact(tape)
    hours = tape.seconds / _HOUR_S
    return {
        "records_per_hour": tape.records / hours,
        "volume_per_s": float(tape.trade_size.sum()) / tape.seconds,
        "orders_per_s": len(signs) / tape.seconds,
        "one_tick_share": float(((tape.ask - tape.bid)[at_100ms] == 1).mean()),
        "best_size": best,
        "hump_level": float(np.argmax(tape.depth) + 1),
        "hump_ratio": float(tape.depth.max() / tape.depth[0]),
        "sigma_1m_points": float(np.std(ten)) * np.sqrt(6.0) / 4.0,
        "trade_size_median": float(np.median(tape.trade_size)),
        "trade_size_mean": float(tape.trade_size.mean()),
        "trade_size_tail": tail_exponent(order_sizes.astype(np.int64)),
        "cancels_per_add": float(np.median(tape.cancels_per_add)),
        "return_ac1": autocorrelation(move, 1),
        "return_ac_far": abs(mean_autocorrelation(move, _FAR_LAGS)),
        "variance_ratio_60s": float(minute_moves.var() / (60.0 * move.var())),
        "kurtosis_1s": kurtosis(move),
        "kurtosis_5min": kurtosis(five),
        "abs_return_ac_60s": mean_autocorrelation(absolute, _MINUTE_LAGS),
        "abs_10s_ac_60s": mean_autocorrelation(np.abs(ten), (5, 7)),
        "sign_ac1": autocorrelation(signs, 1),
        "sign_exponent": sign_exponent(signs),
        "ofi_r2_10s": float(fit),
        "ofi_slope_2d": slope * 2.0 * best,
        "imbalance_auc": auc,
        "imbalance_ascends": float(ascends),
        "order_impact_exponent": exponent,
        "order_impact_kept_10s": kept,
        "gap_half_life_s": gap_half_life_s(tape),
    }
