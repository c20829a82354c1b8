"""What is typed to set the next paper bracket."""

from __future__ import annotations

import pytest

from spymaster.practice.standing import PracticeRules
from spymaster.tui.actions.practice_words import PracticeWordsError, Settings, understood
from spymaster.view.state import PracticeChoice

NOW = (PracticeChoice(27_480, 1, 8, 16), PracticeRules(50.0, 0.25))


@pytest.mark.parametrize(
    ("typed", "settings"),
    [
        ("size 2", Settings(PracticeChoice(27_480, 2, 8, 16), NOW[1])),
        ("stop 4 target 12", Settings(PracticeChoice(27_480, 1, 4, 12), NOW[1])),
        ("latency 7.5 CANCELS 1", Settings(NOW[0], PracticeRules(7.5, 1.0))),
        ("size 3 latency 0", Settings(PracticeChoice(27_480, 3, 8, 16), PracticeRules(0.0, 0.25))),
    ],
)
def test_what_is_named_changes_and_the_rest_stays(typed: str, settings: Settings) -> None:
    assert understood(typed, *NOW) == settings


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("size", "size 2 stop 8"),
        ("", "size 2 stop 8"),
        ("lots 2", "lots: size 2"),
        ("size 0", "size 0 cannot be: a whole number 1 to 500"),
        ("size 1.5", "size 1.5 cannot be"),
        ("stop many", "stop many cannot be: a whole number 1 to 400"),
        ("cancels 1.1", "cancels 1.1 cannot be: 0 to 1"),
        ("latency nan", "latency nan cannot be: 0 to 10000"),
    ],
)
def test_what_cannot_be_is_said(typed: str, why: str) -> None:
    with pytest.raises(PracticeWordsError, match=why):
        understood(typed, *NOW)
