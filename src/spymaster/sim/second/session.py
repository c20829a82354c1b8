"""The plain market simulator: ES-like MBP-10 records from a seed and a plan, with the truth beside them.

It keeps prices, sizes and order counts but no order ids, and a handful of hand-written mechanisms act inside its order
flow. Same seed, same plan: same bytes on any machine and in any chunking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.market.dtypes import INSTRUMENT_SHIFT, PUBLISHER_SHIFT
from spymaster.market.kinds import MBP10_WORDS, NS_PER_MS, NS_PER_S
from spymaster.sim.instrument import INSTRUMENT_ID, PUBLISHER_ID, TICK_E9
from spymaster.sim.second.market import open_market, run
from spymaster.sim.second.plan import Mechanism, Plan, opening_plan
from spymaster.sim.second.state import FLOW_DTYPE, ROOM, WORK_DTYPE, Tape, new_state

DEFAULT_CHUNK: Final = 16_384

BUCKET_DTYPE: Final = np.dtype(
    [
        ("ts_bucket_ns", "<i8"),
        ("side", "<i8"),
        ("price_e9", "<i8"),
        ("added", "<i8"),
        ("pulled", "<i8"),
        ("filled", "<i8"),
    ]
)
"""True flow of a bucket at one side (0 bid, 1 ask) and price, contracts; ``ts_bucket_ns`` is the end of the bucket."""


@dataclass(frozen=True, slots=True, eq=False)
class PlainChunk:
    """A stretch of the market: records int64[n, 46], true flows ``FLOW_DTYPE[m]``, mechanisms' work ``WORK_DTYPE[k]``.

    Flows are those of all orders, also where the ten levels do not reach. The arrays belong to the receiver.
    """

    records: NDArray[np.int64]
    flows: NDArray[Any]
    work: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class PlainSession:
    """A whole session and its truth; the arrays as in :class:`PlainChunk`."""

    seed: int
    plan: Plan
    start_ns: int
    end_ns: int
    records: NDArray[np.int64]
    flows: NDArray[Any]
    work: NDArray[Any]

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
) -> Iterator[PlainChunk]:
    """The session piece by piece, of any length in flat memory. ``start_ns``: ns UTC. Raises UserError.

    Chunks hold up to ``records_per_chunk`` records and are cut between events only; how they are cut changes nothing.
    """
    size = max(records_per_chunk, 2 * ROOM)
    tape = Tape(
        np.zeros((size, MBP10_WORDS), np.int64), np.zeros((2 * size, 5), np.int64), np.zeros((size, 3), np.int64)
    )
    head = (MBP10_WORDS * 8 // 4) | 10 << 8 | PUBLISHER_ID << PUBLISHER_SHIFT | instrument_id << INSTRUMENT_SHIFT
    state = new_state(seed, plan, start_ns, head)
    first = np.zeros((1, MBP10_WORDS), np.int64)
    open_market(state, first[0])
    end_ns = start_ns + round(minutes * 60 * NS_PER_S)
    complete = False
    while not complete:
        complete = run(state, tape, end_ns)
        counts = state[0]
        n, m, k = int(counts["n_records"]), int(counts["n_flows"]), int(counts["n_work"])
        records = np.concatenate([first, tape.records[:n]])
        first = first[:0]
        yield PlainChunk(records, _rows(tape.flows[:m], FLOW_DTYPE), _rows(tape.work[:k], WORK_DTYPE))


def generate(
    seed: int, minutes: float, start_ns: int, plan: Plan | None = None, *, instrument_id: int = INSTRUMENT_ID
) -> PlainSession:
    """A whole session in memory; ``plan`` is the opening by default. Raises UserError."""
    plan = plan or opening_plan()
    chunks = list(stream(seed, minutes, start_ns, plan, instrument_id=instrument_id))
    return PlainSession(
        seed=seed,
        plan=plan,
        start_ns=start_ns,
        end_ns=start_ns + round(minutes * 60 * NS_PER_S),
        records=np.concatenate([chunk.records for chunk in chunks]),
        flows=np.concatenate([chunk.flows for chunk in chunks]),
        work=np.concatenate([chunk.work for chunk in chunks]),
    )


def bucket_flows(flows: NDArray[Any], interval_ns: int = 250 * NS_PER_MS) -> NDArray[Any]:
    """True flows summed per bucket, side and price: ``BUCKET_DTYPE[k]``, ascending in that order.

    Buckets are aligned to multiples of the interval; what happens at T itself belongs to the bucket that begins there.
    """
    keys = np.stack([(flows["ts_ns"] // interval_ns + 1) * interval_ns, flows["side"], flows["tick"]])
    cells, where = np.unique(keys, axis=1, return_inverse=True)
    sums = np.zeros((3, cells.shape[1]), np.int64)
    np.add.at(sums, (flows["kind"], where.reshape(-1)), flows["size"])
    rows = np.zeros(cells.shape[1], BUCKET_DTYPE)
    rows["ts_bucket_ns"], rows["side"], rows["price_e9"] = cells[0], cells[1], cells[2] * TICK_E9
    rows["added"], rows["pulled"], rows["filled"] = sums
    return rows


def _rows(words: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A copy of int64[n, k] as structured rows."""
    return np.ascontiguousarray(words).copy().view(dtype)[:, 0]
