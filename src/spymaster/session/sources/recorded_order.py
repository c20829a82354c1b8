"""A session's own recording, from its journal or the Bronze made of it: as it was lived, or with its holes filled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec

from spymaster.config.params import build_params
from spymaster.feeds.dbn.files import DbnFile
from spymaster.feeds.errors import SourceError
from spymaster.feeds.streams.seekable import SeekableFile
from spymaster.journal.format import Position, segment_path, segments_in
from spymaster.lake.bronze.reader import Backfill, BronzeReader
from spymaster.lake.catalog import BRONZE, Lake, LakeRun
from spymaster.lake.export.dbn import read_batches
from spymaster.market.frames import ConfigFrame, Frame, RecordsFrame
from spymaster.session.sources.journal_source import JournalSource
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.session.sources.vendor_order import Store, VendorOrderStore
from spymaster.signals.headless import Ignored


class RecordedOrderSource:
    """The frames of a session in the order in which it lived them (a ``RecordedSource``).

    With ``plan.as_recorded`` under the CONFIG of that session, so that the same is published again; otherwise under the
    profile and the levels of the plan.
    """

    def __init__(self, store: Store, plan: ReplayPlan) -> None:
        self._store = store
        self._plan = plan
        self._config = store.config if plan.as_recorded else reconfigured(store.config, plan)
        self.first_ns, self.last_ns = store.first_ns, store.last_ns
        self.trades_missing = 0
        self.trades_extra = 0
        self.at_records = False

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong, a line each; complete once the frames have been read."""
        return self._store.problems

    @property
    def is_torn(self) -> bool:
        """Whether the recording was not closed, or not all of it could be written."""
        return bool(self._store.problems)

    def rejected(self) -> dict[str, int]:
        """Nothing is left out on the way: what was recorded is what the engine was given."""
        return {}

    def ignored(self) -> tuple[Ignored, ...]:
        """What the session was given it had use for."""
        return ()

    def config_frame(self) -> ConfigFrame:
        """The CONFIG that comes first."""
        return self._config

    def frames(self) -> Generator[Frame, None, None]:
        """CONFIG, then all that the session was given."""
        self.at_records = False
        yield self._config
        yield from self._inputs(None)

    def position(self) -> bytes:
        """Where the frame after the latest one begins."""
        return self._store.position()

    def frames_from(self, position: bytes) -> Generator[Frame, None, None]:
        """The frames from a position on, without CONFIG. Raises ValueError for what is none of this source."""
        yield from self._inputs(position)

    def identity(self) -> bytes:
        """The recording's own, and the CONFIG it is replayed under."""
        config = self._config
        names = (config.profile, config.instrument, config.user_levels, config.tape_from.value, config.equity)
        return hashlib.sha256(self._store.identity() + config.params + config.sessions + repr(names).encode()).digest()

    def make_seekable(self, open_copy: Callable[[DbnFile], SeekableFile | None]) -> None:
        """It can be entered anywhere as it is."""

    def close(self) -> None:
        """Nothing is held between two frames."""

    def _inputs(self, position: bytes | None) -> Generator[Frame, None, None]:
        first = position is None
        for frame in self._store.frames(position):
            if not isinstance(frame, ConfigFrame):
                self.at_records = isinstance(frame, RecordsFrame)
                yield frame
            elif not first:
                # the contract changed
                yield frame if self._plan.as_recorded else reconfigured(frame, self._plan)
            first = first and not isinstance(frame, ConfigFrame)


def journal_in_recorded_order(folder: Path, plan: ReplayPlan) -> RecordedOrderSource:
    """The journal in a folder, in the order that the plan asks for. Raises JournalError."""
    store = _JournalStore(folder)
    if plan.in_vendor_order:
        return RecordedOrderSource(VendorOrderStore(store, JournalSource(folder).backfilled), plan)
    return RecordedOrderSource(store, plan)


def bronze_in_recorded_order(lake: Lake, run: LakeRun, plan: ReplayPlan) -> RecordedOrderSource:
    """A run of a lake, in the order that the plan asks for. Raises LakeError or SourceError."""
    store = _BronzeStore(lake, run)
    if plan.in_vendor_order:
        return RecordedOrderSource(
            VendorOrderStore(store, lambda: read_batches(lake.storage, run, Backfill.ALONE)), plan
        )
    return RecordedOrderSource(store, plan)


class _JournalStore:
    """A journal as a store: it is entered where a frame begins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal = JournalSource(folder)
        self.config = self._journal.config
        self.first_ns, self.last_ns = self._journal.first_ns, self._journal.last_ns

    @property
    def problems(self) -> tuple[str, ...]:
        return self._journal.problems

    def frames(self, position: bytes | None) -> Generator[Frame, None, None]:
        at = None if position is None else Position(*_decoded(position))
        return self._journal.frames(at)

    def position(self) -> bytes:
        at = self._journal.next_position
        return msgspec.msgpack.encode((at.segment, at.offset))

    def identity(self) -> bytes:
        digest = hashlib.sha256()
        for segment in segments_in(self._folder):
            status = segment_path(self._folder, segment).stat()
            digest.update(f"{segment} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.digest()


class _BronzeStore:
    """A run of a lake as a store: it is entered at an hour, and frames of that hour are left out."""

    def __init__(self, lake: Lake, run: LakeRun) -> None:
        self._run = run
        self._reader = BronzeReader(lake.storage, run)
        self._hour = self._reader.hours[0] if self._reader.hours else 0
        self._taken = 0
        self.problems = tuple(lake.problems)
        config = next((frame for frame in self._reader.frames() if isinstance(frame, ConfigFrame)), None)
        if config is None:
            why = "was let go" if BRONZE in run.run.let_go else "holds no configuration"
            raise SourceError(lake.storage.name, f"Bronze of run {run.run.id} {why}", "replay its journal")
        self.config = config
        self.first_ns, self.last_ns = run.manifest.start_ns, run.manifest.end_ns

    def frames(self, position: bytes | None) -> Generator[Frame, None, None]:
        begin, skip = (0, 0) if position is None else _decoded(position)
        for hour in self._reader.hours:
            if hour < begin:
                continue
            self._hour, self._taken = hour, 0
            for frame in self._reader.hour(hour):
                self._taken += 1
                if hour > begin or self._taken > skip:
                    yield frame

    def position(self) -> bytes:
        return msgspec.msgpack.encode((self._hour, self._taken))

    def identity(self) -> bytes:
        return hashlib.sha256(msgspec.msgpack.encode(self._run.manifest)).digest()


def _decoded(position: bytes) -> tuple[int, int]:
    try:
        return msgspec.msgpack.decode(position, type=tuple[int, int])
    except msgspec.DecodeError as error:
        raise ValueError(f"not a position in this source: {error}") from error


def reconfigured(config: ConfigFrame, plan: ReplayPlan) -> ConfigFrame:
    """A recorded CONFIG with the profile and the levels of a plan."""
    return msgspec.structs.replace(
        config,
        profile=plan.profile.name,
        params=build_params(plan.profile).tobytes(),
        user_levels=plan.user_levels or config.user_levels,
        equity=config.equity if plan.profile.underlying_symbol else None,
    )
