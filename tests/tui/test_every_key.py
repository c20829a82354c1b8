"""Every key on every screen does what the registry says of it: all are pressed, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.screen import Screen

from spymaster.config.origins import Setting
from spymaster.signals.frame import Phase
from spymaster.tui.app import SpymasterApp
from spymaster.tui.keys.actions import ACTIONS, PAGES, Action
from spymaster.tui.keys.keymap import Keymap, load_keymap
from spymaster.tui.options import AppOptions
from spymaster.tui.screens.start import Kind, StartChoice, StartScreen
from spymaster.view.pages.doctor import Finding, TerminalSeen
from tests.support.pty_terminal import PtyTerminal
from tests.support.scripted_source import ScriptedSource
from tests.tui.conftest import Launch
from tests.tui.key_effects import EFFECTS, Seen

LONG_SESSION_S = 20_000.0
"""So that there are more bars than a chart shows."""

REACHED = {"cockpit": (), "level": ("enter",), "chart": ("p",), "help": ("question_mark",), "health": ("h",)} | {
    "doctor": ("D",), "settings": ("U",), "log": ("l",), "start": (), "flow": ("e",), "pasted": (),
}  # fmt: skip
"""The keys that lead from the first screen to each; pasted text leads to what was understood of it."""

PASTED = "\n".join(f"wall{number} {500 + number}" for number in range(60))

CHOICES = (
    StartChoice(Kind.LIVE, "Live", "the market"),
    StartChoice(Kind.RECORDING, "first-look", "seven minutes", Path("first-look")),
    StartChoice(Kind.DEMO, "Demo", "the bundled recording", Path("bundled")),
)


def found(_: TerminalSeen) -> Iterator[Finding]:
    for number in range(40):
        yield Finding("disk", True, f"finding {number}")


def settings() -> tuple[Setting, ...]:
    return tuple(Setting(f"ui.key_{number}", "1", "default") for number in range(60))


class Walk:
    """An application on one screen, which is brought back to it before each key."""

    def __init__(self, screen: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.screen, self.folder = screen, folder
        self.source = ScriptedSource(start_s=LONG_SESSION_S, phase=Phase.PAUSED)
        self.ended: list[Any] = []
        self.opened: list[bool] = []
        self.taken: list[StartChoice] = []
        self._here: Screen[Any] | None = None
        self.repaints = 0
        self._refresh = Screen.refresh
        patch.setattr(Screen, "refresh", lambda screen, *regions, **how: self._repainted(screen, *regions, **how))
        options = AppOptions(
            keymap=load_keymap("default"),
            save_folder=folder,
            doctor=found,
            settings=settings,
            on_open=lambda: self.opened.append(True),
        )
        if screen == "start":
            self.app = SpymasterApp(
                None, options, lambda theme: StartScreen(theme, options, CHOICES, self.taken.append)
            )
        else:
            self.app = SpymasterApp(self.source, options)
        # the application is to go on: what it would end with is noted
        self.app.exit = lambda result=None, *_, **__: self.ended.append(result)  # type: ignore[method-assign]
        for number in range(60):
            self.app.book.emit(logging.LogRecord("spymaster", logging.INFO, "", 0, f"line {number}", None, None))

    def _repainted(self, screen: Screen[Any], *regions: Any, **how: Any) -> Any:
        """A screen is painted again; counted where it is the whole of it."""
        self.repaints += not regions and not how
        return self._refresh(screen, *regions, **how)

    async def come_back(self, pilot: Pilot[Any]) -> None:
        """To the screen it is about, where the last key has led away from it; nothing has been asked for yet."""
        for kept in (self.source.asked, self.source.values, self.ended, self.opened, self.taken):
            kept.clear()
        if self._here and self.app.screen is self._here:
            return
        while len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        await pilot.pause()
        await pilot.press(*(() if self.screen == "start" else ("escape", *REACHED[self.screen])))
        if self.screen == "pasted":
            self.app.screen.post_message(Paste(PASTED))
        await pilot.pause()
        self._here = self.app.screen
        self.source.asked.clear()

    def seen(self) -> Seen:
        """What can be seen now."""
        app, screen = self.app, self.app.screen
        cockpit = app.cockpit
        picked = getattr(screen, "picked", None)
        note = cockpit.view_state.note if cockpit is not None else " ".join(getattr(screen, "said", ()))
        return Seen(
            screen=type(screen).__name__,
            view=cockpit.view_state if cockpit is not None else None,
            asked=tuple(self.source.asked),
            detail=getattr(screen, "detail", None),
            chart=getattr(screen, "chart", None),
            choice=getattr(screen, "choice", None),
            first_row=getattr(screen, "first_row", 0),
            picked=picked.title if picked is not None else "",
            note=note,
            clipboard=app.clipboard,
            saved=sum(path.stat().st_size for path in self.folder.glob("*.svg")),
            exported=sum(path.stat().st_size for path in self.folder.glob("*.t*")),
            repaints=self.repaints,
            theme=app.colours.name,
            ended=tuple(self.ended),
            opened=len(self.opened),
            taken=tuple(str(choice.kind) for choice in self.taken),
        )

    async def pressed(self, pilot: Pilot[Any], action: Action, key: str) -> tuple[Seen, Seen]:
        """What is seen before and after a key."""
        await self.come_back(pilot)
        self.app.copy_to_clipboard("")
        for saved in self.folder.iterdir():
            saved.unlink()
        await pilot.press(*EFFECTS[action.name].first)
        await pilot.pause()
        self.source.asked.clear()
        before = self.seen()
        await pilot.press(key)
        await pilot.pause()
        return before, self.seen()


def keys_of(keymap: Keymap, action: Action) -> list[str]:
    return [key for key in keymap.textual_keys(action.name).split(",") if key]


def test_every_action_declares_what_it_does() -> None:
    assert set(EFFECTS) == {action.name for action in ACTIONS}


def test_every_screen_with_keys_is_walked() -> None:
    assert set(REACHED) == {screen for action in ACTIONS for screen in action.scope.screens}


ALWAYS = ("cockpit", "start")
"""Walked in every run; the others take as long each and are walked with the slow tests."""


@pytest.mark.parametrize(
    "screen", [pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.slow) for name in REACHED]
)
async def test_every_key_does_what_is_said_of_it(screen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(screen, tmp_path, monkeypatch)
    without_effect = []
    # small enough that every page is longer than its screen
    async with walk.app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for action in ACTIONS:
            if screen not in action.scope.screens:
                continue
            for key in keys_of(walk.app.options.keymap, action):
                before, after = await walk.pressed(pilot, action, key)
                if not EFFECTS[action.name].effect(before, after):
                    without_effect.append((action.name, key, before.screen, after.screen))
    assert without_effect == []


def test_pages_are_walked_through_in_a_terminal_while_time_is_commanded(launch: Launch) -> None:
    """In a real terminal: every page opens, the replay below it stops and goes on, the prompt opens, q leaves."""
    terminal: PtyTerminal = launch("REPLAY")
    terminal.wait_for(lambda text: "LADDER" in text and "? help" in text)
    titles = {"help": "HELP", "health": "SESSION HEALTH", "doctor": "DOCTOR", "settings": "SETTINGS", "log": "LOG"}
    keymap = load_keymap("default")
    for page in PAGES:
        terminal.send(keymap.keys[page][0])
        terminal.wait_for(titles[page])
        terminal.wait_for("Space pause")
        terminal.send(" ")
        terminal.wait_for("Space play")
        terminal.send(" ")
        terminal.wait_for("Space pause")
        terminal.send(":")
        terminal.wait_for("price, such as")
        terminal.send("\x1b")
        terminal.wait_for(lambda text: "price, such as" not in text)
        terminal.send("q")
        terminal.wait_for(lambda text: "LADDER" in text)
    terminal.send("q")
    assert terminal.wait() == 0
