"""The grids: exact cells at the three sizes of the design, and no panel outside the terminal at any other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.view.layout import Grade, Layout, Rect, layout_for

SIZES = st.tuples(st.integers(20, 260), st.integers(5, 80))


def cells(rect: Rect) -> set[tuple[int, int]]:
    return {(x, y) for x in range(rect.x, rect.x + rect.width) for y in range(rect.y, rect.y + rect.height)}


def columns(layout: Layout, name: str) -> tuple[int, int]:
    rect = layout.rects[name]
    return rect.x, rect.x + rect.width - 1


@pytest.mark.parametrize(
    ("size", "rows", "seconds", "bands"),
    [
        ((200, 60), 37, 1, (8,) * 9),
        ((120, 40), 22, 2, (8,) * 5),
        ((80, 24), 14, 4, (6, 8, 8)),
        ((200, 50), 27, 1, (8,) * 9),
    ],
)
def test_axis_and_heatmap_have_the_size_of_the_design(
    size: tuple[int, int], rows: int, seconds: int, bands: tuple[int, ...]
) -> None:
    layout = layout_for(*size)
    assert (layout.axis_rows, layout.seconds, layout.bands) == (rows, seconds, bands)


@pytest.mark.parametrize(
    ("size", "rail", "bid", "side"),
    [((200, 60), (74, 95), 103, (160, 198)), ((120, 40), (42, 58), 66, (102, 118)), ((80, 24), (24, 39), 47, None)],
)
def test_panels_stand_in_the_columns_of_the_design(
    size: tuple[int, int], rail: tuple[int, int], bid: int, side: tuple[int, int] | None
) -> None:
    layout = layout_for(*size)
    assert columns(layout, "rail") == rail
    assert layout.rects["bid"].x == bid
    assert (columns(layout, "side") if "side" in layout.rects else None) == side


def test_the_level_table_fills_its_columns_at_200() -> None:
    layout = layout_for(200, 60)
    assert columns(layout, "levels_left")[0] == 1
    assert columns(layout, "levels_right")[1] == 133


def test_160x48_has_a_wide_heatmap_and_a_wide_rail() -> None:
    layout = layout_for(160, 48)
    assert (layout.heat_width, layout.rects["rail"].width) == (72, 22)


def test_the_side_column_is_full_from_176_columns() -> None:
    assert layout_for(176, 48).rects["side"].width >= 39


@given(SIZES, st.booleans())
def test_no_panel_leaves_the_terminal_or_covers_another(size: tuple[int, int], time_bar: bool) -> None:
    layout = layout_for(*size, time_bar)
    taken: set[tuple[int, int]] = set()
    for rect in layout.rects.values():
        own = cells(rect)
        assert own
        assert not own & taken
        taken |= own
    assert all(0 <= x < size[0] and 0 <= y < size[1] for x, y in taken)


@given(SIZES)
def test_the_axis_never_has_fewer_than_nine_rows(size: tuple[int, int]) -> None:
    layout = layout_for(*size)
    assert layout.grade is Grade.TINY or layout.axis_rows >= 9


@given(SIZES)
def test_heatmap_rail_and_ladder_share_their_rows(size: tuple[int, int]) -> None:
    layout = layout_for(*size)
    names = [n for n in layout.rects if n[5:].isdigit()] + ["rail", "bid", "price", "ask", "flow_bid", "volume"]
    spans = {(rect.y, rect.height) for name in names if (rect := layout.rect(name)) is not None}
    assert len(spans) <= 1


@given(SIZES)
def test_what_must_never_be_dropped_is_there(size: tuple[int, int]) -> None:
    layout = layout_for(*size)
    needed = (
        {"tiny"}
        if layout.grade is Grade.TINY
        else {"header_left", "header_right", "price", "bid", "ask", "levels_left"}
    )
    assert needed <= set(layout.rects)


@pytest.mark.parametrize(
    ("width", "heat", "flows"), [(64, True, True), (63, False, True), (48, False, True), (47, False, False)]
)
def test_narrow_terminals_lose_first_the_heatmap_then_the_flows(width: int, heat: bool, flows: bool) -> None:
    layout = layout_for(width, 24)
    assert (bool(layout.bands), "flow_bid" in layout.rects) == (heat, flows)


@pytest.mark.parametrize("size", [(39, 24), (80, 11)])
def test_below_40x12_four_lines_remain(size: tuple[int, int]) -> None:
    layout = layout_for(*size)
    assert layout.grade is Grade.TINY
    assert layout.rects == {"tiny": Rect(0, 0, size[0], 4)}


@pytest.mark.parametrize(("width", "usual", "tall"), [(200, 60, 90), (120, 40, 70), (100, 40, 90)])
def test_a_tall_terminal_lists_more_levels_and_keeps_most_rows_for_the_axis(width: int, usual: int, tall: int) -> None:
    small, large = layout_for(width, usual), layout_for(width, tall)
    assert large.level_rows >= small.level_rows + 10
    assert large.axis_rows > small.axis_rows
    for name, rect in large.rects.items():
        assert rect.y + rect.height <= tall, name
