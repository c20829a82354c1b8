"""The legend is complete: no mark on the cockpit without its meaning, no action without its key."""

from __future__ import annotations

import dataclasses

import pytest

from spymaster.tui.keys.actions import ACTIONS
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.keys.legend import COLUMN, GAP, help_rows, legend_rows
from spymaster.view.drawing.cells import text_of, width_of
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, STATE_NAMES, Glyphs


def legend(width: int = 106, glyphs: str = "unicode") -> str:
    return "\n".join(text_of(row) for row in legend_rows(width, SETS[glyphs], "dark"))


def whole_page(width: int = 106, glyphs: str = "unicode") -> str:
    return "\n".join(text_of(row) for row in help_rows(width, load_keymap("default"), SETS[glyphs], "dark"))


def marks_of(glyphs: Glyphs) -> set[str]:
    values = dataclasses.astuple(glyphs)
    return {char for value in values for char in "".join(value)} - {" "}


@pytest.mark.parametrize("glyphs", sorted(SETS))
@pytest.mark.parametrize("width", [74, 106])
def test_every_mark_is_in_the_legend(glyphs: str, width: int) -> None:
    assert marks_of(SETS[glyphs]) - set(legend(width, glyphs)) == set()


def test_every_state_and_signal_is_named() -> None:
    shown = legend()
    assert [label for label in (*STATE_NAMES[:6], *SIGNAL_NAMES) if label not in shown] == []


def test_every_action_is_in_the_list_of_keys() -> None:
    shown = whole_page()
    assert [action.name for action in ACTIONS if action.legend not in shown] == []


@pytest.mark.parametrize("width", [34, 74, 106, 180])
def test_no_row_is_wider_than_the_page(width: int) -> None:
    rows = help_rows(width, load_keymap("default"), SETS["unicode"], "dark")
    assert {width_of(row) for row in rows} == {width}


@pytest.mark.parametrize("glyphs", sorted(SETS))
def test_no_line_runs_into_the_column_beside_it(glyphs: str) -> None:
    in_one_column = legend(74, glyphs)
    left = in_one_column.partition("HEATMAP AND LADDER")[0].splitlines()
    assert len(left) > 20
    assert [line for line in left if len(line.rstrip()) >= COLUMN + GAP] == []


def test_the_marks_of_the_options_are_explained() -> None:
    shown = legend()
    assert [mark for mark in ("−γ", "+γ", "±", "pin", "slip") if mark not in shown] == []
