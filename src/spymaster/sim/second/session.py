"""The second market: ES-like MBP-10 records from a seed and a plan, and beside them what every order really did.

It keeps prices, sizes and order counts but no queues of orders, and a handful of hand-written mechanisms act inside its
order flow. Nothing but dice and instrument is shared with the market that the rules were made on, and records are for
judging the rules alone, never for making them. Same seed, same plan: same bytes on any machine and in any chunking.

The truth is written where a change is made: every order that arrives, leaves or is filled, with what waits at its
price then; the touch four times a second, from the market's own book; and what happens to each mechanism. It holds the
book from its first order on, so that depth is the sum of all flows. Only prices within 40 ranks of the best have
orders: they appear all at once when the market comes within reach and vanish when it has gone far away. How far the
book reached is written down with the touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import INSTRUMENT_SHIFT, PUBLISHER_SHIFT
from spymaster.market.kinds import MBP10_WORDS, NS_PER_S
from spymaster.sim.instrument import INSTRUMENT_ID, PUBLISHER_ID
from spymaster.sim.second.market import open_market, run
from spymaster.sim.second.plan import Mechanism, Plan, opening_plan
from spymaster.sim.second.state import (
    BUCKET_NS,
    FLOW_DTYPE,
    TOUCH_DTYPE,
    VANISH,
    WORK_DTYPE,
    Array,
    Tape,
    new_state,
    new_tape,
)

DEFAULT_CHUNK: Final = 16_384

BUCKET_DTYPE: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("side", "<i8"),
        ("tick", "<i8"),
        ("added", "<i8"),
        ("pulled", "<i8"),
        ("filled", "<i8"),
        ("depth_end", "<i8"),
    ]
)
"""True flow of a bucket at one side (0 bid, 1 ask) and price tick, contracts; ``ts_bucket_ns`` is the bucket's end.

Orders that appear are added, those that vanish are pulled: ``depth_end``, what waits then, minus what waited before is
added - pulled - filled, exactly.
"""


@dataclass(frozen=True, slots=True, eq=False)
class SecondChunk:
    """A stretch of the market: records int64[n, 46]; flows, work and touches as the dtypes of ``sim.second.state`` say.

    Flows are those of all orders, also where the ten levels do not reach. The arrays belong to the receiver.
    """

    records: NDArray[np.int64]
    flows: NDArray[Any]
    work: NDArray[Any]
    touches: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class SecondSession:
    """A whole session and its truth; the arrays as in :class:`SecondChunk`."""

    seed: int
    plan: Plan
    start_ns: int
    end_ns: int
    records: NDArray[np.int64]
    flows: NDArray[Any]
    work: NDArray[Any]
    touches: NDArray[Any]

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """What was planted; ``work["mechanism"]`` counts in it."""
        return self.plan.mechanisms


def stream(
    seed: int,
    minutes: float,
    start_ns: int,
    plan: Plan,
    *,
    instrument_id: int = INSTRUMENT_ID,
    records_per_chunk: int = DEFAULT_CHUNK,
) -> Iterator[SecondChunk]:
    """The session piece by piece, of any length in flat memory. ``start_ns``: ns UTC. Raises UserError.

    Chunks hold up to ``records_per_chunk`` records and are cut between events only; how they are cut changes nothing.
    """
    tape = new_tape(records_per_chunk)
    head = (MBP10_WORDS * 8 // 4) | 10 << 8 | PUBLISHER_ID << PUBLISHER_SHIFT | instrument_id << INSTRUMENT_SHIFT
    state = new_state(seed, plan, start_ns, head)
    open_market(state, tape)
    end_ns = session_end_ns(start_ns, minutes)
    complete = False
    while not complete:
        complete = run(state, tape, end_ns)
        yield _cut(state, tape)


def session_end_ns(start_ns: int, minutes: float) -> int:
    """When a session of so many minutes is over, ns UTC."""
    return start_ns + round(minutes * 60 * NS_PER_S)


def generate(
    seed: int, minutes: float, start_ns: int, plan: Plan | None = None, *, instrument_id: int = INSTRUMENT_ID
) -> SecondSession:
    """A whole session in memory; ``plan`` is the opening by default. Raises UserError."""
    plan = plan or opening_plan()
    chunks = list(stream(seed, minutes, start_ns, plan, instrument_id=instrument_id))
    return SecondSession(
        seed=seed,
        plan=plan,
        start_ns=start_ns,
        end_ns=session_end_ns(start_ns, minutes),
        records=np.concatenate([chunk.records for chunk in chunks]),
        flows=np.concatenate([chunk.flows for chunk in chunks]),
        work=np.concatenate([chunk.work for chunk in chunks]),
        touches=np.concatenate([chunk.touches for chunk in chunks]),
    )


def bucket_flows(flows: NDArray[Any]) -> NDArray[Any]:
    """True flows (``FLOW_DTYPE``, in time) summed per bucket, side and price: ``BUCKET_DTYPE[k]``, in that order.

    Buckets are aligned to multiples of 250 ms; what happens at T itself belongs to the bucket that begins there.
    """
    keys = np.stack([(flows["ts_ns"] // BUCKET_NS + 1) * BUCKET_NS, flows["side"], flows["tick"]])
    cells, where = np.unique(keys, axis=1, return_inverse=True)
    where = where.reshape(-1)
    sums = np.zeros((VANISH + 1, cells.shape[1]), np.int64)
    np.add.at(sums, (flows["kind"], where), flows["size"])
    rows = np.zeros(cells.shape[1], BUCKET_DTYPE)
    rows["ts_bucket_ns"], rows["side"], rows["tick"] = cells
    added, pulled, filled, appeared, vanished = sums
    rows["added"], rows["pulled"], rows["filled"] = added + appeared, pulled + vanished, filled
    # of several changes in a cell the last one counts
    rows["depth_end"][where] = flows["left"]
    return rows


def _cut(state: Array, tape: Tape) -> SecondChunk:
    """Copies of what the tape holds, which is empty then."""
    s = state[0]
    chunk = SecondChunk(
        tape.records[: s["n_records"]].copy(),
        _rows(tape.flows[: s["n_flows"]], FLOW_DTYPE),
        _rows(tape.work[: s["n_work"]], WORK_DTYPE),
        _rows(tape.touches[: s["n_touches"]], TOUCH_DTYPE),
    )
    for count in ("n_records", "n_flows", "n_work", "n_touches"):
        state[count] = 0
    return chunk


def _rows(words: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A copy of int64[n, k] as structured rows."""
    return np.ascontiguousarray(words).copy().view(dtype)[:, 0]
