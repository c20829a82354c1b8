"""A screen as an SVG picture."""

from __future__ import annotations

from typing import Any

from textual.app import App


def picture(app: App[Any]) -> str:
    """The SVG text of what the app shows now. Blanks at the start of a text are kept by every viewer."""
    svg = app.export_screenshot(title=app.title, simplify=True)
    return svg.replace("<text ", '<text xml:space="preserve" ')
