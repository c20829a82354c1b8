"""Pictures of screens as snapshots: plain SVG without fonts, ids or anything that differs between two runs.

``snap`` and ``snap_panels`` are fixtures: ``assert await snap(app)`` inside ``app.run_test()``. Update with
``pytest --snapshot-update``. What a screen says is cheaper as text: ``screen_text``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from html import escape
from typing import Any, Final

import pytest
from rich.color import Color
from rich.style import Style
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip

from tests.support.screens import CockpitApp

MAX_BYTES: Final = 400_000
MAX_BYTES_TOGETHER: Final = 15_000_000
_CELL: Final = (10, 22)

Snap = Callable[[App[Any]], Awaitable[bool]]
SnapPanels = Callable[[CockpitApp, Sequence[str]], Awaitable[bool]]


class SvgExtension(SingleFileSnapshotExtension):
    """One ``.svg`` file for each snapshot."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


def screen_svg(app: App[Any]) -> str:
    """What the app shows, one text for each run of a style."""
    return strips_svg(app.screen._compositor.render_strips())


def panels_svg(app: CockpitApp, names: Sequence[str]) -> str:
    """The part of the screen that panels of the cockpit cover, each at its own size. All of them must be shown."""
    widgets = [app.panels.widget(name) for name in names]
    assert all(widget.display for widget in widgets)
    region = Region.from_union([widget.region for widget in widgets])
    lines = app.screen._compositor.render_strips()[region.y : region.bottom]
    return strips_svg(strip.crop(region.x, region.right) for strip in lines)


def screen_text(app: App[Any]) -> str:
    """What the app says, without colours; blanks at the ends of lines are cut off."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def strips_svg(strips: Iterable[Strip]) -> str:
    """Strips as SVG: a class for each style, in the order of its first use."""
    classes: dict[tuple[str, str, bool], str] = {}
    body: list[str] = []
    width = height = 0
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            look = _look(segment.style)
            if segment.text.strip() or look[1]:
                name = classes.setdefault(look, f"s{len(classes)}")
                body.append(_run(x, y, segment.text, name, look[1]))
            x += len(segment.text)
        width, height = max(width, x), y + 1
    styles = "".join(_css(name, *look) for look, name in classes.items())
    size = f'width="{width * _CELL[0]}" height="{height * _CELL[1]}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" {size}>'
    text = "text{font:16.6px monospace;white-space:pre}"
    return f"{head}\n<style>{text}{styles}</style>\n" + "\n".join(body) + "\n</svg>\n"


def _look(style: Style | None) -> tuple[str, str, bool]:
    if style is None:
        return "", "", False
    fore, back = _hex(style.color), _hex(style.bgcolor)
    return (back, fore, bool(style.bold)) if style.reverse else (fore, back, bool(style.bold))


def _hex(color: Color | None) -> str:
    return "" if color is None or color.is_default else color.get_truecolor().hex


def _css(name: str, fore: str, back: str, bold: bool) -> str:
    weight = ";font-weight:bold" if bold else ""
    return f".{name}{{fill:{fore or '#888'}{weight}}}" + (f".{name}b{{fill:{back}}}" if back else "")


def _run(x: int, y: int, text: str, name: str, back: str) -> str:
    left, top, wide = x * _CELL[0], y * _CELL[1], len(text) * _CELL[0]
    ground = f'<rect x="{left}" y="{top}" width="{wide}" height="{_CELL[1]}" class="{name}b"/>' if back else ""
    if not text.strip():
        return ground
    return f'{ground}<text x="{left}" y="{top + 16}" textLength="{wide}" class="{name}">{escape(text)}</text>'


@pytest.fixture
def plain_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing the environment says about colours and animations is heard."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_DIM_FACTOR", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FILTERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def snap(snapshot: SnapshotAssertion, plain_colours: None) -> Snap:
    """Compare what an app shows with its snapshot."""
    pictures = snapshot.use_extension(SvgExtension)

    async def compare(app: App[Any]) -> bool:
        return bool(_small(screen_svg(app)) == pictures)

    return compare


@pytest.fixture
def snap_panels(snapshot: SnapshotAssertion, plain_colours: None) -> SnapPanels:
    """Compare some panels of the cockpit with their snapshot."""
    pictures = snapshot.use_extension(SvgExtension)

    async def compare(app: CockpitApp, names: Sequence[str]) -> bool:
        return bool(_small(panels_svg(app, names)) == pictures)

    return compare


def _small(picture: str) -> str:
    assert len(picture.encode()) <= MAX_BYTES
    return picture
