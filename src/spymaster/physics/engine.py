"""The engine: journal frames in, snaps out. It knows no clock, no file and no feed; time comes with the records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, ClassVar, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.errors import ExitCode, UserError
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES
from spymaster.market.frames import (
    ConfigFrame,
    FeedStatusFrame,
    Frame,
    GapFrame,
    RecordsFrame,
    WatermarkFrame,
)
from spymaster.market.hours import HOURS
from spymaster.market.jit import Bound
from spymaster.market.kinds import MBP10_WORDS, PRICE_SCALE, Kind
from spymaster.market.levels import LevelKind
from spymaster.market.params import PARAMS
from spymaster.market.rows import ALERT_ROW, LEVEL_ROW
from spymaster.market.sessions import SESSION
from spymaster.physics.dispatch import CURSORS, OTHER_KINDS
from spymaster.physics.first_state import set_instrument, set_smoothers
from spymaster.physics.history import ingest_bars
from spymaster.physics.judgement.feed_health import take_gap, take_status
from spymaster.physics.memory.counters import COUNTERS
from spymaster.physics.memory.indices import OFI_WINDOWS_NS, USER_SLOTS
from spymaster.physics.memory.option_records import put_chain
from spymaster.physics.memory.outputs import Out, new_out
from spymaster.physics.memory.state import Array, new_state, pack_state, ring_length, unpack_state
from spymaster.physics.roots import go_on, note_hole_in, put_level_at, restart_windows_of, watch
from spymaster.physics.row_hash import DIGEST_WORDS
from spymaster.physics.time.profile import ROWS_PER_DOLLAR

BAR_WORDS: Final = 7
NO_LIMIT: Final = 2**62
SNAPS_PER_BLOCK: Final = 64
"""Enough that what is done once a block costs little, and few enough that a block stays near the processor."""
_NO_ORDER: Final = np.zeros(0, np.uint8)
_NO_DEPTH: Final = np.zeros((0, MBP10_WORDS), np.int64)
_NO_OTHERS: Final = tuple(np.zeros((0, DTYPES[kind].itemsize // 8), np.int64) for kind in OTHER_KINDS)
_NO_ALERTS: Final = np.zeros(0, ALERT_ROW)
_ORDER: Final = 2
"""Where ``go_on`` takes what changes with every batch: order, depth, others and cursors; limit and clock."""
_LIMIT: Final = 6


class SnapBlock(msgspec.Struct, frozen=True, eq=False):
    """Consecutive snaps. The arrays are the engine's own and valid until the block after the next; copy what you keep.

    ``rows[k, : snaps[k].levels]`` are the levels of snap k, nearest first, and ``numbers`` the same memory as float64;
    ``flows`` and ``alerts`` hold the snaps' rows one after the other, ``snaps[k].flows`` and ``.alerts`` of them each.
    ``strikes[k, : snaps[k]["options"]["strikes"]]`` are the strikes of snap k by rising price. An engine that hashes
    its rows does not keep them (``kept`` is None): ``digest`` is the signal hash after the last of these snaps.
    """

    snaps: Array
    flows: Array
    alerts: Array
    strikes: Array
    kept: Array | None
    digest: bytes | None = None

    @property
    def numbers(self) -> Array:
        """float64[K, L, fields]. Raises ValueError where they were not kept."""
        if self.kept is None:
            raise ValueError("the rows of these snaps were hashed and not kept")
        return self.kept

    @property
    def rows(self) -> Array:
        """LEVEL_ROW[K, L]."""
        return self.numbers.view(LEVEL_ROW)[..., 0]


class EngineError(UserError):
    """Frames that the engine cannot live: records before CONFIG, more than fits, or another configuration's snapshot.

    Caught where a checkpoint is tried.
    """

    default_code: ClassVar[ExitCode] = ExitCode.DATA


class Engine:
    """Turns frames into snaps.

    ``snaps_per_block``: how many snaps are gathered before the caller sees them. ``digest``: rows of levels enter the
    signal hash, going on from that digest, and are not kept: written to one place that stays near the processor.
    """

    def __init__(
        self, *, snaps_per_block: int = SNAPS_PER_BLOCK, with_flows: bool = False, digest: bytes | None = None
    ) -> None:
        # two of them take turns, so that a block can still be read while the next is computed
        self._out = _Results(new_out(snaps_per_block, with_flows, digest))
        other = new_out(snaps_per_block, with_flows, digest)
        if digest is not None:
            one = self._out.arrays
            other = other._replace(rows=one.rows, numbers=one.numbers, words=one.words, placed=one.placed)
        self._other_out = _Results(other)
        self._cursors = np.zeros(CURSORS, np.int64)
        self._state: Array | None = None
        self._alerts_held: NDArray[Any] = np.zeros(1, np.int64)
        self._alert_rows: Array = _NO_ALERTS
        self._params: NDArray[Any] = np.zeros(1, PARAMS)
        self._identity = b""
        self.config: ConfigFrame | None = None
        self.records_per_step = NO_LIMIT
        """Records consumed before ``feed`` hands back control even without a snap (a block of none): for stepping."""

    def step_freely(self) -> None:
        """Hand back control at snaps only."""
        self.records_per_step = NO_LIMIT

    @property
    def state(self) -> Array:
        """The engine's memory (``STATE``, shape (1,)), to look at only. Raises EngineError before CONFIG."""
        if self._state is None:
            raise EngineError("the engine", "was given records before a configuration", "record the session again")
        return self._state

    def feed(self, frame: Frame) -> Iterator[SnapBlock]:
        """Ingest one frame; yields the snaps it completed. Must be exhausted before the next frame is fed."""
        if isinstance(frame, RecordsFrame):
            yield from self._feed_records(frame.batch)
        elif isinstance(frame, WatermarkFrame):
            yield from self._advance(frame.clock_ns)
            watch(self.state, self._params)
        elif isinstance(frame, ConfigFrame):
            self._configure(frame)
        elif isinstance(frame, FeedStatusFrame):
            self._feed_status(frame)
        elif isinstance(frame, GapFrame):
            self._gap(frame)

    def finish(self) -> Iterator[SnapBlock]:
        """The source has ended: yields the last snap."""
        if self._state is None:
            return
        clock = self._state["clock"][0]
        # the first grid point after the last clock, unless the venue is closed by then
        if clock["next_snap_ns"] - clock["now_ns"] <= self._params["snap_interval_ns"][0]:
            yield from self._advance(int(clock["next_snap_ns"]))
        else:
            yield from self._rest()

    def counters(self) -> dict[str, int]:
        """What was counted so far, by name (see ``counters.COUNTERS``)."""
        return {name: int(n) for name, n in zip(COUNTERS, self.state["counters"][0], strict=True)}

    def snapshot(self) -> bytes:
        """Everything the engine remembers, to be restored into an engine of the same CONFIG."""
        return self._identity + pack_state(self.state)

    def restore(self, data: bytes) -> None:
        """Continue from a snapshot. Raises EngineError when it was taken under another configuration."""
        size = len(self._identity)
        if not size or data[:size] != self._identity:
            raise EngineError("the snapshot", "was taken under another configuration", "play from the beginning")
        try:
            unpack_state(data[size:], self.state)
        except ValueError as error:
            raise EngineError("the snapshot", str(error), "play from the beginning") from error
        self._out.arrays.placed[:] = 0

    def _feed_records(self, batch: Batch) -> Iterator[SnapBlock]:
        arrays = batch.arrays
        depth = arrays.get(Kind.MBP10, _NO_DEPTH)
        others = _NO_OTHERS if len(arrays) == 1 and Kind.MBP10 in arrays else _others(batch)
        if Kind.BAR in arrays:
            ingest_bars(self.state, self._params, _words(batch, Kind.BAR))
        self._cursors.fill(0)
        while True:
            limit = self.records_per_step
            if self._go_on(batch.order, depth, others, limit, 0) >= len(batch.order):
                break
            yield self._next_block()
        if self.records_per_step != NO_LIMIT:
            yield self._next_block()
        else:
            yield from self._rest()

    def _advance(self, clock_ns: int) -> Iterator[SnapBlock]:
        """Nothing earlier than ``clock_ns`` is expected any more: take the snaps due."""
        clock = self.state["clock"][0]
        if 0 < clock["now_ns"] < clock_ns:
            while not self._go_on(_NO_ORDER, _NO_DEPTH, _NO_OTHERS, 0, clock_ns):
                yield self._next_block()
            clock["now_ns"] = clock_ns
        yield from self._rest()

    def _go_on(
        self,
        order: NDArray[Any],
        depth: NDArray[Any],
        others: tuple[NDArray[Any], ...],
        limit: int,
        clock_ns: int,
    ) -> int:
        """``go_on`` for the present state into the present block."""
        out = self._out
        if out.going is None:
            state, nothing = self.state, (_NO_ORDER, _NO_DEPTH, _NO_OTHERS)
            out.going = Bound(go_on, state, self._params, *nothing, self._cursors, 0, 0, out.arrays)
        for place, value in enumerate((order, depth, others), _ORDER):
            out.going.put(place, value)
        out.going.put(_LIMIT, limit)
        out.going.put(_LIMIT + 1, clock_ns)
        return int(out.going())

    def _rest(self) -> Iterator[SnapBlock]:
        if self._out.held[0] > 0:
            yield self._next_block()

    def _next_block(self) -> SnapBlock:
        out = self._out
        self._out, self._other_out = self._other_out, out
        alerts = _NO_ALERTS
        if self._alerts_held[0]:
            alerts = self._alert_rows[: int(self._alerts_held[0])].copy()
            self._alerts_held[0] = 0
        return out.block(alerts)

    def _configure(self, frame: ConfigFrame) -> None:
        params = np.frombuffer(frame.params, PARAMS).copy()
        sessions = np.frombuffer(frame.sessions, SESSION).copy()
        hours = np.frombuffer(frame.hours, HOURS)
        p = params[0]
        longest = max(int(p["w_barrier_ns"]), int(p["w_tape_ns"]), int(p["trust_window_ns"]), OFI_WINDOWS_NS[-1])
        try:
            state = new_state(ring_length(longest, int(p["snap_interval_ns"])), sessions, hours)
            put_chain(state, frame.chain, sessions, hours, on_future=not p["is_spy"])
        except ValueError as error:
            raise EngineError("the session", str(error), "name less of it, or choose other settings") from error
        if len(frame.user_levels) > USER_SLOTS:
            problem = f"{len(frame.user_levels)} levels of your own were asked for"
            raise EngineError("the session", problem, f"at most {USER_SLOTS} fit, leave some out")
        set_instrument(state, frame)
        set_smoothers(state, params)
        ratio = float(p["ratio_default"]) if p["is_spy"] else 1.0
        state["market"]["ratio"] = ratio
        state["windows"]["tape_band"] = round(float(p["tape_band"]) * ratio * PRICE_SCALE / frame.instrument.tick_e9)
        state["volatility"]["sigma_1m"] = p["sigma_floor"]
        state["volume_profile"]["per_unit"] = ROWS_PER_DOLLAR if p["is_spy"] else PRICE_SCALE / frame.instrument.tick_e9
        state["orders"]["large_order"] = p["large_lot_min"]
        state["levels"]["round_high"] = -1
        if int(p["level_kinds"]) >> LevelKind.USER & 1:
            for index, level in enumerate(frame.user_levels):
                put_level_at(state, index, int(LevelKind.USER), index, level.price_e9 / PRICE_SCALE)
        self._state, self._params, self.config = state, params, frame
        self._alerts_held, self._alert_rows = state["alerts"]["held"], state["alerts"]["row"][0]
        self._out.arrays.placed[:] = 0
        self._out.going = self._other_out.going = None
        names = (frame.profile, frame.instrument, frame.user_levels, frame.tape_from.value, frame.equity)
        self._identity = hashlib.sha256(
            frame.params + frame.sessions + frame.chain + frame.hours + repr(names).encode()
        ).digest()

    def _feed_status(self, frame: FeedStatusFrame) -> None:
        if take_status(self.state["trust"], frame, int(self._params["w_barrier_ns"][0])):
            restart_windows_of(self.state, frame.at_ns)

    def _gap(self, frame: GapFrame) -> None:
        """A hole in the records of book or tape: what they add up to begins anew after it."""
        if take_gap(self.state["trust"], frame, int(self._params["w_barrier_ns"][0])):
            restart_windows_of(self.state, frame.to_ns)
            note_hole_in(self.state, frame.from_ns, frame.to_ns)


class _Results:
    """Where an engine puts the snaps of one block, and how they are handed on."""

    def __init__(self, arrays: Out) -> None:
        self.arrays = arrays
        self.held = arrays.held
        self.going: Bound | None = None
        """``go_on`` of the engine's present state into here."""
        self._is_hashed = bool(arrays.held[3])
        self._parts: dict[int, tuple[Array, Array, Array | None]] = {}

    def block(self, alerts: Array) -> SnapBlock:
        """What is here; room for the next."""
        arrays = self.arrays
        snaps, flows = self.held[:2].tolist()
        self.held[:2] = 0
        # the same few numbers of snaps come again and again
        parts = self._parts.get(snaps)
        if parts is None:
            kept = None if self._is_hashed else arrays.numbers[:snaps]
            parts = self._parts[snaps] = arrays.snaps[:snaps], arrays.strikes[:snaps], kept
        heads, strikes, kept = parts
        digest = arrays.words[:DIGEST_WORDS].tobytes() if self._is_hashed else None
        return SnapBlock(heads, arrays.flows[:flows], alerts, strikes, kept, digest)


def _others(batch: Batch) -> tuple[NDArray[Any], ...]:
    """The records of each of ``OTHER_KINDS``."""
    present = batch.arrays.keys()
    return tuple(
        _words(batch, kind) if kind in present else none for kind, none in zip(OTHER_KINDS, _NO_OTHERS, strict=True)
    )


def _words(batch: Batch, kind: Kind) -> NDArray[Any]:
    """The records of a kind that the batch has, as int64[n, words]."""
    # kernels are compiled for whole, aligned, writable words alone
    words = np.require(batch.arrays[kind].view(np.int64), requirements=("C", "A", "W"))
    return words.reshape(-1, DTYPES[kind].itemsize // 8)
