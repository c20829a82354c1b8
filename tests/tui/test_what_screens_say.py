"""Whatever the numbers are, every screen says something true that fits: times, units, signs, plain ASCII."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.config.origins import config_settings
from spymaster.market.kinds import NS_PER_S
from spymaster.signals.chart.bars import Chart
from spymaster.signals.frame import Frame, InputTrust, LevelHistory, Mode, Phase, ReplayStatus
from spymaster.signals.header_parts import GreeksCheck
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.keys.legend import help_rows
from spymaster.tui.pages.health import screen_facts
from spymaster.tui.terminal.link import LinkState
from spymaster.view.chart.flow import FlowState, flow_panels
from spymaster.view.chart.look import ChartState, chart_rects
from spymaster.view.chart.panels import chart_panels
from spymaster.view.cockpit import CockpitProjector
from spymaster.view.drawing.cells import Rows, text_of, width_of
from spymaster.view.drawing.glyphs import SETS
from spymaster.view.drawing.plain_text import ascii_text
from spymaster.view.layout import Layout, layout_for
from spymaster.view.level_detail import DetailState, detail_panels, detail_rects
from spymaster.view.levels.items import level_items
from spymaster.view.pages.doctor import Finding, doctor_rows
from spymaster.view.pages.health import health_rows
from spymaster.view.pages.settings import settings_rows
from spymaster.view.pages.start import Kind, StartChoice, StartLook, start_rows
from spymaster.view.state import Quality, ScreenStats
from tests.support import frames, past
from tests.support.heat_scene import T0
from tests.support.screens import view_state

NAN = float("nan")
SIZES = ((80, 24), (120, 40), (200, 60), (100, 30), (44, 14), (39, 11))

TIME = re.compile(r"\d\d:\d\d")
LONG_UNIT = re.compile(r"(?<![\d.,:])\d{5,}(?:\.\d+)? ?(?:µs|ms|s|m|h|k|M|B|T|kB|MB|GB|kB/s|MB/s|%)(?![\w/])")
NOT_SAID = re.compile(r"\bnan\b|\binf\b|\bNone\b|[+−-]0\.0*(?!\d)")

Sized = list[tuple[str, Rows, int | None]]
"""Name, rows, and the width they must have."""


def of_panels(name: str, layout: Layout, panels: dict[str, Rows]) -> Sized:
    sized: Sized = [(f"{name} {panel}", panels[panel], place.width) for panel, place in layout.rects.items()]
    return [*sized, (f"{name} card", panels.get("card", ()), None)]


def everything(
    frame: Frame | None,
    size: tuple[int, int],
    *,
    stats: ScreenStats,
    link: LinkState | None = None,
    history: LevelHistory | None = None,
    chart: Chart | None = None,
    **state: Any,
) -> Sized:
    """All rows of all screens that show a frame, for a terminal of that size."""
    width, height = size
    view = view_state(width, height, stats=stats, **state)
    replayed = frame is not None and frame.header.mode is not Mode.LIVE
    layout = layout_for(width, height, replayed)
    out = of_panels("cockpit", layout, CockpitProjector().project(frame, view, layout, 0.0))
    items = level_items(frame) if frame is not None else ()
    layout = detail_rects(width, height, replayed)
    out += of_panels("level", layout, detail_panels(frame, items, history, DetailState("STRIKE_687"), view, layout))
    layout = chart_rects(width, height, replayed)
    out += of_panels("chart", layout, chart_panels(frame, items, chart or Chart(), ChartState(), view, layout))
    out += of_panels("flow", layout, flow_panels(frame, items, chart or Chart(), FlowState(), view, layout))
    glyphs = state.get("glyphs", "unicode")
    out.append(("health", health_rows(frame, screen_facts(link or LinkState()), width, glyphs), width))
    return out


def widths_are_right(screens: Sized) -> None:
    for name, rows, width in screens:
        for row in rows:
            assert width is None or width_of(row) == width, (name, text_of(row))


def texts(screens: Sized) -> str:
    return "\n".join(text_of(row) for _, rows, _ in screens for row in rows)


def before_the_first_record(mode: Mode, phase: Phase) -> Frame:
    """A Session that runs and has taken no record: no price, no time."""
    empty = frames.empty_frame(phase)
    header = msgspec.structs.replace(
        empty.header,
        mode=mode,
        phase=phase,
        t_ns=0,
        as_of_ns=0,
        first_ns=0,
        last_ns=0,
        session_date=0,
        minutes_since_open=NAN,
    )
    replay = ReplayStatus() if mode is not Mode.LIVE else None
    return replace(empty, t_ns=0, header=header, replay=replay)


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.FAILED])
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_before_the_first_record_no_time_is_said(size: tuple[int, int], mode: Mode, phase: Phase) -> None:
    frame = before_the_first_record(mode, phase)
    screens = everything(frame, size, stats=ScreenStats(screen_age_ms=41.0))
    widths_are_right(screens)
    said = texts(screens)
    assert not TIME.search(said)
    assert "1970" not in said


def test_a_level_of_the_past_before_the_first_record_of_the_way_back_has_no_time_either() -> None:
    history = past.level_history()
    early = replace(history, seconds=history.seconds[:0], touches=())
    frame = before_the_first_record(Mode.REPLAY, Phase.SEEKING)
    assert not TIME.search(texts(everything(frame, (160, 48), stats=ScreenStats(), history=early)))


numbers = st.one_of(
    st.floats(-1e9, 1e9),
    st.floats(-1.0, 1.0),
    st.sampled_from([0.0, -0.0, -0.0049, 0.0051, 0.38, -0.38, 999.96, -9_999.6, 1e8, NAN]),
)
sizes_of_things = st.one_of(st.floats(0.0, 1e12), st.floats(0.0, 2.0), st.just(NAN))
reasons = st.one_of(
    st.sampled_from(["", "not configured", "1.8 s old", "Prüfung läuft", "日本語の理由", "a\tb\x1b[31mc", "e\u0301"]),
    st.text(max_size=30),
)


CHANGED = (
    "score",
    "attribution_barrier",
    "delta_liq",
    "velocity",
    "time_to_clear_s",
    "hedge",
    "runway_distance",
    "approach_velocity",
    "arrival_s",
    "ofi_z",
    "ofi_5s",
    "seen_s",
    "sweep_age_s",
    "replenishment",
)


@st.composite
def any_frame(draw: st.DrawFn) -> Frame:
    """The scene with numbers of any size, inputs in any state, and words from outside."""
    changed = {name: draw(numbers) for name in draw(st.lists(st.sampled_from(CHANGED), max_size=6))}
    rows, views = frames.levels(**changed)
    if draw(st.booleans()):
        rows["spot"] = rows["price"] - draw(st.sampled_from([-0.38, 0.0, 0.38, 120.0, -0.001]))
    mode = draw(st.sampled_from(list(Mode)))
    t_ns = draw(st.sampled_from([0, T0]))
    header = frames.header(
        mode=mode,
        phase=draw(st.sampled_from(list(Phase))),
        t_ns=t_ns,
        first_ns=draw(st.sampled_from([0, T0 - 300 * NS_PER_S, T0 - 86_400 * NS_PER_S])),
        last_ns=draw(st.sampled_from([0, T0, T0 + 59 * NS_PER_S])),
        snap_us=draw(sizes_of_things),
        records_per_s=draw(st.floats(0.0, 1e9)),
        minutes_since_open=draw(st.floats(-600.0, 600.0)),
        residual_share=draw(st.floats(0.0, 3.0)),
        es_change=draw(st.one_of(st.floats(-1e4, 1e4), st.just(NAN))),
        message=draw(reasons),
    )
    trust = tuple(
        InputTrust(
            name,
            draw(st.sampled_from(["GREEN", "DEGRADED", "BLIND", "ABSENT"])),
            draw(reasons),
            draw(st.one_of(st.none(), st.integers(0, 10**15))),
        )
        for name in ("depth", "tape", "options", "equity")
    )
    return frames.with_options(t_ns=t_ns, header=header, trust=trust, levels=rows, level_views=views)


links = st.builds(
    LinkState,
    age_s=st.one_of(st.none(), st.floats(0.0, 1e5)),
    rtt_s=st.one_of(st.none(), st.floats(0.0, 1e3)),
    bytes_per_s=st.floats(0.0, 1e10),
    capacity=st.one_of(st.none(), st.floats(0.0, 1e10)),
    bytes_total=st.integers(0, 10**14),
)
screen_stats = st.builds(
    ScreenStats,
    screen_age_ms=st.one_of(st.none(), st.floats(0.0, 1e7)),
    bytes_per_s=st.one_of(st.none(), st.floats(0.0, 1e10)),
)


@settings(max_examples=20, deadline=None)
@given(any_frame(), st.sampled_from(SIZES), screen_stats, links, st.sampled_from(list(Quality)))
def test_every_row_fits_and_says_numbers_one_can_read(
    frame: Frame, size: tuple[int, int], stats: ScreenStats, link: LinkState, quality: Quality
) -> None:
    screens = everything(
        frame, size, stats=stats, link=link, history=past.level_history(), chart=past.chart(), quality=quality
    )
    widths_are_right(screens)
    ours = texts([each for each in screens if not each[0].endswith(("note", "card", "trust_left", "health"))])
    assert not LONG_UNIT.search(ours), LONG_UNIT.search(ours)
    assert not NOT_SAID.search(ours), NOT_SAID.search(ours)
    assert all(char.isprintable() or char == "\n" for char in texts(screens))


@settings(max_examples=20, deadline=None)
@given(any_frame(), screen_stats, st.sampled_from(list(Quality)))
def test_every_light_is_whole_at_80x24_however_slow_the_link(
    frame: Frame, stats: ScreenStats, quality: Quality
) -> None:
    layout = layout_for(80, 24, frame.header.mode is not Mode.LIVE)
    view = view_state(80, 24, stats=stats, quality=quality)
    right = text_of(CockpitProjector().project(frame, view, layout, 0.0)["header_right"][0])
    glyphs = SETS["unicode"]
    marks = {"GREEN": glyphs.green, "DEGRADED": glyphs.degraded, "BLIND": glyphs.blind, "ABSENT": glyphs.absent}
    found = [right.find(trust.name[0].upper() + marks[trust.state]) for trust in frame.trust]
    assert -1 not in found
    assert found == sorted(found)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mode", list(Mode))
def test_in_ascii_no_character_of_ours_is_unknown(size: tuple[int, int], mode: Mode) -> None:
    frame = frames.with_options({"convention_dependent": 1.0}, header=frames.header(mode=mode))
    stats = ScreenStats(screen_age_ms=41.0, bytes_per_s=6_100.0)
    scenes = (frame, frames.blind_frame(), frames.empty_frame(), before_the_first_record(mode, Phase.LOADING), None)
    said = "".join(
        texts(everything(scene, size, stats=stats, history=past.level_history(), chart=past.chart(), glyphs="ascii"))
        for scene in scenes
    )
    pages = (
        help_rows(size[0], load_keymap("default"), SETS["ascii"], "dark"),
        start_rows((StartChoice(Kind.LIVE, "Live", missing="no key"),), StartLook(glyphs="ascii"), *size),
        doctor_rows((Finding("disk", False, "full", "free some"),), True, size[0], "ascii"),
        settings_rows(config_settings(), size[0]),
    )
    said += "".join(text_of(row) for rows in pages for row in rows)
    plain = ascii_text(said)
    assert len(plain) == len(said)
    assert plain.isascii()
    assert {char for char, shown in zip(said, plain, strict=True) if shown == "?" != char} == set()


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Café −0.38 ±2", "Cafe -0.38 ~2"), ("日本", "????"), ("½ · 14 µs…", "h . 14 us."), ("plain", "plain")],
)
def test_words_from_outside_keep_their_width_in_ascii(text: str, plain: str) -> None:
    assert ascii_text(text) == plain


@pytest.mark.parametrize("offset", [0.38, -0.38])
def test_the_level_page_says_on_which_side_of_the_spot_the_level_lies(offset: float) -> None:
    rows, views = frames.levels()
    rows["spot"] = rows["price"] - offset
    frame = frames.frame(levels=rows, level_views=views)
    title = texts(
        [each for each in everything(frame, (200, 60), stats=ScreenStats()) if each[0] == "level level_title"]
    )
    assert f"0.38 {'above' if offset > 0 else 'below'} spot" in title


def test_health_says_how_far_the_vendors_greeks_are_from_ours() -> None:
    frame = frames.empty_frame(Phase.PLAYING)
    check = GreeksCheck(frame.t_ns - 15_000_000_000, 48, 1, 2, 0.0123, 0.0456, 0.0009, 0.0038, 0.0001, 0.0004)
    header = msgspec.structs.replace(frame.header, greeks=check)
    said = [text_of(row).split() for row in health_rows(replace(frame, header=header), (), 90)]
    assert ["the", "vendor's", "snapshot", "15", "s", "old"] in said
    assert ["contracts", "compared", "48"] in said
    assert ["known", "to", "us", "alone,", "to", "the", "vendor", "alone", "1,", "2"] in said
    assert ["delta", "0.0009", "median,", "0.0038", "at", "90", "%"] in said
    assert ["gamma", "0.0001", "median,", "0.0004", "at", "90", "%"] in said
    assert ["implied", "volatility", "0.0123", "median,", "0.0456", "at", "90", "%"] in said


def test_health_says_nothing_of_greeks_where_no_vendor_gives_any() -> None:
    said = [text_of(row) for row in health_rows(frames.empty_frame(Phase.PLAYING), (), 90)]
    assert not any("GREEKS" in line for line in said)
