"""What was found of this machine, as rows: what is well, what needs a look, and what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

import msgspec

from spymaster.view.drawing.cells import Line, Row, Rows, blank
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.pages.blocks import text_line

_WORDS_AT: Final = 19


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. ``remedy``: what to do, empty where nothing need be done."""

    what: str
    is_well: bool
    words: str
    remedy: str = ""


class TerminalSeen(msgspec.Struct, frozen=True):
    """What a screen knows of its terminal. ``colours``: the depth in a word; ``rtt_s`` None: it does not answer, or has
    not yet; ``bytes_per_s`` None: nothing has told yet."""

    columns: int
    rows: int
    colours: str
    rtt_s: float | None = None
    bytes_per_s: float | None = None


def doctor_rows(findings: Sequence[Finding], is_done: bool, width: int, glyphs: str = "unicode") -> Rows:
    """What needs a look first, then what is well, each in the order it was found."""
    signs = SETS[glyphs]
    rows: list[Row] = []
    look = [one for one in findings if not one.is_well]
    well = [one for one in findings if one.is_well]
    state = "still looking" if not is_done else "nothing needs a look" if not look else f"{len(look)} to look at"
    rows.append(text_line(state, width, "muted" if not is_done else "degraded" if look else "green", bold=is_done))
    for mark, ink, found in ((signs.degraded, "degraded", look), (signs.green, "green", well)):
        if found:
            rows.append(blank(width))
        for one in found:
            rows += _finding(one, mark, ink, width)
    return tuple(rows)


def _finding(one: Finding, mark: str, ink: str, width: int) -> list[Row]:
    out = []
    said = [(part, "text") for part in textwrap.wrap(one.words, max(width - _WORDS_AT, 20)) or [""]]
    said += [(part, "bright") for part in textwrap.wrap(one.remedy, max(width - _WORDS_AT, 20))]
    for at, (text, role) in enumerate(said):
        line = Line(width)
        if at == 0:
            line.put(0, mark, ink, bold=True)
            line.put(2, one.what, ink if not one.is_well else "muted")
        line.put(_WORDS_AT, text, role)
        out.append(line.row())
    return out
