"""Colour depth of the terminal. Decided before Textual is imported: it reads the environment at import."""

from __future__ import annotations

import enum
from collections.abc import Mapping, MutableMapping
from typing import Final


class ColourDepth(enum.StrEnum):
    """How many colours are sent."""

    TRUECOLOUR = "truecolor"
    PALETTE_256 = "256"
    PALETTE_16 = "16"
    NONE = "none"


CHOICES: Final = ("auto", *ColourDepth)
"""Values of ``--color``."""

_TEXTUAL_NAME: Final[Mapping[ColourDepth, str]] = {
    ColourDepth.TRUECOLOUR: "truecolor",
    ColourDepth.PALETTE_256: "256",
    ColourDepth.PALETTE_16: "standard",
    ColourDepth.NONE: "standard",
}

_ANSWERS_256: Final = ("alacritty", "ghostty", "kitty", "foot", "wezterm", "konsole", "iterm", "tmux", "screen", "rxvt")
"""Terminals that draw 256 colours although their TERM need not say so."""


def detect_colour(environment: Mapping[str, str]) -> ColourDepth:
    """The depth the environment promises. ssh does not pass COLORTERM on, so a remote terminal mostly gets 256."""
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or term in {"", "dumb"}:
        return ColourDepth.NONE
    if environment.get("TERM_PROGRAM") == "Apple_Terminal":
        # It announces truecolor in some set-ups and draws garbage.
        return ColourDepth.PALETTE_256
    if environment.get("STY") or (term.startswith("screen") and not environment.get("TMUX")):
        # A COLORTERM from outside comes in with the environment, and screen misreads exact colours.
        return ColourDepth.PALETTE_256
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"} or term.endswith("-direct"):
        return ColourDepth.TRUECOLOUR
    if "256" in term or any(name in term for name in _ANSWERS_256):
        return ColourDepth.PALETTE_256
    return ColourDepth.PALETTE_16


def prepare_colour(choice: str, environment: MutableMapping[str, str]) -> ColourDepth:
    """Settle the depth for ``--color CHOICE`` and tell Textual through the environment. Call before importing it.

    ``auto`` follows the environment, ``NO_COLOR`` included; an explicit choice wins over it.
    """
    depth = detect_colour(environment) if choice == "auto" else ColourDepth(choice)
    environment["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL_NAME[depth]
    environment["TEXTUAL_ANIMATIONS"] = "none"
    environment.pop("TEXTUAL_THEME", None)
    # Textual would answer NO_COLOR with shades of grey in truecolor; no colour at all is arranged by the app.
    environment.pop("NO_COLOR", None)
    return depth
