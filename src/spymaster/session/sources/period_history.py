"""The minute bars before each period of a source: those named for warm-up, and those its contract traded earlier on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.config.profiles import Profile
from spymaster.feeds.bars.bars import Stamped
from spymaster.feeds.bars.dbn_files import TRADED_KINDS, ids_of
from spymaster.feeds.choice.candidates import midnight_ns
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.feeds.streams.file_identity import file_identity
from spymaster.session.sources.contract_periods import ContractPeriod
from spymaster.session.sources.history import History, HistoryPlan, load_history

_BEST_FIRST: Final = (*TRADED_KINDS[1:2], *TRADED_KINDS[:1], *TRADED_KINDS[2:])
"""Depth holds every trade, and is what was played."""


class HistoryRequest(msgspec.Struct, frozen=True):
    """What was asked for. ``underlying``: the equity's symbol, empty where prices are not converted."""

    profile: Profile
    underlying: str
    warmup: tuple[Path, ...]
    equity_warmup: tuple[Path, ...]
    stamped: Stamped


class PeriodHistories:
    """Loaded when asked for, once each. ``bar_files``: ohlcv-1m files of the source; ``own``: its priced files."""

    def __init__(self, request: HistoryRequest, bar_files: Sequence[DbnFile], own: Sequence[DbnFile]) -> None:
        self._request = request
        self._bar_files = tuple(bar_files)
        self._own = tuple(own)
        self._loaded: dict[int, History] = {}
        self._missed: dict[str, None] = {}

    def before(self, period: ContractPeriod, begins_ns: int) -> History:
        """The bars before a period whose records begin at ``begins_ns``. Raises SourceError for the first period alone:
        what was named may hold bars of that contract only."""
        if period.begin_ns not in self._loaded:
            self._loaded[period.begin_ns] = self._load(period, begins_ns)
        return self._loaded[period.begin_ns]

    def identity(self) -> bytes:
        """What tells the files named for warm-up from all others, without reading their bars."""
        digest = hashlib.sha256()
        for named in (*self._request.warmup, *self._request.equity_warmup):
            below = sorted(path for path in named.rglob("*") if path.is_file()) if named.is_dir() else [named]
            for path in below:
                digest.update(path.name.encode() + file_identity(path))
        return digest.digest()

    @property
    def problems(self) -> tuple[str, ...]:
        """A line each, those of several periods once."""
        lines = (line for history in self._loaded.values() for line in history.problems)
        return tuple(dict.fromkeys([*lines, *self._missed]))

    def rejected(self) -> dict[str, int]:
        """Reason -> bars left out."""
        total: dict[str, int] = {}
        for history in self._loaded.values():
            for reason, count in history.rejected.items():
                total[reason] = total.get(reason, 0) + count
        return total

    def _load(self, period: ContractPeriod, begins_ns: int) -> History:
        request = self._request
        plan = HistoryPlan(
            instrument=period.instrument,
            begins_ns=begins_ns,
            sessions_before=request.profile.sma_warmup_days,
            underlying=request.underlying,
            equity=period.equity.instrument if period.equity is not None else None,
            paths=request.warmup,
            equity_paths=request.equity_warmup,
            stamped=request.stamped,
            near_e9=period.near_e9,
            ratio=request.profile.usual_ratio,
        )
        files = [*self._bar_files, *self._earlier(period)]
        try:
            return load_history(plan, files)
        except SourceError as error:
            if not period.begin_ns:
                raise
            self._missed[str(error)] = None
            return load_history(msgspec.structs.replace(plan, paths=(), equity_paths=()), files)

    def _earlier(self, period: ContractPeriod) -> list[DbnFile]:
        """The source's own files that hold the period's contract before the period began, of the best kind there is."""
        if not period.begin_ns:
            return []
        held = [file for file in self._own if 0 < file.first_ns < period.begin_ns and _holds_before(file, period)]
        best = next((kind for kind in _BEST_FIRST if any(file.kind is kind for file in held)), None)
        return [file for file in held if file.kind is best]


def _holds_before(file: DbnFile, period: ContractPeriod) -> bool:
    if file.kind not in TRADED_KINDS or not ids_of(file, period.instrument):
        return False
    named = [span for span in file.spans if span.instrument_id == period.instrument.instrument_id]
    return not named or any(midnight_ns(span.start_date) < period.begin_ns for span in named)
