"""An engine configured by hand, without a calendar, and its results gathered into arrays that stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.config.params import build_params
from spymaster.config.profiles import EsProfile, SpyProfile
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import PRICE_SCALE, SIDE_ASK, SIDE_BID, Kind
from spymaster.market.rows import ALERT_ROW, FLOW_ROW, LEVEL_ROW, SNAP
from spymaster.market.sessions import SESSION
from spymaster.physics.engine import Engine, SnapBlock
from tests.support.market import (
    ASK,
    BID,
    CLOSE_NS,
    HOUR,
    MINUTE,
    OPEN_NS,
    RTH_CLOSE_NS,
    RTH_OPEN_NS,
    TICK_E9,
)

Words = NDArray[np.int64]
Cell = tuple[int, int | None, int]
"""(T of the bucket, side 0 bid | 1 ask | None off-book, tick)."""

_SIDES = {SIDE_BID: BID, SIDE_ASK: ASK}


def session_table(*, days: int = 2, shift_ns: int = 0, with_rth: bool = True) -> NDArray[np.void]:
    """Sessions of 23 hours with an hour's break, the first opening at ``OPEN_NS + shift_ns``."""
    rows = np.zeros(days, SESSION)
    for k in range(days):
        add = k * 24 * HOUR + shift_ns
        rth = (RTH_OPEN_NS + add, RTH_CLOSE_NS + add) if with_rth else (0, 0)
        before = (rth[0] - 330 * MINUTE, rth[0] + 15 * MINUTE) if with_rth else (0, 0)
        rows[k] = (20240105 + k, OPEN_NS + add, CLOSE_NS + add, *rth, *before)
    return rows


@cache
def _profile_params(profile: str) -> bytes:
    return build_params(EsProfile() if profile == "es" else SpyProfile()).tobytes()


def params_for(profile: str = "es", **changes: float) -> NDArray[np.void]:
    """The default parameters of a profile with some fields changed, by their names in ``PARAMS``."""
    from spymaster.market.params import PARAMS

    record = np.frombuffer(_profile_params(profile), PARAMS).copy()
    for name, value in changes.items():
        record[name] = value
    return record


def config_frame(
    profile: str = "es",
    *,
    levels: Sequence[float] = (),
    sessions: NDArray[np.void] | None = None,
    tick_e9: int = TICK_E9,
    tape_from: TapeFrom = TapeFrom.DEPTH,
    tick_source: TickSource = TickSource.DEFINITION,
    params: Mapping[str, float] | None = None,
    publisher_id: int = 1,
    instrument_id: int = 17077,
    chain: bytes = b"",
    hours: bytes = b"",
) -> ConfigFrame:
    """A CONFIG frame. ``levels``: user levels in the profile's unit; ``params``: changed parameters by name."""
    return ConfigFrame(
        profile=profile,
        params=params_for(profile, **(params or {})).tobytes(),
        instrument=Instrument(publisher_id, instrument_id, "ESH4", tick_e9, 50, tick_source, "CME Globex Equity"),
        tape_from=tape_from,
        user_levels=tuple(UserLevel(f"L{k}", round(price * PRICE_SCALE)) for k, price in enumerate(levels)),
        sessions=(session_table() if sessions is None else sessions).tobytes(),
        chain=chain,
        hours=hours,
    )


@dataclass
class Results:
    """What an engine published, copied."""

    snaps: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, SNAP))
    rows: list[NDArray[np.void]] = field(default_factory=list)
    flows: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, FLOW_ROW))
    alerts: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, ALERT_ROW))
    counters: dict[str, int] = field(default_factory=dict)
    strikes: list[NDArray[np.void]] = field(default_factory=list)

    def take(self, blocks: Iterable[SnapBlock]) -> Results:
        """Copy blocks in."""
        snaps, flows, alerts = [self.snaps], [self.flows], [self.alerts]
        for block in blocks:
            snaps.append(block.snaps.copy())
            flows.append(block.flows.copy())
            alerts.append(block.alerts.copy())
            for k, count in enumerate(block.snaps["levels"].tolist()):
                self.rows.append(block.rows[k, :count].copy())
                self.strikes.append(block.strikes[k, : int(block.snaps["options"]["strikes"][k])].copy())
        self.snaps, self.flows, self.alerts = np.concatenate(snaps), np.concatenate(flows), np.concatenate(alerts)
        return self

    @property
    def times(self) -> list[int]:
        """The times of the snaps."""
        return [int(t) for t in self.snaps["t_ns"]]

    def level(self, price: float) -> NDArray[np.void]:
        """The rows of the level at a price, one for each snap; snaps without it are left out."""
        found = [row[row["price"] == price] for row in self.rows]
        return np.concatenate([*found, np.zeros(0, LEVEL_ROW)])

    def cells(self) -> dict[Cell, dict[str, int]]:
        """The flow rows by (T, side, tick)."""
        table: dict[Cell, dict[str, int]] = {}
        for row in self.flows:
            key = (int(row["ts_bucket_ns"]), _SIDES.get(int(row["side"])), int(row["tick"]))
            assert key not in table, "one row for each bucket, side and price"
            table[key] = {name: int(row[name]) for name in FLOW_ROW.names or ()}
        return table

    def total(self, name: str, side: int | None = None, tick: int | None = None) -> int:
        """A column of the flow rows summed over all buckets, of one side and price if given."""
        cells = self.cells().items()
        return sum(c[name] for (_, s, t), c in cells if side in (None, s) and tick in (None, t))


def engine_for(
    profile: str = "es",
    *,
    with_flows: bool = True,
    snaps_per_block: int = 16,
    digest: bytes | None = None,
    **config: Any,
) -> Engine:
    """An engine that has had its CONFIG; ``config`` as for ``config_frame``, the others as for ``Engine``."""
    engine = Engine(snaps_per_block=snaps_per_block, with_flows=with_flows, digest=digest)
    for _ in engine.feed(config_frame(profile, **config)):
        raise AssertionError("a CONFIG frame makes no snaps")
    return engine


def records(words: Words, first_seq: int = 0) -> RecordsFrame:
    """A frame of MBP-10 records."""
    return RecordsFrame(Batch.of(Kind.MBP10, np.ascontiguousarray(words), first_seq))


def feed(engine: Engine, *frames: Frame, into: Results | None = None) -> Results:
    """Feed frames one after the other."""
    results = Results() if into is None else into
    for frame in frames:
        results.take(engine.feed(frame))
    return results


def run(words: Words, profile: str = "es", *, chunk: int = 0, **config: Any) -> Results:
    """A whole run over MBP-10 records: fed at once or in chunks, finished, counters noted."""
    engine = engine_for(profile, **config)
    results = Results()
    step = chunk or max(len(words), 1)
    for first in range(0, len(words), step):
        feed(engine, records(words[first : first + step]), into=results)
    results.take(engine.finish())
    results.counters = engine.counters()
    return results
