"""The minute bars before each leg of a source: those named for warm-up, and those its contract traded earlier on."""

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
from spymaster.session.sources.history import History, HistoryPlan, load_history
from spymaster.session.sources.legs import Leg

_BEST_FIRST: Final = (*TRADED_KINDS[1:2], *TRADED_KINDS[:1], *TRADED_KINDS[2:])
"""Depth holds every trade, and is what was played."""


class HistoryWish(msgspec.Struct, frozen=True):
    """What was asked for. ``underlying``: the share's symbol, empty where prices are not converted."""

    profile: Profile
    underlying: str
    warmup: tuple[Path, ...]
    share_warmup: tuple[Path, ...]
    stamped: Stamped


class LegHistories:
    """Loaded when asked for, once each. ``bar_files``: ohlcv-1m files of the source; ``own``: its priced files."""

    def __init__(self, wish: HistoryWish, bar_files: Sequence[DbnFile], own: Sequence[DbnFile]) -> None:
        self._wish = wish
        self._bar_files = tuple(bar_files)
        self._own = tuple(own)
        self._loaded: dict[int, History] = {}
        self._missed: dict[str, None] = {}

    def before(self, leg: Leg, begins_ns: int) -> History:
        """The bars before a leg whose records begin at ``begins_ns``. Raises SourceError for the first leg alone: what
        was named may hold bars of that contract only."""
        if leg.begin_ns not in self._loaded:
            self._loaded[leg.begin_ns] = self._load(leg, begins_ns)
        return self._loaded[leg.begin_ns]

    def identity(self) -> bytes:
        """What tells the files named for warm-up from all others, without reading their bars."""
        digest = hashlib.sha256()
        for named in (*self._wish.warmup, *self._wish.share_warmup):
            below = sorted(path for path in named.rglob("*") if path.is_file()) if named.is_dir() else [named]
            for path in below:
                digest.update(path.name.encode() + file_identity(path))
        return digest.digest()

    @property
    def problems(self) -> tuple[str, ...]:
        """A line each, those of several legs once."""
        lines = (line for history in self._loaded.values() for line in history.problems)
        return tuple(dict.fromkeys([*lines, *self._missed]))

    def rejected(self) -> dict[str, int]:
        """Reason -> bars left out."""
        total: dict[str, int] = {}
        for history in self._loaded.values():
            for reason, count in history.rejected.items():
                total[reason] = total.get(reason, 0) + count
        return total

    def _load(self, leg: Leg, begins_ns: int) -> History:
        wish = self._wish
        plan = HistoryPlan(
            instrument=leg.instrument,
            begins_ns=begins_ns,
            sessions_before=wish.profile.sma_warmup_days,
            underlying=wish.underlying,
            share=leg.share.instrument if leg.share is not None else None,
            paths=wish.warmup,
            share_paths=wish.share_warmup,
            stamped=wish.stamped,
            near_e9=leg.near_e9,
            ratio=wish.profile.usual_ratio,
        )
        files = [*self._bar_files, *self._earlier(leg)]
        try:
            return load_history(plan, files)
        except SourceError as error:
            if not leg.begin_ns:
                raise
            self._missed[str(error)] = None
            return load_history(msgspec.structs.replace(plan, paths=(), share_paths=()), files)

    def _earlier(self, leg: Leg) -> list[DbnFile]:
        """The source's own files that hold the leg's contract before the leg began, of the best kind there is."""
        if not leg.begin_ns:
            return []
        held = [file for file in self._own if 0 < file.first_ns < leg.begin_ns and _holds_before(file, leg)]
        best = next((kind for kind in _BEST_FIRST if any(file.kind is kind for file in held)), None)
        return [file for file in held if file.kind is best]


def _holds_before(file: DbnFile, leg: Leg) -> bool:
    if file.kind not in TRADED_KINDS or not ids_of(file, leg.instrument):
        return False
    named = [span for span in file.spans if span.instrument_id == leg.instrument.instrument_id]
    return not named or any(midnight_ns(span.start_date) < leg.begin_ns for span in named)
