"""The result of a replay without a screen, and the ledger of trust it reports."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.kinds import NS_PER_S
from spymaster.market.rows import INPUTS, AlertEvent, Signal, Trust, TrustReason
from spymaster.signals.blocks import Block
from spymaster.signals.words import TRUST_WORDS, TrustWord, trust_reason_words

_REASONS: Final = len(TrustReason)
_CELLS: Final = len(Trust) * _REASONS
_BLOCKS_COUNTED: Final = 64
_RAISED: Final = int(AlertEvent.RAISED)
_SIGNALS: Final = (int(Signal.BREAK), int(Signal.REJECT))


class TrustSpell(msgspec.Struct, frozen=True):
    """How long an input was in one state for one reason, in event time. ``reason``: null where GREEN."""

    state: TrustWord
    reason: str | None
    seconds: float


class Ignored(msgspec.Struct, frozen=True):
    """Quotes, trades and depth of an instrument by one publisher that were read and not used."""

    symbol: str
    publisher: int
    records: int


class HeadlessResult(msgspec.Struct, frozen=True, kw_only=True):
    """What ``replay --headless`` prints: counts, speed, and what the result rests on.

    ``signals``: BREAK and REJECT raised; ``alerts``: all alerts raised. ``rejected``: records by reason. ``ignored``:
    records of instruments or publishers that were not used. ``first_ns``, ``last_ns``: times of the first and the last
    record, null without any. ``trust``: per input the states it was in, worst first. ``problems``: one line each.
    """

    records: int
    trades: int
    trades_missing: int
    trades_extra: int
    rejected: dict[str, int]
    ignored: tuple[Ignored, ...]
    snaps: int
    signals: int
    alerts: int
    first_ns: int | None
    last_ns: int | None
    wall_s: float
    records_per_s: float
    snaps_per_s: float
    peak_rss_bytes: int
    signal_hash: str
    trust: dict[str, tuple[TrustSpell, ...]]
    problems: tuple[str, ...]


class TrustLedger:
    """Adds up how long each input was in which state and why. ``snap_interval_ns``: what one snap stands for."""

    def __init__(self, snap_interval_ns: int) -> None:
        self._snap_s = snap_interval_ns / NS_PER_S
        self._snaps: NDArray[np.int64] = np.zeros(len(INPUTS) * _CELLS, np.int64)
        self._offsets = np.arange(len(INPUTS)) * _CELLS
        self._uncounted: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def update(self, block: Block) -> None:
        """Take in the snaps of a block."""
        self._uncounted.append((block.snaps["trust"].copy(), block.snaps["trust_reason"].copy()))
        # many blocks at a time: counting a few snaps takes as long as counting thousands
        if len(self._uncounted) >= _BLOCKS_COUNTED:
            self._count()

    def _count(self) -> None:
        if self._uncounted:
            states, reasons = map(np.concatenate, zip(*self._uncounted, strict=True))
            cells = states * _REASONS + reasons + self._offsets
            self._snaps += np.bincount(cells.ravel(), minlength=len(self._snaps))
            self._uncounted = []

    def spells(self) -> dict[str, tuple[TrustSpell, ...]]:
        """Per input the states it was in, the worst first, then by time. Empty where there was no snap."""
        self._count()
        table = self._snaps.reshape(len(INPUTS), len(Trust), _REASONS)
        return {name: self._spells_of(table[i]) for i, name in enumerate(INPUTS)}

    def _spells_of(self, table: NDArray[np.int64]) -> tuple[TrustSpell, ...]:
        seen = [(int(state), int(reason)) for state, reason in np.argwhere(table)]
        seen.sort(key=lambda cell: (-cell[0], -table[cell]))
        return tuple(
            TrustSpell(
                state=TRUST_WORDS[state],
                reason=trust_reason_words(reason) or None,
                seconds=int(table[state, reason]) * self._snap_s,
            )
            for state, reason in seen
        )


class SignalTally:
    """Counts snaps and what was raised at them."""

    def __init__(self) -> None:
        self.snaps = 0
        self.signals = 0
        self.alerts = 0

    def update(self, block: Block) -> None:
        """Take in a block: all alerts raised count as alerts, BREAK and REJECT among them as signals."""
        self.snaps += len(block.snaps)
        if len(block.alerts):
            # a handful: numpy takes longer to begin
            told = zip(block.alerts["event"].tolist(), block.alerts["signal"].tolist(), strict=True)
            raised = [signal for event, signal in told if event == _RAISED]
            self.alerts += len(raised)
            self.signals += sum(signal in _SIGNALS for signal in raised)
