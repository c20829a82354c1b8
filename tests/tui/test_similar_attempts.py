"""On a level's page: the attempts like the one that is on are chosen with a key, and Enter goes to their moment."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from spymaster.signals.frame import Command, Frame, Phase
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.level import LevelScreen
from tests.support import viewports
from tests.support.scripted_source import ScriptedSource

Opened = Callable[..., AbstractAsyncContextManager[Pilot[Any]]]


class Speaking(ScriptedSource):
    """A replay in which a model speaks; of the attempts like it the first and the third are in the recording."""

    def latest(self) -> Frame | None:
        frame = super().latest()
        if frame is None:
            return None
        alike = tuple(
            msgspec.structs.replace(one, is_here=place in (0, 2))
            for place, one in enumerate(viewports.similar(frame.t_ns))
        )
        said = viewports.viewport(frame, viewports.chances(alike=alike), every=True)
        return dataclasses.replace(frame, viewport=said)


@pytest.fixture
def source() -> Speaking:
    return Speaking(start_s=4000.0, phase=Phase.PAUSED)


@pytest.fixture
def opened(source: Speaking) -> Opened:
    @asynccontextmanager
    async def run(*keys: str) -> AsyncIterator[Pilot[Any]]:
        app = SpymasterApp(source, AppOptions(keymap=load_keymap("default")))
        async with app.run_test(size=(200, 60)) as pilot:
            await pilot.pause()
            for key in ("enter", *keys):
                await pilot.press(key)
                await pilot.pause()
            yield pilot

    return run


def facts(pilot: Pilot[Any]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, LevelScreen)
    return "\n".join("".join(text for text, _ in row) for row in screen.panel("level_facts"))


def note(pilot: Pilot[Any]) -> str:
    app = pilot.app
    assert isinstance(app, SpymasterApp)
    assert app.cockpit is not None
    return app.cockpit.view_state.note


async def test_the_most_alike_is_chosen_first_and_enter_goes_to_its_moment(opened: Opened, source: Speaking) -> None:
    frame = source.latest()
    assert frame is not None
    async with opened("enter") as pilot:
        assert "> broke 42s" in facts(pilot)
        assert source.asked[-1] is Command.SEEK
        assert source.values[-1][0] == frame.t_ns - viewports.TEN_MINUTES_NS


async def test_a_key_chooses_the_next_one_and_begins_anew_after_the_last(opened: Opened) -> None:
    async with opened("m") as pilot:
        assert "> bounced 75s" in facts(pilot)
    async with opened(*["m"] * 5) as pilot:
        assert "> broke 42s" in facts(pilot)


async def test_one_of_another_recording_is_said_and_nothing_is_asked(opened: Opened, source: Speaking) -> None:
    async with opened("m", "enter") as pilot:
        assert note(pilot) == "its recording is not the one that is replayed: sim-world-7"
        assert Command.SEEK not in source.asked


async def test_where_none_is_known_that_is_said(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewports, "similar", lambda _t_ns: ())
    async with opened("enter") as pilot:
        assert note(pilot) == "no attempt like this one is known"
