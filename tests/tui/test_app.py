"""What keys, palette and prompt do on the cockpit, without a terminal."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.events import AppBlur, AppFocus, MouseScrollUp, Paste
from textual.pilot import Pilot
from textual.widgets import OptionList

from spymaster.resources import themes_dir
from spymaster.signals.frame import Command, Mode, Phase, ReplayStatus
from spymaster.tui.app import SpymasterApp
from spymaster.tui.host import Host
from spymaster.tui.keys.actions import ACTIONS, BY_NAME, Scope
from spymaster.tui.keys.commands import ActionCommands, PlaceCommands, ThemeCommands
from spymaster.tui.keys.keymap import load_keymap, parse_keymap
from spymaster.tui.options import AppOptions, Ending
from spymaster.tui.pages.doctor import DoctorScreen
from spymaster.tui.pages.health import HealthScreen
from spymaster.tui.pages.help import HelpScreen
from spymaster.tui.pages.log import LogScreen
from spymaster.tui.pages.settings import SettingsScreen
from spymaster.tui.picture import picture
from spymaster.tui.screens.charts.chart import ChartScreen
from spymaster.tui.screens.charts.flow import FlowScreen
from spymaster.tui.screens.cockpit import CockpitScreen
from spymaster.tui.screens.level import LevelScreen
from spymaster.tui.screens.start import Kind, StartChoice, StartScreen
from spymaster.tui.text.pasted_levels import PastedLevelsScreen
from spymaster.tui.text.row_text import ALERT_HEADS, LEVEL_HEADS
from spymaster.view.state import Quality, ViewState
from tests.support.awaiting import shows
from tests.support.scripted_source import ScriptedSource

WHEEL_UP = MouseScrollUp(None, 30, 10, 0, 0, 0, False, False, False)

Opened = Callable[..., AbstractAsyncContextManager[Pilot[Any]]]


@pytest.fixture
def source() -> ScriptedSource:
    return ScriptedSource()


@pytest.fixture
def opened(source: ScriptedSource, tmp_path: Path) -> Opened:
    """The cockpit on the scripted replay: ``async with opened(keymap=…) as pilot``."""

    @asynccontextmanager
    async def run(size: tuple[int, int] = (120, 40), **options: Any) -> AsyncIterator[Pilot[Any]]:
        given = {"keymap": load_keymap("default"), "save_folder": tmp_path, **options}
        async with SpymasterApp(source, AppOptions(**given)).run_test(size=size) as pilot:
            await pilot.pause()
            yield pilot

    return run


def app_of(pilot: Pilot[Any]) -> SpymasterApp:
    assert isinstance(pilot.app, SpymasterApp)
    return pilot.app


def cockpit_of(pilot: Pilot[Any]) -> CockpitScreen:
    cockpit = app_of(pilot).cockpit
    assert cockpit is not None
    return cockpit


async def view_after(pilot: Pilot[Any], *keys: str) -> ViewState:
    await pilot.press(*keys)
    await pilot.pause()
    return cockpit_of(pilot).view_state


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_can_be_carried_out_by_its_target(action: Any) -> None:
    screens = {"cockpit": CockpitScreen, "level": LevelScreen, "chart": ChartScreen, "flow": FlowScreen}
    pages = (DoctorScreen, HealthScreen, HelpScreen, LogScreen, PastedLevelsScreen, SettingsScreen)
    screens |= {"start": StartScreen} | {page.NAME: page for page in pages}
    targets = [SpymasterApp] if action.scope is Scope.APP else [screens[name] for name in action.scope.screens]
    for target in targets:
        assert callable(getattr(target, f"action_{action.name}"))


@pytest.mark.parametrize(
    ("screen", "keys"), [("cockpit", ()), ("level", ("enter",)), ("chart", ("p",)), ("health", ("h",))]
)
async def test_the_palette_has_every_action_of_the_screen_below_it(
    opened: Opened, screen: str, keys: tuple[str, ...]
) -> None:
    async with opened(on_open=lambda: None) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        provider = ActionCommands(pilot.app.screen)
        titles = [str(hit.text) async for hit in provider.discover()]
    for action in ACTIONS:
        offered = any(title.startswith(action.description) for title in titles)
        assert offered is (screen in action.scope.screens), action.name


async def test_the_palette_of_a_live_session_offers_nothing_that_steps_time(
    opened: Opened, source: ScriptedSource
) -> None:
    source.mode = Mode.LIVE
    async with opened() as pilot:
        titles = [str(hit.text) async for hit in ActionCommands(pilot.app.screen).discover()]
    assert not any(title.startswith("Step one") for title in titles)


async def test_the_application_answers_what_its_screens_may_ask(opened: Opened) -> None:
    async with opened() as pilot:
        host: Host = app_of(pilot)
        asked = [name for name in (*vars(Host), *Host.__annotations__) if not name.startswith("_")]
        assert {name for name in asked if not hasattr(host, name)} == set()


async def test_the_palette_carries_an_action_out(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+p")
        await shows(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        await pilot.press(*"step one snap")
        await shows(pilot, lambda: first_offer(pilot).startswith("Step one snap"))
        await pilot.press("down", "enter")
        await shows(pilot, lambda: bool(source.asked))
    assert source.asked == [Command.STEP_SNAP]


def first_offer(pilot: Pilot[Any]) -> str:
    """What the palette offers first."""
    (offers,) = pilot.app.screen.query(OptionList)
    return str(offers.get_option_at_index(0).prompt) if offers.option_count else ""


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("space", Command.PAUSE),
        ("full_stop", Command.STEP_SNAP),
        ("semicolon", Command.STEP_RECORD),
        ("comma", Command.BACK_SNAP),
        ("apostrophe", Command.BACK_RECORD),
        ("right", Command.STEP_SECOND),
        ("left", Command.BACK_SECOND),
        ("n", Command.NEXT_ALERT),
        ("N", Command.PREVIOUS_ALERT),
        ("t", Command.NEXT_TOUCH),
        ("T", Command.PREVIOUS_TOUCH),
        ("r", Command.LOOP_MARK),
        ("left_square_bracket", Command.SLOWER),
        ("right_square_bracket", Command.FASTER),
        ("R", Command.RESTART),
    ],
)
async def test_a_key_of_the_replay_asks_the_source(
    opened: Opened, source: ScriptedSource, key: str, command: Command
) -> None:
    async with opened() as pilot:
        await pilot.press(key)
    assert source.asked == [command]


async def test_space_plays_again_what_it_paused(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        await pilot.press("space")
        await pilot.pause(0.2)
        await pilot.press("space")
    assert source.asked == [Command.PAUSE, Command.PLAY]
    assert source.phase is Phase.PLAYING


async def test_a_live_session_is_not_asked_to_step(opened: Opened, source: ScriptedSource) -> None:
    source.mode = Mode.LIVE
    async with opened() as pilot:
        view = await view_after(pilot, "full_stop")
    assert source.asked == []
    assert "cannot be played" in view.note


async def test_zoom_and_seconds_stop_at_their_ends(opened: Opened) -> None:
    async with opened() as pilot:
        assert (await view_after(pilot, "plus")).zoom == 1
        assert (await view_after(pilot, "minus", "minus", "minus")).zoom == 4
        assert (await view_after(pilot, "greater_than_sign")).seconds_per_column == 2


async def test_layers_are_switched_one_by_one(opened: Opened) -> None:
    async with opened() as pilot:
        layers = (await view_after(pilot, "1")).layers
        assert (layers.liquidity, layers.states) == (False, True)
        layers = (await view_after(pilot, "1", "2")).layers
        assert (layers.liquidity, layers.states) == (True, False)


async def test_lists_are_walked_in_the_order_they_are_shown(opened: Opened) -> None:
    async with opened() as pilot:
        first = (await view_after(pilot, "j")).picked
        second = (await view_after(pilot, "j")).picked
        assert first is not None
        assert second != first
        assert (await view_after(pilot, "k")).picked == first
        assert (await view_after(pilot, "escape")).picked is None


async def test_alerts_of_a_live_session_are_visited_and_acknowledged(opened: Opened, source: ScriptedSource) -> None:
    source.mode = Mode.LIVE
    async with opened() as pilot:
        view = await view_after(pilot, "n")
        assert view.panel == "alerts"
        assert (await view_after(pilot, "a")).acked == frozenset({view.picked_alert})


async def test_the_picked_alert_of_a_replay_is_gone_to(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        await view_after(pilot, "f", "a", "down", "enter")
        frame = source.latest()
        assert source.asked == [Command.SEEK_ALERT]
        assert frame is not None
        assert source.values == [(frame.alerts[0].t_ns, "")]


async def test_enter_among_the_levels_opens_the_level(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        await view_after(pilot, "f", "l", "down", "enter")
        assert isinstance(pilot.app.screen, LevelScreen)
    assert source.asked == []


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("09:45", "2026-11-20T14:45:00+00:00"),
        ("09:45:30", "2026-11-20T14:45:30+00:00"),
        ("20:00", "2026-11-20T01:00:00+00:00"),
        ("2026-11-20T10:00:00-05:00", "2026-11-20T15:00:00+00:00"),
    ],
)
async def test_a_typed_time_is_gone_to_in_a_replay(
    opened: Opened, source: ScriptedSource, typed: str, moment: str
) -> None:
    async with opened() as pilot:
        await view_after(pilot, "colon", *typed, "enter")
    assert source.asked == [Command.SEEK]
    assert source.values == [(int(datetime.fromisoformat(moment).timestamp()) * 1_000_000_000, "")]


async def test_what_is_not_a_time_is_answered_in_one_line(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        assert "not a time" in (await view_after(pilot, "colon", *"25:99", "enter")).note
    assert source.asked == []


async def test_the_touch_asked_for_is_that_of_the_picked_level(opened: Opened, source: ScriptedSource) -> None:
    async with opened() as pilot:
        picked = (await view_after(pilot, "f", "l", "down", "down")).picked
        await view_after(pilot, "t")
    assert source.values == [(0.0, picked)]


async def test_on_the_way_to_a_moment_space_and_escape_stop(opened: Opened, source: ScriptedSource) -> None:
    source.phase = Phase.SEEKING
    async with opened() as pilot:
        await pilot.press("space")
        await pilot.press("escape")
    assert source.asked == [Command.CANCEL, Command.CANCEL]


async def test_what_a_replay_answers_is_said_once(opened: Opened, source: ScriptedSource) -> None:
    source.status = ReplayStatus(answer="No alert before this moment")
    async with opened() as pilot:
        assert (await view_after(pilot, "N")).note == "No alert before this moment"


async def test_jump_mode_selects_the_panel_with_that_letter(opened: Opened) -> None:
    async with opened() as pilot:
        assert (await view_after(pilot, "f", "a")).panel == "alerts"
        assert (await view_after(pilot, "f", "x")).panel == "alerts"


@pytest.mark.parametrize("typed", ["687.0", "6870", "$687", "6,870"])
async def test_a_typed_price_of_either_market_is_held_in_the_middle(opened: Opened, typed: str) -> None:
    async with opened() as pilot:
        assert (await view_after(pilot, "colon", *typed, "enter")).pinned_tick == 27_480
        assert (await view_after(pilot, "c")).pinned_tick is None


async def test_what_is_not_a_price_is_answered_in_one_line(opened: Opened) -> None:
    async with opened() as pilot:
        view = await view_after(pilot, "colon", *"moon", "enter")
        assert view.pinned_tick is None
        assert "moon: is not a price" in view.note


async def test_letters_typed_into_the_prompt_are_not_keys(opened: Opened) -> None:
    async with opened() as pilot:
        await pilot.press("colon", *"qq", "escape")
        # each key waits until the one before it has been dealt with
        await pilot.pause(0.5)
        assert pilot.app.is_running
        assert isinstance(pilot.app.screen, CockpitScreen)


async def test_a_keymap_moves_an_action_to_another_key(opened: Opened, source: ScriptedSource) -> None:
    keymap = parse_keymap('based_on = "default"\n[keys]\nstep_snap = ["K"]', "keys.toml", "keys")
    async with opened(keymap=keymap) as pilot:
        await pilot.press("full_stop", "K")
    assert source.asked == [Command.STEP_SNAP]


@pytest.mark.parametrize(("key", "closing"), [("question_mark", "question_mark"), ("h", "escape"), ("l", "q")])
async def test_a_page_opens_over_the_cockpit_and_closes_again(opened: Opened, key: str, closing: str) -> None:
    async with opened() as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(pilot.app.screen, CockpitScreen)
        await pilot.press(closing)
        await pilot.pause()
        assert isinstance(pilot.app.screen, CockpitScreen)


async def test_the_level_is_copied_as_a_line_with_tabs(opened: Opened) -> None:
    async with opened() as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard.split("\t")[0] == "STRIKE_687"


async def test_the_picked_alert_is_copied_as_a_line_with_tabs(opened: Opened, source: ScriptedSource) -> None:
    source.mode = Mode.LIVE
    async with opened() as pilot:
        await view_after(pilot, "f", "a", "down", "y")
        copied = pilot.app.clipboard.split("\t")
        frame = source.latest()
        assert frame is not None
        assert copied[1:3] == [frame.alerts[0].signal, frame.alerts[0].level_id]


async def test_levels_and_alerts_are_exported_as_tables(opened: Opened, tmp_path: Path) -> None:
    async with opened() as pilot:
        await app_of(pilot).perform(BY_NAME["save_text"])
        assert "saved" in cockpit_of(pilot).view_state.note
    tables = {path.stem.rpartition("-")[2]: path.read_text().splitlines() for path in tmp_path.glob("*.tsv")}
    assert tables["levels"][0].split("\t") == list(LEVEL_HEADS)
    assert tables["levels"][1].split("\t")[0] == "STRIKE_687"
    assert tables["alerts"][0].split("\t") == list(ALERT_HEADS)
    assert {line.count("\t") for line in tables["alerts"]} == {len(ALERT_HEADS) - 1}


async def offered(pilot: Pilot[Any], typed: str) -> str:
    """What the palette offers first for what is typed."""
    providers = [kind(pilot.app.screen) for kind in (ActionCommands, PlaceCommands, ThemeCommands)]
    hits = [hit for provider in providers async for hit in provider.search(typed)]
    return str(max(hits, key=lambda hit: hit.score).text) if hits else ""


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("theme", "Theme: "),
        ("light", "Theme: light"),
        ("blue", "Theme: colour-blind"),
        ("colour", "Theme: "),
        ("quit", "Quit"),
        ("exit", "Quit"),
        ("speed", "Replay "),
        ("export", "Export levels"),
        ("strike_687", "Level STRIKE_687"),
        ("vwap", "Level VWAP"),
        ("687.5", "Go to the price 687.5"),
        ("09:45", "Go to the time 09:45"),
        ("sort", "Levels by distance"),
    ],
)
async def test_the_palette_finds_what_people_type(opened: Opened, typed: str, found: str) -> None:
    async with opened() as pilot:
        first = await offered(pilot, typed)
        assert first.startswith(found), first


async def test_nonsense_finds_nothing(opened: Opened) -> None:
    async with opened() as pilot:
        assert await offered(pilot, "zzqqxx") == ""


async def test_the_theme_under_the_cursor_is_shown_and_escape_brings_the_old_one_back(opened: Opened) -> None:
    async with opened() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        await shows(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"light")
        await shows(pilot, lambda: first_offer(pilot).startswith("Theme: light"))
        await shows(pilot, lambda: cockpit_of(pilot).shown_theme.name == "light")
        await pilot.press("escape")
        await shows(pilot, lambda: cockpit_of(pilot).shown_theme.name == "dark")


async def test_a_theme_chosen_from_the_palette_stays(opened: Opened) -> None:
    async with opened() as pilot:
        app = app_of(pilot)
        await pilot.press("ctrl+p")
        await shows(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"light")
        await shows(pilot, lambda: app.colours.name == "light")
        await pilot.press("enter")
        await shows(pilot, lambda: isinstance(app.screen, CockpitScreen))
        assert app.colours.name == "light"


async def test_a_level_of_the_palette_is_picked_and_held_in_the_middle(opened: Opened) -> None:
    async with opened() as pilot:
        app_of(pilot).go_to_level("STRIKE_687")
        view = cockpit_of(pilot).view_state
        assert view.picked == "STRIKE_687"
        assert view.pinned_tick == pytest.approx(27_480, abs=2)


async def test_drawing_rests_while_nobody_looks_and_goes_on_when_somebody_does(opened: Opened) -> None:
    async with opened() as pilot:
        app, cockpit = app_of(pilot), cockpit_of(pilot)
        app.post_message(AppBlur())
        await shows(pilot, lambda: cockpit.is_resting)
        app.post_message(AppFocus())
        await shows(pilot, lambda: not cockpit.is_resting)


PASTE = "SPY: Call Wall, 690, Put Wall, 680, HVL\nupdated 09:31"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path / "settings"


async def pasted(pilot: Pilot[Any], text: str) -> str:
    """Paste into the cockpit; returns what is shown then."""
    pilot.app.post_message(Paste(text))
    await shows(pilot, lambda: isinstance(pilot.app.screen, PastedLevelsScreen))
    screen = pilot.app.screen
    assert isinstance(screen, PastedLevelsScreen)
    return "\n".join("".join(text for text, _ in row) for row in screen.rows(None, 100))


async def test_pasted_levels_are_shown_with_all_that_was_left_out(opened: Opened, settings: Path) -> None:
    async with opened() as pilot:
        text = await pasted(pilot, PASTE)
        assert "2 understood, 2 left out, 1 remarks" in text
        assert re.search(r"690 +Call Wall", text)
        assert re.search(r"HVL +no price beside it", text)
        assert re.search(r"updated 09:31 +a time", text)
        await pilot.press("escape")
        await shows(pilot, lambda: isinstance(pilot.app.screen, CockpitScreen))
    assert not list(settings.rglob("*.csv"))


async def test_pasted_levels_are_stored_as_a_set_when_they_are_taken(opened: Opened, settings: Path) -> None:
    async with opened() as pilot:
        await pasted(pilot, PASTE)
        await pilot.press("enter")
        await shows(pilot, lambda: "--levels pasted-" in cockpit_of(pilot).view_state.note)
        assert "2 levels stored, 2 left out" in cockpit_of(pilot).view_state.note
    (stored,) = settings.rglob("*.csv")
    assert stored.read_text().splitlines() == ["# profile: spy", "price,name", "690,Call_Wall", "680,Put_Wall"]


async def test_a_paste_without_anything_like_a_level_is_said(opened: Opened) -> None:
    async with opened() as pilot:
        pilot.app.post_message(Paste("# nothing"))
        await shows(pilot, lambda: "nothing pasted" in cockpit_of(pilot).view_state.note)


async def test_the_screen_is_saved_as_a_picture(opened: Opened, tmp_path: Path) -> None:
    async with opened() as pilot:
        view = await view_after(pilot, "S")
    (saved,) = tmp_path.glob("spymaster-*.svg")
    assert saved.read_text(encoding="utf-8").startswith("<svg")
    assert str(saved) in view.note


async def test_a_screen_that_cannot_be_saved_is_said_not_raised(opened: Opened, tmp_path: Path) -> None:
    async with opened(save_folder=tmp_path / "nowhere") as pilot:
        assert "not saved" in (await view_after(pilot, "S")).note


async def test_themes_go_round(opened: Opened) -> None:
    async with opened() as pilot:
        app = app_of(pilot)
        names = []
        for _ in app.library.themes:
            await pilot.press("C")
            names.append(app.colours.name)
    assert sorted(names) == sorted(app.library.themes)


async def test_the_notice_stays_until_a_key_is_pressed(opened: Opened) -> None:
    async with opened(notice="to go live, set a key") as pilot:
        await pilot.pause(0.3)
        assert cockpit_of(pilot).view_state.note == "to go live, set a key"


async def test_a_fixed_quality_is_kept(opened: Opened) -> None:
    async with opened(quality=Quality.ROWS) as pilot:
        await pilot.pause(0.3)
        assert cockpit_of(pilot).view_state.quality is Quality.ROWS


async def test_help_shows_the_keys_as_they_are_bound(opened: Opened) -> None:
    async with opened(keymap=load_keymap("vim")) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        rows = ["".join(text for text, _ in row) for row in screen.rows(None, 90)]
    assert any(row.startswith("H ") and "session health" in row for row in rows)


async def test_what_is_slow_is_started_after_the_first_paint(opened: Opened) -> None:
    started: list[str] = []
    async with opened(on_ready=lambda: started.append("session")) as pilot:
        await shows(pilot, lambda: bool(started))
    assert started == ["session"]


async def test_a_changed_theme_file_is_taken_over(opened: Opened, tmp_path: Path) -> None:
    packaged = (themes_dir() / "light.toml").read_text(encoding="utf-8")
    async with opened(theme_folder=tmp_path) as pilot:
        assert "mine" not in app_of(pilot).library.themes
        (tmp_path / "mine.toml").write_text(packaged, encoding="utf-8")
        await shows(pilot, lambda: "mine" in app_of(pilot).library.themes)


GUTTER = (0, 6)


def ground_at(pilot: Pilot[Any], cell: tuple[int, int]) -> str:
    """The colour behind a cell of the screen, as ``#rrggbb`` or a palette's name."""
    colour = pilot.app.screen.get_style_at(*cell).bgcolor
    assert colour is not None
    return colour.get_truecolor().hex


@pytest.mark.parametrize("keys", [(), ("enter",), ("p",), ("p", "colon")], ids=["cockpit", "level", "chart", "line"])
async def test_an_edited_theme_repaints_the_cells_between_the_panels_too(
    opened: Opened, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    mine = tmp_path / "mine.toml"
    text = (themes_dir() / "dark.toml").read_text(encoding="utf-8")
    mine.write_text(text, encoding="utf-8")
    async with opened(theme_folder=tmp_path, theme="mine") as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert ground_at(pilot, GUTTER) == "#0b0e14"
        mine.write_text(text.replace("#0b0e14", "#203040"), encoding="utf-8")
        await shows(pilot, lambda: ground_at(pilot, GUTTER) == "#203040")
        await shows(pilot, lambda: app_of(pilot).theme_variables["background"].lower() == "#203040")


async def test_on_a_slow_link_the_cells_between_the_panels_have_the_ground_of_the_panels(opened: Opened) -> None:
    async with opened(quality=Quality.PALETTE_256) as pilot:
        ground = app_of(pilot).library.themes["256"].hex("ground")
        await shows(pilot, lambda: ground_at(pilot, GUTTER) == ground)


@pytest.mark.parametrize(
    "keys",
    [(), ("enter",), ("p",), ("h",), ("l",), ("question_mark",), ("D",), ("U",), ("f",), ("colon", "1"), ("ctrl+p",)],
    ids=["cockpit", "level", "chart", "health", "log", "help", "doctor", "settings", "jump", "line", "palette"],
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_in_ascii_the_whole_screen_is_ascii(opened: Opened, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async with opened(size=size, glyphs="ascii") as pilot:
        app_of(pilot).say("Prüfung läuft − 日本 ▶")
        await pilot.press(*keys)
        await pilot.pause(0.3)
        await shows(pilot, lambda: len(picture(pilot.app)) > 1000)
        shown = picture(pilot.app)
        assert {char for char in shown if not char.isascii()} == set()


async def test_a_theme_file_that_cannot_be_used_is_said_and_changes_nothing(opened: Opened, tmp_path: Path) -> None:
    async with opened(theme_folder=tmp_path) as pilot:
        (tmp_path / "broken.toml").write_text("ground = ", encoding="utf-8")
        await shows(pilot, lambda: "broken.toml" in cockpit_of(pilot).view_state.note)
        assert app_of(pilot).colours.name == "dark"


async def test_a_click_in_the_level_table_picks_the_level(opened: Opened) -> None:
    async with opened() as pilot:
        await pilot.click(offset=(20, 31))
        await pilot.pause()
        view = cockpit_of(pilot).view_state
    assert view.panel == "levels"
    assert view.picked is not None


async def test_the_wheel_moves_the_axis_and_centring_takes_it_back(opened: Opened) -> None:
    async with opened() as pilot:
        cockpit_of(pilot).on_mouse_scroll_up(WHEEL_UP)
        pinned = cockpit_of(pilot).view_state.pinned_tick
        assert pinned is not None
        assert (await view_after(pilot, "c")).pinned_tick is None


async def test_ctrl_c_interrupts(opened: Opened) -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert pilot.app.return_value is Ending.INTERRUPTED


PLACES = (
    StartChoice(Kind.LIVE, "Live", missing="no key: set DATABENTO_API_KEY"),
    StartChoice(Kind.RECORDING, "first-look", path=Path("first-look")),
    StartChoice(Kind.DEMO, "Demo"),
)


async def taken(*keys: str, places: tuple[StartChoice, ...] = PLACES) -> list[StartChoice]:
    took: list[StartChoice] = []
    options = AppOptions(keymap=load_keymap("default"))
    app = SpymasterApp(None, options, lambda theme: StartScreen(theme, options, places, took.append))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
    return took


async def test_enter_starts_the_first_place_that_can_be_started() -> None:
    assert await taken("enter") == [PLACES[1]]


async def test_a_place_without_its_key_cannot_be_started() -> None:
    assert await taken("L") == []


async def test_live_is_started_only_by_choosing_it() -> None:
    live = dataclasses.replace(PLACES[0], missing="")
    assert await taken("L", places=(live, *PLACES[1:])) == [live]
