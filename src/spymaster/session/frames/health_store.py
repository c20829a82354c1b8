"""What a Session remembers of its soundness: since when each input is in which state, how many records came when."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from spymaster.market.kinds import NS_PER_S
from spymaster.market.manifest import TrustChange
from spymaster.market.rows import INPUTS, Trust
from spymaster.physics.memory.counters import COUNTERS
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.header_parts import RATE_SPAN_S, SessionHealth

CHANGES: Final = 120
"""Changes that are remembered."""

SPANS: Final = 60
"""Spans of records that are remembered: five minutes."""

GAP_NS: Final = 5 * NS_PER_S
"""So long without a snap is a hole, whatever the inputs said before it."""

GAP: Final = "GAP"
_GREEN: Final = int(Trust.GREEN)
_ABSENT: Final = int(Trust.ABSENT)
_SPAN_NS: Final = RATE_SPAN_S * NS_PER_S


class HealthState(msgspec.Struct, frozen=True):
    """Everything a HealthStore remembers."""

    since_ns: int = 0
    last_ns: int = 0
    codes: tuple[tuple[int, int], ...] = ()
    green_ns: tuple[int, ...] = (0,) * len(INPUTS)
    changes: tuple[TrustChange, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    records: int = 0


class HealthStore:
    """Told of every snap. Times are event times, so that a moment sought remembers what the moment played does."""

    def __init__(self) -> None:
        self._since_ns = self._last_ns = self._records = 0
        self._codes: tuple[tuple[int, int], ...] = ()
        self._green_ns = [0] * len(INPUTS)
        self._changes: deque[TrustChange] = deque(maxlen=CHANGES)
        self._spans: deque[tuple[int, int]] = deque(maxlen=SPANS)

    def add_snap(self, snap: Any, records: int, words: FeedWords) -> None:
        """Let in a snap (one of SNAP), with the records taken so far and what feeds say of themselves."""
        t_ns = int(snap["t_ns"])
        codes = tuple(zip(snap["trust"].tolist(), snap["trust_reason"].tolist(), strict=True))
        since_last_ns = t_ns - self._last_ns
        if not self._last_ns:
            self._since_ns, self._codes = t_ns, ()
        elif since_last_ns > GAP_NS:
            self._note_gap(since_last_ns)
        else:
            for index, (trust, _) in enumerate(self._codes):
                if trust == _GREEN:
                    self._green_ns[index] += since_last_ns
        if codes != self._codes:
            self._note_changes(t_ns, codes, words)
        self._count(t_ns, records)
        self._last_ns, self._codes = t_ns, codes

    def health(self, counters: Sequence[int]) -> SessionHealth:
        """What is known now. ``counters``: the engine's, in their order."""
        newest = self._spans[-1][0] if self._spans else 0
        counted = dict(self._spans)
        first = max(newest - SPANS + 1, self._spans[0][0]) if self._spans else 1
        return SessionHealth(
            since_ns=self._since_ns,
            green_ns=tuple(self._green_ns),
            changes=tuple(self._changes),
            counts=tuple((name, int(count)) for name, count in zip(COUNTERS, counters, strict=True) if count),
            rates=tuple(counted.get(span, 0) for span in range(first, newest + 1)),
        )

    def snapshot(self) -> HealthState:
        """Everything, for ``restore``."""
        return HealthState(
            *(self._since_ns, self._last_ns, self._codes, tuple(self._green_ns), tuple(self._changes)),
            *(tuple(self._spans), self._records),
        )

    def restore(self, state: HealthState) -> None:
        """Go on from what another store remembered."""
        self._since_ns, self._last_ns, self._codes = state.since_ns, state.last_ns, state.codes
        self._green_ns = list(state.green_ns)
        self._changes = deque(state.changes, maxlen=CHANGES)
        self._spans = deque(state.spans, maxlen=SPANS)
        self._records = state.records

    def _note_gap(self, length_ns: int) -> None:
        reason = f"nothing arrived for {length_ns / NS_PER_S:,.0f} s"
        for name, (trust, _) in zip(INPUTS, self._codes, strict=True):
            if trust != _ABSENT:
                self._changes.append(TrustChange(self._last_ns, name, GAP, reason))
        # whatever follows begins anew
        self._codes = tuple((-1, -1) if trust != _ABSENT else (trust, why) for trust, why in self._codes)

    def _note_changes(self, t_ns: int, codes: tuple[tuple[int, int], ...], words: FeedWords) -> None:
        before = self._codes or ((-1, -1),) * len(INPUTS)
        for name, now, then in zip(INPUTS, codes, before, strict=True):
            if now != then:
                reason = words.reason(name, now[1]) if now[0] not in (_GREEN, _ABSENT) else ""
                self._changes.append(TrustChange(t_ns, name, Trust(now[0]).name, reason))

    def _count(self, t_ns: int, records: int) -> None:
        span, came = t_ns // _SPAN_NS, max(records - self._records, 0)
        self._records = records
        if self._spans and self._spans[-1][0] == span:
            self._spans[-1] = (span, self._spans[-1][1] + came)
        else:
            self._spans.append((span, came))
