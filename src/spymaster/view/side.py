"""The column right of the ladder: gamma by strike where options flow, and the focus on one level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.signals.frame import Frame
from spymaster.view.drawing.cells import Line, Row, Rows, Run, blank, clip
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, SIGNAL_ROLES, STATE_NAMES, STATE_ROLES
from spymaster.view.drawing.meter import put_meter
from spymaster.view.drawing.numbers import MISSING, price
from spymaster.view.drawing.part_rows import PartLook, text_row
from spymaster.view.drawing.sections import Section, column_rows
from spymaster.view.edges.last_alert import last_outcome_section
from spymaster.view.levels import level_parts as parts
from spymaster.view.levels.fuel import fuel_section
from spymaster.view.levels.items import CONFIDENCE_NAMES, LevelItem, facts_of, stacked
from spymaster.view.levels.said import model_sections
from spymaster.view.options.flow_wave import wave_rows
from spymaster.view.options.strike_grid import strike_rows
from spymaster.view.options.texts import fuel_facts, options_text

_FOCUS_ROWS: Final = 10
_STRIKE_ROWS: Final = 10
_WAVE_LANE: Final = 4
_TALL: Final = 30
"""Rows the focus keeps beside the strikes, rows the strikes keep beside the wave, of the wave's half in a tall column,
and what is a tall column."""


@dataclass(frozen=True, slots=True)
class SideLook:
    """What the column depends on besides the level: cells, blindness, and which of its two halves is wanted."""

    width: int
    height: int
    blind: bool
    which: str
    glyphs: str
    without: str = ""


def side_rows(frame: Frame, item: LevelItem | None, items: Sequence[LevelItem], look: SideLook) -> Rows:
    """Strikes and focus, one above the other. ``items``: all levels, for those that stand together with this one."""
    top: Rows = () if look.which == "focus" else _options(frame, look)
    if look.which == "strikes":
        return (top + (blank(look.width),) * (look.height - len(top)))[: look.height]
    if top:
        top = (*top, blank(look.width))
    room = look.height - len(top)
    if room < 3:
        return (top + (blank(look.width),) * look.height)[: look.height]
    return top + column_rows(_focus(frame, item, tuple(items), look), look.width, room)


def _options(frame: Frame, look: SideLook) -> Rows:
    """Strikes and flow wave, in all rows or in those the focus can spare."""
    room = look.height - (_FOCUS_ROWS + 1 if look.which == "auto" else 0)
    lane = _WAVE_LANE if look.which == "strikes" else _WAVE_LANE // 2
    lane = lane if look.height >= _TALL else 1
    wave: Rows = ()
    if len(frame.strikes) and (look.height >= _TALL or look.which == "strikes"):
        wave = wave_rows(frame.option_flow, frame.t_ns, look.width, lane, "", look.glyphs)
        wave = (blank(look.width), *wave) if room - len(wave) > _STRIKE_ROWS else ()
    return strike_rows(frame, look.width, room - len(wave), look.glyphs) + wave


def _focus(frame: Frame, item: LevelItem | None, items: tuple[LevelItem, ...], look: SideLook) -> list[Section]:
    if item is None:
        waiting = (text_row(look.width, "FOCUS", bold=True), text_row(look.width, "waiting for a level"))
        return [Section(0, (waiting,))]
    facts = {} if look.blind else facts_of(frame, item.id) | fuel_facts(frame)
    part = PartLook(look.width, look.blind, options_text(frame), look.glyphs, look.without)
    return [
        Section(0, ((_focus_title(item, look), *_state_rows(item, look)),)),
        Section(1, (_meter_rows(item, look),)),
        last_outcome_section(frame.alerts, item.id, part, 2),
        *model_sections(frame, item, part),
        parts.components_section(item, part, 4, 2),
        fuel_section(facts, part, 3),
        parts.barrier_section(item, facts, part, 13, 9),
        parts.tags_section(facts, part, 8),
        parts.ofi_section(facts, part, 10, 6),
        parts.approach_section(facts, part, 11, 5),
        parts.tape_section(facts, part, 14),
        parts.context_section(facts, part, 12),
        parts.runway_section(item, part, 3),
        parts.confluence_section(item, stacked(items, item), facts, part, 10, 4),
    ]


def _focus_title(item: LevelItem, look: SideLook) -> Row:
    line = Line(look.width)
    line.put(0, "FOCUS", "muted", bold=True)
    text = f"{price(item.price)} {item.name}"
    line.right(look.width - 1, clip(text if look.width >= 30 else item.short, look.width - 6), item.role)
    return line.row()


def _state_rows(item: LevelItem, look: SideLook) -> list[Row]:
    glyphs = SETS[look.glyphs]
    if look.blind:
        return [text_row(look.width, f"{glyphs.blind} blind")]
    state = Line(look.width)
    state.put(0, f"{glyphs.states[item.state]} {STATE_NAMES[item.state]}", STATE_ROLES[item.state], bold=True)
    if not math.isnan(item.chance):
        state.right(look.width - 1, f"{item.chance * 100:.0f} %", "text")
    signal = Line(look.width)
    role = SIGNAL_ROLES[item.signal] if item.in_window else "muted"
    if item.signalling:
        x = signal.put(0, f"{glyphs.signals[item.signal]} {SIGNAL_NAMES[item.signal]}", role, bold=item.in_window)
        if item.arrow:
            signal.put(x + 1, glyphs.up if item.arrow > 0 else glyphs.down, role)
    else:
        signal.put(0, "no signal", "muted")
    if item.seen:
        signal.right(look.width - 1, CONFIDENCE_NAMES[item.confidence], "text" if item.confidence == 2 else "muted")
    return [state.row(), signal.row()]


def _meter_rows(item: LevelItem, look: SideLook) -> Rows:
    """Break is the score, reject what is left to 100: the two ends of one meter."""
    glyphs = SETS[look.glyphs]
    heads, meter = Line(look.width), Line(look.width)
    seen = item.seen and not look.blind
    score = item.score if seen else math.nan
    reject = f"{100 - round(score)}" if seen else MISSING
    broken = f"{round(score)}" if seen else MISSING
    wide = look.width >= 30
    lead: list[Run] = [(f"{glyphs.signals[2]} ", "reject"), ("REJECT " if wide else "REJ ", "muted"), (reject, "text*")]
    heads.runs(0, lead)
    tail = f"BREAK {broken} {glyphs.signals[1]}" if wide else f"{broken} {glyphs.signals[1]}"
    start = heads.right(look.width - 1, tail, "muted")
    heads.put(start + (6 if wide else 0), broken, "text", bold=True)
    heads.put(look.width - 1, glyphs.signals[1], "break")
    side = "break" if seen and score >= 50 else "reject"
    loud = item.signalling and item.in_window
    put_meter(meter, 0, look.width, score, side if loud else f"dim:{side}", glyphs, bold=loud)
    return (heads.row(), meter.row())
