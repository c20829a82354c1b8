"""Codes have words: the enumerations' own names, and sentences for reasons."""

from __future__ import annotations

import enum

import pytest

from spymaster.market.levels import LevelKind
from spymaster.market.rows import BarrierState, Confidence, ResolveReason, Signal, Tag, Trust, TrustReason
from spymaster.signals import words


@pytest.mark.parametrize(
    ("codes", "published"),
    [
        (LevelKind, words.KIND_WORDS),
        (BarrierState, words.STATE_WORDS),
        (Signal, words.SIGNAL_WORDS),
        (Confidence, words.CONFIDENCE_WORDS),
        (Trust, words.TRUST_WORDS),
    ],
)
def test_the_word_of_a_code_is_its_name(codes: type[enum.IntEnum], published: tuple[str, ...]) -> None:
    assert {code.value: code.name for code in codes} == dict(enumerate(published))


def test_the_word_of_a_tag_stands_at_the_place_of_its_bit() -> None:
    assert {tag.value: tag.name for tag in Tag} == {1 << bit: word for bit, word in enumerate(words.TAG_WORDS)}


@pytest.mark.parametrize("reason", [reason for reason in TrustReason if reason is not TrustReason.NONE])
def test_every_reason_for_lost_trust_has_words_of_its_own(reason: TrustReason) -> None:
    others = {words.trust_reason_words(other) for other in TrustReason if other is not reason}
    assert words.trust_reason_words(reason)
    assert words.trust_reason_words(reason) not in others


@pytest.mark.parametrize("reason", [reason for reason in ResolveReason if reason is not ResolveReason.NONE])
def test_every_end_of_a_signal_has_words(reason: ResolveReason) -> None:
    assert words.resolve_reason_words(reason)


def test_a_trusted_input_needs_no_reason() -> None:
    assert words.trust_reason_words(TrustReason.NONE) == ""


def test_an_alert_is_named_by_session_level_signal_and_the_snap_it_was_raised_at() -> None:
    name = words.alert_id(20240105, "ROUND_4805", Signal.REJECT, 1_704_465_000_250_000_000)
    assert name == "2024-01-05:ROUND_4805:REJECT:1704465000250000000"
