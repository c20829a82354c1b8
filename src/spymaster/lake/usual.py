"""What is usual at a minute of the session, out of the days a lake holds: contracts traded, contracts displayed.

Bronze is read, as it arrived: the trades of a whole day once, the book of one minute a day when it is asked for. Of
several runs of a day the one that traded most counts, of several contracts the one that traded most in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.catalog import BRONZE, Lake, hour_of_file, table_of_file
from spymaster.lake.tables.schema import bronze_schema
from spymaster.market.kinds import NS_PER_S, Kind

MINUTE_NS: Final = 60 * NS_PER_S
MINUTES: Final = 24 * 60
_HOUR_NS: Final = 60 * MINUTE_NS
_LATE: Final = 5
"""Minutes a day may begin later or end earlier than what it is compared with: in the night some have no trade."""

_TRADE: Final = ord("T")
_TABLES: Final = {"futures/mbp10": Kind.MBP10, "futures/trades": Kind.TRADE}
_SIZES: Final = tuple(f"{side}_sz_{level:02}" for side in ("bid", "ask") for level in range(10))
_LEAST_SHOWN: Final = 200
"""Records of a minute of which every tenth is enough."""


@dataclass(frozen=True, slots=True, eq=False)
class UsualDay:
    """One day: ``volume`` int64[MINUTES], contracts traded in each minute since the session opened at ``open_ns``."""

    run: str
    instrument_id: int
    open_ns: int
    volume: NDArray[np.int64]

    def covers(self, first_minute: int, last_minute: int) -> bool:
        """Whether it traded from near the one minute to near the other."""
        traded = np.flatnonzero(self.volume)
        return bool(len(traded)) and traded[0] <= first_minute + _LATE and traded[-1] >= last_minute - _LATE

    def traded(self, from_minute: float, until_minute: float) -> float:
        """Contracts between two moments, in minutes since the opening."""
        cumulative = np.concatenate(([0], np.cumsum(self.volume)))
        at = np.arange(len(cumulative))
        low, high = np.interp([from_minute, until_minute], at, cumulative)
        return float(high - low)


def usual_day(lake: Lake, product: str, open_ns: int, close_ns: int) -> UsualDay | None:
    """What a product (``ES``) traded in a session, None where the lake holds none of it. Raises LakeError, OSError."""
    best: UsualDay | None = None
    for run, table, names in _runs(lake, product, open_ns, close_ns):
        day = _traded(lake, run, table, names, open_ns, close_ns)
        if day is not None and (best is None or day.volume.sum() > best.volume.sum()):
            best = day
    return best


def displayed(lake: Lake, product: str, day: UsualDay, minute: int) -> NDArray[np.int64]:
    """Contracts on ten levels of both sides during a minute of that day, one figure a record or every tenth."""
    from_ns = day.open_ns + minute * MINUTE_NS
    until_ns = from_ns + MINUTE_NS
    found: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for run, table, names in _runs(lake, product, from_ns, until_ns):
        if run == day.run and _TABLES[table] is Kind.MBP10:
            columns = ("instrument_id", *_SIZES)
            for batch in _batches(lake, table, names, columns, from_ns, until_ns):
                own = batch["instrument_id"] == day.instrument_id
                found.append(np.sum([batch[name].astype(np.int64)[own] for name in _SIZES], axis=0))
    totals = np.concatenate(found)
    return totals[::10] if len(totals) > _LEAST_SHOWN else totals


def _runs(lake: Lake, product: str, from_ns: int, until_ns: int) -> Iterator[tuple[str, str, list[str]]]:
    """(run, table, its files) of a product that may hold records of that time."""
    hours = range(from_ns // _HOUR_NS, (until_ns - 1) // _HOUR_NS + 1)
    for run in lake.runs:
        for table in _TABLES:
            names = [
                file.path
                for file in run.files(BRONZE)
                if table_of_file(file.path) == table
                and f"/symbol={product}/" in file.path
                and hour_of_file(file.path) in hours
            ]
            if names:
                yield run.run.id, table, names


def _traded(lake: Lake, run: str, table: str, names: list[str], open_ns: int, close_ns: int) -> UsualDay | None:
    by_contract: dict[int, NDArray[np.int64]] = {}
    columns = ("instrument_id", "ts_recv", "action", "size")
    for batch in _batches(lake, table, names, columns, open_ns, close_ns):
        trades = batch["action"] == _TRADE
        minutes = (batch["ts_recv"][trades].astype(np.int64) - open_ns) // MINUTE_NS
        for contract in np.unique(batch["instrument_id"][trades]).tolist():
            own = batch["instrument_id"][trades] == contract
            volume = np.bincount(minutes[own], batch["size"][trades][own], MINUTES).astype(np.int64)
            by_contract[contract] = by_contract.get(contract, np.zeros(MINUTES, np.int64)) + volume[:MINUTES]
    if not by_contract:
        return None
    contract, volume = max(by_contract.items(), key=lambda each: int(each[1].sum()))
    return UsualDay(run, contract, open_ns, volume)


def _batches(
    lake: Lake, table: str, names: list[str], columns: Sequence[str], from_ns: int, until_ns: int
) -> Iterator[dict[str, NDArray[Any]]]:
    """Columns of the records that arrived in a span of time, piece by piece."""
    import pyarrow.dataset as pads

    dataset = lake.storage.dataset(names, bronze_schema(_TABLES[table]).arrow)
    in_time = (pads.field("ts_recv") >= from_ns) & (pads.field("ts_recv") < until_ns)
    for batch in dataset.to_batches(columns=list(columns), filter=in_time, use_threads=False):
        if batch.num_rows:
            yield {name: batch.column(name).to_numpy(zero_copy_only=False) for name in columns}
