"""Themes: contrast, exact palette numbers, and one clear line for each mistake."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from spymaster import resources
from spymaster.tui.themes.library import contrast, load_themes, read_theme
from spymaster.tui.themes.theme_file import ROLES, ThemeError
from spymaster.view.market.heat_scale import STEPS

NAMES = ("dark", "light", "colour-blind", "256", "high-contrast")
THEMES = {name: load_themes().get(name) for name in NAMES}

SURFACES = {
    "ground",
    "raised",
    "selected",
    "rule",
    "hatch",
    "faint",
    "bid_bar",
    "ask_bar",
    "best_bid_bar",
    "best_ask_bar",
}
BANDS = {"replay_band", "replay_text", "simulated_band", "simulated_text"}
TEXTS = sorted(set(ROLES) - SURFACES - BANDS - {"last_cell", "last_cell_text"})
PAIRS = [
    ("last_cell_text", "last_cell"),
    ("bid", "bid_bar"),
    ("ask", "ask_bar"),
    ("bright", "best_bid_bar"),
    ("bright", "best_ask_bar"),
    ("muted", "raised"),
    ("muted", "selected"),
    ("vacuum", "selected"),
    ("wall", "selected"),
    ("break", "selected"),
    ("replay_text", "replay_band"),
    ("simulated_text", "simulated_band"),
    ("text", "alarm"),
    ("bright", "alarm"),
]
STATES = ("vacuum", "consumed", "weak", "absorption", "wall")
DIMS = (
    *("break", "reject", "neutral", "bid", "ask", "force_b", "force_f", "force_t"),
    *("vacuum", "consumed", "weak", "absorption", "wall"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", TEXTS)
def test_text_can_be_read_on_the_ground(name: str, role: str) -> None:
    theme = THEMES[name]
    assert contrast(theme.colour(role), theme.colour("ground")) >= 4.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_on_its_surface(name: str, ink: str, ground: str) -> None:
    theme = THEMES[name]
    assert contrast(theme.colour(ink), theme.colour(ground)) >= 4.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", DIMS)
def test_dimmed_marks_can_be_seen(name: str, role: str) -> None:
    theme = THEMES[name]
    assert contrast(theme.colour(f"dim:{role}"), theme.colour("ground")) >= 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["last_path", "bid", "ask"])
def test_marks_can_be_seen_on_every_step_of_the_heat(name: str, role: str) -> None:
    theme = THEMES[name]
    for step in range(STEPS):
        assert contrast(*theme.pair(f"on:{role}", f"heat:{step}")) >= 2.95


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", STATES)
def test_ribbons_can_be_seen_on_every_step_of_the_heat(name: str, state: str) -> None:
    theme = THEMES[name]
    for step in range(STEPS):
        assert contrast(*theme.pair(f"ribbon:{state}", f"clamp:{step}")) >= 2.95


@pytest.mark.parametrize("name", NAMES)
def test_letters_can_be_read_in_the_forces_bar(name: str) -> None:
    theme = THEMES[name]
    for role in ("force_b", "force_f", "force_t"):
        for ink, ground in (("text", "ground"), ("bright", "selected")):
            assert contrast(theme.colour(ink), theme.colour(f"force:{role}:{ground}")) >= 4.5


@pytest.mark.parametrize("name", NAMES)
def test_more_contracts_are_never_closer_to_the_ground(name: str) -> None:
    theme = THEMES[name]
    distances = [contrast(theme.colour(f"heat:{step}"), theme.colour("ground")) for step in range(STEPS)]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ("ground", "#0b0e14"),
        ("bid", "#5ec7b2"),
        ("vacuum", "#ff8f5a"),
        ("reject", "#79adff"),
        ("replay_text", "#ffe3a1"),
    ],
)
def test_the_dark_theme_has_the_colours_of_the_design(role: str, value: str) -> None:
    assert THEMES["dark"].colour(role) == value


def test_the_palette_theme_uses_exact_numbers() -> None:
    theme = THEMES["256"]
    style = theme.style("bid/best_bid_bar")
    assert style.color is not None
    assert style.bgcolor is not None
    assert (style.color.number, style.bgcolor.number) == (79, 23)
    assert theme.colour("dim:break") == 137


def test_the_high_contrast_theme_is_stronger_than_the_dark_one() -> None:
    theme = THEMES["high-contrast"]
    for role in TEXTS:
        assert contrast(theme.colour(role), theme.colour("ground")) >= 7


def test_a_style_is_made_once() -> None:
    theme = THEMES["dark"]
    assert theme.style("bid*/bid_bar") is theme.style("bid*/bid_bar")


def test_every_style_the_cockpit_uses_is_known_to_every_theme() -> None:
    from spymaster.signals.chart.flow import FLOW_METRICS
    from spymaster.view.chart.columns import MINUTES
    from spymaster.view.chart.flow import FlowState, flow_panels
    from spymaster.view.chart.look import WIDTHS, ChartState, chart_rects
    from spymaster.view.chart.panels import chart_panels
    from spymaster.view.level_detail import DetailState, detail_panels, detail_rects
    from spymaster.view.levels.items import level_items
    from tests.support import frames, past
    from tests.support.screens import projected, view_state

    scenes = [projected(frame, 200, 60, time_bar=True) for frame in (frames.frame(), frames.blind_frame())]
    scenes.append(projected(frames.replay_frame(), 120, 40, time_bar=True))
    scenes.append(projected(frames.empty_frame(), 120, 40))
    state = view_state(160, 48)
    frame = frames.frame()
    items = level_items(frame)
    detail = DetailState("STRIKE_687")
    for blind in (frames.blind_frame(), frame):
        layout = detail_rects(160, 48, False)
        scenes.append((layout, detail_panels(blind, items, past.level_history(), detail, state, layout)))
    layout, chart = chart_rects(160, 48, False), past.chart(92, past.blind((40, 38)))
    for minutes, cells in itertools.product(MINUTES, WIDTHS):
        scenes.append((layout, chart_panels(frame, items, chart, ChartState(minutes, cells), state, layout)))
    for metric in FLOW_METRICS:
        scenes.append((layout, flow_panels(frame, items, chart, FlowState(metric), state, layout)))
    used = {name for _, panels in scenes for rows in panels.values() for row in rows for _, name in row}
    for theme in THEMES.values():
        for name in used:
            theme.style(name)


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = (resources.themes_dir() / "dark.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('bid = "#5ec7b2"\n', "", "roles.bid: missing"),
        ('bid = "#5ec7b2"', 'bidd = "#5ec7b2"', 'roles.bidd: unknown; did you mean "bid"?'),
        ('bid = "#5ec7b2"', 'bid = "green"', "roles.bid: cannot be 'green'; write a colour like"),
        ("dim = 0.68", "dim = 68", "tints.dim: cannot be 68; write a number from 0 to 1"),
        ("ink_from = 7", "ink_from = 12", "heat.ink_from: cannot be 12; write a step from 0 to 11"),
        ('colours = "rgb"', 'colours = "cmyk"', "colours: cannot be 'cmyk'; write one of rgb, xterm256"),
        ("[heat]", "[hot]", "hot: unknown"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = broken(tmp_path, old, new)
    with pytest.raises(ThemeError, match=r"mine\.toml") as error:
        read_theme(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_theme_of_the_user_is_listed_and_the_others_load(tmp_path: Path) -> None:
    broken(tmp_path, 'bid = "#5ec7b2"\n', "")
    (tmp_path / "torn.toml").write_text("[roles", encoding="utf-8")
    library = load_themes(tmp_path)
    assert set(NAMES) <= set(library.themes)
    assert len(library.failures) == 2


def test_a_theme_of_the_user_wins_over_a_packaged_one(tmp_path: Path) -> None:
    text = (resources.themes_dir() / "light.toml").read_text(encoding="utf-8")
    (tmp_path / "dark.toml").write_text(text, encoding="utf-8")
    assert load_themes(tmp_path).get("dark").colour("ground") == "#fbfaf6"


def test_an_unknown_theme_lists_the_known_ones() -> None:
    with pytest.raises(ThemeError, match="256, colour-blind, dark, high-contrast, light"):
        load_themes().get("neon")
