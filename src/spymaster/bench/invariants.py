"""The engine's ledger against what every order of simulated markets did: must the flows agree, and do they."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.config.params import build_params
from spymaster.config.profiles import EsProfile
from spymaster.market.batches import Batch
from spymaster.market.dtypes import W_SIZE
from spymaster.market.frames import ConfigFrame, RecordsFrame, TapeFrom
from spymaster.market.instruments import Instrument, TickSource
from spymaster.market.kinds import NS_PER_S, SIDE_ASK, SIDE_NONE, Kind
from spymaster.market.sessions import SESSION
from spymaster.physics.engine import Engine
from spymaster.sim.instrument import TICK_E9
from spymaster.sim.market.latent import BUCKET_NS
from spymaster.sim.market.simulation import Session, simulate
from spymaster.sim.recording.session import default_settings

_MINUTES: Final = 15.0
_CHUNK: Final = 8192
_MARKETS: Final = (("mix", "open", ""), ("mix", "stress", ""), ("gamma", "open", "es"), ("mix", "midday", "spy"))
_PRICES: Final = 1 << 20
_HOUR_NS: Final = 3600 * NS_PER_S

Rows = NDArray[Any]
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a ledger agrees with the truth. ``violations``: cells in which something that must be exact is not.

    ``wrong`` of ``moved``: contracts added or pulled that are told otherwise, where a price was in sight throughout.
    """

    records: int
    cells: int
    violations: int
    wrong: int
    moved: int


def check_simulated(records: int) -> Verdict:
    """Simulate at least so many records, in markets of several kinds, and check them all."""
    verdicts: list[Verdict] = []
    while sum(verdict.records for verdict in verdicts) < records:
        scenario, intensity, options = _MARKETS[len(verdicts) % len(_MARKETS)]
        verdicts.append(check(simulate(default_settings(len(verdicts) + 1, scenario, intensity, options), _MINUTES)))
    return Verdict(*(sum(getattr(v, name) for v in verdicts) for name in Verdict.__slots__))


def check(session: Session) -> Verdict:
    """Hold the engine's ledger of a session against its truth.

    Exact must be: fills by bucket, side and price; contracts traded = filled + off the book; nothing negative; and
    where a price was in sight throughout, its depth's change = added - pulled - filled.
    """
    ledger = _ledger(session)
    on_book = ledger[ledger["side"] != SIDE_NONE]
    truth = session.flows[session.flows["ts_bucket_ns"] > session.settings.start_ns]
    mine = _keys(on_book["ts_bucket_ns"], on_book["side"] == SIDE_ASK, on_book["tick"], session)
    true = _keys(truth["ts_bucket_ns"], truth["side"] == 1, truth["tick"], session)
    return Verdict(
        records=len(session.records),
        cells=len(on_book),
        violations=_unequal_fills(mine, on_book, true, truth) + _broken_sums(session, ledger, on_book),
        **_moved(mine, on_book, true, truth),
    )


def _ledger(session: Session) -> Rows:
    """All rows of the engine's ledger; no levels are watched."""
    settings = session.settings
    params = build_params(EsProfile())
    params["level_kinds"] = 0
    calendar = np.zeros(1, SESSION)
    calendar["open_ns"] = settings.start_ns - _HOUR_NS
    calendar["close_ns"] = session.end_ns + _HOUR_NS
    instrument = Instrument(1, settings.instrument_id, "ESM6", TICK_E9, 50, TickSource.DEFINITION, "")
    engine = Engine(with_flows=True)
    config = ConfigFrame("es", params.tobytes(), instrument, TapeFrom.DEPTH, (), calendar.tobytes())
    parts = [block.flows.copy() for block in engine.feed(config)]
    for at in range(0, len(session.records), _CHUNK):
        batch = Batch.of(Kind.MBP10, session.records[at : at + _CHUNK])
        parts += [block.flows.copy() for block in engine.feed(RecordsFrame(batch))]
    parts += [block.flows.copy() for block in engine.finish()]
    return np.concatenate(parts)


def _keys(times: Keys, is_ask: NDArray[np.bool_], ticks: Keys, session: Session) -> Keys:
    """One number for bucket, side and price."""
    bucket = (times.astype(np.int64) - session.settings.start_ns) // BUCKET_NS
    keys: Keys = (bucket * 2 + is_ask) * _PRICES + ticks
    return keys


def _unequal_fills(mine: Keys, ledger: Rows, true: Keys, truth: Rows) -> int:
    """Cells whose fills differ."""
    filled, really = ledger["filled"] > 0, truth["filled"] > 0
    told = {*zip(mine[filled].tolist(), ledger["filled"][filled].tolist(), strict=True)}
    was = {*zip(true[really].tolist(), truth["filled"][really].tolist(), strict=True)}
    return len(told ^ was)


def _broken_sums(session: Session, ledger: Rows, on_book: Rows) -> int:
    """Cells with a negative flow or a depth that does not add up, and one more where volume was lost."""
    flows = [on_book[name].astype(np.int64) for name in ("added", "pulled", "filled", "hidden")]
    negative = np.minimum.reduce(flows) < 0
    seen = (on_book["visible_ns"] >= BUCKET_NS) & (on_book["depth_start"] >= 0) & (on_book["depth_end"] >= 0)
    change = on_book["depth_end"].astype(np.int64) - on_book["depth_start"]
    off = seen & (change != flows[0] - flows[1] - flows[2])
    is_trade = (session.records[:, W_SIZE] >> 32) & 0xFF == ord("T")
    traded = int((session.records[is_trade, W_SIZE] & 0xFFFF_FFFF).sum())
    lost = traded != int(ledger["filled"].sum()) + int(ledger["off_book"].sum())
    return int((negative | off).sum()) + int(lost)


def _moved(mine: Keys, ledger: Rows, true: Keys, truth: Rows) -> dict[str, int]:
    """Contracts added and pulled in sight, and how many of them are told otherwise."""
    in_sight = ledger["visible_ns"] >= BUCKET_NS
    _, here, there = np.intersect1d(mine[in_sight], true, assume_unique=True, return_indices=True)
    wrong = moved = 0
    for name in ("added", "pulled"):
        told, was = ledger[name][in_sight][here].astype(np.int64), truth[name][there].astype(np.int64)
        wrong += int(np.abs(told - was).sum())
        moved += int(was.sum())
    return {"wrong": wrong, "moved": moved}
