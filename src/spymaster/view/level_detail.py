"""The screen of one level: its history above one time axis, and all that is known about it now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from spymaster.market.kinds import NO_TICK
from spymaster.signals.frame import Frame, LevelHistory
from spymaster.signals.header_parts import PastTests
from spymaster.view.between_edges import between_edges
from spymaster.view.cockpit import Panels
from spymaster.view.drawing.cells import Line, Row, Rows, Run, blank
from spymaster.view.drawing.glyphs import SETS, SIGNAL_NAMES, SIGNAL_ROLES, STATE_NAMES, STATE_ROLES, Glyphs
from spymaster.view.drawing.numbers import age, beside_spot, clock_ms, price, signed
from spymaster.view.drawing.part_rows import MIDDLE, PartLook
from spymaster.view.drawing.sections import Section, column_rows
from spymaster.view.edges import cards, footer, header
from spymaster.view.edges.time_bar import time_bar_row
from spymaster.view.edges.tiny import tiny_rows
from spymaster.view.edges.why import why_row
from spymaster.view.layout import Grade, Layout, Rect
from spymaster.view.levels import level_parts as parts
from spymaster.view.levels.fuel import fuel_section
from spymaster.view.levels.items import CONFIDENCE_NAMES, HELD, LevelItem, facts_of, level_text, stacked
from spymaster.view.levels.past import past_of
from spymaster.view.levels.plots import PlotLook, plot_rows
from spymaster.view.levels.said import model_sections
from spymaster.view.levels.tests_ledger import tests_section
from spymaster.view.options.texts import fuel_facts, options_text
from spymaster.view.state import Keys, ViewState

WINDOWS_S: Final = (60, 120, 300, 900)
"""Spans of the time axis to choose from."""

LEVEL_KEYS: Final[Keys] = (
    ("Esc", "back"),
    ("j k", "next level"),
    ("< >", "window"),
    ("y", "copy"),
    ("p", "chart"),
)


@lru_cache(maxsize=16)
def detail_rects(width: int, height: int, time_bar: bool) -> Layout:
    """Where everything stands: the rows at the edges as on the cockpit, plots left, facts right, one sentence below."""
    room = between_edges(width, height, time_bar, "level_title")
    if room.base.grade is Grade.TINY:
        return room.layout()
    rects, bottom = room.rects, room.bottom
    if height >= 20:
        bottom -= 1
        rects["note"] = Rect(1, bottom, width - 2, 1)
    if room.airy:
        bottom -= 1
        rects["rule"] = Rect(1, bottom, width - 2, 1)
    rows = max(bottom - room.top, 1)
    facts = 40 if width >= 116 else 26 if width >= 76 else 0
    gap = 3 if width >= 150 else 2
    plots = width - 2 - (facts + gap if facts else 0)
    rects["level_plots"] = Rect(1, room.top, plots, rows)
    if facts:
        rects["level_facts"] = Rect(width - 1 - facts, room.top, facts, rows)
    return room.layout()


@dataclass(frozen=True, slots=True)
class DetailState:
    """Which level is shown over which span. ``level_id`` None: there is none yet; ``similar``: which of the attempts
    like the one that is on is chosen; ``past``: its tests on the days before, None where nothing is known of them."""

    level_id: str | None
    window_s: int = 120
    similar: int = 0
    past: PastTests | None = None


def detail_panels(
    frame: Frame | None,
    items: tuple[LevelItem, ...],
    history: LevelHistory | None,
    detail: DetailState,
    state: ViewState,
    layout: Layout,
) -> Panels:
    """The rows of every panel of the layout. ``history``: of the level shown, None before there is one."""
    item = next((each for each in items if each.id == detail.level_id), None)
    if tiny := layout.rect("tiny"):
        return {"tiny": tiny_rows(frame, items, state, tiny.width, tiny.height)}
    out = edge_panels(frame, state, layout, state.keys or LEVEL_KEYS)
    blind = bool(cards.blind_inputs(frame))
    if title := layout.rect("level_title"):
        out["level_title"] = (_title(frame, item, history, detail, blind, state, title.width),)
    rect = layout.rects["level_plots"]
    if frame is None or not cards.started(frame) or detail.level_id is None or history is None:
        line = Line(rect.width)
        line.put(1, "waiting for the first book: no level yet"[: rect.width - 1], "muted")
        out["level_plots"] = (line.row(), *(blank(rect.width),) * (rect.height - 1))
        if facts := layout.rect("level_facts"):
            out["level_facts"] = (blank(facts.width),) * facts.height
    else:
        out["level_plots"] = _plots(frame, item, history, detail, blind, state, rect)
        if facts := layout.rect("level_facts"):
            out["level_facts"] = _facts(frame, item, items, history, detail.past, blind, state, facts, detail.similar)
    if note := layout.rect("note"):
        out["note"] = (why_row(frame, item, state, note.width),)
    return out


def edge_panels(frame: Frame | None, state: ViewState, layout: Layout, keys: Keys) -> Panels:
    """The rows at the edges of a screen that has its own middle: the two headers, rule, time bar and keys."""
    out: Panels = {}
    for name, build in (
        ("header_left", header.left_row),
        ("header_right", header.right_row),
        ("trust_left", header.trust_left),
        ("trust_right", header.trust_right),
    ):
        if rect := layout.rect(name):
            out[name] = (build(frame, state, rect.width),)
    if rect := layout.rect("rule"):
        out["rule"] = (((SETS[state.glyphs].rule * rect.width, "rule"),),)
    replaying = layout.rect("time_bar")
    if replaying is not None:
        row = time_bar_row(frame, replaying.width, state.glyphs) if frame else blank(replaying.width)
        out["time_bar"] = (row,)
    if rect := layout.rect("footer"):
        ground = header.band_of(frame.header if frame else None).ground if replaying is not None else "ground"
        ground = ground if ground != "raised" else "ground"
        out["footer"] = (footer.footer_row(keys, rect.width, ground, state.quality),)
    return out


def _plots(
    frame: Frame,
    item: LevelItem | None,
    history: LevelHistory,
    detail: DetailState,
    blind: bool,
    state: ViewState,
    rect: Rect,
) -> Rows:
    support = item is not None and item.direction < 0
    look = PlotLook(
        width=rect.width,
        height=rect.height,
        end_ns=frame.t_ns,
        span_s=float(detail.window_s),
        side="bid" if support else "ask",
        score=item.score if item is not None and not blind else math.nan,
        unit=frame.header.profile.upper(),
        glyphs=state.glyphs,
    )
    return plot_rows(past_of(history.seconds, frame.t_ns, float(detail.window_s), look.cells), look)


def _title(
    frame: Frame | None,
    item: LevelItem | None,
    history: LevelHistory | None,
    detail: DetailState,
    blind: bool,
    state: ViewState,
    width: int,
) -> Row:
    line = Line(width)
    glyphs = SETS[state.glyphs]
    if item is None or frame is None:
        name = detail.level_id.replace("_", " ") if detail.level_id else "LEVEL"
        x = line.put(1, name, "bright", bold=True)
        line.put(x + 2, "not published now: price is far from it" if detail.level_id else "", "muted")
        return line.row()
    signal = _signal(frame, item, blind, glyphs, width)
    cells = sum(len(text) for text, _ in signal)
    start = width - 1 - cells
    if width >= 150:
        start = min(start, 88)
    name = level_text(item.id, item.price)
    if item.held:
        name = name.replace(" ", f" {HELD}", 1)
    x = line.runs(1, [(name, f"{item.role}*")])
    for group in _position_texts(frame, item, history):
        if x + 3 + len(group) > start - 1:
            break
        x = line.put(x + 3, group, "muted")
    line.runs(max(start, x + 2), signal)
    return line.row()


def _position_texts(frame: Frame, item: LevelItem, history: LevelHistory | None) -> list[str]:
    """Where the level is and what happened there, the most important first."""
    texts = []
    side = "support" if item.direction < 0 else "resistance"
    if item.held:
        texts.append(f"held while price is at it, now {price(item.running)}")
    texts.append(f"{side}, {beside_spot(item.offset)}")
    if frame.header.profile == "spy" and item.tick != NO_TICK:
        ticks = facts_of(frame, item.id).get("width_ticks", math.nan)
        noise = f" ±{ticks:.0f} ticks" if ticks >= 0.5 else ""
        texts.append(f"ES {item.tick * frame.header.tick_size:.2f}{noise}")
    count = len(history.touches) if history is not None else 0
    texts.append(
        f"{_ORDINALS[count]} test" if 0 < count < len(_ORDINALS) else f"{count} tests" if count else "not tested"
    )
    return texts


_ORDINALS: Final = ("", "first", "second", "third", "fourth", "fifth", "sixth")


def _signal(frame: Frame, item: LevelItem, blind: bool, glyphs: Glyphs, width: int) -> list[Run]:
    if blind:
        return [(f"{glyphs.blind} blind: no signal", "blind*")]
    score = f"{item.score:.0f}" if item.seen else "—"
    if not item.signalling:
        state = (f"{glyphs.states[item.state]} {STATE_NAMES[item.state]}", STATE_ROLES[item.state])
        texts = "no signal" if width >= 100 else ""
        return [state, ("   ", "muted"), (score, "text*"), (f"   {texts}".rstrip(), "muted")]
    role = SIGNAL_ROLES[item.signal] if item.in_window else "muted"
    arrow = "" if not item.arrow else f" {glyphs.up if item.arrow > 0 else glyphs.down}"
    text = f"{glyphs.signals[item.signal]} {SIGNAL_NAMES[item.signal]}{arrow}"
    runs: list[Run] = [(text, f"{role}*"), ("  ", "muted"), (score, f"{role}*")]
    runs += [("  ", "muted"), (CONFIDENCE_NAMES[item.confidence], "text")]
    alert = next((each for each in frame.alerts if each.level_id == item.id and each.resolved_ns is None), None)
    if alert is not None and width >= 120:
        runs.append((f"  since {clock_ms(alert.t_ns)}, held {age(frame.t_ns - alert.t_ns)}", "muted"))
    return runs


def _facts(
    frame: Frame,
    item: LevelItem | None,
    items: tuple[LevelItem, ...],
    history: LevelHistory,
    past: PastTests | None,
    blind: bool,
    state: ViewState,
    rect: Rect,
    chosen: int,
) -> Rows:
    look = PartLook(rect.width, blind, options_text(frame), state.glyphs, state.without)
    tests = tests_section(history.touches, frame.t_ns, look, past)
    if item is None:
        return column_rows([tests], rect.width, rect.height)
    facts = {} if blind else facts_of(frame, item.id) | fuel_facts(frame)
    wide = look.wide
    sections = [
        *model_sections(frame, item, look, page=True, chosen=chosen),
        parts.weights_section(item, facts, look, 2),
        _components(item, look, 1),
        parts.barrier_section(item, facts, look, 9, 4),
        parts.tags_section(facts, look, 7),
        parts.tape_section(facts, look, 10, 6),
        parts.ofi_section(facts, look, 11, 8),
        fuel_section(facts, look, 9, 5 if wide else 13),
        parts.approach_section(facts, look, 12, 9),
        parts.context_section(facts, look, 12),
        parts.confluence_section(item, stacked(items, item), facts, look, 11, 7),
        tests,
        parts.runway_section(item, look, 3),
    ]
    return column_rows(sections, rect.width, rect.height)


def _components(item: LevelItem, look: PartLook, rank: int) -> Section:
    """The components, and what they add up to."""
    rows = parts.components_section(item, look, rank).variants[0]
    line = Line(look.width)
    line.put(0, "score", "text")
    seen = item.seen and not look.blind
    role = "break" if item.score >= 50 else "reject"
    line.right(look.width - 1, f"{item.score:.0f}" if seen else "—", role if seen else "muted", bold=seen)
    if look.width >= MIDDLE:
        line.right(look.width - 7, signed(item.score - 50, 1, look.set.minus) if seen else "", "text")
    return Section(rank, ((*rows, line.row()),))
