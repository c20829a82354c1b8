"""Random but lawful order streams: small tuples of numbers, read as actions on a ``Market``."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from spymaster.market.dtypes import MBP10_DTYPE
from spymaster.market.kinds import F_LAST, MBP10_WORDS, UNDEF_PRICE
from tests.support.market import ASK, BID, MS, Market

Action = tuple[int, int, int, int, int]
"""(what, side, where, how many, milliseconds since the action before)."""

ADD, CANCEL, REDUCE, MOVE, TRADE, HIDDEN, NO_SIDE, NOTHING, SNAPSHOT, CLEAR, DOUBT, OPEN_EVENT = range(12)
_ORDERLY = (ADD, ADD, ADD, CANCEL, CANCEL, REDUCE, MOVE, TRADE, TRADE, NOTHING)
_ROUGH = (*_ORDERLY, *_ORDERLY, HIDDEN, NO_SIDE, OPEN_EVENT, SNAPSHOT, CLEAR, DOUBT)

_GAPS = st.sampled_from([0, 0, 0, 1, 3, 20, 60, 130, 250, 700, 1900])


def actions(*, rough: bool, max_size: int = 120) -> st.SearchStrategy[list[Action]]:
    """Lists of actions. ``rough`` adds hidden fills, prints without a side, snapshots, clears and doubted books."""
    kinds = st.sampled_from(_ROUGH if rough else _ORDERLY)
    action = st.tuples(kinds, st.integers(0, 1), st.integers(0, 13), st.integers(1, 90), _GAPS)
    return st.lists(action, min_size=1, max_size=max_size)


def random_actions(seed: int, count: int, *, rough: bool = False, drift: float = 0.0) -> list[Action]:
    """The same from a seed; ``drift`` in [-1, 1] leans the trades to one side so that price travels."""
    dice = random.Random(seed)
    out: list[Action] = []
    for _ in range(count):
        what = dice.choice(_ROUGH if rough else _ORDERLY)
        side = dice.randrange(2)
        if what == TRADE and dice.random() < abs(drift):
            side = BID if drift > 0 else ASK
        out.append((what, side, dice.randrange(14), dice.randint(1, 90), dice.choice((0, 0, 1, 3, 20, 60, 130, 250))))
    return out


def play(market: Market, script: list[Action], *, last: bool = True) -> Market:
    """Carry a script out; ladders are refilled where a side runs thin, so that the market never dies."""
    for what, side, where, count, gap_ms in script:
        if gap_ms:
            market.now_ns += gap_ms * MS
        _carry_out(market, what, side, where, count)
        _refill(market)
    if last and market.rows:
        market.end_event()
    return market


def _refill(market: Market) -> None:
    for side in (BID, ASK):
        levels = market.levels(side)
        sign = -1 if side == BID else 1
        if len(levels) < 12:
            best = next(iter(levels)) if levels else market.best(1 - side) + sign
            for k in range(14):
                if best + sign * k not in levels:
                    market.add(side, best + sign * k, 5 + k, last=False)


def _carry_out(market: Market, what: int, side: int, where: int, count: int) -> None:
    own, other = market.best(side), market.best(1 - side)
    sign = -1 if side == BID else 1
    mine = sorted(n for n, o in market.orders.items() if o.side == side)
    picked = mine[(where * 7 + count) % len(mine)]
    if what == ADD:
        tick = own + sign * (where - 2)
        if (tick - other) * sign <= 0:
            tick = other + sign
        market.add(side, tick, count)
    elif what == CANCEL:
        market.cancel(picked)
    elif what == REDUCE:
        market.cancel(picked, min(count, market.orders[picked].size))
    elif what == MOVE:
        market.modify(picked, tick=own + sign * where, size=count)
    elif what == TRADE:
        market.trade(side, count)
    elif what == HIDDEN:
        market.print(side, other, count)
    elif what == NO_SIDE:
        market.print(None, own + where - 6, count)
    elif what == NOTHING:
        market.write(b"A", side, own + sign * 40, count)
    elif what == SNAPSHOT:
        market.snapshot()
    elif what == CLEAR:
        market.write(b"R", None, None, 0, levels=({}, {}))
        market.snapshot()
    elif what == DOUBT:
        market.write(b"A", side, own + sign * 40, count, flags=F_LAST | 4)
    elif what == OPEN_EVENT:
        market.print(1 - side, own, count, last=False)


def mirrored(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same records with sides swapped and prices negated."""
    rows = words.view(MBP10_DTYPE)[:, 0]
    out = rows.copy()
    for k in range(10):
        for name in ("px", "sz", "ct"):
            bid, ask = f"bid_{name}_{k:02}", f"ask_{name}_{k:02}"
            out[bid], out[ask] = rows[ask], rows[bid]
        for name in (f"bid_px_{k:02}", f"ask_px_{k:02}"):
            out[name] = _negated(out[name])
    out["price"] = _negated(rows["price"])
    out["side"][rows["side"] == b"B"] = b"A"
    out["side"][rows["side"] == b"A"] = b"B"
    return out.view(np.int64).reshape(-1, MBP10_WORDS)


def _negated(price: NDArray[Any]) -> NDArray[Any]:
    return np.where(price == UNDEF_PRICE, price, -price)


def moved(words: NDArray[np.int64], *, ticks: int = 0, ns: int = 0, tick_e9: int = 250_000_000) -> NDArray[np.int64]:
    """The same records so many ticks higher and ns later."""
    out = words.copy()
    rows = out.view(MBP10_DTYPE)[:, 0]
    names = ["price"] + [f"{side}_px_{k:02}" for side in ("bid", "ask") for k in range(10)]
    for name in names:
        rows[name] = np.where(rows[name] == UNDEF_PRICE, rows[name], rows[name] + ticks * tick_e9)
    rows["ts_event"] += np.uint64(ns)
    rows["ts_recv"] += np.uint64(ns)
    return out
