"""Recorded files as a source of journal frames: what is replayed, and the CONFIG it is replayed with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from spymaster.config.params import build_params
from spymaster.config.profiles import Profile
from spymaster.feeds.bars import Stamped
from spymaster.feeds.dbn_files import DbnFile
from spymaster.feeds.discover import discover
from spymaster.feeds.errors import SourceError
from spymaster.feeds.file_identity import file_identity
from spymaster.feeds.front_month import choose_instrument, choose_share, first_record
from spymaster.feeds.merge import Merge, MergePosition, sort_key
from spymaster.feeds.option_chain import ChainQuery, OptionChain, choose_chain, is_option_file
from spymaster.feeds.seekable import SeekableFile
from spymaster.feeds.trades_once import TradesBeside, split_trades
from spymaster.market.batches import Batch, Records
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument
from spymaster.market.kinds import Kind
from spymaster.market.sessions import session_at, sessions_between
from spymaster.market.venues import AssetClass, asset_class
from spymaster.session.history import HistoryPlan, load_history
from spymaster.session.trade_day import day_ns, files_of_day, within

BARS_AMONG_RECORDS: Final = "minute bars among other records are not used"

_WEEK_NS: Final = 7 * 86_400_000_000_000
_PRICED: Final = frozenset({Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.BBO})
_QUOTED: Final = _PRICED | {Kind.CMBP1, Kind.CBBO}


class ReplayPlan(msgspec.Struct, frozen=True):
    """What a replay was asked for. ``records_per_chunk`` None: what suits the machine.

    ``warmup``: files and folders with minute bars, or with trades to make them of, from before the recording;
    ``share_warmup``: those that were named for the share. ``bars_stamped``: which end of its minute a bar's time is, in
    files that do not say. ``as_recorded``: a session's own recording keeps the CONFIG it was made with. ``date``: only
    the session of that trade date (yyyymmdd).
    """

    sources: tuple[Path, ...]
    profile: Profile
    symbol: str | None = None
    user_levels: tuple[UserLevel, ...] = ()
    records_per_chunk: int | None = None
    warmup: tuple[Path, ...] = ()
    share_warmup: tuple[Path, ...] = ()
    bars_stamped: Stamped = Stamped.START
    as_recorded: bool = False
    date: int | None = None


class _Position(msgspec.Struct, frozen=True):
    """How far the files were read, and how many bars among the records were left out."""

    merge: MergePosition
    bars_dropped: int


class ReplaySource:
    """The frames of recorded files. Raises SourceError when the files cannot be used.

    With depth present a trades file of the instrument gives the engine nothing: it is read beside the depth and only
    compared (``trades_missing``, ``trades_extra``). ohlcv-1m files among the sources are history, as are those of
    ``ReplayPlan.warmup``: their bars come after CONFIG and before the first record. Stock files beside a future are
    merged where they hold the share that the profile converts to, and left out otherwise. So are option files: those
    of the future itself (profile ``es``) or of the share (``spy``) that expire on the day of the first record are used.
    """

    def __init__(self, plan: ReplayPlan) -> None:
        found = discover(plan.sources)
        bar_files = [file for file in found.files if file.kind is Kind.BAR]
        recorded = [file for file in found.files if file.kind is not Kind.BAR]
        if plan.date is not None and recorded:
            recorded = files_of_day(recorded, plan.date)
        if not recorded:
            raise SourceError(
                bar_files[0].path, "minute bars alone cannot be replayed", "add depth or trades, and these as --warmup"
            )
        self._plan = plan
        self._skipped = list(found.skipped)
        self.instrument: Instrument = choose_instrument(recorded, plan.symbol)
        self._is_future = self.instrument.calendar != EQUITY_CALENDAR
        underlying = plan.profile.underlying_symbol if self._is_future else ""
        self._share = choose_share(recorded, underlying) if underlying else None
        own = self._without_other_stocks(recorded)
        of_options = [file for file in own if file.kind in _QUOTED and is_option_file(file)] if self._is_future else []
        own = [file for file in own if file not in of_options]
        share_files = self._share.files if self._share is not None else ()
        self.tape_from = TapeFrom.DEPTH if any(file.kind in (Kind.MBP10, None) for file in own) else TapeFrom.TRADES
        merged, beside = split_trades(own, self.instrument)
        self._files = [*merged, *share_files]
        self._all_files = [*own, *share_files, *bar_files]
        self._files_beside = beside
        self._beside: TradesBeside | None = None
        self._merge: Merge | None = None
        self._bars_dropped = 0
        self.trades_missing = 0
        self.trades_extra = 0
        self.first_ns, self.last_ns = _span([*own, *share_files])
        begins_ns, near_e9 = first_record(merged, self.instrument)
        self.begins_ns = begins_ns or self.first_ns
        self._day_ns = day_ns(plan.date) if plan.date is not None else None
        if self._day_ns is not None:
            self.first_ns = max(self.first_ns, self._day_ns[0])
            self.begins_ns = max(self.begins_ns, self._day_ns[0])
            self.last_ns = min(self.last_ns, self._day_ns[1])
        self._chain = self._choose_chain([*own, *of_options], near_e9)
        self._skipped += self._chain.problems
        self._files += [file for file in self._chain.files if file not in self._files]
        self._all_files += [file for file in self._chain.files if file not in self._all_files]
        self.history = load_history(
            HistoryPlan(
                instrument=self.instrument,
                begins_ns=self.begins_ns,
                sessions_before=plan.profile.sma_warmup_days,
                underlying=underlying,
                share=self._share.instrument if self._share is not None else None,
                paths=plan.warmup,
                share_paths=plan.share_warmup,
                stamped=plan.bars_stamped,
                near_e9=near_e9,
                ratio=plan.profile.usual_ratio,
            ),
            bar_files,
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files, a line each; complete once the frames have been read."""
        files = (line for file in self._all_files for line in file.problems)
        return (*self._skipped, *self.history.problems, *files)

    @property
    def is_torn(self) -> bool:
        """Whether a file ended early; everything before the tear was used."""
        return any(file.torn_at is not None for file in self._all_files)

    @property
    def has_options(self) -> bool:
        """Whether options of the day are among the records."""
        return len(self._chain.contracts) > 0

    def rejected(self) -> dict[str, int]:
        """Records the reader had to leave out, by reason, and minute bars that were no use as history."""
        total = dict(self.history.rejected)
        for file in self._all_files:
            for reason, count in file.rejected.items():
                total[reason] = total.get(reason, 0) + count
        if self._bars_dropped:
            total[BARS_AMONG_RECORDS] = self._bars_dropped
        return total

    def config_frame(self) -> ConfigFrame:
        """The CONFIG that comes before the first bar and the first record; its sessions cover them all.

        ``equity`` is the share's instrument where the sources hold its trades or quotes. Where there are only bars of
        it, its key is one that no venue gives, so that they are still told from the future's.
        """
        first_ns = min(self.first_ns, self.history.first_ns or self.first_ns)
        sessions = sessions_between(self.instrument.calendar, first_ns, self.last_ns)
        return ConfigFrame(
            profile=self._plan.profile.name,
            params=build_params(self._plan.profile).tobytes(),
            instrument=self.instrument,
            tape_from=self.tape_from,
            user_levels=self._plan.user_levels,
            sessions=sessions.tobytes(),
            equity=self._share.instrument if self._share is not None else self.history.share,
            chain=self._chain.contracts.tobytes(),
        )

    def frames(self) -> Generator[Frame, None, None]:
        """CONFIG, then the bars of the days before, then the records, numbered through."""
        self.close()
        yield self.config_frame()
        self._bars_dropped = 0
        for batch in self.history.batches(self._plan.records_per_chunk):
            yield RecordsFrame(batch)
        if self._files_beside:
            self._beside = TradesBeside(self._files_beside, self.instrument)
        yield from self._records(None)
        if self._beside is not None:
            self.trades_missing, self.trades_extra = self._beside.finish()

    def position(self) -> bytes:
        """Where the records after the latest RECORDS frame begin, once there was one of the recording's own."""
        assert self._merge is not None
        return msgspec.msgpack.encode(_Position(self._merge.position(), self._bars_dropped))

    def frames_from(self, position: bytes) -> Generator[Frame, None, None]:
        """The records from a position on. Trades files beside depth are not compared: that needs all of them."""
        self.close()
        try:
            place = msgspec.msgpack.decode(position, type=_Position)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a position in this source: {error}") from error
        if len(place.merge.lanes) != len(self._files):
            raise ValueError("not a position in this source: it has other files")
        self._bars_dropped = place.bars_dropped
        yield from self._records(place.merge)

    @property
    def at_records(self) -> bool:
        """Whether the latest frame held records of the recording, so that there is a position."""
        return self._merge is not None

    def identity(self) -> bytes:
        """Everything the frames depend on: the files as they are now, CONFIG, and the bars of the days before."""
        config = self.config_frame()
        names = (config.profile, config.instrument, config.user_levels, config.tape_from.value, config.equity)
        digest = hashlib.sha256(str(self._plan.date).encode() + config.params + config.sessions + repr(names).encode())
        digest.update(config.chain)
        digest.update(self.history.bars.tobytes())
        for file in sorted(self._files, key=sort_key):
            digest.update(file.path.name.encode() + file_identity(file.path))
        return digest.digest()

    def make_seekable(self, open_copy: Callable[[DbnFile], SeekableFile | None]) -> None:
        """Have compressed files read through copies that can be entered anywhere, where there is one."""
        for file in self._files:
            copy = open_copy(file)
            if copy is not None:
                file.open_at = copy.open_at

    def _records(self, start: MergePosition | None) -> Generator[Frame, None, None]:
        before = len(self.history.bars)
        self._merge = Merge(self._files, self._plan.records_per_chunk, start)
        batches = self._merge.batches()
        try:
            for batch in within(batches, *self._day_ns) if self._day_ns is not None else batches:
                if self._beside is not None:
                    self._beside.follow(batch)
                batch = self._without_bars(batch)
                yield RecordsFrame(Batch(batch.arrays, batch.order, batch.first_seq + before) if before else batch)
        finally:
            batches.close()

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        self._merge = None
        if self._beside is not None:
            self._beside.close()
        self._beside = None

    def _choose_chain(self, files: Sequence[DbnFile], near_e9: int | None) -> OptionChain:
        """The options of the first record's day: on the future itself, or on the share that prices convert to."""
        profile = self._plan.profile
        sessions = sessions_between(self.instrument.calendar, self.begins_ns, self.begins_ns)
        session = session_at(sessions, self.begins_ns)
        return choose_chain(
            files,
            ChainQuery(
                underlying=profile.underlying_symbol or self.instrument.symbol,
                on_future=not profile.underlying_symbol,
                expires=int(session["session_date"]),
                close_ns=int(session["rth_close_ns"]) or int(session["close_ns"]),
                near_e9=None if near_e9 is None else round(near_e9 / profile.usual_ratio),
            ),
        )

    def _without_other_stocks(self, files: Sequence[DbnFile]) -> list[DbnFile]:
        """Beside a future: the files but those of stocks, each left out in words unless it is the share's."""
        if not self._is_future:
            return list(files)
        of_share = self._share.files if self._share is not None else ()
        own = []
        for file in files:
            if asset_class(file.dataset, file.header.symbols) is not AssetClass.EQUITY or file.kind not in _PRICED:
                own.append(file)
            elif file not in of_share:
                self._skipped.append(f"{file.path}: not used: {self._why_not(file)}")
        return own

    def _why_not(self, file: DbnFile) -> str:
        profile = self._plan.profile
        if not profile.underlying_symbol:
            return f"profile {profile.name} uses no stock beside {self.instrument.symbol}"
        if self._share is not None and profile.underlying_symbol in {span.symbol for span in file.spans}:
            return f"{profile.underlying_symbol} is taken from {self._share.files[0].path.name}, under another id"
        return f"no trades or quotes of {profile.underlying_symbol} in it"

    def _without_bars(self, batch: Batch) -> Batch:
        """Bars that a file of mixed records holds come too late to be history: they are taken out and counted."""
        bars = batch.arrays.get(Kind.BAR)
        if bars is None:
            return batch
        self._bars_dropped += len(bars)
        rest: dict[Kind, Records] = {kind: rows for kind, rows in batch.arrays.items() if kind is not Kind.BAR}
        return Batch(rest, batch.order[batch.order != Kind.BAR], batch.first_seq)


def _span(files: Sequence[DbnFile]) -> tuple[int, int]:
    """Earliest and latest time the files may hold; a file that leaves its end open is taken to last a week."""
    starts = [t for file in files for t in (file.first_ns, file.header.start_ns) if t > 0]
    if not starts:
        raise SourceError(files[0].path, "holds no records with a time", "name files that hold records")
    first = min(starts)
    ends = [file.header.end_ns or file.first_ns + _WEEK_NS for file in files]
    return first, max(*ends, *starts)
