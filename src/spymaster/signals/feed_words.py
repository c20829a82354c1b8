"""Why an input is not GREEN, in the words of the feed it comes from where it was the feed that said so.

The engine publishes codes; the words are those of the FEED_STATUS and GAP frames it was given, so a replay of them says
the same at the same moments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from spymaster.market.frames import INPUTS_OF_FEED, FeedState, FeedStatusFrame, Frame, GapFrame
from spymaster.market.rows import TrustReason
from spymaster.signals.words import trust_reason_words

_REASONS: Final[Mapping[FeedState, TrustReason]] = MappingProxyType(
    {
        FeedState.DOWN: TrustReason.FEED_DOWN,
        FeedState.SKIPPED_RECORDS: TrustReason.SKIPPED_RECORDS,
        FeedState.DAY_DEGRADED: TrustReason.DAY_DEGRADED,
        FeedState.DAY_MISSING: TrustReason.DAY_MISSING,
    }
)
"""What a feed says -> the reason that its words are about."""
_WHOLE: Final = frozenset({TrustReason.FEED_DOWN, TrustReason.SKIPPED_RECORDS})
"""Reasons of which the feed's own words say everything; with the others they stand behind ours."""


class FeedWords:
    """Follows the frames that an engine is given. To be told each before the snaps that follow from it are read."""

    def __init__(self) -> None:
        self._said: dict[str, dict[int, str]] = {}

    def take(self, frame: Frame) -> None:
        """Remember what a feed said; anything else is passed over."""
        if isinstance(frame, GapFrame):
            self._note(frame.feed, TrustReason.GAP, frame.reason)
        elif isinstance(frame, FeedStatusFrame):
            reason = _REASONS.get(frame.state)
            if reason is not None:
                self._note(frame.feed, reason, frame.detail)
            if frame.state is FeedState.DOWN:
                # once records come again, it is from this that the input recovers
                self._note(frame.feed, TrustReason.RECONNECTED, frame.detail)

    def reason(self, name: str, code: int) -> str:
        """Why an input of ``market.rows.INPUTS`` is not GREEN; ``code``: of ``TrustReason``. Empty where it is."""
        ours = trust_reason_words(code)
        theirs = self._said.get(name, {}).get(code, "")
        if not theirs:
            return ours
        return theirs if code in _WHOLE else f"{ours}: {theirs}"

    def snapshot(self) -> dict[str, dict[int, str]]:
        """Everything, for ``restore``."""
        return {name: dict(said) for name, said in self._said.items()}

    def restore(self, snapshot: Mapping[str, Mapping[int, str]]) -> None:
        """Go on from what another one remembered."""
        self._said = {name: dict(said) for name, said in snapshot.items()}

    def _note(self, feed: str, reason: TrustReason, words: str) -> None:
        for name in INPUTS_OF_FEED.get(feed, ()):
            self._said.setdefault(name, {})[int(reason)] = words
