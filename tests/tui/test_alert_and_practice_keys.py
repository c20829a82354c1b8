"""Keys of alerts and of practice: what they ask for, what they change, and what they say."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from spymaster.alerts.watch import RuleWatch
from spymaster.config.alerts import Alerts
from spymaster.practice.standing import PracticeRequest, PracticeRules, PracticeStanding
from spymaster.signals.frame import Command, Frame, Mode, ReplayStatus
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.keymap import load_keymap
from spymaster.tui.options import AppOptions
from spymaster.view.state import PracticeChoice, ViewState
from tests.support.awaiting import shows
from tests.support.scripted_source import ScriptedSource

Opened = Callable[..., AbstractAsyncContextManager[Pilot[Any]]]


class PracticeSource(ScriptedSource):
    """The scripted replay with practice on or off, which notes what is asked of practice."""

    def __init__(self, is_on: bool = True, mode: Mode = Mode.REPLAY) -> None:
        super().__init__(mode)
        self.is_on = is_on
        self.requests: list[PracticeRequest] = []

    def latest(self) -> Frame | None:
        """A frame with what is practised."""
        frame = super().latest()
        if frame is None:
            return None
        standing = PracticeStanding(True, PracticeRules()) if self.is_on else None
        return dataclasses.replace(frame, replay=ReplayStatus(practice=standing))

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Note it."""
        if command is Command.PRACTICE:
            self.requests.append(msgspec.json.decode(subject, type=PracticeRequest))
        else:
            super().send(command, value, subject)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """The cockpit on a source: ``async with opened(source, alerts=…) as pilot``."""

    @asynccontextmanager
    async def run(source: ScriptedSource, **options: Any) -> AsyncIterator[Pilot[Any]]:
        given = AppOptions(keymap=load_keymap("default"), save_folder=tmp_path, **options)
        async with SpymasterApp(source, given).run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            yield pilot

    return run


def view(pilot: Pilot[Any]) -> ViewState:
    """What the user chose."""
    cockpit = pilot.app.cockpit  # type: ignore[attr-defined]
    assert cockpit is not None
    return cockpit.view_state  # type: ignore[no-any-return]


def tick(source: ScriptedSource) -> int:
    """The last traded tick."""
    frame = source.latest()
    assert frame is not None
    return frame.header.es_last_tick


async def test_the_key_turns_practice_on_and_selects_the_ladder(opened: Opened) -> None:
    source = PracticeSource(is_on=False)
    async with opened(source) as pilot:
        await pilot.press("B")
        assert view(pilot).panel == "ladder"
    assert source.requests == [PracticeRequest("on")]


async def test_the_same_key_turns_it_off(opened: Opened) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press("B")
    assert source.requests == [PracticeRequest("off")]


async def test_the_keys_of_a_list_move_the_cursor_and_home_brings_it_back(opened: Opened) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press("k", "k", "j", "k")
        assert view(pilot).practice.cursor == tick(source) + 2
        await pilot.press("home")
        assert view(pilot).practice.cursor is None


async def test_with_practice_off_they_move_in_the_list(opened: Opened) -> None:
    async with opened(PracticeSource(is_on=False)) as pilot:
        await pilot.press("j")
        assert view(pilot).practice == PracticeChoice()
        assert view(pilot).picked is not None


@pytest.mark.parametrize(
    ("key", "up", "side", "kind"),
    [
        ("u", -10, 1, "limit"),
        ("u", 10, 1, "stop"),
        ("d", 10, -1, "limit"),
        ("d", -10, -1, "stop"),
        ("ctrl+u", 0, 1, "market"),
        ("ctrl+d", 0, -1, "market"),
    ],
)
async def test_at_the_cursor_it_is_a_limit_on_the_own_side_of_the_market_and_a_stop_beyond(
    opened: Opened, key: str, up: int, side: int, kind: str
) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press(*(["k"] * up if up > 0 else ["j"] * -up), key)
    (request,) = source.requests
    bracket = request.bracket
    assert bracket is not None
    assert (request.what, bracket.side, bracket.kind, bracket.tick) == ("place", side, kind, tick(source) + up)
    assert (bracket.size, bracket.stop_ticks, bracket.target_ticks) == (1, 8, 16)


async def test_out_asks_to_leave_everything(opened: Opened) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press("x")
    assert source.requests == [PracticeRequest("flat")]


async def test_sizes_are_typed_and_used_by_the_next_bracket(opened: Opened) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press("Z", *"size 3 latency 5", "enter")
        await shows(pilot, lambda: view(pilot).practice.size == 3)
        await pilot.press("ctrl+u")
    assert source.requests[0].rules == PracticeRules(5.0, PracticeRules().cancels_ahead)
    assert source.requests[1].bracket is not None
    assert source.requests[1].bracket.size == 3


async def test_the_journal_goes_into_the_file_that_is_typed(opened: Opened) -> None:
    source = PracticeSource()
    async with opened(source) as pilot:
        await pilot.press("P", *"j.csv", "enter")
        await shows(pilot, lambda: bool(source.requests))
    assert source.requests == [PracticeRequest("export", file="j.csv")]


async def test_with_practice_off_its_keys_ask_for_nothing(opened: Opened) -> None:
    source = PracticeSource(is_on=False)
    async with opened(source) as pilot:
        await pilot.press("u", "d", "ctrl+u", "x", "Z", "P")
        assert view(pilot).note == "practice is off: B turns it on, in a replay"
    assert source.requests == []


async def test_a_live_session_is_not_practised_on(opened: Opened) -> None:
    source = PracticeSource(is_on=False, mode=Mode.LIVE)
    async with opened(source) as pilot:
        await pilot.press("B")
    assert source.requests == []


def watch() -> RuleWatch:
    """A watch without rules."""
    return RuleWatch(Alerts(), Alerts, ())


async def test_a_level_is_silenced_and_with_the_same_key_no_more(opened: Opened) -> None:
    rules = watch()
    async with opened(ScriptedSource(), alerts=rules) as pilot:
        await pilot.press("i")
        (snooze,) = rules.desk.standing().snoozes
        assert snooze.kind == "level"
        assert "silent until" in view(pilot).note
        await pilot.press("i")
    assert rules.desk.standing().snoozes == ()


async def test_whom_to_silence_is_typed(opened: Opened) -> None:
    rules = watch()
    async with opened(ScriptedSource(), alerts=rules) as pilot:
        await pilot.press("I", *"kind strike 5", "enter")
        await shows(pilot, lambda: bool(rules.desk.standing().snoozes))
        (snooze,) = rules.desk.standing().snoozes
        assert (snooze.kind, snooze.name) == ("kind", "STRIKE")
        await pilot.press("I", *"off", "enter")
        await shows(pilot, lambda: not rules.desk.standing().snoozes)


async def test_all_alerts_are_acknowledged_whatever_is_picked(opened: Opened) -> None:
    source = ScriptedSource()
    async with opened(source) as pilot:
        await pilot.press("A")
        frame = source.latest()
        assert frame is not None
        assert view(pilot).acked == {alert.id for alert in frame.alerts}
