"""Recorded files as a source of journal frames: what is replayed, and the CONFIGs it is replayed with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.config.params import build_params
from spymaster.config.profiles import Profile
from spymaster.feeds.bars.bars import Stamped
from spymaster.feeds.choice.discover import discover
from spymaster.feeds.choice.front_month import ContractQuery, choose_contracts
from spymaster.feeds.choice.option_chain import is_option_file
from spymaster.feeds.choice.unused import Unused, unused_line
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.dbn.trades_once import TradesBeside, split_trades
from spymaster.feeds.errors import SourceError
from spymaster.feeds.merge import Merge, MergePosition, sort_key
from spymaster.feeds.streams.file_identity import file_identity
from spymaster.feeds.streams.seekable import SeekableFile
from spymaster.market.batches import Batch, Records
from spymaster.market.calendar_table import date_of
from spymaster.market.frames import DEPTH_FEED, ConfigFrame, FeedStatusFrame, Frame, RecordsFrame, TapeFrom, UserLevel
from spymaster.market.instruments import EQUITY_CALENDAR, Instrument
from spymaster.market.kinds import Kind
from spymaster.session.sources.contract_periods import chain_problems, change_line, plan_periods, span_of
from spymaster.session.sources.history import History
from spymaster.session.sources.left_out import is_deep, is_of_stock, why_left_out
from spymaster.session.sources.period_history import HistoryRequest, PeriodHistories
from spymaster.session.sources.trade_day import arrivals, day_ns, files_of_day, within
from spymaster.session.sources.trading_hours import config_hours
from spymaster.session.sources.transitions import Stretch, TransitionSplitter, condition_lines, transitions_of
from spymaster.signals.headless import Ignored

BARS_AMONG_RECORDS: Final = "minute bars among other records are not used"

_PRICED: Final = frozenset({Kind.MBP10, Kind.TRADE, Kind.MBP1, Kind.BBO})
_QUOTED: Final = _PRICED | {Kind.CMBP1, Kind.CBBO}


class ReplayPlan(msgspec.Struct, frozen=True):
    """What a replay was asked for. ``records_per_chunk`` None: what suits the machine.

    ``symbol``, ``publisher``: the contract, by name or id, and whose records of it; without, the profile's product and
    its first publisher. ``warmup``: files and folders with minute bars, or with trades to make them of, from before the
    recording; ``equity_warmup``: those that were named for the equity. ``bars_stamped``: which end of its minute a
    bar's time is, in files that do not say. ``as_recorded``: a session's own recording keeps the CONFIG it was made
    with. ``date``: only the session of that trade date (yyyymmdd). ``run``: of a lake the run whose id begins so.
    ``in_vendor_order``: of a session's own recording, what was fetched later is put where it belongs, and what it said
    of its connection is left out. ``s3_endpoint``: the server of a lake in a bucket, in place of Amazon's.
    ``read_ahead``: files are decompressed in threads of their own, so that a replay takes more than one core.
    """

    sources: tuple[Path, ...]
    profile: Profile
    symbol: str | None = None
    user_levels: tuple[UserLevel, ...] = ()
    records_per_chunk: int | None = None
    warmup: tuple[Path, ...] = ()
    equity_warmup: tuple[Path, ...] = ()
    bars_stamped: Stamped = Stamped.START
    as_recorded: bool = False
    date: int | None = None
    run: str | None = None
    publisher: int | None = None
    in_vendor_order: bool = False
    s3_endpoint: str = ""
    read_ahead: bool = True


class SourceSummary(msgspec.Struct, frozen=True):
    """What is in force where a source has come to. ``begins_ns``: since when; ``bars``: those before it; ``follows``:
    the contract before it in this source, None for the first."""

    instrument: Instrument
    begins_ns: int
    bars: NDArray[np.void]
    has_options: bool
    follows: Instrument | None


class _Position(msgspec.Struct, frozen=True):
    """How far the files were read, periods and transitions passed, bars delivered, and those among the records left
    out."""

    merge: MergePosition
    period: int = msgspec.field(name="leg")
    transitions: int = msgspec.field(name="turns")
    bars_given: int
    bars_dropped: int


class ReplaySource:
    """The frames of recorded files. Raises SourceError when the files cannot be used.

    A source may hold several contracts after each other (``periods``): at each change the engine is given a CONFIG of
    its own. With depth present a trades file of the contract gives the engine nothing: it is read beside the depth and
    only compared (``trades_missing``, ``trades_extra``). ohlcv-1m files among the sources are history, as are those of
    ``ReplayPlan.warmup``: their bars come after CONFIG and before the first record. Stock files beside a future are
    merged where they hold the equity that the profile converts to, and left out otherwise. So are option files: those
    of the future itself (profile ``es``) or of the equity (``spy``) that expire on the day of a period are used.
    """

    def __init__(self, plan: ReplayPlan) -> None:
        found = discover(plan.sources)
        for file in found.files:
            file.reads_ahead = plan.read_ahead
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
        day = date_of(plan.date) if plan.date is not None else None
        product = plan.profile.product if plan.symbol is None else None
        contracts = choose_contracts(
            recorded, ContractQuery(plan.symbol, product, plan.publisher, day, plan.profile.underlying_symbol)
        )
        self._is_future = contracts[0].instrument.calendar != EQUITY_CALENDAR
        self._day_ns = day_ns(plan.date) if plan.date is not None else None
        own = [file for file in recorded if not (self._is_future and is_of_stock(file))]
        of_options = [file for file in own if file.kind in _QUOTED and is_option_file(file)] if self._is_future else []
        own = [file for file in own if file not in of_options]
        merged, beside = split_trades(own, [one.instrument for one in contracts])
        span = span_of(contracts, own, merged, plan.date)
        self.first_ns, self.begins_ns, self.last_ns = span.first_ns, span.begins_ns, span.last_ns
        self._periods = plan_periods(contracts, recorded, plan.profile, span)
        self.tape_from = TapeFrom.DEPTH if any(map(is_deep, own)) else TapeFrom.TRADES
        equity_files = list(
            dict.fromkeys(file for period in self._periods if period.equity for file in period.equity.files)
        )
        used = list(dict.fromkeys(file for period in self._periods for file in period.chain.files))
        self._skipped += [
            why_left_out(file, plan.profile, self._periods)
            for file in recorded
            if file not in own + of_options + equity_files
        ]
        self._skipped += chain_problems(self._periods)
        self._files = list(dict.fromkeys([*merged, *equity_files, *used]))
        self._all_files = list(dict.fromkeys([*own, *equity_files, *bar_files, *used]))
        self._files_beside = beside
        underlying = plan.profile.underlying_symbol if self._is_future else ""
        self._histories = PeriodHistories(
            HistoryRequest(plan.profile, underlying, plan.warmup, plan.equity_warmup, plan.bars_stamped),
            bar_files,
            merged,
        )
        self._changes: dict[int, str] = {}
        conditions = {day: why for file in own for day, why in file.notes.conditions.items()}
        self._transitions = transitions_of([period.begin_ns for period in self._periods], conditions)
        self._skipped += condition_lines(conditions, self.begins_ns, self.last_ns)
        self.trades_missing = 0
        self.trades_extra = 0
        self._beside: TradesBeside | None = None
        self._merge: Merge | None = None
        self._start_over()
        self._history(0)

    @property
    def standing(self) -> SourceSummary:
        """What is in force as of the latest frame."""
        period = self._periods[self._period]
        begins_ns = self._period_records_ns or max(period.begin_ns, self.begins_ns)
        follows = next((one.follows for one in reversed(self._periods[: self._period + 1]) if one.is_another), None)
        bars = self._history(self._period).bars
        return SourceSummary(period.instrument, begins_ns, bars, len(period.chain.contracts) > 0, follows)

    @property
    def instrument(self) -> Instrument:
        """The contract in force as of the latest frame, at first the first."""
        return self._periods[self._period].instrument

    @property
    def history(self) -> History:
        """The minute bars before the present period."""
        return self._history(self._period)

    @property
    def has_options(self) -> bool:
        """Whether options of the day are among the records of the present period."""
        return len(self._periods[self._period].chain.contracts) > 0

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the files or is to be known of them, a line each; complete once the frames have been
        read."""
        files = (line for file in self._all_files for line in file.problems)
        changes = (self._changes[period] for period in sorted(self._changes))
        unused = unused_line(self._unused.counts(), self._periods[0].instrument)
        unknown = self._unused.unknown.lines
        return (*self._skipped, *self._histories.problems, *files, *changes, *unknown, *filter(None, [unused]))

    @property
    def is_torn(self) -> bool:
        """Whether a file ended early; everything before the tear was used."""
        return any(file.torn_at is not None for file in self._all_files)

    def ignored(self) -> tuple[Ignored, ...]:
        """Quotes, trades and depth that were read and not used, by symbol and publisher."""
        return tuple(Ignored(*one) for one in self._unused.counts())

    def rejected(self) -> dict[str, int]:
        """Records the reader had to leave out, by reason, and minute bars that were no use as history."""
        total = self._histories.rejected()
        for file in self._all_files:
            for reason, count in file.rejected.items():
                total[reason] = total.get(reason, 0) + count
        if self._bars_dropped:
            total[BARS_AMONG_RECORDS] = self._bars_dropped
        return total

    def config_frame(self) -> ConfigFrame:
        """The CONFIG that comes before the first bar and the first record."""
        return self._config(0)

    def frames(self) -> Generator[Frame, None, None]:
        """CONFIG, then the bars of the days before, then the records, numbered through; the same for each period."""
        self.close()
        self._start_over()
        yield from self._begin(0, 0)
        if self._files_beside:
            self._beside = TradesBeside(
                self._files_beside, [period.instrument for period in self._periods], self._unused.on_batch
            )
        yield from self._records(None)
        if self._beside is not None:
            self.trades_missing, self.trades_extra = self._beside.finish()

    def position(self) -> bytes:
        """Where the records after the latest RECORDS frame begin, once there was one of the recording's own."""
        assert self._merge is not None
        at = self._merge.position()
        return msgspec.msgpack.encode(
            _Position(at, self._period, self._splitter.passed, self._bars_given, self._bars_dropped)
        )

    def frames_from(self, position: bytes) -> Generator[Frame, None, None]:
        """The records from a position on. Trades files beside depth are not compared, and what is not used not counted
        again: that needs all of them."""
        self.close()
        try:
            at = msgspec.msgpack.decode(position, type=_Position)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a position in this source: {error}") from error
        if len(at.merge.lanes) != len(self._files) or not at.period < len(self._periods):
            raise ValueError("not a position in this source: it has other files")
        self._start_over()
        self._period, self._bars_given, self._bars_dropped = at.period, at.bars_given, at.bars_dropped
        self._splitter = TransitionSplitter(self._transitions, at.transitions)
        self._use(at.period)
        yield from self._records(at.merge)

    @property
    def at_records(self) -> bool:
        """Whether the latest frame held records of the recording and ended a batch, so that there is a position."""
        return self._merge is not None and self._at_end_of_batch

    def identity(self) -> bytes:
        """Everything the frames depend on: the files as they are now, the CONFIGs, and the bars of the days before."""
        config = self.config_frame()
        names = (config.profile, config.instrument, config.user_levels, config.tape_from.value, config.equity)
        digest = hashlib.sha256(str(self._plan.date).encode() + config.params + config.sessions + repr(names).encode())
        for period in self._periods:
            equity = period.equity.instrument if period.equity is not None else None
            digest.update(
                repr((period.begin_ns, period.instrument, equity)).encode() + period.chain.contracts.tobytes()
            )
        changes = [(each.at_ns, each.period, each.state) for each in self._transitions]
        digest.update(repr(changes).encode() + self._history(0).bars.tobytes())
        if len(self._periods) > 1:
            digest.update(self._histories.identity())
        for file in sorted(self._files, key=sort_key):
            digest.update(file.path.name.encode() + file_identity(file.path))
        return digest.digest()

    def make_seekable(self, open_copy: Callable[[DbnFile], SeekableFile | None]) -> None:
        """Have compressed files read through copies that can be entered anywhere, where there is one."""
        for file in self._files:
            copy = open_copy(file)
            if copy is not None:
                file.open_at = copy.open_at

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        self._merge = None
        if self._beside is not None:
            self._beside.close()
        self._beside = None

    def _start_over(self) -> None:
        self._period = 0
        self._period_records_ns = 0
        self._bars_given = 0
        self._bars_dropped = 0
        self._at_end_of_batch = False
        self._splitter = TransitionSplitter(self._transitions)
        self._unused = Unused(self._files)
        self._use(0)

    def _records(self, start: MergePosition | None) -> Generator[Frame, None, None]:
        self._merge = Merge(self._files, self._plan.records_per_chunk, start)
        batches = self._merge.batches()
        try:
            for batch in within(batches, *self._day_ns) if self._day_ns is not None else batches:
                for stretch in self._splitter.stretches(batch):
                    yield from self._changed(stretch)
                    yield self._given_on(stretch)
        finally:
            batches.close()

    def _changed(self, stretch: Stretch) -> Iterator[Frame]:
        """What comes before records among which something has changed: of several periods passed only the last
        begins."""
        periods = [transition.period for transition in stretch.transitions if transition.period is not None]
        states = [transition for transition in stretch.transitions if transition.state is not None]
        if periods:
            yield from self._begin(periods[-1], stretch.batch.first_seq)
            self._period_records_ns = int(arrivals(stretch.batch)[0])
        if states or (periods and self._splitter.state is not None):
            at_ns = states[-1].at_ns if states else self._periods[self._period].begin_ns
            assert self._splitter.state is not None
            yield FeedStatusFrame(DEPTH_FEED, self._splitter.state, at_ns, "the vendor's condition of the day")

    def _begin(self, period: int, first_seq: int) -> Iterator[Frame]:
        """A period's CONFIG and the bars before it."""
        self._period = period
        self._at_end_of_batch = False
        self._use(period)
        this = self._periods[period]
        if this.follows is not None:
            self._changes[period] = change_line(this)
        yield self._config(period)
        base = first_seq + self._bars_given
        for batch in self._history(period).batches(self._plan.records_per_chunk):
            self._bars_given += len(batch)
            yield RecordsFrame(Batch(batch.arrays, batch.order, batch.first_seq + base))

    def _given_on(self, stretch: Stretch) -> RecordsFrame:
        batch = stretch.batch
        self._at_end_of_batch = stretch.is_last
        self._unused.on_batch(batch)
        if self._beside is not None:
            self._beside.follow(batch)
        batch = self._without_bars(batch)
        before = self._bars_given
        return RecordsFrame(Batch(batch.arrays, batch.order, batch.first_seq + before) if before else batch)

    def _use(self, period: int) -> None:
        this = self._periods[period]
        equities = [this.equity.instrument] if this.equity is not None else []
        chain = this.chain.contracts
        keys = zip(chain["publisher_id"].tolist(), chain["instrument_id"].tolist(), strict=True)
        self._unused.begin([this.instrument, *equities], list(keys))

    def _config(self, period: int) -> ConfigFrame:
        """A period's CONFIG; its sessions cover the period and the bars before it.

        ``equity`` is the equity's instrument where the sources hold its trades or quotes. Where there are only bars of
        it, its key is one that no venue gives, so that they are still told from the future's.
        """
        this, history = self._periods[period], self._history(period)
        first_ns = max(this.begin_ns, self.first_ns)
        first_ns = min(first_ns, history.first_ns or first_ns)
        last_ns = self._periods[period + 1].begin_ns if period + 1 < len(self._periods) else self.last_ns
        sessions, hours = config_hours(self._plan.profile, this.instrument.calendar, first_ns, max(last_ns, first_ns))
        return ConfigFrame(
            profile=self._plan.profile.name,
            params=build_params(self._plan.profile).tobytes(),
            instrument=this.instrument,
            tape_from=self.tape_from,
            user_levels=self._plan.user_levels,
            sessions=sessions,
            equity=this.equity.instrument if this.equity is not None else history.equity,
            chain=this.chain.contracts.tobytes(),
            hours=hours,
        )

    def _history(self, period: int) -> History:
        this = self._periods[period]
        return self._histories.before(this, max(this.begin_ns, self.begins_ns))

    def _without_bars(self, batch: Batch) -> Batch:
        """Bars that a file of mixed records holds come too late to be history: they are taken out and counted."""
        bars = batch.arrays.get(Kind.BAR)
        if bars is None:
            return batch
        self._bars_dropped += len(bars)
        rest: dict[Kind, Records] = {kind: rows for kind, rows in batch.arrays.items() if kind is not Kind.BAR}
        return Batch(rest, batch.order[batch.order != Kind.BAR], batch.first_seq)
