"""The table of panels has all that the layouts place, and nothing else."""

from __future__ import annotations

import pytest

from spymaster.tui.panel_table import GROUPS, HEAT, MAX_BANDS, PANELS, of_group
from spymaster.view.layout import layout_for

SIZES = [(width, height) for width in range(10, 420, 7) for height in range(5, 110, 9)]


def placed() -> set[str]:
    return {name for width, height in SIZES for bar in (False, True) for name in layout_for(width, height, bar).rects}


def test_every_panel_that_is_placed_somewhere_has_a_widget_and_no_widget_is_never_placed() -> None:
    bands = {panel.name for panel in of_group(HEAT)}
    assert placed() - bands == set(PANELS) - bands - {"card"}, "the card stands over the others"


def test_there_are_bands_enough_for_the_widest_terminal() -> None:
    assert max(len(layout_for(width, height).bands) for width, height in SIZES) <= MAX_BANDS == len(of_group(HEAT))


def test_each_group_has_panels_and_a_letter_of_its_own() -> None:
    assert {panel.group for panel in PANELS.values()} - {""} == set(GROUPS)
    assert len(set(GROUPS.values())) == len(GROUPS)


@pytest.mark.parametrize("name", ["", "nothing"])
def test_what_is_no_group_has_no_panels(name: str) -> None:
    assert of_group(name) == ()
