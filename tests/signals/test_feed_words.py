"""The words of a feed beside the codes of the engine: in the message, in the frame, and after a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from spymaster.market.frames import FeedState, FeedStatusFrame, Frame, GapFrame
from spymaster.market.rows import INPUTS, Trust, TrustReason
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.words import trust_reason_words
from tests.support.blocks import block, level

LOST = "connection closed by the vendor"


def told(*frames: Frame) -> FeedWords:
    words = FeedWords()
    for frame in frames:
        words.take(frame)
    return words


def status(state: FeedState, words: str, feed: str = "depth") -> FeedStatusFrame:
    return FeedStatusFrame(feed, state, 1, words)


@pytest.mark.parametrize(
    ("frames", "code", "expected"),
    [
        ((status(FeedState.DOWN, LOST),), TrustReason.FEED_DOWN, LOST),
        ((status(FeedState.DOWN, LOST), status(FeedState.DOWN, "error 3: Connection limit")),
         TrustReason.FEED_DOWN, "error 3: Connection limit"),
        ((status(FeedState.DOWN, LOST), status(FeedState.RECONNECTED, "records again after 2.0 s")),
         TrustReason.RECONNECTED, f"reconnected, window not yet full: {LOST}"),
        ((status(FeedState.SKIPPED_RECORDS, "error 7: Skipped records"),),
         TrustReason.SKIPPED_RECORDS, "error 7: Skipped records"),
        ((GapFrame("depth", 1, 2, LOST),), TrustReason.GAP, f"records missing, window not yet full: {LOST}"),
        ((status(FeedState.DOWN, ""),), TrustReason.FEED_DOWN, "the feed is down"),
        ((status(FeedState.DOWN, LOST, "options"),), TrustReason.FEED_DOWN, "the feed is down"),
        ((status(FeedState.DOWN, LOST),), TrustReason.CROSSED, trust_reason_words(TrustReason.CROSSED)),
        ((), TrustReason.NONE, ""),
    ],
)  # fmt: skip
def test_the_reason_is_in_the_words_of_the_feed_that_gave_it(
    frames: tuple[Frame, ...], code: TrustReason, expected: str
) -> None:
    assert told(*frames).reason("depth", code) == expected
    assert told(*frames).reason("tape", code) == expected


@pytest.mark.parametrize("reason", list(TrustReason))
def test_where_no_feed_spoke_the_words_are_ours(reason: TrustReason) -> None:
    assert {FeedWords().reason(name, reason) for name in INPUTS} == {trust_reason_words(reason)}


def test_what_was_said_is_remembered_by_who_goes_on() -> None:
    words = FeedWords()
    words.restore(told(status(FeedState.DOWN, LOST), GapFrame("options", 1, 2, "lost")).snapshot())
    assert words.reason("tape", TrustReason.FEED_DOWN) == LOST
    assert words.reason("options", TrustReason.GAP).endswith(": lost")


def test_the_message_of_a_snap_carries_them() -> None:
    made = block([level()])
    made.snaps["trust"] = (Trust.BLIND, Trust.BLIND, Trust.BLIND, Trust.GREEN)
    made.snaps["trust_reason"] = (TrustReason.FEED_DOWN, TrustReason.FEED_DOWN, TrustReason.SILENT, TrustReason.NONE)
    (message,) = SignalEncoder("es", feed_words=told(status(FeedState.DOWN, LOST))).signals(made)
    assert (message.trust.depth.state, message.trust.depth.reason) == ("BLIND", LOST)
    assert message.trust.tape.reason == LOST
    assert message.trust.options.reason == trust_reason_words(TrustReason.SILENT)
    assert message.trust.equity.reason is None
    assert np.isfinite(message.context.sigma_1m)
