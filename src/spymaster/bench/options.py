"""What options cost the engine: quotes and trades of a busy day's pace, in memory."""

from __future__ import annotations

import math
import time
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.bench.engine import InMemory
from spymaster.market.batches import Batch, Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, Kind
from spymaster.market.option_chain import CALL, CHAIN, PUT
from spymaster.market.sessions import SESSION, session_at
from spymaster.physics.engine import Engine

QUOTES_PER_S: Final = 5_000
TRADES_PER_S: Final = 500
SECONDS: Final = 20
_STRIKES: Final = 100
_STEP_E9: Final = 5 * PRICE_SCALE
_TICK_E9: Final = 50_000_000
_DEVIATION: Final = 0.008
_FIRST_ID: Final = 1_000_000


def options_share_of_core(memory: InMemory) -> float:
    """Seconds of work for a second of ``QUOTES_PER_S`` quotes and ``TRADES_PER_S`` trades, in percent.

    By the difference between the same few depth records with and without them; all snaps and levels are computed.
    """
    depth = memory.records[:64]
    start_ns = int(depth[-1, 1])
    session = session_at(np.frombuffer(memory.config.sessions, SESSION), start_ns)
    middle_e9 = int(depth[-1, 6])
    contracts = _chain(middle_e9, int(session["rth_close_ns"]) or int(session["close_ns"]))
    records = _records(contracts, middle_e9, start_ns)
    bare = _run(memory, b"", depth, [])
    return max(_run(memory, contracts.tobytes(), depth, records) - bare, 0.0) / SECONDS * 100.0


def _run(memory: InMemory, chain: bytes, depth: NDArray[np.int64], seconds: list[Batch]) -> float:
    engine = Engine()
    for _ in engine.feed(msgspec.structs.replace(memory.config, chain=chain)):
        pass
    for _ in engine.feed(RecordsFrame(Batch.of(Kind.MBP10, depth))):
        pass
    started = time.perf_counter()
    for batch in seconds:
        for _ in engine.feed(RecordsFrame(batch)):
            pass
    return time.perf_counter() - started


def _chain(middle_e9: int, expiry_ns: int) -> NDArray[np.void]:
    """CHAIN rows around a price."""
    first = (middle_e9 // _STEP_E9 - _STRIKES // 2) * _STEP_E9
    rows = np.zeros(2 * _STRIKES, CHAIN)
    for k in range(_STRIKES):
        for side, right in enumerate((CALL, PUT)):
            number = _FIRST_ID + 2 * k + side
            rows[2 * k + side] = (1, number, first + k * _STEP_E9, right, expiry_ns, 50, _TICK_E9)
    return rows


def _records(contracts: NDArray[np.void], middle_e9: int, start_ns: int) -> list[Batch]:
    """A batch a second: quotes of every contract in turn, and trades among them."""
    generator = np.random.default_rng(1)
    values = np.array([_premium_e9(middle_e9, int(row["strike_e9"]), int(row["right"])) for row in contracts])
    values = np.maximum(values // _TICK_E9, 2) * _TICK_E9
    batches = []
    for second in range(SECONDS):
        quotes = _quotes(contracts, values, generator, start_ns + second * NS_PER_S)
        trades = _trades(contracts, values, generator, start_ns + second * NS_PER_S)
        every = QUOTES_PER_S // TRADES_PER_S + 1
        order = np.full(QUOTES_PER_S + TRADES_PER_S, int(Kind.BBO), np.uint8)
        order[::every][:TRADES_PER_S] = int(Kind.MBP1)
        batches.append(Batch({Kind.BBO: quotes, Kind.MBP1: trades}, order))
    return batches


def _quotes(
    contracts: NDArray[np.void], values: NDArray[np.int64], generator: np.random.Generator, start_ns: int
) -> Records:
    which = np.arange(QUOTES_PER_S) % len(contracts)
    rows = _empty(Kind.BBO, contracts, which, start_ns)
    shift = generator.integers(-1, 2, len(rows)) * _TICK_E9
    _put_quote(rows, values[which] + shift, generator)
    return rows


def _trades(
    contracts: NDArray[np.void], values: NDArray[np.int64], generator: np.random.Generator, start_ns: int
) -> Records:
    which = generator.integers(0, len(contracts), TRADES_PER_S)
    rows = _empty(Kind.MBP1, contracts, which, start_ns)
    _put_quote(rows, values[which], generator)
    buys = generator.random(len(rows)) < 0.5
    rows["price"] = np.where(buys, rows["ask_px_00"], rows["bid_px_00"])
    rows["size"] = generator.integers(1, 30, len(rows))
    rows["action"], rows["side"] = b"T", b"N"
    return rows


def _empty(kind: Kind, contracts: NDArray[np.void], which: NDArray[np.int64], start_ns: int) -> Records:
    """Records of some contracts, evenly over a second."""
    rows = np.zeros(len(which), DTYPES[kind])
    rows["publisher_id"] = 1
    rows["instrument_id"] = contracts["instrument_id"][which]
    rows["ts_event"] = start_ns + np.arange(len(which)) * (NS_PER_S // len(which))
    rows["ts_recv"] = rows["ts_event"]
    return rows


def _put_quote(rows: Records, bid: NDArray[np.int64], generator: np.random.Generator) -> None:
    rows["bid_px_00"] = np.maximum(bid, _TICK_E9)
    rows["ask_px_00"] = rows["bid_px_00"] + _TICK_E9
    rows["bid_sz_00"] = generator.integers(1, 100, len(rows))
    rows["ask_sz_00"] = generator.integers(1, 100, len(rows))


def _premium_e9(forward_e9: int, strike_e9: int, right: int) -> int:
    """Black's premium at a fixed total deviation."""
    forward, strike = forward_e9 / PRICE_SCALE, strike_e9 / PRICE_SCALE
    d1 = math.log(forward / strike) / _DEVIATION + _DEVIATION / 2
    call = forward * _cdf(d1) - strike * _cdf(d1 - _DEVIATION)
    return round((call if right == CALL else call - forward + strike) * PRICE_SCALE)


def _cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
