"""Checkpoints of a replay: everything a Session remembers at a moment, to go on from there another time.

They are a cache. One that is missing, damaged, of another recording or of another version is passed over and forgotten.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import zstandard

from spymaster.market.frames import ConfigFrame
from spymaster.session.frames.builder import BuilderState
from spymaster.session.replay.event_index import EventIndexState

VERSION: Final = 6
"""Raised with every change of what is remembered."""

NEAR_KEPT: Final = 4
"""Checkpoints kept in memory just before the moments last gone to, for steps back and loops."""

_LEVEL: Final = 3
_MOST_BYTES: Final = 1024 * 1024 * 1024
_ENDING: Final = ".checkpoint"
_EVENTS: Final = "past"

SavedT = TypeVar("SavedT", bound=msgspec.Struct)


class Checkpoint(msgspec.Struct, frozen=True):
    """A moment between two frames of records. ``t_ns``: the last snap; ``position``: the source's; ``digest``: the
    signal hash so far; ``engine``: its snapshot, compressed (``engine_bytes``); ``config``: the CONFIG in force."""

    identity: bytes
    version: int
    t_ns: int
    records: int
    position: bytes
    engine: bytes
    builder: BuilderState
    digest: bytes
    config: ConfigFrame

    def engine_bytes(self) -> bytes:
        """The engine's snapshot. Raises ValueError where it is none."""
        try:
            return _decompressed(self.engine)
        except zstandard.ZstdError as error:
            raise ValueError(f"a checkpoint is damaged: {error}") from error


def packed_engine(snapshot: bytes) -> bytes:
    """A snapshot for ``Checkpoint.engine``: by far its largest part, so it is compressed where it stands."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(snapshot)


class _SavedEvents(msgspec.Struct, frozen=True):
    identity: bytes
    version: int
    events: EventIndexState = msgspec.field(name="past")


class CheckpointStore:
    """The checkpoints of one recording under one configuration, ``identity``. ``folder`` None keeps them in memory.

    At most ``most`` are kept; beyond that the one goes whose neighbours are nearest to each other.
    """

    def __init__(self, folder: Path | None, identity: bytes, *, every_ns: int, most: int) -> None:
        self._folder = folder
        self.identity = identity
        self._every_ns = every_ns
        self._most = most
        self._held: dict[str, bytes] = {}
        self._near: list[tuple[int, int, bytes]] = []
        self._kept = sorted(self._found())

    @property
    def times(self) -> tuple[int, ...]:
        """The snaps of the checkpoints kept, ns."""
        return tuple(t_ns for t_ns, _ in self._kept)

    def has_room_for(self, t_ns: int) -> bool:
        """Whether a checkpoint at ``t_ns`` would be worth its room."""
        slot = t_ns // self._every_ns
        if any(known // self._every_ns == slot for known, _ in self._kept):
            return False
        return len(self._kept) < self._most or t_ns > self._kept[-1][0]

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint."""
        name = _name(checkpoint.t_ns, checkpoint.records)
        if not self._write(name, _packed(checkpoint)):
            return
        self._kept = sorted({*self._kept, (checkpoint.t_ns, checkpoint.records)})
        while len(self._kept) > self._most:
            self._drop(_closest(self.times))

    def add_near(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint in memory for a while."""
        moment = (checkpoint.t_ns, checkpoint.records)
        if moment not in [near[:2] for near in self._near]:
            self._near = [*self._near[1 - NEAR_KEPT :], (*moment, _packed(checkpoint))]

    def nearest(self, *, until_ns: int | None = None, until_records: int | None = None) -> int | None:
        """The snap of the checkpoint ``latest`` would look at first."""
        moments = (*(near[:2] for near in self._near), *self._kept)
        fit = (t_ns for t_ns, records in moments if _fits(t_ns, records, until_ns, until_records))
        return max(fit, default=None)

    def latest(self, *, until_ns: int | None = None, until_records: int | None = None) -> Checkpoint | None:
        """The last sound checkpoint not after a snap, or not after a number of records."""
        moments = [(t_ns, records, packed) for t_ns, records, packed in self._near]
        moments += [(t_ns, records, b"") for t_ns, records in self._kept]
        for t_ns, records, packed in sorted(moments, key=lambda moment: moment[:2], reverse=True):
            if not _fits(t_ns, records, until_ns, until_records):
                continue
            checkpoint = self._sound(packed or self._read(_name(t_ns, records)))
            if checkpoint is not None:
                return checkpoint
            self.forget(t_ns, records)
        return None

    def forget(self, t_ns: int, records: int) -> None:
        """Drop a checkpoint that turned out to be of no use."""
        self._near = [near for near in self._near if near[:2] != (t_ns, records)]
        if (t_ns, records) in self._kept:
            self._drop(self._kept.index((t_ns, records)))

    def saved_events(self) -> EventIndexState | None:
        """What earlier sessions have seen of the recording."""
        saved = _unpacked(self._read(_EVENTS), _SavedEvents)
        if saved is None or saved.identity != self.identity or saved.version != VERSION:
            return None
        return saved.events

    def save_events(self, events: EventIndexState) -> None:
        """Remember for the next session what was seen."""
        self._write(_EVENTS, _packed(_SavedEvents(self.identity, VERSION, events)))

    def _found(self) -> Iterator[tuple[int, int]]:
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"*{_ENDING}"):
                t_ns, _, records = path.stem.partition("-")
                if t_ns.isdecimal() and records.isdecimal():
                    yield int(t_ns), int(records)

    def _sound(self, packed: bytes) -> Checkpoint | None:
        checkpoint = _unpacked(packed, Checkpoint)
        if checkpoint is None or checkpoint.identity != self.identity or checkpoint.version != VERSION:
            return None
        return checkpoint

    def _drop(self, index: int) -> None:
        name = _name(*self._kept.pop(index))
        self._held.pop(name, None)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def _read(self, name: str) -> bytes:
        if self._folder is None or name in self._held:
            return self._held.get(name, b"")
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return b""

    def _write(self, name: str, data: bytes) -> bool:
        """Keep something under a name: in the folder, or in memory where the folder cannot be written."""
        if self._folder is not None:
            fresh = self._folder / f"{name}.new"
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                fresh.write_bytes(data)
                fresh.replace(self._folder / name)
            except OSError:
                with contextlib.suppress(OSError):
                    fresh.unlink()
            else:
                return True
        self._held[name] = data
        return True


def _fits(t_ns: int, records: int, until_ns: int | None, until_records: int | None) -> bool:
    return (until_ns is None or t_ns <= until_ns) and (until_records is None or records <= until_records)


def _name(t_ns: int, records: int) -> str:
    return f"{t_ns:020d}-{records:012d}{_ENDING}"


def _packed(value: msgspec.Struct) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(msgspec.msgpack.encode(value))


def _unpacked(data: bytes, kind: type[SavedT]) -> SavedT | None:
    try:
        return msgspec.msgpack.decode(_decompressed(data), type=kind)
    except (zstandard.ZstdError, msgspec.DecodeError):
        return None


def _decompressed(data: bytes) -> bytes:
    if zstandard.frame_content_size(data) > _MOST_BYTES:
        raise zstandard.ZstdError("more than a checkpoint can hold")
    return zstandard.ZstdDecompressor().decompress(data)


def _closest(times: tuple[int, ...]) -> int:
    """The place, neither the first nor the last, whose neighbours are nearest to each other."""
    inner = range(1, len(times) - 1)
    return min(inner, key=lambda k: times[k + 1] - times[k - 1]) if inner else 0
