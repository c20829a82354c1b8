"""The future's settlement prices, as the statistics among its records tell them. The engine has no use for them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from spymaster.market.frames import Frame, RecordsFrame
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import NS_PER_S, PRICE_SCALE, UNDEF_PRICE, UNDEF_TIMESTAMP, Kind

SETTLEMENT_PRICE: Final = 3
"""``stat_type`` of a settlement price."""
_NEW: Final = 1
"""``update_action``: a value, and not the end of one."""
_KEPT: Final = 8

SettlementState = tuple[tuple[int, float], ...]
"""(trade date as yyyymmdd, points), by date."""


class Settlements:
    """Follows the records of one contract. Of a trade date the latest word holds: preliminary prices become final."""

    def __init__(self) -> None:
        self._by_date: dict[int, float] = {}

    def take(self, frame: Frame, instrument: Instrument) -> None:
        """Take in what a frame tells. A settlement that does not say of which trade date it is is passed over."""
        if not isinstance(frame, RecordsFrame) or Kind.STAT not in frame.batch.arrays:
            return
        rows = frame.batch.arrays[Kind.STAT]
        own = (rows["instrument_id"] == instrument.instrument_id) & (rows["publisher_id"] == instrument.publisher_id)
        own &= (rows["stat_type"] == SETTLEMENT_PRICE) & (rows["update_action"] == _NEW)
        own &= (rows["price"] != UNDEF_PRICE) & (rows["ts_ref"] != UNDEF_TIMESTAMP)
        for row in rows[own]:
            day = dt.datetime.fromtimestamp(int(row["ts_ref"]) // NS_PER_S, dt.UTC)
            self._by_date[day.year * 10_000 + day.month * 100 + day.day] = int(row["price"]) / PRICE_SCALE
        for date in sorted(self._by_date)[:-_KEPT]:
            del self._by_date[date]

    def before(self, session_date: int) -> float:
        """The settlement of the last trade date before one, points; NaN where none is known."""
        earlier = [date for date in self._by_date if date < session_date]
        return self._by_date[max(earlier)] if earlier else math.nan

    def snapshot(self) -> SettlementState:
        """Everything, for ``restore``."""
        return tuple(sorted(self._by_date.items()))

    def restore(self, state: SettlementState) -> None:
        """Go on from there."""
        self._by_date = dict(state)
