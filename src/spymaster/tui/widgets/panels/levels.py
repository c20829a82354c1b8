"""The level table in two cuts: signal to meter, and confidence to confluence."""

from __future__ import annotations

from typing import ClassVar

from spymaster.tui.widgets.base import RowWidget, own_css


class LevelsCut(RowWidget):
    """One cut of the level table, or its heads."""

    DEFAULT_CSS = own_css(__file__)
    HELP: ClassVar[str | None] = """\
# Levels

Nearest first. The score runs from 0, the price turns back, to 100, it goes through; the marks are at 20, 50 and 80. It
is not a probability. The letters show what makes it: Barrier, Fuel, Tape, one for every few points. `unseen`: the level
lies outside the visible book, so no score is given. `◦`: outside the hours in which signals count.
"""
