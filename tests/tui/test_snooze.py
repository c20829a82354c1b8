"""What is typed to silence alerts."""

from __future__ import annotations

import pytest

from spymaster.tui.actions.snooze import SnoozeError, SnoozeWish, understood

LEVELS = ("VWAP", "ROUND_4805", "lunch")
RULES = ("near", "wall_ahead")


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("all", ("all", "", 15.0)),
        ("all 30", ("all", "", 30.0)),
        ("30", ("all", "", 30.0)),
        ("", ("all", "", 15.0)),
        ("vwap 5", ("level", "VWAP", 5.0)),
        ("kind vwap 5", ("kind", "VWAP", 5.0)),
        ("ROUND", ("kind", "ROUND", 15.0)),
        ("level lunch", ("level", "lunch", 15.0)),
        ("rule near 60", ("rule", "near", 60.0)),
        ("wall_ahead", ("rule", "wall_ahead", 15.0)),
        ("all 0", ("all", "", 0.0)),
        ("off", None),
    ],
)
def test_whom_and_how_long(typed: str, wish: tuple[object, ...] | None) -> None:
    found = understood(typed, 15.0, LEVELS, RULES)
    assert found == (None if wish is None else SnoozeWish(*wish))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("nobody 5", "there is no level, rule or kind of level nobody"),
        ("rule vwap", "there is no rule vwap"),
        ("all 2000", "2000 minutes cannot be: 0 to 1440"),
        ("all nan", "nan minutes cannot be"),
        ("level", "silence: "),
        ("a b c 5", "silence: "),
    ],
)
def test_what_cannot_be_understood_is_said(typed: str, why: str) -> None:
    with pytest.raises(SnoozeError, match=why):
        understood(typed, 15.0, LEVELS, RULES)
