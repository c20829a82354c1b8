"""The ladder: sides, bars, what is out of sight, what was pulled and stacked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import Frame
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Row, text_of
from tests.support import frames
from tests.support.heat_scene import LAST
from tests.support.screens import projected


def panels_of(frame: Frame, **changes: Any) -> Panels:
    return projected(frame, 200, 60, **changes)[1]


def row_of(tick: int) -> int:
    """The row of a tick when the axis is centred on the last price: 37 rows, the middle one is 18."""
    return 18 + LAST - tick


def names(row: Row) -> set[str]:
    return {name for text, name in row if text.strip()}


def grounds(row: Row) -> set[str]:
    return {name.partition("/")[2] for _, name in row}


def test_best_sizes_are_bold_and_bright_on_their_own_bars() -> None:
    ladder = frames.ladder()
    ladder["bid"][ladder["tick"] == LAST - 1] = ladder["ask"][ladder["tick"] == LAST] = 600
    panels = panels_of(frames.frame(ladder=ladder))
    assert "bright*/best_bid_bar" in names(panels["bid"][row_of(LAST - 1)])
    assert "bright*/best_ask_bar" in names(panels["ask"][row_of(LAST)])


def test_bids_above_the_best_bid_are_blank_not_unseen() -> None:
    assert text_of(panels_of(frames.frame())["bid"][row_of(LAST + 5)]).strip() == ""


def test_prices_out_of_sight_are_hatched() -> None:
    assert text_of(panels_of(frames.frame())["bid"][row_of(LAST - 17)]).rstrip() == "╱" * 8


def test_a_size_out_of_sight_is_remembered_with_a_tilde() -> None:
    assert "~377" in text_of(panels_of(frames.frame())["bid"][row_of(LAST - 11)])


@pytest.mark.parametrize(("age_s", "shown"), [(59, True), (61, False)])
def test_a_size_is_remembered_for_a_minute(age_s: int, shown: bool) -> None:
    ladder = frames.ladder()
    ladder["bid_age_ns"][ladder["tick"] == LAST - 11] = age_s * NS_PER_S
    row = text_of(panels_of(frames.frame(ladder=ladder))["bid"][row_of(LAST - 11)])
    assert ("~377" in row) == shown


def test_a_measured_zero_is_a_zero() -> None:
    ladder = frames.ladder()
    ladder["bid"][ladder["tick"] == LAST - 4] = 0
    assert text_of(panels_of(frames.frame(ladder=ladder))["bid"][row_of(LAST - 4)]).strip() == "0"


def test_a_longer_bar_for_a_larger_size() -> None:
    panels = panels_of(frames.frame())

    def bar(tick: int) -> int:
        return sum(len(text) for text, name in panels["bid"][row_of(tick)] if name.endswith("/bid_bar"))

    assert bar(LAST - 3) > bar(LAST - 2) > bar(LAST - 7)


def test_the_last_price_is_a_filled_cell() -> None:
    assert grounds(panels_of(frames.frame())["price"][row_of(LAST)]) >= {"last_cell"}


def test_whole_points_are_bold_and_quarters_are_muted() -> None:
    panels = panels_of(frames.frame())
    assert "text*" in names(panels["price"][row_of(LAST - 1)])
    assert names(panels["price"][row_of(LAST - 2)]) == {"muted"}


def test_prices_inside_a_wide_spread_are_left_out() -> None:
    header = frames.header(es_bid_tick=LAST - 4, es_last_tick=LAST)
    panels = panels_of(frames.frame(header=header))
    assert text_of(panels["price"][row_of(LAST - 2)]).strip() == "┊"
    assert "6871.25" in text_of(panels["price"][row_of(LAST)])


def test_rows_of_levels_are_tinted_across_the_ladder() -> None:
    panels = panels_of(frames.frame())
    row = row_of(round(687.00 * 10.0002 / 0.25))
    for name in ("flow_bid", "price", "flow_ask", "volume"):
        assert grounds(panels[name][row]) <= {"raised", "rule"}
        assert "raised" in grounds(panels[name][row])


def traded(sold: int, bought: int) -> Row:
    ladder = frames.ladder()
    here = ladder["tick"] == LAST - 2
    ladder["sells"][here], ladder["buys"][here] = sold, bought
    return panels_of(frames.frame(ladder=ladder))["volume"][row_of(LAST - 2)]


def test_at_200_columns_a_price_tells_who_traded_there_and_how_much() -> None:
    assert text_of(traded(120, 680)).split() == ["120", "680", "+560", "800"]
    assert text_of(traded(0, 40)).split() == ["·", "40", "+40", "40"]
    assert text_of(traded(0, 0)).strip() == ""


def test_what_one_side_did_almost_alone_is_bold_in_its_colour() -> None:
    assert "bid*" in {name.split("/")[0] for name in names(traded(120, 680))}
    assert "ask*" in {name.split("/")[0] for name in names(traded(680, 120))}
    assert not {"bid*", "ask*"} & {name.split("/")[0] for name in names(traded(400, 480))}


@pytest.mark.parametrize(
    ("change", "text", "style"),
    [
        (-9, "·", "muted"),
        (-41, "−41", "muted"),
        (-120, "−120", "text"),
        (-612, "−612", "vacuum*"),
        (612, "+612", "wall*"),
        (-61_200, "−61k", "vacuum*"),
    ],
)
def test_pulled_and_stacked_numbers_grow_louder(change: int, text: str, style: str) -> None:
    ladder = frames.ladder()
    ladder["bid_change"][ladder["tick"] == LAST - 2] = change
    row = panels_of(frames.frame(ladder=ladder))["flow_bid"][row_of(LAST - 2)]
    assert text_of(row).strip() == text
    assert names(row) == {style}


def test_the_foot_adds_up_the_visible_book() -> None:
    foot = text_of(panels_of(frames.frame())["ladder_foot"][0])
    assert foot.split() == ["−1526", "1457", "Σ", "10", "lv", "3171", "+61"]


def test_two_ticks_in_a_row_add_their_sizes() -> None:
    panels = panels_of(frames.frame(), zoom=2)
    sizes = [text_of(row).strip(" ▌▎▊█▍▋▉▏") for row in panels["bid"]]
    assert str(208 + 467) in sizes


def test_stale_sizes_are_muted_and_the_title_says_so() -> None:
    panels = panels_of(frames.blind_frame())
    assert {n.partition("/")[0] for n in names(panels["bid"][row_of(LAST - 2)])} <= {"muted", "ground"}
    assert "STALE 4.2 s" in text_of(panels["ladder_head"][0])


def test_an_old_picture_on_the_terminal_greys_the_ladder_too() -> None:
    from spymaster.view.state import ScreenStats

    panels = panels_of(frames.frame(), stats=ScreenStats(screen_age_ms=1200.0))
    assert "STALE" in text_of(panels["ladder_head"][0])


def test_a_ladder_in_any_order_of_rows_reads_the_same() -> None:
    upside_down = np.ascontiguousarray(frames.ladder()[::-1])
    assert panels_of(frames.frame(ladder=upside_down))["bid"] == panels_of(frames.frame())["bid"]
