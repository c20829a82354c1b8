"""What remains below 40 x 12 cells: spot, nearest level, signal and trust on four lines."""

from __future__ import annotations

from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import Line, Row, Rows, Run
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, SIGNAL_ROLES, STATE_NAMES, STATE_ROLES
from spymaster.view.drawing.numbers import MISSING, price
from spymaster.view.edges.header import band_of, light
from spymaster.view.edges.practice import WORD, practice_of
from spymaster.view.levels.items import LevelItem, picked_item
from spymaster.view.state import ViewState


def tiny_rows(frame: Frame | None, items: tuple[LevelItem, ...], state: ViewState, width: int, height: int) -> Rows:
    """Four rows, or as many as there are."""
    item = picked_item(items, state.picked)
    rows = (_spot(frame, width), _level(item, state, width), _signal(item, state, width), _trust(frame, state, width))
    return rows[:height]


def _spot(frame: Frame | None, width: int) -> Row:
    head = frame.header if frame is not None else None
    band = band_of(head)
    line = Line(width, band.ground)
    if head is None:
        line.put(0, "STARTING", "muted", bold=True)
        return line.row()
    word = "SIMULATED" if head.simulated else head.mode.value
    if practice_of(frame) is not None:
        word = WORD
    parts: list[Run] = [(f"{head.profile.upper()} ", band.soft), (f"{price(head.spot, 2)}", f"{band.loud}*")]
    x = line.runs(0, parts)
    if x + 1 + len(word) <= width:
        line.put(x + 1, word, "green" if band.ground == "raised" else band.soft, bold=True)
    return line.row()


def _level(item: LevelItem | None, state: ViewState, width: int) -> Row:
    line = Line(width)
    if item is None:
        line.put(0, "no level yet", "muted")
        return line.row()
    glyph = SETS[state.glyphs].states[item.state]
    line.runs(
        0,
        [
            (f"{price(item.price)} ", "text"),
            (f"{item.short} ", item.role),
            (f"{glyph} {STATE_NAMES[item.state]}", STATE_ROLES[item.state]),
        ],
    )
    return line.row()


def _signal(item: LevelItem | None, state: ViewState, width: int) -> Row:
    line = Line(width)
    if item is None:
        return line.row()
    score = str(round(item.score)) if item.seen else MISSING
    if item.signalling:
        role = SIGNAL_ROLES[item.signal] if item.in_window else "muted"
        glyph = SETS[state.glyphs].signals[item.signal]
        line.put(0, f"{score} {glyph} {SIGNAL_NAMES[item.signal]}", role, bold=True)
    else:
        line.put(0, f"{score} no signal", "muted")
    return line.row()


def _trust(frame: Frame | None, state: ViewState, width: int) -> Row:
    line = Line(width)
    x = 0
    for trust in frame.trust if frame is not None else ():
        glyph, role = light(trust, SETS[state.glyphs])
        x = line.runs(x, [(trust.name[:1].upper(), "muted"), (glyph + " ", role)])
    return line.row()
