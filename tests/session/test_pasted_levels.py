"""Levels out of free text: names and prices in any order, and nothing passed over in silence."""

from __future__ import annotations

import pytest

from spymaster.market.levels import MAX_USER_LEVELS
from spymaster.session.levels.pasted import Pasted, read_pasted

WALLS = {"Call_Wall": 6900.0, "Put_Wall": 6700.0}


def levels(found: Pasted) -> dict[str, float]:
    return {level.id.removeprefix("USER_"): level.price_e9 / 1e9 for level in found.levels}


@pytest.mark.parametrize(
    "text",
    [
        "Call Wall: 6900\nPut Wall: 6700",
        "6900 Call Wall\n6700 Put Wall",
        "Call Wall, 6900, Put Wall, 6700",
        "Call Wall:6900,Put Wall:6700",
        "6900 | Call Wall ; 6700 | Put Wall",
        "Call Wall\t6,900.00\nPut Wall\t$6,700",
        "Call Wall\n6900\nPut Wall\n6700",
        "name,price\nCall Wall,6900\nPut Wall,6700",
        "price;name\n6900;Call Wall\n6700;Put Wall",
        "\u2022 Call Wall \u2013 6 900 pts\n\u2022 Put Wall \u2192 6'700",
        "Call Wall = \u20ac6.900,00\nPut Wall = \u20ac6.700,00",
        "$SPX: Call Wall, 6900, Put Wall, 6700",
        "# walls of today\nCall Wall (6900)\nPut Wall @ 6700 // weak",
    ],
)
def test_names_and_prices_are_found_in_any_order_and_between_any_separators(text: str) -> None:
    assert levels(read_pasted(text.replace("6 900", "6\u00a0900"))) == WALLS


def test_a_number_in_a_name_is_not_its_price() -> None:
    found = read_pasted("GEX 1, 6850, GEX 2, 6875.5, 1D Max, 6911, Call Resistance 0DTE, 6900")
    assert levels(found) == {"GEX_1": 6850.0, "GEX_2": 6875.5, "1D_Max": 6911.0, "Call_Resistance_0DTE": 6900.0}
    assert found.left_out == ()


def test_prices_without_names_are_levels_named_by_their_price() -> None:
    assert levels(read_pasted("6900, 6875\n6850.5")) == {"6900": 6900.0, "6875": 6875.0, "6850.5": 6850.5}


@pytest.mark.parametrize(("near", "market"), [(595.0, [600.0, 590.0]), (600_000.0, [600_590.0])])
def test_the_market_decides_whether_a_comma_stands_between_thousands_or_between_prices(
    near: float, market: list[float]
) -> None:
    assert list(levels(read_pasted("600,590", near)).values()) == market


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-30", "a date"),
        ("open 09:30", "a time"),
        ("+0.5%", "a percentage"),
        ("6890-6900 zone", "a range: write its two ends"),
        ("Vol Trigger", "no price beside it"),
        ("Target 9", "no price beside it"),
        ("Net gamma: -6850.5", "no price beside it"),
    ],
)
def test_what_is_no_level_is_left_out_with_its_reason(text: str, reason: str) -> None:
    found = read_pasted(f"Call Wall 6900\n{text}\nPut Wall 6700")
    assert levels(found) == WALLS
    assert [left.reason for left in found.left_out] == [reason]


def test_prices_of_another_market_are_told_of() -> None:
    found = read_pasted("Call Wall 6900\nPut Wall 680", near=687.0)
    assert levels(found) == {"Put_Wall": 680.0}
    assert [left.text for left in found.left_out] == ["Call Wall 6900"]


def test_comments_heads_and_symbols_are_counted_as_remarks() -> None:
    found = read_pasted("# of today\nname,price\nSPY: call wall 690")
    assert found.remarks == ("# of today", "name,price", "SPY:")
    assert levels(found) == {"call_wall": 690.0}


def test_a_repeat_is_told_and_two_prices_of_one_name_are_both_kept() -> None:
    found = read_pasted("HVL 6812.5\nHVL 6812.5\nHVL 6820")
    assert levels(found) == {"HVL": 6812.5, "HVL_6820": 6820.0}
    assert [left.text for left in found.left_out] == ["1 repeated"]


def test_more_levels_than_fit_are_left_out_one_by_one() -> None:
    found = read_pasted("\n".join(f"L{n} {6000 + n}" for n in range(MAX_USER_LEVELS + 3)))
    assert len(found.levels) == MAX_USER_LEVELS
    assert len(found.left_out) == 3


@pytest.mark.parametrize("text", ["", "\n \n", "# nothing"])
def test_a_text_without_anything_is_nothing(text: str) -> None:
    assert read_pasted(text).levels == ()
    assert read_pasted(text).left_out == ()
