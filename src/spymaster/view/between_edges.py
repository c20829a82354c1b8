"""What lies over the cockpit stands between its edges: the room for it, the same for every screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spymaster.view.layout import Grade, Layout, Rect, layout_for

EDGES: Final = ("header_left", "header_right", "trust_left", "trust_right", "time_bar", "footer", "tiny")
"""Panels that stay where they are on the cockpit."""
_AIRY: Final = 36


@dataclass(frozen=True, slots=True)
class Between:
    """Room for a screen. ``rects``: of the edges and of its title, to be added to. ``top``, ``bottom``: its first row
    and the one behind its last. ``airy``: whether blank rows can be spared. Too small a screen has no title, no room.
    """

    base: Layout
    rects: dict[str, Rect]
    top: int
    bottom: int
    airy: bool

    def layout(self) -> Layout:
        """All rectangles as a layout."""
        base = self.base
        two_headers = base.two_headers and base.grade is not Grade.TINY
        return Layout(base.width, base.height, base.grade, self.rects, two_headers=two_headers)


def between_edges(width: int, height: int, time_bar: bool, title: str) -> Between:
    """The room below a title of one row (``title`` is its name) and above the time bar and the keys."""
    base = layout_for(width, height, time_bar)
    rects = {name: rect for name, rect in base.rects.items() if name in EDGES}
    airy = height >= _AIRY
    if base.grade is Grade.TINY:
        return Between(base, rects, 0, 0, airy)
    top = (2 if base.two_headers else 1) + (1 if airy else 0)
    rects[title] = Rect(1, top, width - 2, 1)
    bottom = height - ("time_bar" in rects) - ("footer" in rects)
    return Between(base, rects, top + (2 if airy else 1), bottom, airy)
