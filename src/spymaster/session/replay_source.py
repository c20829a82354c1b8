"""Recorded files as a source of journal frames: what is replayed, and the CONFIG it is replayed with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.config.params import build_params
from spymaster.config.profiles import Profile
from spymaster.feeds.dbn_files import DbnFile
from spymaster.feeds.discover import discover
from spymaster.feeds.errors import SourceError
from spymaster.feeds.front_month import choose_instrument
from spymaster.feeds.merge import merge
from spymaster.feeds.trades_once import TradesBeside, split_trades
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import Instrument
from spymaster.market.kinds import Kind
from spymaster.market.sessions import sessions_between

_WEEK_NS: Final = 7 * 86_400_000_000_000


class ReplayPlan(msgspec.Struct, frozen=True):
    """What a replay was asked for. ``records_per_chunk`` None: what suits the machine."""

    sources: tuple[Path, ...]
    profile: Profile
    symbol: str | None = None
    user_levels: tuple[UserLevel, ...] = ()
    records_per_chunk: int | None = None


class ReplaySource:
    """The frames of recorded files. Raises SourceError when the files cannot be used.

    With depth present a trades file of the instrument gives the engine nothing: it is read beside the depth and only
    compared (``trades_missing``, ``trades_extra``).
    """

    def __init__(self, plan: ReplayPlan) -> None:
        found = discover(plan.sources)
        self._plan = plan
        self._skipped = found.skipped
        self.instrument: Instrument = choose_instrument(found.files, plan.symbol)
        depth = any(file.kind in (Kind.MBP10, None) for file in found.files)
        self.tape_from = TapeFrom.DEPTH if depth else TapeFrom.TRADES
        self._files, beside = split_trades(found.files, self.instrument)
        self._all_files = found.files
        self._beside = TradesBeside(beside, self.instrument) if beside else None
        self.trades_missing = 0
        self.trades_extra = 0
        self.first_ns, self.last_ns = _span(found.files)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files, a line each; complete once the frames have been read."""
        return (*self._skipped, *(line for file in self._all_files for line in file.problems))

    @property
    def is_torn(self) -> bool:
        """Whether a file ended early; everything before the tear was used."""
        return any(file.torn_at is not None for file in self._all_files)

    def rejected(self) -> dict[str, int]:
        """Records the reader had to leave out, by reason."""
        total: dict[str, int] = {}
        for file in self._all_files:
            for reason, count in file.rejected.items():
                total[reason] = total.get(reason, 0) + count
        return total

    def config_frame(self) -> ConfigFrame:
        """The CONFIG that comes before the first record."""
        sessions = sessions_between(self.instrument.calendar, self.first_ns, self.last_ns)
        return ConfigFrame(
            profile=self._plan.profile.name,
            params=build_params(self._plan.profile).tobytes(),
            instrument=self.instrument,
            tape_from=self.tape_from,
            user_levels=self._plan.user_levels,
            sessions=sessions.tobytes(),
        )

    def frames(self) -> Iterator[Frame]:
        """CONFIG, then the records."""
        yield self.config_frame()
        batches = merge(self._files, self._plan.records_per_chunk)
        try:
            for batch in batches:
                if self._beside is not None:
                    self._beside.follow(batch)
                yield RecordsFrame(batch)
        finally:
            batches.close()
        if self._beside is not None:
            self.trades_missing, self.trades_extra = self._beside.finish()

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        if self._beside is not None:
            self._beside.close()


def _span(files: Sequence[DbnFile]) -> tuple[int, int]:
    """Earliest and latest time the files may hold; a file that leaves its end open is taken to last a week."""
    starts = [t for file in files for t in (file.first_ns, file.header.start_ns) if t > 0]
    if not starts:
        raise SourceError(files[0].path, "holds no records with a time", "name files that hold records")
    first = min(starts)
    ends = [file.header.end_ns or file.first_ns + _WEEK_NS for file in files]
    return first, max(*ends, *starts)
