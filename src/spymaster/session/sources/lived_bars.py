"""Minute bars of a session that was lived here: out of its journal, for the sessions after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from spymaster.feeds.bars.bars import BarSpan
from spymaster.feeds.bars.dbn_files import Minutes, trades_in
from spymaster.feeds.bars.table import BarColumns
from spymaster.journal.format import segments_in
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, RecordsFrame
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import PRICE_SCALE, Kind
from spymaster.session.sources.journal_source import JournalSource

_JOURNAL: Final = "journal"
_KINDS: Final = (Kind.MBP10, Kind.TRADE, Kind.MBP1)
"""Where the same trades may stand several times; the first that holds any speaks."""


def journal_of(path: Path) -> Path | None:
    """The journal at a path, or in the folder of a session; None where there is none."""
    for folder in (path, path / _JOURNAL):
        if folder.is_dir() and segments_in(folder):
            return folder
    return None


def instruments_of(journal: Path) -> tuple[Instrument, ...]:
    """What a session was about: the future, and the share if it had one. Raises JournalError."""
    config = JournalSource(journal).config
    return (config.instrument,) if config.equity is None else (config.instrument, config.equity)


def lived_bars(journal: Path, symbol: str, span: BarSpan) -> Iterator[BarColumns]:
    """The bars of what a session traded in under this symbol. Raises JournalError.

    Every print counts, as in ``feeds.bars.dbn_files.aggregate_bars``; bars a session was given itself do not.
    """
    minutes = {kind: Minutes() for kind in (*_KINDS, Kind.XTRADE)}
    ids: frozenset[int] = frozenset()
    for frame in JournalSource(journal).frames():
        if isinstance(frame, ConfigFrame):
            traded = (frame.instrument, *((frame.equity,) if frame.equity is not None else ()))
            ids = frozenset(one.instrument_id for one in traded if one.symbol == symbol)
        elif isinstance(frame, RecordsFrame) and ids:
            _take(frame.batch, ids, span, minutes)
    found = next((of_kind for of_kind in minutes.values() if len(of_kind)), None)
    if found is not None:
        yield found.bars()


def _take(batch: Batch, ids: frozenset[int], span: BarSpan, minutes: dict[Kind, Minutes]) -> None:
    for kind in _KINDS:
        for times, price, size in trades_in(batch, ids, (kind,)):
            inside = (times >= span.from_ns) & (times < span.until_ns)
            minutes[kind].add(times[inside], price[inside], size[inside])
    rows = batch.arrays.get(Kind.XTRADE)
    if rows is not None:
        times = rows["ts_event"].astype(np.int64)
        inside = np.isin(rows["instrument_id"], list(ids)) & (times >= span.from_ns) & (times < span.until_ns)
        size = rows["size_e9"][inside] // PRICE_SCALE
        minutes[Kind.XTRADE].add(times[inside], rows["price"][inside].astype(np.int64), size.astype(np.int64))
