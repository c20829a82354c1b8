"""Colour depth is settled from the environment before the toolkit is imported."""

from __future__ import annotations

import pytest

from spymaster.tui.terminal.colour import ColourDepth, detect_colour, prepare_colour


@pytest.mark.parametrize(
    ("environment", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ColourDepth.TRUECOLOUR),
        ({"TERM": "xterm-256color"}, ColourDepth.PALETTE_256),
        ({"TERM": "tmux-256color"}, ColourDepth.PALETTE_256),
        ({"TERM": "alacritty"}, ColourDepth.PALETTE_256),
        ({"TERM": "xterm-ghostty"}, ColourDepth.PALETTE_256),
        ({"TERM": "screen"}, ColourDepth.PALETTE_256),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor", "STY": "1.pts"}, ColourDepth.PALETTE_256),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, ColourDepth.PALETTE_256),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "/run/t,1,0"}, ColourDepth.TRUECOLOUR),
        ({"TERM": "linux"}, ColourDepth.PALETTE_16),
        ({"TERM": "xterm"}, ColourDepth.PALETTE_16),
        ({"TERM": "dumb"}, ColourDepth.NONE),
        ({}, ColourDepth.NONE),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, ColourDepth.NONE),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": ""}, ColourDepth.TRUECOLOUR),
        ({"TERM": "xterm", "COLORTERM": "truecolor", "TERM_PROGRAM": "Apple_Terminal"}, ColourDepth.PALETTE_256),
    ],
)
def test_auto_follows_what_the_terminal_says(environment: dict[str, str], depth: ColourDepth) -> None:
    assert detect_colour(environment) is depth


def test_an_explicit_choice_wins_over_the_environment() -> None:
    environment = {"TERM": "dumb", "NO_COLOR": "1"}
    assert prepare_colour("256", environment) is ColourDepth.PALETTE_256
    assert environment["TEXTUAL_COLOR_SYSTEM"] == "256"


def test_animations_are_off_and_no_theme_leaks_in() -> None:
    environment = {"TERM": "xterm-256color", "TEXTUAL_THEME": "nord"}
    prepare_colour("auto", environment)
    assert environment["TEXTUAL_ANIMATIONS"] == "none"
    assert "TEXTUAL_THEME" not in environment
