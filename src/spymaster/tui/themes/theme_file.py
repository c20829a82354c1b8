"""The format of a theme file, checked key by key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from spymaster.errors import ExitCode, UserError

Colour: TypeAlias = str | int
"""``#rrggbb``, or a number of xterm's palette from 16 to 255 (the first sixteen are the user's own)."""

ROLES: Final = (
    *("ground", "raised", "selected", "rule", "hatch", "faint", "muted", "text", "bright"),
    *("bid", "ask", "bid_bar", "ask_bar", "best_bid_bar", "best_ask_bar", "last_path", "last_cell", "last_cell_text"),
    *("vacuum", "consumed", "weak", "neutral", "absorption", "wall", "break", "reject", "contest"),
    *("green", "degraded", "blind"),
    *("level_strike", "level_range", "level_average", "level_wall", "level_user"),
    *("force_b", "force_f", "force_t", "gamma_above", "gamma_below"),
    *("replay_band", "replay_text", "simulated_band", "simulated_text"),
)
_TINTS: Final = ("dim", "force", "alarm", "fade", "weak", "soft", "loop", "ribbon")
_BANDS: Final = ("replay_soft", "replay_loop", "simulated_soft", "simulated_loop")
_FIXED: Final = ("dim", "force", "alarm", "fade", "weak")
_RIBBONS: Final = ("vacuum", "consumed", "weak", "absorption", "wall")
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")


class ThemeError(UserError):
    """A theme cannot be used: file, key, remedy. Caught where the other themes of a folder are still good."""

    default_code: ClassVar[ExitCode] = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Tints:
    """Shares of a colour mixed into its ground, 0 to 1. ``ribbon``: of a state's colour mixed into the ink."""

    dim: float = 0.68
    force: float = 0.34
    alarm: float = 0.20
    fade: float = 0.35
    weak: float = 0.55
    soft: float = 0.68
    loop: float = 0.25
    ribbon: float = 0.38


@dataclass(frozen=True, slots=True)
class Fixed:
    """The tints of a palette, which cannot be mixed."""

    dim: int
    force: int
    alarm: int
    fade: int
    weak: int
    bands: Mapping[str, int]
    dims: Mapping[str, int]
    ribbons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Heat:
    """The ramp, the step from which marks turn to ``ink``, and the step ribbons are clamped to."""

    ramp: tuple[Colour, ...]
    ink_from: int
    ink: Colour
    clamp: int


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as its file says it. ``fixed`` only for palette colours."""

    title: str
    roles: Mapping[str, Colour]
    tints: Tints
    fixed: Fixed | None
    heat: Heat


def parse_theme(table: Mapping[str, Any], file: str) -> ThemeFile:
    """Check a theme's table. Raises ``ThemeError`` for the first thing that is wrong."""
    reader = _Reader(file)
    palette = reader.one_of(table, "colours", ("rgb", "xterm256")) == "xterm256"
    reader.only(table, ("title", "colours", "roles", "heat", "fixed" if palette else "tints"), "")
    roles = reader.section(table, "roles")
    reader.only(roles, ROLES, "roles.")
    colours = {role: reader.colour(roles, role, "roles.", palette) for role in ROLES}
    tints = reader.tints(reader.section(table, "tints")) if "tints" in table else Tints()
    fixed = reader.fixed(reader.section(table, "fixed")) if palette else None
    heat = reader.heat(reader.section(table, "heat"), palette)
    return ThemeFile(reader.text(table, "title"), colours, tints, fixed, heat)


class _Reader:
    """Takes values out of tables; every error names the file and the key."""

    def __init__(self, file: str) -> None:
        self._file = file

    def fail(self, key: str, problem: str, remedy: str) -> ThemeError:
        return ThemeError(f"{self._file}: {key}", problem, remedy)

    def only(self, table: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                raise self.fail(prefix + key, "unknown", f'did you mean "{near[0]}"?' if near else "remove it")

    def section(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = table.get(key)
        if not isinstance(value, dict):
            raise self.fail(key, "missing" if value is None else "is not a table", f"write a table [{key}]")
        return value

    def text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "is missing or empty", "write a text")
        return value

    def one_of(self, table: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
        value = table.get(key)
        if value not in words:
            raise self.fail(key, f"cannot be {value!r}", f"write one of {', '.join(words)}")
        return str(value)

    def colour(self, table: Mapping[str, Any], key: str, prefix: str, palette: bool) -> Colour:
        if key not in table:
            raise self.fail(prefix + key, "missing", "add a colour")
        return self.as_colour(table[key], prefix + key, palette)

    def as_colour(self, value: Any, key: str, palette: bool) -> Colour:
        if palette:
            return self.number(value, key)
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            raise self.fail(key, f"cannot be {value!r}", 'write a colour like "#1b2432"')
        return value.lower()

    def number(self, value: Any, key: str) -> int:
        if type(value) is not int or not 16 <= value <= 255:
            raise self.fail(key, f"cannot be {value!r}", "write a palette number from 16 to 255")
        return int(value)

    def tints(self, table: Mapping[str, Any]) -> Tints:
        self.only(table, _TINTS, "tints.")
        shares: dict[str, float] = {}
        for key, value in table.items():
            if type(value) not in (int, float) or not 0 <= value <= 1:
                raise self.fail(f"tints.{key}", f"cannot be {value!r}", "write a number from 0 to 1")
            shares[key] = float(value)
        return Tints(**shares)

    def fixed(self, table: Mapping[str, Any]) -> Fixed:
        self.only(table, (*_FIXED, *_BANDS, "dims", "ribbons"), "fixed.")
        numbers = {key: self.number(table.get(key), f"fixed.{key}") for key in (*_FIXED, *_BANDS)}
        dims, ribbons = self.section(table, "dims"), self.section(table, "ribbons")
        self.only(dims, ROLES, "fixed.dims.")
        self.only(ribbons, _RIBBONS, "fixed.ribbons.")
        return Fixed(
            **{key: numbers[key] for key in _FIXED},
            bands={key: numbers[key] for key in _BANDS},
            dims={key: self.number(value, f"fixed.dims.{key}") for key, value in dims.items()},
            ribbons={key: self.number(ribbons.get(key), f"fixed.ribbons.{key}") for key in _RIBBONS},
        )

    def heat(self, table: Mapping[str, Any], palette: bool) -> Heat:
        self.only(table, ("ramp", "ink_from", "ink", "clamp"), "heat.")
        ramp = table.get("ramp")
        if not isinstance(ramp, list) or not 4 <= len(ramp) <= 16:
            raise self.fail("heat.ramp", "is not a ramp", "write a list of 4 to 16 colours")
        colours = tuple(self.as_colour(value, f"heat.ramp[{at}]", palette) for at, value in enumerate(ramp))
        levels = {}
        for key in ("ink_from", "clamp"):
            value = table.get(key)
            if type(value) is not int or not 0 <= value < len(ramp):
                raise self.fail(f"heat.{key}", f"cannot be {value!r}", f"write a step from 0 to {len(ramp) - 1}")
            levels[key] = int(value)
        return Heat(colours, levels["ink_from"], self.colour(table, "ink", "heat.", palette), levels["clamp"])
