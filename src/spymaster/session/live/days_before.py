"""The minute bars of the days before a live session: read beside it, while its feeds connect."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from spymaster.feeds.bars.bars import Stamped
from spymaster.journal.source import Arrival
from spymaster.market.frames import RecordsFrame
from spymaster.market.instruments import Instrument
from spymaster.session.sources.history import History, HistoryPlan, load_history

if TYPE_CHECKING:
    from spymaster.config.profiles import Profile


class Wanted(msgspec.Struct, frozen=True):
    """The bars that were named: of the future, of the share, and which end of its minute a bar's time is."""

    paths: tuple[Path, ...] = ()
    equity_paths: tuple[Path, ...] = ()
    stamped: Stamped = Stamped.START


class DaysBefore:
    """Loads the bars once it is known what is traded. ``is_strict``: files that are of no use are an error, else they
    are told among the problems."""

    def __init__(self, profile: Profile, wanted: Wanted, *, is_strict: bool) -> None:
        self._profile, self._wanted, self._is_strict = profile, wanted, is_strict
        self._loading: Future[History] | None = None
        self._history: History | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """What is to be said of the bars, a line each."""
        return self._history.problems if self._history is not None else ()

    def load(self, instrument: Instrument, equity: Instrument | None, now_ns: int) -> History | None:
        """The bars before ``now_ns``; None while they are being read. Raises UserError where it is strict."""
        if self._history is not None:
            return self._history
        if self._loading is None:
            plan = HistoryPlan(
                instrument=instrument,
                begins_ns=now_ns,
                sessions_before=self._profile.sma_warmup_days,
                underlying=self._profile.underlying_symbol,
                equity=equity,
                paths=self._wanted.paths,
                equity_paths=self._wanted.equity_paths,
                stamped=self._wanted.stamped,
                ratio=self._profile.usual_ratio,
                is_lenient=not self._is_strict,
            )
            self._loading = _begun(plan)
        if not self._loading.done():
            return None
        self._history = self._loading.result()
        return self._history

    def arrivals(self) -> Iterator[Arrival]:
        """The bars as an engine takes them, after CONFIG and before the first record."""
        if self._history is not None:
            for batch in self._history.batches():
                yield Arrival(RecordsFrame(batch))


def _begun(plan: HistoryPlan) -> Future[History]:
    """Reading in a thread of its own: a day of trades takes a while, and the feeds' watch must not."""
    if not plan.paths and not plan.equity_paths:
        done: Future[History] = Future()
        done.set_result(load_history(plan))
        return done
    pool = ThreadPoolExecutor(1, "days-before")
    try:
        return pool.submit(load_history, plan)
    finally:
        pool.shutdown(wait=False)
