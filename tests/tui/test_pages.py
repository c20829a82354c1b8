"""Pages over the cockpit and over the start screen: its edges stay, words are found, and time goes on below them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from spymaster.config.origins import Setting
from spymaster.errors import UserError
from spymaster.signals.frame import Command, Mode
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.pages.no_cockpit import NOTHING_PLAYS
from spymaster.tui.pages.page import PageScreen
from spymaster.tui.screens.start import StartScreen
from spymaster.view.drawing.cells import text_of
from tests.support.awaiting import shows
from tests.support.scripted_source import ScriptedSource

SET = (
    Setting("ui.theme", '"light"', "/home/user/config.toml:12", "Name of a theme."),
    Setting("ui.glyphs", '"unicode"', "default", "Characters for states and bars."),
    Setting("lake.keep_days", "0", "default", "Sealed runs older than this go."),
)


@asynccontextmanager
async def opened(*keys: str, source: ScriptedSource | None = None, **options: Any) -> AsyncIterator[Pilot[Any]]:
    given = {"keymap": load_keymap("default"), "settings": lambda: SET, **options}
    app = SpymasterApp(source or ScriptedSource(), AppOptions(**given))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        yield pilot


def page_of(pilot: Pilot[Any]) -> PageScreen:
    assert isinstance(pilot.app.screen, PageScreen)
    return pilot.app.screen


def said(pilot: Pilot[Any], panel: str = "page") -> str:
    return "\n".join(text_of(row) for row in page_of(pilot).panel(panel))


@pytest.mark.parametrize("key", ["question_mark", "h", "D", "U", "l"])
async def test_a_page_keeps_the_header_and_the_time_bar(key: str) -> None:
    async with opened(key) as pilot:
        assert "REPLAY" in said(pilot, "header_left")
        assert "DEPTH" in said(pilot, "trust_left")
        assert "1×" in said(pilot, "time_bar")


async def test_a_typed_time_is_gone_to_from_a_page() -> None:
    source = ScriptedSource()
    async with opened("h", "colon", *"09:45", "enter", source=source):
        assert source.asked == [Command.SEEK]


async def test_a_word_leaves_what_holds_it_with_its_head() -> None:
    async with opened("U", "slash", *"KEEP", "enter") as pilot:
        assert said(pilot).split() == ["[lake]", "keep_days", "0", "Sealed", "runs", "older", "than", "this", "go."]
        assert "'KEEP'" in said(pilot, "page_title")


async def test_a_word_that_is_nowhere_is_said() -> None:
    async with opened("U", "slash", *"moon", "enter") as pilot:
        assert "nothing here holds 'moon'" in said(pilot)


async def test_no_word_shows_everything_again() -> None:
    async with opened("U", "slash", *"moon", "enter", "slash", "enter") as pilot:
        assert "glyphs" in said(pilot)


async def test_help_is_searched_among_keys_words_and_marks() -> None:
    async with opened("question_mark", "slash", *"gamma", "enter") as pilot:
        found = said(pilot)
        assert "OPTIONS" in found
        assert "dealers" in found
        assert "VACUUM" not in found


async def test_what_was_set_says_where_and_stands_before_the_defaults() -> None:
    async with opened("U") as pilot:
        rows = said(pilot).splitlines()
        assert rows[0].startswith("NOT AS PACKAGED")
        assert "/home/user/config.toml:12" in rows[1]


async def test_settings_that_cannot_be_read_are_one_line() -> None:
    def refuse() -> tuple[Setting, ...]:
        raise UserError("config.toml", "is not TOML", "mend it there")

    async with opened("U", settings=refuse) as pilot:
        assert said(pilot).strip() == "config.toml: is not TOML; mend it there"


async def test_the_log_stays_with_the_newest_line_until_it_is_scrolled_away() -> None:
    async with opened("l") as pilot:
        book = pilot.app.book  # type: ignore[attr-defined]

        def emit(text: str) -> None:
            book.emit(logging.LogRecord("spymaster", logging.INFO, "", 0, text, None, None))

        for number in range(60):
            emit(f"line {number}")
        await shows(pilot, lambda: "line 59" in said(pilot))
        await pilot.press("home")
        emit("the newest")
        await pilot.pause()
        assert "the newest" not in said(pilot)
        await pilot.press("end")
        await shows(pilot, lambda: "the newest" in said(pilot))


async def test_a_page_opened_again_from_another_is_come_back_to_not_stacked() -> None:
    async with opened("h", "question_mark", "h") as pilot:
        assert page_of(pilot).NAME == "health"
        await pilot.press("q")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, PageScreen)


async def test_in_a_live_session_keys_of_time_are_answered_in_words_on_the_page() -> None:
    async with opened("h", "space", source=ScriptedSource(mode=Mode.LIVE)) as pilot:
        assert "cannot be played" in said(pilot, "note")


async def test_the_doctor_tells_what_cannot_be_looked_at_as_a_finding() -> None:
    def look(_: object) -> Any:
        raise OSError("no such device")

    async with opened("D", doctor=look) as pilot:
        await shows(pilot, lambda: "no such device" in said(pilot))
        assert "1 to look at" in said(pilot)


async def test_over_the_start_screen_a_page_has_no_market_and_says_so() -> None:
    options = AppOptions(keymap=load_keymap("default"), settings=lambda: SET)
    app = SpymasterApp(None, options, lambda theme: StartScreen(theme, options, (), lambda choice: None))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("U", "space")
        await pilot.pause()
        assert said(pilot, "header_left").strip().startswith("spymaster-tui")
        assert NOTHING_PLAYS in said(pilot, "note")
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, StartScreen)
