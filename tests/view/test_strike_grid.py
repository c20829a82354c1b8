"""The strike grid: gamma left and right of each strike, what was traded beside it, what it all comes to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from spymaster.signals.frame import InputTrust
from spymaster.view.drawing.cells import Rows, text_of, width_of
from spymaster.view.options.strike_grid import around, strike_rows
from spymaster.view.options.texts import dollars, money, money_unit
from tests.support import frames, option_scene

NAN = math.nan
WIDE, NARROW = 39, 17
NO_SMILE = dict.fromkeys(
    ("hedge", "hedge_low", "hedge_high", "effect", "gex", "call_wall", "put_wall", "gamma_flip", "gamma_velocity"), NAN
)


def texts(rows: Rows) -> list[str]:
    return [text_of(row) for row in rows]


def grid(width: int = WIDE, height: int = 20, summary: dict[str, float] | None = None, **changes: Any) -> Rows:
    return strike_rows(frames.with_options(summary, **changes), width, height, "unicode")


def row_of(rows: Rows, strike: str) -> int:
    return next(y for y, text in enumerate(texts(rows)) if f" {strike} " in text and y > 1)


def inks(rows: Rows, y: int) -> set[str]:
    return {name for text, name in rows[y] if text.strip()}


def test_strikes_stand_around_the_spot_the_highest_first() -> None:
    shown = around(option_scene.strikes(), 687.12, 7)
    assert list(shown["strike"]) == [690, 689, 688, 687, 686, 685, 684]


def test_near_the_end_of_the_chain_the_rows_are_still_filled() -> None:
    shown = around(option_scene.strikes(), 668.0, 7)
    assert list(shown["strike"]) == [673, 672, 671, 670, 669, 668, 667]


def test_without_a_spot_the_middle_of_the_chain_is_shown() -> None:
    assert 687.0 in around(option_scene.strikes(), NAN, 5)["strike"]


@pytest.mark.parametrize("width", [NARROW, WIDE, 46])
def test_every_row_fills_the_column_and_no_more_rows_than_asked(width: int) -> None:
    for height in range(1, 30):
        rows = grid(width, height)
        assert len(rows) <= height
        assert {width_of(row) for row in rows} == {width}


def test_negative_gamma_grows_left_and_positive_right() -> None:
    rows = texts(grid())
    below, above = rows[row_of(grid(), "686")], rows[row_of(grid(), "689")]
    assert "█" in below.split("686")[0]
    assert "█" not in below.split("686")[1]
    assert "█" in above.split("689")[1]
    assert "█" not in above.split("689")[0]


def test_volume_and_premium_of_calls_stand_left_and_of_puts_right() -> None:
    rows = texts(grid(strikes=option_scene.strikes(call_volume=14_830, call_premium=205_000, put_volume=7)))
    assert rows[row_of(grid(), "688")].split()[:2] == ["205", "14.8k"]
    assert rows[row_of(grid(), "688")].split()[-2] == "7"


def test_the_strike_at_the_spot_is_a_filled_cell() -> None:
    rows = grid()
    assert any("last_cell" in name for name in inks(rows, row_of(rows, "687")))
    assert not any("last_cell" in name for name in inks(rows, row_of(rows, "688")))


def test_walls_are_named_in_the_empty_half_of_their_row() -> None:
    rows = grid()
    call, put = (texts(rows)[row_of(rows, strike)] for strike in ("690", "684"))
    assert call.index("C_WALL") < call.index("690")
    assert put.index("P_WALL") > put.index("684")
    assert "C_WALL 690 pin  P_WALL 684 slip" in texts(rows)[-1]


def test_the_totals_give_h_with_its_band_gex_flip_and_known_sides() -> None:
    assert [" ".join(text.split()) for text in texts(grid())[-3:-1]] == [
        "H −41 ES/pt −68…−14 AMPLIFY",
        "GEX −1.8 bn flip 685.40 sides 91 %",
    ]


def test_a_narrow_column_gives_the_same_totals_one_below_the_other() -> None:
    assert [" ".join(text.split()) for text in texts(grid(NARROW))[-4:]] == [
        "H −41 −68…−14",
        "GEX −1.8 bn",
        "flip 685.40",
        "sides 91 %",
    ]


def test_a_band_too_wide_for_the_row_has_its_own() -> None:
    rows = texts(grid(NARROW, summary={"hedge": -1041.0, "hedge_low": -1680.0, "hedge_high": -1014.0}))
    assert [" ".join(text.split()) for text in rows[-5:-3]] == ["H −1041", "90 % −1680…−1014"]


def test_a_sign_within_its_own_spread_is_drawn_dim() -> None:
    sure, unsure = grid(), grid(strikes=option_scene.strikes(hedge_sd=100.0))
    y = row_of(sure, "686")
    assert "gamma_below" in inks(sure, y)
    assert not {"gamma_below"} & inks(unsure, y)
    assert any("dim:gamma_below" in name for name in inks(unsure, y))


def test_a_conclusion_that_rests_on_the_convention_is_marked() -> None:
    rows = grid(summary={"convention_dependent": 1.0})
    assert "−41±" in texts(rows)[-3]
    assert any("dim:gamma_below" in name for name in inks(rows, row_of(rows, "686")))


def test_before_the_first_smile_trading_is_shown_and_what_is_awaited() -> None:
    rows = texts(grid(summary=NO_SMILE, strikes=option_scene.strikes(hedge=NAN, hedge_sd=NAN)))
    assert not any("█" in row for row in rows)
    assert any("13.1k" in row for row in rows)
    assert "needs 5 quoted strikes" in rows[-2]


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_without_options_one_line_says_so(width: int) -> None:
    rows = texts(strike_rows(frames.frame(), width, 20, "unicode"))
    assert "no options" in " ".join(rows)
    assert len(rows) <= 2


def test_configured_but_silent_options_are_awaited() -> None:
    lights = (InputTrust("options", "BLIND", "no quote for 30 s", None),)
    assert "waiting for options" in text_of(strike_rows(frames.frame(trust=lights), WIDE, 20, "unicode")[0])


def test_blind_options_are_greyed() -> None:
    rows = grid(trust=(InputTrust("options", "BLIND", "no quote for 30 s", 31_000_000_000),))
    assert all(name.startswith("fade:") for row in rows for _, name in row)


def test_where_rows_are_few_the_totals_stay() -> None:
    rows = texts(grid(height=4))
    assert rows[0].startswith("STRIKES")
    assert rows[1].startswith("H ")


def test_half_dollar_strikes_fit() -> None:
    strikes = option_scene.strikes()
    strikes["strike"] = 670.0 + 0.5 * (strikes["strike"] - 667.0) + 7.0
    assert any("687.5" in text for text in texts(grid(NARROW, strikes=strikes)))


def test_money_has_one_decimal_at_most() -> None:
    assert [dollars(v, "−") for v in (-1.8e9, 820e6, 99.96e6, -40e3, 0.0, NAN, 999.8e6)] == [
        "−1.8 bn",
        "+820 mn",
        "+100 mn",
        "−40 k",
        "0 k",
        "—",
        "+1.0 bn",
    ]


@pytest.mark.parametrize(
    ("most", "head", "texts"),
    [
        (9_990_000.0, "$k", ["0", "·", "2.5", "9990", "—"]),
        (180_000_000.0, "$M", ["0", "·", "·", "10", "—"]),
        (14_000_000_000.0, "$B", ["0", "·", "·", "·", "—"]),
    ],
)
def test_premiums_stand_in_one_unit_within_four_cells(most: float, head: str, texts: list[str]) -> None:
    unit, found = money_unit(most)
    assert found == head
    assert [money(value, unit) for value in (0.0, 40.0, 2_500.0, 9_990_000.0, NAN)] == texts
    assert len(money(most, unit)) <= 4


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_strikes_of_four_digits_keep_a_blank_to_their_wall(width: int) -> None:
    strikes = option_scene.strikes()
    strikes["strike"] = 6770.0 + 5.0 * (strikes["strike"] - 667.0)
    frame = frames.with_options({"call_wall": 6875.0}, strikes=strikes, header=frames.header(spot=6871.25))
    rows = strike_rows(frame, width, 20, "unicode")
    assert {width_of(row) for row in rows} == {width}
    wall = next(text for text in texts(rows[2:]) if " 6875 " in text)
    assert ("C_WALL 6875" if width == WIDE else "CALL 6875") in wall or "6875 C" in wall
