"""Parts of a frame that are read off the engine's memory as it is: copies, which nobody may write to."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.rows import INPUTS, Trust
from spymaster.models.break_model import BreakModel
from spymaster.physics.memory.indices import R_PRIOR, R_SESSION
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.frame import InputTrust
from spymaster.signals.header_parts import DayPrices
from spymaster.signals.run_state import empty_book
from spymaster.signals.said.model_chances import ModelChances

_ORDERS_SHOWN: Final = 200


def day_prices(state: NDArray[Any], bars: NDArray[Any], settlement: float) -> DayPrices:
    """The session as its ranges and bars (CHART_BAR) have it. ``settlement``: of the future before it, points."""
    parts = state["ranges"][0]["part"]
    session, prior = parts[R_SESSION], parts[R_PRIOR]
    if not session["seen"]:
        prior_close = float(prior["close"]) if prior["whole"] else math.nan
        return DayPrices(prior_close=prior_close, settlement=settlement)
    first = bars[bars["t_ns"] == session["start_ns"]]
    return DayPrices(
        open=float(first["open"][0]) if len(first) else math.nan,
        high=float(session["high"]),
        low=float(session["low"]),
        prior_close=float(prior["close"]) if prior["whole"] else math.nan,
        whole=bool(session["whole"]),
        settlement=settlement,
    )


def chances_of(model: BreakModel, said: NDArray[np.float64]) -> ModelChances:
    """What a model said of the levels of a snap (float64[n]), with what it rests on."""
    said.flags.writeable = False
    return ModelChances(said, model.horizon_s, model.points, model.card.simulated, model.data_set)


def book_of(state: NDArray[Any]) -> NDArray[np.int64]:
    """The book as it is shown: both sides' ticks and sizes, best first."""
    book = empty_book()
    known = state["book"][0]
    for side in range(2):
        n = int(known["shown"][side])
        book[side, :n, 0] = known["tick"][side, :n]
        book[side, :n, 1] = known["size"][side, :n]
    book.flags.writeable = False
    return book


def orders_of(state: NDArray[Any]) -> NDArray[Any]:
    """The latest orders of the tape (ORDER_ROW), oldest first."""
    ring = state["orders"]["order"][0]
    total = int(state["orders"]["orders"][0])
    slots = np.arange(max(total - _ORDERS_SHOWN, 0), total) % len(ring)
    orders: NDArray[Any] = ring[slots]
    orders.flags.writeable = False
    return orders


def trust_of(snap: Any, state: NDArray[Any], words: FeedWords) -> tuple[InputTrust, ...]:
    """How far each input may be believed at a snap (SNAP), why, and how old its last word is."""
    clock = state["clock"][0]
    ages = {
        "depth": int(clock["last_depth_ns"]),
        "tape": max(int(clock["last_tape_ns"]), int(clock["last_depth_ns"])),
        "options": int(state["chain"][0]["quote_ns"]),
        "equity": int(state["equity"][0]["quote_ns"]),
    }
    lights = []
    for index, name in enumerate(INPUTS):
        last = ages.get(name, 0)
        age = int(snap["t_ns"]) - last if last else None
        reason = words.reason(name, int(snap["trust_reason"][index]))
        lights.append(InputTrust(name, Trust(int(snap["trust"][index])).name, reason, age))
    return tuple(lights)
