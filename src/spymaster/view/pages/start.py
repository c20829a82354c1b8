"""The start screen: what can be started, grouped, with what each thing is and what it lacks."""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spymaster.view.drawing.cells import Line, Row, Rows, blank, clip
from spymaster.view.drawing.glyphs import SETS, Glyphs
from spymaster.view.edges.footer import footer_row
from spymaster.view.state import Keys

WIDEST: Final = 132
_TITLE: Final = 30
_FORM: Final = 12
_DETAIL_ROWS: Final = 5


class Kind(enum.StrEnum):
    """What can be started."""

    LIVE = "live"
    DEMO_DAY = "demo day"
    RECENT = "recent"
    RECORDING = "recording"
    JOURNAL = "journal"
    LAKE = "lake"
    DEMO = "demo"


HEADS: Final[Mapping[Kind, str]] = {
    Kind.LIVE: "LIVE",
    Kind.DEMO_DAY: "LIVE",
    Kind.RECENT: "RECENT",
    Kind.RECORDING: "RECORDINGS",
    Kind.JOURNAL: "JOURNALS",
    Kind.LAKE: "LAKES",
    Kind.DEMO: "DEMO",
}


@dataclass(frozen=True, slots=True)
class StartChoice:
    """One thing to start. ``form``: what it is in a word; ``detail`` says more; ``missing``: why it cannot be started
    now, and ``remedy`` what to do about that; empty if it can. ``profile``: of a live session."""

    kind: Kind
    title: str
    detail: str = ""
    path: Path | None = None
    missing: str = ""
    remedy: str = ""
    form: str = ""
    profile: str = ""

    def holds(self, find: str) -> bool:
        """Whether a word is found in what is said of it."""
        said = " ".join((HEADS[self.kind], self.title, self.form, self.detail, str(self.path or "")))
        return find.lower() in said.lower()


@dataclass(frozen=True, slots=True)
class StartLook:
    """What the screen shows beside the choices. ``picked``: of those shown; ``find``: what was looked for; ``notes``:
    lines about what could not be read."""

    picked: int = 0
    find: str = ""
    notes: tuple[str, ...] = ()
    keys: Keys = ()
    glyphs: str = "unicode"


def start_rows(choices: Sequence[StartChoice], look: StartLook, width: int, height: int) -> Rows:
    """The whole screen: a head, the list with the picked choice in sight, what is to be said of it, the keys."""
    inner = min(width - 4, WIDEST)
    left = (width - inner) // 2
    signs = SETS[look.glyphs]
    listed, picked_row = _list(choices, look, inner, signs)
    detail = _detail(choices[look.picked] if choices else None, look, inner, signs)
    airy = height >= 30
    head = [blank(inner)] * airy + _head(inner) + [blank(inner)]
    room = max(height - len(head) - len(detail) - 2, 1)
    first = min(max(picked_row - room // 2, 0), max(len(listed) - room, 0))
    shown = listed[first : first + room]
    if first:
        shown[0] = _more(f"{signs.up} more", inner)
    if first + room < len(listed):
        shown[-1] = _more(f"{signs.down} more", inner)
    body = [*head, *shown, *[blank(inner)] * (room - len(shown)), blank(inner), *detail]
    rows = [_within(row, left, width - left - inner) for row in body[: max(height - 1, 0)]]
    return (*rows, footer_row(look.keys, width))


def _within(row: Row, left: int, right: int) -> Row:
    return (*blank(left), *row, *blank(right))


def _head(width: int) -> list[Row]:
    line = Line(width)
    x = line.put(0, "spymaster-tui", "bright", bold=True)
    line.put(x + 3, clip("break or reject, how sure, and why", max(width - x - 3, 0)), "muted")
    return [line.row()]


def _more(text: str, width: int) -> Row:
    line = Line(width)
    line.put(2, text, "muted")
    return line.row()


def _list(choices: Sequence[StartChoice], look: StartLook, width: int, signs: Glyphs) -> tuple[list[Row], int]:
    rows: list[Row] = []
    head, picked_row = "", 0
    for at, choice in enumerate(choices):
        if HEADS[choice.kind] != head:
            head = HEADS[choice.kind]
            if rows:
                rows.append(blank(width))
            line = Line(width)
            line.put(2, head, "muted", bold=True)
            rows.append(line.row())
        if at == look.picked:
            picked_row = len(rows)
        rows.append(_choice(choice, at == look.picked, width, signs))
    if not choices:
        line = Line(width)
        line.put(2, f"nothing here holds {look.find!r}", "muted")
        rows.append(line.row())
    return rows, picked_row


def _choice(choice: StartChoice, picked: bool, width: int, signs: Glyphs) -> Row:
    line = Line(width, "selected" if picked else "ground")
    if picked:
        line.put(0, signs.mark, "bright")
    lacks = bool(choice.missing)
    line.put(2, clip(choice.title, _TITLE - 1), "muted" if lacks else "bright" if picked else "text", bold=picked)
    x = 2 + _TITLE
    if width >= 100:
        line.put(x, clip(choice.form, _FORM - 1), "muted")
        x += _FORM
    text = choice.missing if lacks else choice.detail
    line.put(x, clip(text, max(width - x - 1, 0)), "degraded" if lacks else "muted")
    return line.row()


def _detail(choice: StartChoice | None, look: StartLook, width: int, signs: Glyphs) -> list[Row]:
    """What is picked, in full, in as many rows for every choice: nothing jumps."""
    said: list[tuple[str, str]] = [(note, "degraded") for note in look.notes[:2]]
    if look.find:
        said.append((f"only what holds {look.find!r}", "degraded"))
    if choice is not None:
        said += [(str(choice.path), "text")] if choice.path is not None else []
        if choice.missing:
            said += [(choice.missing, "degraded"), (choice.remedy, "bright")]
        else:
            said.append((choice.detail, "muted"))
    rows: list[Row] = [((signs.rule * width, "rule"),)]
    for text, ink in said:
        for part in textwrap.wrap(text, max(width - 2, 8)):
            line = Line(width)
            line.put(2, part, ink)
            rows.append(line.row())
    rows = rows[:_DETAIL_ROWS]
    return [*rows, *[blank(width)] * (_DETAIL_ROWS - len(rows))]
