"""Chain snapshots as records, and against our own greeks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
import numpy as np

from spymaster.feeds.massive_live.frame_records import headed
from spymaster.feeds.massive_live.instruments import PUBLISHER, InstrumentBook
from spymaster.feeds.massive_rest.chain_snapshot import Contract, Greeks
from spymaster.market.batches import Records
from spymaster.market.dtypes import DTYPES
from spymaster.market.kinds import PRICE_SCALE, UNDEF_PRICE, Kind

NOT_GIVEN: Final = -1
_STAT_RTYPE: Final = 24
_OPEN_INTEREST: Final = 9
_NEW: Final = 1
_LENGTH_UNIT: Final = 4
_MOST: Final = 0.9


def greeks_rows(contracts: Iterable[Contract], book: InstrumentBook, recv_ns: int) -> Records:
    """GREEKS[n] of a snapshot that arrived at ``recv_ns`` (in the vendor's time)."""
    known = [(one, book.id_of(one.details.ticker)) for one in contracts]
    known = [(one, number) for one, number in known if number]
    rows = headed(Kind.GREEKS, len(known))
    for row, (one, number) in zip(rows, known, strict=True):
        greeks, quote, share = one.greeks or Greeks(), one.last_quote, one.underlying_asset
        rests_on_ns = max(quote.last_updated if quote else 0, share.last_updated if share else 0)
        row["instrument_id"] = number
        row["ts_event"], row["ts_recv"] = rests_on_ns or recv_ns, recv_ns
        row["underlying_px"] = _price(share.price if share else None)
        row["bid_px"], row["ask_px"] = _price(quote.bid if quote else None), _price(quote.ask if quote else None)
        row["open_interest"] = _count(one.open_interest)
        row["volume"] = _count(one.day.volume if one.day else None)
        row["implied_vol"] = _number(one.implied_volatility)
        for name in ("delta", "gamma", "theta", "vega"):
            row[name] = _number(getattr(greeks, name))
    return rows


class OpenInterest:
    """Open interest out of snapshots as the statistics records an engine reads it from, where it is new or changed."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def rows(self, greeks: Records) -> Records:
        """STAT[n] for what a snapshot (GREEKS) says that was not known."""
        told = zip(greeks["instrument_id"].tolist(), greeks["open_interest"].tolist(), strict=True)
        fresh = [(n, count) for n, count in told if count != NOT_GIVEN and self._known.get(n) != count]
        self._known.update(fresh)
        rows = np.zeros(len(fresh), DTYPES[Kind.STAT])
        rows["length"], rows["rtype"], rows["publisher_id"] = (
            rows.dtype.itemsize // _LENGTH_UNIT,
            _STAT_RTYPE,
            PUBLISHER,
        )
        rows["instrument_id"] = [number for number, _ in fresh]
        rows["quantity"] = [count for _, count in fresh]
        rows["ts_event"] = rows["ts_recv"] = rows["ts_ref"] = greeks["ts_recv"][0] if len(greeks) else 0
        rows["price"], rows["stat_type"], rows["update_action"] = UNDEF_PRICE, _OPEN_INTEREST, _NEW
        return rows


class OwnGreeks(msgspec.Struct, frozen=True):
    """What we compute of a contract; NaN where we cannot."""

    implied_vol: float
    delta: float
    gamma: float


class Apart(msgspec.Struct, frozen=True):
    """Absolute differences of one quantity: their median, and what nine in ten stay below; NaN where none is known."""

    median: float
    most: float


class GreeksDifference(msgspec.Struct, frozen=True):
    """A snapshot against our own greeks.

    ``at_ns``: when the snapshot arrived, in the vendor's time. ``compared``: contracts both have; ``only_ours``,
    ``only_theirs``: contracts that only one has a volatility of; ``vol``: of the yearly volatility; ``worst_symbol``:
    where delta differs most, and by how much.
    """

    at_ns: int
    compared: int
    only_ours: int
    only_theirs: int
    vol: Apart
    delta: Apart
    gamma: Apart
    worst_symbol: str
    delta_worst: float

    def __str__(self) -> str:
        if not self.compared:
            return f"greeks: nothing to compare ({self.only_ours} only ours, {self.only_theirs} only the vendor's)"
        return (
            f"greeks of {self.compared} contracts against the vendor's, median and 90 %: volatility "
            f"{self.vol.median:.4f} {self.vol.most:.4f}, delta {self.delta.median:.4f} {self.delta.most:.4f} (worst "
            f"{self.delta_worst:.4f}, {self.worst_symbol}), gamma {self.gamma.median:.4f} {self.gamma.most:.4f}; "
            f"{self.only_ours} only ours, {self.only_theirs} only the vendor's"
        )


def compare(greeks: Records, own: Mapping[int, OwnGreeks], name: Callable[[int], str | None]) -> GreeksDifference:
    """One snapshot (GREEKS) against ``own``, by instrument id; ``name``: symbol of an id."""
    ids = greeks["instrument_id"].tolist()
    nothing = OwnGreeks(math.nan, math.nan, math.nan)
    ours = np.array([msgspec.structs.astuple(own.get(number, nothing)) for number in ids], np.float64).reshape(-1, 3)
    theirs = np.stack([greeks[field] for field in ("implied_vol", "delta", "gamma")], axis=1)
    has_ours, has_theirs = np.isfinite(ours[:, 0]), np.isfinite(theirs[:, 0])
    both = np.isfinite(ours).all(axis=1) & np.isfinite(theirs).all(axis=1)
    apart = np.abs(ours - theirs)[both]
    worst = int(np.argmax(apart[:, 1])) if len(apart) else None
    figures = np.quantile(apart, (0.5, _MOST), axis=0) if len(apart) else np.full((2, 3), math.nan)
    vol, delta, gamma = (Apart(float(median), float(most)) for median, most in figures.T)
    return GreeksDifference(
        at_ns=int(greeks["ts_recv"].max()) if len(greeks) else 0,
        compared=len(apart),
        only_ours=int((has_ours & ~has_theirs).sum()),
        only_theirs=int((has_theirs & ~has_ours).sum()),
        vol=vol,
        delta=delta,
        gamma=gamma,
        worst_symbol="" if worst is None else name(int(np.asarray(ids)[both][worst])) or "",
        delta_worst=math.nan if worst is None else float(apart[worst, 1]),
    )


def _price(price: float | None) -> int:
    return UNDEF_PRICE if price is None or price <= 0 else round(price * PRICE_SCALE)


def _count(count: float | None) -> int:
    return NOT_GIVEN if count is None else round(count)


def _number(number: float | None) -> float:
    return math.nan if number is None else number
