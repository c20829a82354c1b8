"""The ledger of a level's tests: each attempt with what it cost, how far it came, how it ended and how long it took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from spymaster.market.kinds import NS_PER_S
from spymaster.signals.frame import TouchView
from spymaster.signals.header_parts import PastTests
from spymaster.view.drawing.cells import Line, Row
from spymaster.view.drawing.glyphs import SIGNAL_NAMES, SIGNAL_ROLES
from spymaster.view.drawing.numbers import MISSING, age, clock, short, signed
from spymaster.view.drawing.part_rows import PartLook, text_row, title_row
from spymaster.view.drawing.sections import Section

NONE_YET: Final = "none yet this session"
_CODES: Final = {"BREAK": 1, "REJECT": 2}
_SHOWN: Final = (12, 8, 6, 4, 3, 2, 1)


def tests_section(touches: Sequence[TouchView], now_ns: int, look: PartLook, past: PastTests | None) -> Section:
    """The tests of the session, the newest last, with what all of them cost; above them those of the days before."""
    before = past_rows(past, look)
    if not touches:
        return Section(8, ((title_row(look, "TESTS"), *before, text_row(look.width, NONE_YET)),), 4)
    spent = [touch.traded for touch in touches if not math.isnan(touch.traded)]
    all_of_it = f", {short(sum(spent), 5)} lots" if spent else ""
    title = title_row(look, "TESTS", f"{len(touches)} this session{all_of_it}" if look.wide else f"{len(touches)}")
    rows = tuple(_test(touch, now_ns, look) for touch in touches)
    shown = tuple((title, *before, _head(look), *rows[-most:]) for most in _SHOWN if most <= max(len(rows), 1))
    return Section(8, shown, 2)


def past_rows(past: PastTests | None, look: PartLook) -> tuple[Row, ...]:
    """What became of the level's tests on the days before, beside what prices like any other do; none where nothing is
    known."""
    if past is None:
        return ()
    if past.note:
        return (text_row(look.width, past.note),)
    days = f"{past.days} day{'s' if past.days != 1 else ''}"
    if not past.days:
        return (text_row(look.width, "no days before in the lake"),)
    if not past.tests:
        return (text_row(look.width, f"{days} before: no test"),)
    line = Line(look.width)
    tests = f"{past.tests} test{'s' if past.tests != 1 else ''}"
    base = "" if past.base is None else f"; base {past.base:.1f}"
    line.put(0, f"{days}: {tests}, {past.held} held{base}" if look.wide else f"{tests}: {past.held} held{base}", "text")
    return (line.row(),)


def _ends(look: PartLook) -> tuple[int, int, int, int]:
    """The last cells of lots, excursion, time and score; -1 for the time where there is no room."""
    width = look.width
    return (width - 16, width - 10, width - 4, width - 1) if look.wide else (width - 10, width - 4, -1, width - 1)


def _head(look: PartLook) -> Row:
    line = Line(look.width)
    lots, beyond, took, score = _ends(look)
    line.put(0, "began", "muted")
    line.put(9, "outcome" if look.wide else "", "muted")
    line.right(lots, "lots", "muted")
    line.right(beyond, "past", "muted")
    if took >= 0:
        line.right(took, "took", "muted")
    line.right(score, "S", "muted")
    return line.row()


def _test(touch: TouchView, now_ns: int, look: PartLook) -> Row:
    """Begin, what came of it, the contracts filled, how far beyond the level it went, how long it lasted, the score."""
    glyphs = look.set
    line = Line(look.width)
    lots, beyond, took, score = _ends(look)
    is_open = touch.until_ns is None
    line.put(0, clock(touch.t_ns), "muted")
    code = _CODES.get(touch.signal, 0)
    towards = touch.direction if code == 1 else -touch.direction
    if code:
        word = f"{glyphs.signals[code]} {SIGNAL_NAMES[code]} " if look.wide else f"{glyphs.signals[code]} "
        line.put(9, word + (glyphs.up if towards > 0 else glyphs.down), SIGNAL_ROLES[code], bold=True)
    elif look.wide:
        line.put(9, "open" if is_open else "no signal", "text" if is_open else "muted")
    else:
        line.put(9, glyphs.dot, "muted")
    line.right(lots, MISSING if math.isnan(touch.traded) else short(touch.traded, 5), "text")
    line.right(beyond, signed(touch.excursion, 2, glyphs.minus), "text")
    if took >= 0:
        lasted_ns = (now_ns if is_open else touch.until_ns or now_ns) - touch.t_ns
        line.right(took, age(round(lasted_ns / NS_PER_S) * NS_PER_S), "text" if is_open else "muted")
    if not math.isnan(touch.score):
        line.right(score, f"{touch.score:.0f}", SIGNAL_ROLES[code] if code else "muted", bold=True)
    return line.row()
