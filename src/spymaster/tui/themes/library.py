"""Themes: TOML files that give every role of the cockpit a colour.

A theme names the roles; what is derived from them (dims, tints, the ink rule of the heatmap) is worked out here, once.
Projections name styles as described in ``spymaster.view.drawing.cells``; ``Theme.style`` turns such a name into a
style.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.color import Color
from rich.style import Style

from spymaster import resources
from spymaster.tui.themes.theme_file import Colour, ThemeError, ThemeFile, parse_theme
from spymaster.view.market.heat_scale import STEPS

DEFAULT: Final = "dark"

XTERM_LEVELS: Final = (0, 95, 135, 175, 215, 255)
"""The six values of a channel in the colour cube of xterm's 256 colours."""


def xterm_rgb(number: int) -> tuple[int, int, int]:
    """What xterm shows for one of its colours 16 to 255."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return grey, grey, grey
    rest = number - 16
    return XTERM_LEVELS[rest // 36], XTERM_LEVELS[rest // 6 % 6], XTERM_LEVELS[rest % 6]


def rgb(colour: Colour) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    if isinstance(colour, int):
        return xterm_rgb(colour)
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(colour: Colour, ground: Colour, share: float) -> str:
    """``share`` of a colour over a ground."""
    parts = (round(a * share + b * (1 - share)) for a, b in zip(rgb(colour), rgb(ground), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1, as WCAG 2 defines it."""
    parts = [value / 255 for value in rgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: Colour, b: Colour) -> float:
    """Contrast ratio of two colours, 1 to 21, as WCAG 2 defines it."""
    bright, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@dataclass(frozen=True, eq=False)
class Theme:
    """A usable theme. Two themes are the same only if they are the same object: caches are keyed by it."""

    name: str
    title: str
    file: ThemeFile
    _styles: dict[str, Style] = field(default_factory=dict, repr=False)

    @property
    def palette(self) -> bool:
        """Whether the colours are numbers of xterm's palette."""
        return self.file.fixed is not None

    def style(self, name: str) -> Style:
        """The style of that name. Raises ``KeyError`` for an unknown role."""
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._make(name)
        return style

    def hex(self, name: str) -> str:
        """A colour as ``#rrggbb``, for style sheets."""
        red, green, blue = rgb(self.colour(name))
        return f"#{red:02x}{green:02x}{blue:02x}"

    def _make(self, name: str) -> Style:
        ink, _, ground = name.partition("/")
        bold = ink.endswith("*")
        fore, back = self.pair(ink.rstrip("*"), ground or "ground")
        return Style(color=_rich(fore), bgcolor=_rich(back), bold=bold or None)

    def pair(self, ink: str, ground: str) -> tuple[Colour, Colour]:
        """Ink and ground as they are painted together: here the rules of the heatmap apply."""
        heat = self.file.heat
        if ground.startswith("clamp:"):
            step = self._step(int(ground[6:]))
            if step >= len(heat.ramp) - 2:
                return self.colour(ink), heat.ramp[step]
            return self.colour(ink.removeprefix("ribbon:")), heat.ramp[min(step, heat.clamp)]
        if ink.startswith("on:"):
            bright = ground.startswith("heat:") and self._step(int(ground[5:])) >= heat.ink_from
            return (heat.ink if bright else self.colour(ink[3:])), self.colour(ground)
        return self.colour(ink), self.colour(ground)

    def colour(self, name: str) -> Colour:
        """The colour of a name. Raises ``KeyError`` for an unknown role."""
        kind, _, rest = name.partition(":")
        if not rest:
            return self._plain(name)
        if kind == "heat":
            return self.file.heat.ramp[self._step(int(rest))]
        if kind == "dim":
            return self._dim(rest)
        if kind == "fade":
            fixed = self.file.fixed
            return fixed.fade if fixed else mix(self.colour(rest), self._plain("ground"), self.file.tints.fade)
        if kind == "weak":
            fixed = self.file.fixed
            return fixed.weak if fixed else mix(self._plain(rest), self._plain("ground"), self.file.tints.weak)
        if kind == "ribbon":
            fixed = self.file.fixed
            return fixed.ribbons[rest] if fixed else mix(self._plain(rest), self.file.heat.ink, self.file.tints.ribbon)
        if kind == "force":
            role, _, ground = rest.partition(":")
            fixed = self.file.fixed
            return fixed.force if fixed else mix(self._plain(role), self._plain(ground), self.file.tints.force)
        raise KeyError(name)

    def _step(self, step: int) -> int:
        return step * len(self.file.heat.ramp) // STEPS

    def _dim(self, role: str) -> Colour:
        if self.file.fixed is not None:
            return self.file.fixed.dims.get(role, self.file.fixed.dim)
        return mix(self._plain(role), self._plain("ground"), self.file.tints.dim)

    def _plain(self, name: str) -> Colour:
        if (colour := self.file.roles.get(name)) is not None:
            return colour
        fixed, tints = self.file.fixed, self.file.tints
        if name == "alarm":
            return fixed.alarm if fixed else mix(self._plain("blind"), self._plain("ground"), tints.alarm)
        mode, _, kind = name.partition("_")
        if mode in ("replay", "simulated") and kind in ("soft", "loop"):
            if fixed is not None:
                return fixed.bands[name]
            share = tints.soft if kind == "soft" else tints.loop
            return mix(self._plain(f"{mode}_text"), self._plain(f"{mode}_band"), share)
        raise KeyError(name)


def _rich(colour: Colour) -> Color:
    return Color.from_ansi(colour) if isinstance(colour, int) else Color.parse(colour)


@dataclass(frozen=True, slots=True)
class ThemeLibrary:
    """All themes that could be read, and one line for each file that could not."""

    themes: Mapping[str, Theme]
    failures: tuple[str, ...] = ()

    def get(self, name: str) -> Theme:
        """The theme of that name. Raises ``ThemeError`` that lists the names."""
        if (theme := self.themes.get(name)) is None:
            raise ThemeError(f"theme {name}", "there is no such theme", f"choose from {', '.join(sorted(self.themes))}")
        return theme


def read_theme(path: Path) -> Theme:
    """Read one theme file; its name is the file's. Raises ``ThemeError`` that names file, key and remedy."""
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeError(path, f"is not TOML ({error})", "mend it there") from error
    except OSError as error:
        raise ThemeError(path, f"cannot be read ({error.strerror})", "check its permissions") from error
    file = parse_theme(table, str(path))
    return Theme(path.stem, file.title, file)


def load_themes(user_folder: Path | None = None) -> ThemeLibrary:
    """The packaged themes and those of the user's folder, which win where names are equal.

    Raises ``ThemeError`` only for a packaged theme; a bad file of the user's is listed in ``failures``.
    """
    themes = {theme.name: theme for theme in map(read_theme, sorted(resources.themes_dir().glob("*.toml")))}
    failures: list[str] = []
    folder = sorted(user_folder.glob("*.toml")) if user_folder is not None and user_folder.is_dir() else []
    for path in folder:
        try:
            theme = read_theme(path)
        except ThemeError as error:
            failures.append(str(error))
        else:
            themes[theme.name] = theme
    return ThemeLibrary(themes, tuple(failures))
