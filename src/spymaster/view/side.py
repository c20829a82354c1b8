"""The column right of the ladder: gamma by strike where options flow, and the focus on one level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from spymaster.signals.frame import Frame
from spymaster.view.cells import Line, Row, Rows, Run, blank, clip
from spymaster.view.glyphs import SETS, SIGNAL_ROLES, SIGNAL_WORDS, STATE_ROLES, STATE_WORDS
from spymaster.view.level_items import CONFIDENCE_WORDS, LevelItem
from spymaster.view.meter import put_meter
from spymaster.view.numbers import MISSING, price, signed

_FORCES: Final = (("Barrier", "force_b"), ("Fuel", "force_f"), ("Tape", "force_t"))

_NARROW: Final = frozenset({"Δ liquidity", "added", "pulled", "filled", "depth", "to clear"})
"""Facts that a narrow column has room for."""


@dataclass(frozen=True, slots=True)
class SideLook:
    """What the column depends on besides the level: cells, blindness, and which of its two halves is wanted."""

    width: int
    height: int
    blind: bool
    which: str
    glyphs: str


def side_rows(frame: Frame, item: LevelItem | None, look: SideLook) -> Rows:
    """Strikes and focus, one above the other."""
    out: list[Row] = []
    if look.which != "focus":
        out += _strikes(frame, look)
    if look.which != "strikes":
        out += [blank(look.width)] if out else []
        out += _focus(item, look)
    out = out[: look.height]
    return tuple(out + [blank(look.width)] * (look.height - len(out)))


def _text(
    look: SideLook, text: str, ink: str = "muted", bold: bool = False, right: str = "", right_ink: str = "muted"
) -> Row:
    line = Line(look.width)
    line.put(0, clip(text, look.width), ink, bold=bold)
    if right:
        line.right(look.width - 1, right, right_ink)
    return line.row()


def _strikes(frame: Frame, look: SideLook) -> list[Row]:
    """The strikes' place. What is missing is said in one line, and never drawn as if it were nothing."""
    options = next((trust for trust in frame.trust if trust.name == "options"), None)
    absent = options is None or options.state == "ABSENT"
    wide = look.width >= 30
    rows = [_text(look, "STRIKES", bold=True, right="0DTE γ" if wide else "γ")]
    if absent:
        rows.append(_text(look, "options are not configured" if wide else "not configured"))
    else:
        rows.append(_text(look, "waiting for the first strikes" if wide else "waiting"))
    if wide:
        rows += [blank(look.width), _text(look, "FLOW WAVE", bold=True, right="net δ")]
        rows.append(_text(look, "needs option trades" if absent else "waiting for option trades"))
    return rows


def _focus(item: LevelItem | None, look: SideLook) -> list[Row]:
    rows = [_text(look, "FOCUS", bold=True)]
    if item is None:
        return [*rows, _text(look, "waiting for a level")]
    rows = [_focus_title(item, look), *_state_rows(item, look)]
    rows += [blank(look.width), *_meter_rows(item, look)]
    rows += [blank(look.width), *_force_rows(item, look)]
    rows += [blank(look.width), *_barrier_rows(item, look)]
    rows += [*([blank(look.width)] if look.width >= 30 else []), *_awaited(look)]
    return rows


def _focus_title(item: LevelItem, look: SideLook) -> Row:
    line = Line(look.width)
    line.put(0, "FOCUS", "muted", bold=True)
    text = f"{price(item.price)} {item.name}"
    line.right(look.width - 1, clip(text if look.width >= 30 else item.short, look.width - 6), item.role)
    return line.row()


def _state_rows(item: LevelItem, look: SideLook) -> list[Row]:
    glyphs = SETS[look.glyphs]
    if look.blind:
        return [_text(look, f"{glyphs.blind} blind")]
    state = Line(look.width)
    state.put(0, f"{glyphs.states[item.state]} {STATE_WORDS[item.state]}", STATE_ROLES[item.state], bold=True)
    if not math.isnan(item.chance):
        state.right(look.width - 1, f"{item.chance * 100:.0f} %", "text")
    signal = Line(look.width)
    role = SIGNAL_ROLES[item.signal] if item.in_window else "muted"
    if item.signalling:
        x = signal.put(0, f"{glyphs.signals[item.signal]} {SIGNAL_WORDS[item.signal]}", role, bold=item.in_window)
        if item.arrow:
            signal.put(x + 1, glyphs.up if item.arrow > 0 else glyphs.down, role)
    else:
        signal.put(0, "no signal", "muted")
    if item.seen:
        signal.right(look.width - 1, CONFIDENCE_WORDS[item.confidence], "text" if item.confidence == 2 else "muted")
    return [state.row(), signal.row()]


def _meter_rows(item: LevelItem, look: SideLook) -> list[Row]:
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
    return [heads.row(), meter.row()]


def _force_rows(item: LevelItem, look: SideLook) -> list[Row]:
    glyphs = SETS[look.glyphs]
    rows = [_text(look, "FORCES", bold=True, right="points from 50" if look.width >= 30 else "points")]
    for (name, role), points in zip(_FORCES, (item.barrier, item.fuel, item.tape), strict=True):
        line = Line(look.width)
        line.put(0, name, "text")
        if math.isnan(points) or look.blind:
            line.right(look.width - 1, MISSING, "muted")
            rows.append(line.row())
            continue
        line.right(look.width - 1, signed(points, 1, glyphs.minus), role, bold=True)
        if (room := look.width - 17) >= 8:
            _bar(line, 9, room, points, role, glyphs.eighths)
        rows.append(line.row())
    return rows


def _bar(line: Line, x: int, room: int, points: float, role: str, eighths: str) -> None:
    """A bar from the middle of its room: right for BREAK, left for REJECT."""
    half = room // 2
    middle = x + half
    full, part = divmod(round(min(abs(points) / 36, 1.0) * half * 8), 8)
    line.put(middle, eighths[1], "rule")
    if points >= 0:
        line.fill(middle, middle + full, f"dim:{role}")
        if part:
            line.put(middle + full, eighths[part], f"dim:{role}")
        return
    line.fill(middle - full, middle, f"dim:{role}")
    if part:
        line.put(middle - full - 1, eighths[8 - part], "ground", ground=f"dim:{role}")


def _barrier_rows(item: LevelItem, look: SideLook) -> list[Row]:
    minus = SETS[look.glyphs].minus
    span = "" if math.isnan(item.window_s) else f"{item.window_s:.0f} s"
    rows = [_text(look, "BARRIER", bold=True, right=span)]

    def whole(value: float) -> str:
        return MISSING if math.isnan(value) else f"{value:.0f}"

    clear = item.time_to_clear_s
    facts = (
        ("Δ liquidity", signed(item.delta_liq, 0, minus)),
        ("added", whole(item.added)),
        ("pulled", whole(item.pulled)),
        ("filled", whole(item.filled)),
        ("depth", whole(item.depth)),
        ("replenish", MISSING if math.isnan(item.replenishment) else f"{item.replenishment:.2f}"),
        ("to clear", MISSING if math.isnan(clear) else f"{min(clear, 999):.1f} s"),
        ("tape", signed(item.tape_imbalance, 2, minus)),
    )
    values = [(name, MISSING if look.blind else value) for name, value in facts]
    if look.width < 36:
        return rows + [_text(look, name, right=value, right_ink="text") for name, value in values if name in _NARROW]
    half = (look.width - 3) // 2
    for left, right in zip(values[::2], values[1::2], strict=True):
        line = Line(look.width)
        line.put(0, left[0], "muted")
        line.right(half - 1, left[1], "text")
        line.put(half + 3, right[0], "muted")
        line.right(look.width - 1, right[1], "text")
        rows.append(line.row())
    return rows


def _awaited(look: SideLook) -> list[Row]:
    """What no engine computes yet: said, not drawn."""
    wide = look.width >= 30
    return [
        _text(look, "gamma regime" if wide else "gamma", right="not configured" if wide else MISSING),
        _text(look, "confluence", right="not computed" if wide else MISSING),
        _text(look, "runway", right="not computed" if wide else MISSING),
    ]
