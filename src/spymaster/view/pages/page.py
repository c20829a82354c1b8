"""What all pages have in common: the cockpit's edges, a title, and rows that may be longer than the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from spymaster.signals.frame import Frame
from spymaster.view.between_edges import EDGES
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip, text_of
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.edges.footer import footer_row, note_row
from spymaster.view.layout import Grade, Layout, Rect, layout_for
from spymaster.view.level_detail import edge_panels
from spymaster.view.state import ViewState


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a page says of itself. ``first``: the first of its rows that is shown; ``find``: what was looked for."""

    title: str
    words: str = ""
    first: int = 0
    find: str = ""


@lru_cache(maxsize=32)
def page_rects(width: int, height: int, time_bar: bool, alone: bool = False) -> Layout:
    """The rows at the edges as on the cockpit, between them title and page. ``alone``: there is no cockpit below, so
    one row with the program's name stands where its headers would."""
    base = layout_for(width, height, time_bar)
    if base.grade is Grade.TINY:
        return Layout(width, height, base.grade, {"page": Rect(0, 0, width, max(height, 1))})
    rects = {name: rect for name, rect in base.rects.items() if name in EDGES}
    top = 2 if base.two_headers and not alone else 1
    if alone:
        for name in ("header_right", "trust_left", "trust_right"):
            rects.pop(name, None)
        rects["header_left"] = Rect(0, 0, width, 1)
    airy = height >= 30
    top += 1 if airy else 0
    rects["page_title"] = Rect(1, top, width - 2, 1)
    top += 2 if airy else 1
    bottom = height - 1 - (1 if "time_bar" in rects else 0) if "footer" in rects else height
    rects["note"] = Rect(1, bottom - 1, width - 2, 1)
    rects["page"] = Rect(2, top, width - 4, max(bottom - 1 - top, 1))
    return Layout(width, height, base.grade, rects, two_headers=base.two_headers)


def page_panels(frame: Frame | None, rows: Rows, look: PageLook, state: ViewState, layout: Layout) -> Panels:
    """All rows of a page of which ``rows`` is everything it has to say."""
    out = page_edges(frame, state, layout)
    rect = layout.rects["page"]
    shown = rows[look.first : look.first + rect.height]
    out["page"] = (*shown, *(blank(rect.width),) * (rect.height - len(shown)))
    if title := layout.rect("page_title"):
        out["page_title"] = (_title(look, len(rows), rect.height, title.width),)
    return out


def page_edges(frame: Frame | None, state: ViewState, layout: Layout) -> Panels:
    """The rows that follow every frame: headers, what is said, time bar and keys."""
    if layout.rect("header_right") is None and (bar := layout.rect("header_left")):
        out: Panels = {"header_left": (_name_row(bar.width),)}
        if keys := layout.rect("footer"):
            out["footer"] = (footer_row(state.keys, keys.width),)
    else:
        out = edge_panels(frame, state, layout, state.keys) if layout.rect("header_left") else {}
    if note := layout.rect("note"):
        glyphs = SETS[state.glyphs]
        said = note_row("", state.note, "bright", glyphs.mark, note.width)
        out["note"] = (said if state.note else ((glyphs.rule * note.width, "rule"),),)
    return out


def _name_row(width: int) -> Row:
    line = Line(width, "raised")
    x = line.put(1, "spymaster-tui", "bright", bold=True)
    line.put(x + 3, clip("break or reject, how sure, and why", max(width - x - 4, 0)), "muted")
    return line.row()


def _title(look: PageLook, rows: int, height: int, width: int) -> Row:
    line = Line(width)
    x = line.put(1, look.title, "bright", bold=True)
    last = min(look.first + height, rows)
    where = f"{look.first + 1} to {last} of {rows}" if rows > height else ""
    found = f"only what holds {look.find!r}" if look.find else ""
    right = "   ".join(part for part in (found, where) if part)
    line.right(width - 2, clip(right, width - x - 3), "degraded" if found else "muted")
    line.put(x + 3, clip(look.words, max(width - x - 8 - len(right), 0)), "muted")
    return line.row()


def holding(rows: Sequence[Row], find: str) -> Rows:
    """The rows that hold what is looked for, in upper or lower letters."""
    return tuple(row for row in rows if find.lower() in text_of(row).lower())
