"""Paper orders held against the simulator's true queues: when practice fills them, and when a real one would have been.

At the end of a bucket every order in a queue has an id below the one that the next order will get. A real order sent
then would be that next one: first in, first out, it would be filled by the first fill at its price of an order at or
after it, or by the first trade through its price. Its own weight in the market is left out on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.practice.orders import Order
from spymaster.practice.tape import Span, span_of
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.simulation import Session
from spymaster.sim.market.state import FILL

HORIZON_NS: Final = 60 * NS_PER_S
NEVER: Final = -1


class QueueFate(NamedTuple):
    """One paper order of one contract. ``ahead``: displayed before it; ``predicted_ns``, ``true_ns``: how long it
    waited for its fill, ``NEVER`` where it was not filled within ``HORIZON_NS``."""

    side: int
    behind: int
    ahead: int
    predicted_ns: int
    true_ns: int


def queue_fates(session: Session, cancels_ahead: float, every: int = 40, behind: int = 2) -> Iterator[QueueFate]:
    """Orders at the touch and up to ``behind`` ticks behind it, at every so many buckets of a simulated session."""
    span = span_of(session.records, TICK_E9, None)
    last_ns = int(session.touches["ts_bucket_ns"][-1])
    for touch in session.touches[::every]:
        sent_ns = int(touch["ts_bucket_ns"])
        if sent_ns + HORIZON_NS > last_ns:
            return
        first, end = np.searchsorted(span.t_ns, [sent_ns, sent_ns + HORIZON_NS])
        part = _part(span, max(int(first) - 1, 0), int(end))
        for side, best in ((1, int(touch["bid"])), (-1, int(touch["ask"]))):
            for back in range(behind + 1):
                tick = best - side * back
                order = Order("entry", side, "limit", tick, 1, sent_ns, round(cancels_ahead * 1000))
                predicted = _predicted(order, part, sent_ns)
                true = _true(session.leavings, side, tick, sent_ns, int(touch["next_order"]))
                if order.joined_ahead is not None:
                    yield QueueFate(side, back, order.joined_ahead, predicted, true)


def _predicted(order: Order, span: Span, sent_ns: int) -> int:
    at = 0
    while (at := order.next(span, at)) < len(span):
        if order.due_ns is not None:
            order.arrive(span, at)
            continue
        order.happen(span, at)
        if order.fills:
            return order.fills[0].t_ns - sent_ns
        at += 1
    return NEVER


def _true(leavings: NDArray[Any], side: int, tick: int, sent_ns: int, number: int) -> int:
    first, end = np.searchsorted(leavings["ts_ns"], [sent_ns, sent_ns + HORIZON_NS])
    part = leavings[first:end]
    fills = part[(part["what"] == FILL) & (part["side"] == (0 if side > 0 else 1))]
    through = side * fills["tick"] < side * tick
    reached = (fills["tick"] == tick) & (fills["order"] >= number)
    found = fills["ts_ns"][through | reached]
    return int(found[0]) - sent_ns if len(found) else NEVER


def _part(span: Span, first: int, end: int) -> Span:
    part = slice(first, end)
    return Span(
        span.t_ns[part],
        span.event[part],
        span.is_last[part],
        span.aggressor[part],
        span.tick[part],
        span.size[part],
        (span.ticks[0][part], span.ticks[1][part]),
        (span.sizes[0][part], span.sizes[1][part]),
    )
