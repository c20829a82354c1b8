"""What feeds say of themselves, taken into trust at once (docs/physics.md 8.3)."""

from __future__ import annotations

from typing import Final

from spymaster.market.frames import INPUTS_OF_FEED, FeedState, FeedStatusFrame, GapFrame
from spymaster.market.rows import INPUTS, TrustReason
from spymaster.physics.memory.indices import TRUST_DEPTH, TRUST_TAPE
from spymaster.physics.memory.state import Array

_DAY_REASONS: Final = {
    FeedState.DAY_DEGRADED: TrustReason.DAY_DEGRADED,
    FeedState.DAY_MISSING: TrustReason.DAY_MISSING,
}
"""What a vendor says about a whole day -> why inputs are DEGRADED for as long as it lasts."""
_ADDED_UP: Final = frozenset({TRUST_DEPTH, TRUST_TAPE})
"""Inputs that are worth something only once a whole window of them was seen; of the others the latest quote counts."""


def take_status(trust: Array, frame: FeedStatusFrame, window_ns: int) -> bool:
    """A feed's word into ``trust`` (TRUST, shape (1,)). Returns whether the windows of book and tape begin anew."""
    restarts = False
    for place in _places(frame.feed):
        restarts |= _take(trust[0], place, frame, window_ns)
    return restarts


def take_gap(trust: Array, frame: GapFrame, window_ns: int) -> bool:
    """A hole in a feed's records: DEGRADED until a window after it is full. Returns as ``take_status``."""
    places = _places(frame.feed)
    for place in places:
        _degrade(trust[0], place, frame.to_ns + window_ns, TrustReason.GAP)
    return not _ADDED_UP.isdisjoint(places)


def _places(feed: str) -> tuple[int, ...]:
    return tuple(INPUTS.index(name) for name in INPUTS_OF_FEED.get(feed, ()))


def _take(trust: Array, place: int, frame: FeedStatusFrame, window_ns: int) -> bool:
    if frame.state is FeedState.DOWN:
        trust["feed_down"][place] = 1
        return False
    if frame.state in _DAY_REASONS:
        trust["day_reason"][place] = int(_DAY_REASONS[frame.state])
        return False
    was_down = bool(trust["feed_down"][place])
    trust["feed_down"][place] = 0
    if frame.state is FeedState.UP:
        trust["day_reason"][place] = 0
        if not was_down:
            return False
    is_skipped = frame.state is FeedState.SKIPPED_RECORDS
    reason = TrustReason.SKIPPED_RECORDS if is_skipped else TrustReason.RECONNECTED
    until_ns = frame.at_ns + window_ns
    if place in _ADDED_UP:
        trust["blind_until_ns"][place] = max(int(trust["blind_until_ns"][place]), until_ns)
        trust["blind_reason"][place] = int(reason)
        return True
    _degrade(trust, place, until_ns, reason)
    if not is_skipped:
        trust["renewed_ns"][place] = frame.at_ns
    return False


def _degrade(trust: Array, place: int, until_ns: int, reason: TrustReason) -> None:
    if until_ns >= trust["degraded_until_ns"][place]:
        trust["degraded_until_ns"][place] = until_ns
        trust["degraded_reason"][place] = int(reason)
