"""The depth that ``bench`` measures with: a file of a chosen size and pace, repeated from real depth or simulated."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.front_month import choose_instrument
from spymaster.feeds.dbn.writer import DbnWriter
from spymaster.feeds.merge import merge
from spymaster.market import dtypes as dt
from spymaster.market.kinds import NS_PER_S, UNDEF_PRICE, Kind

RECORDS_PER_S: Final = 236.0
"""Usual pace of the measured file in event time: 5 million records in 5.9 hours, a regular-hours session."""

_SEED: Final = 7
_SESSION_NS: Final = 3_600 * NS_PER_S
_START_NS: Final = 1_773_754_200_000_000_000
"""17 March 2026, 09:30 in New York."""


def write_bench_file(
    folder: Path, sources: tuple[Path, ...], records: int, records_per_s: float = RECORDS_PER_S
) -> tuple[Path, float]:
    """Write the file; returns it and a price near the middle of what it trades at.

    Real depth is repeated with shifted times, simulated depth is new throughout; both are brought to the same pace.
    """
    path = folder / "bench.mbp-10.dbn.zst"
    chunks, symbol, instrument_id = _real(sources) if sources else _simulated()
    written = 0
    middle = 0.0
    clock = _Clock(records_per_s)
    with DbnWriter(path, schema="mbp-10", dataset="GLBX.MDP3", symbol_map={instrument_id: symbol}) as writer:
        for chunk in chunks:
            part = chunk[: records - written].copy()
            clock.retime(part)
            writer.write(part)
            written += len(part)
            middle = middle or _first_bid(part)
            if written >= records:
                break
    return path, middle


def _first_bid(words: NDArray[np.int64]) -> float:
    """The first best bid there is; 0 where the book is empty throughout, as it is when a session is cleared."""
    bids = words[:, dt.W_LEVELS]
    known = bids[bids != UNDEF_PRICE]
    return float(known[0]) / NS_PER_S if len(known) else 0.0


class _Clock:
    """Gives records new times: evenly paced on average, in their own bursts, one chunk after the other."""

    def __init__(self, records_per_s: float) -> None:
        self._records_per_s = records_per_s
        self._next_ns = _START_NS

    def retime(self, words: NDArray[np.int64]) -> None:
        """Scale a chunk's times to the pace and set it behind the chunk before."""
        event = words[:, dt.W_TS_EVENT]
        delay = words[:, dt.W_TS_RECV] - event
        span = max(int(event[-1] - event[0]), 1)
        wanted = int(len(words) / self._records_per_s * NS_PER_S)
        scaled = ((event - event[0]) * (wanted / span)).astype(np.int64)
        words[:, dt.W_TS_EVENT] = self._next_ns + scaled
        words[:, dt.W_TS_RECV] = words[:, dt.W_TS_EVENT] + np.clip(delay, 0, NS_PER_S)
        self._next_ns += wanted


def _simulated() -> tuple[Iterator[NDArray[Any]], str, int]:
    """Hours of the simulated market at midday, one seed after the other."""
    from spymaster.sim.instrument import INSTRUMENT_ID
    from spymaster.sim.market.simulation import Market
    from spymaster.sim.recording.files import SYMBOL
    from spymaster.sim.recording.session import default_settings

    def chunks() -> Iterator[NDArray[Any]]:
        for seed in itertools.count(_SEED):
            settings = default_settings(seed, "mix", "midday")
            for chunk in Market(settings).run(settings.start_ns + _SESSION_NS):
                if len(chunk.records):
                    yield chunk.records

    return chunks(), SYMBOL, INSTRUMENT_ID


def _real(sources: tuple[Path, ...]) -> tuple[Iterator[NDArray[Any]], str, int]:
    files = discover(sources).files
    instrument = choose_instrument(files)
    depth = [batch.arrays[Kind.MBP10].copy() for batch in merge(files) if Kind.MBP10 in batch.arrays]
    whole = np.concatenate(depth)

    def chunks() -> Iterator[NDArray[Any]]:
        while True:
            yield whole

    return chunks(), instrument.symbol, instrument.instrument_id
