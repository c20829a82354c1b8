"""The cockpit screen: panels, what the user chose, and the timer that pulls frames."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable
from typing import Any, Final, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from spymaster.signals.frame import Frame, FrameSource, Mode
from spymaster.tui.actions.alerts import AlertActions
from spymaster.tui.actions.heat import HeatActions
from spymaster.tui.actions.moments import MomentActions
from spymaster.tui.actions.practice import PracticeActions
from spymaster.tui.actions.text import TextActions
from spymaster.tui.bell import AlertBell
from spymaster.tui.cockpit_layout import CockpitPanels
from spymaster.tui.host import Follower, Host
from spymaster.tui.keys.actions import Scope
from spymaster.tui.keys.bindings import bindings_for
from spymaster.tui.keys.keymap import footer_pairs
from spymaster.tui.options import AppOptions
from spymaster.tui.panel_table import GROUPS
from spymaster.tui.pointer import AXIS_PANELS, SCROLL_ROWS, level_at, panel_at
from spymaster.tui.pull import FramePull
from spymaster.tui.screens.jump import JumpScreen
from spymaster.tui.screens.over import OverScreen
from spymaster.tui.screens.prompt import PromptScreen
from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.terminal.colour import ColourDepth
from spymaster.tui.terminal.link import AckSource, LinkState
from spymaster.tui.text.pasted_levels import PastedLevelsScreen
from spymaster.tui.themes.library import Theme
from spymaster.tui.themes.textual_theme import is_dark
from spymaster.tui.usual_pull import UsualPull
from spymaster.view.state import WITHOUT, Quality, ViewState

SAID_S: Final = 4.0
_SIDES: Final = ("auto", "focus", "strikes")

_log = logging.getLogger(__name__)


class CockpitScreen(
    HeatActions,
    MomentActions,
    AlertActions,
    PracticeActions,
    TextActions,
    Screen[None],
    inherit_bindings=False,
):
    """Everything about the market on one screen."""

    CSS_PATH = "cockpit.tcss"
    NAME = "cockpit"
    BINDINGS = bindings_for(Scope.COCKPIT, Scope.LEVELS, Scope.REPLAY, Scope.MOMENTS, Scope.PLACES, Scope.PRACTICE)
    AUTO_FOCUS = ""

    def __init__(self, source: FrameSource, theme: Theme, options: AppOptions) -> None:
        super().__init__()
        self._source = source
        self._options = options
        self._theme = theme
        self._shown_theme = theme
        self._panels = CockpitPanels(theme)
        self._bell = AlertBell()
        self._frame: Frame | None = None
        self._view = ViewState(
            width=80,
            height=24,
            glyphs=options.glyphs,
            shades=options.colour in (ColourDepth.PALETTE_16, ColourDepth.NONE),
            note=options.notice,
            quality=options.quality or Quality.FULL,
        )
        self._usual = UsualPull(source, options.usual)
        self._said_until = float("inf")
        self._pull: FramePull | None = None
        self._waits: asyncio.TimerHandle | None = None
        self._settled = False

    @property
    def in_replay(self) -> bool:
        """True where the source can be played and stepped."""
        if self._options.attached is not None:
            return False
        return self._frame is not None and self._frame.header.mode is not Mode.LIVE

    @property
    def shown_theme(self) -> Theme:
        """The theme in use: fewer colours than were chosen while the link is slow."""
        return self._shown_theme

    @property
    def view_state(self) -> ViewState:
        """What the user chose."""
        return self._view

    def compose(self) -> ComposeResult:
        """The panels, and a line over the rule between them for what has no line of its own."""
        yield from self._panels.widgets()
        yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Rect the panels, show what there is and begin to pull."""
        app = self._app
        if self._options.quality is not None and app.pacer is not None:
            app.pacer.hold_quality()
        self._place()
        self._pull = FramePull(self._source, app.pacer, self._draw, self._options.frame_hz)
        self._look()

    def on_unmount(self) -> None:
        """Nothing is left to draw on."""
        self._pull = None
        if self._waits is not None:
            self._waits.cancel()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panels for the new size."""
        self._place()
        self._repaint()

    def _place(self) -> None:
        width, height = self.size
        self._view = dataclasses.replace(self._view, width=width, height=height)
        self._panels.place(width, height, time_bar=self.in_replay)
        self._place_said()
        self._unsettle()

    def _unsettle(self) -> None:
        """Leave painting to the toolkit until it has brought everything to its place."""
        self._settled = False
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        self._settled = True

    def _place_said(self) -> None:
        """A replay's time bar stands where the sentence would be: what is said then covers the rule for a while."""
        layout, said = self._panels.layout, self.query_one("#said", Static)
        said.display = bool(self._view.note) and layout.rect("note") is None
        if said.display:
            rect = layout.rect("rule") or layout.rect("footer")
            said.styles.offset = (1, rect.y if rect is not None else 0)
            said.styles.width = max(self.size.width - 2, 1)
            said.update(f"▎ {self._view.note}")

    @property
    def _app(self) -> Host:
        return cast("Host", self.app)

    def _look(self) -> None:
        """Draw what is due, and come again when something can be."""
        pull = self._pull
        if pull is None:
            return
        if self._waits is not None:
            self._waits.cancel()
        pull.resting = not self.app.app_focus
        pull.look(time.monotonic())
        # A timer or a message of the toolkit's costs more than the look.
        self._waits = asyncio.get_running_loop().call_later(pull.next_look_s(time.monotonic()), self._look_again)

    def _look_again(self) -> None:
        try:
            self._look()
        except Exception as error:
            # of an application's errors the toolkit alone knows how to speak once the terminal is given back
            self.call_later(_fail, error)

    @property
    def is_resting(self) -> bool:
        """True while it is drawn only now and then, because nobody looks."""
        return self._pull is not None and self._pull.resting

    def focus_came(self) -> None:
        """Somebody looks again: show the newest at once."""
        self._look_soon()

    def _look_soon(self) -> None:
        if self._pull is not None:
            self._pull.expedite(time.monotonic())
            self.call_later(self._look)

    def _prompt(self, hint: str, then: Callable[[str | None], None]) -> None:
        self.app.push_screen(PromptScreen(":", hint), then)

    def _draw(self, frame: Frame | None, now: float) -> None:
        was_replay = self.in_replay
        self._frame = frame
        self._app.data_pulled(now)
        if self.in_replay != was_replay:
            self._place()
        own = self._own_alerts(frame)
        if (sound := self._sound(frame, own, now)) and self._app.pacer is not None:
            self._app.pacer.write(sound)
        self._view = dataclasses.replace(self._view, own=own, rings=self._bell_plan.in_replay)
        if news := self.new_answer(frame) or self._new_trouble(own):
            self.say(news)
        self._follow_link(self._app.link_state())
        if now > self._said_until and self._view.note:
            self._view = dataclasses.replace(self._view, note="")
            self._place_said()
        keys = footer_pairs(self._options.keymap, self.in_replay, self.playing)
        self._view = dataclasses.replace(self._view, keys=keys)
        self._show(now)

    def _show(self, now: float) -> None:
        over = self._over()
        if over is not None:
            over.follow(self._frame, self._view, self._shown_theme, now)
            return
        canvas = self._canvas()
        self._panels.apply(self._frame, self._view, now, canvas)
        wanted = self._panels.needs_heat
        if wanted > 0:
            self._panels.load_heat(self._source.heat(wanted))
            self._panels.apply(self._frame, self._view, now, canvas)
        if canvas is not None:
            self._app.send_painted()

    def _canvas(self) -> Canvas | None:
        """The canvas while nothing of another widget or screen can lie over the panels."""
        covered = self.app.screen is not self or self.query_one("#said").display
        return None if covered or not self._settled else self._app.canvas

    def _over(self) -> OverScreen | None:
        """The screen that covers this one, if one does."""
        for screen in reversed(self.app.screen_stack):
            if screen is self:
                return None
            if isinstance(screen, OverScreen):
                return screen
        return None

    def feed(self, over: Follower) -> None:
        """Show a screen that has just come to lie over this one what is shown here."""
        over.follow(self._frame, self._view, self._shown_theme, time.monotonic())

    def on_screen_resume(self) -> None:
        """Nothing was drawn here while another screen lay over it."""
        if self._pull is not None:
            self._unsettle()
            self._repaint()

    def _follow_link(self, link: LinkState) -> None:
        quality = self._view.quality if self._options.quality is not None else link.quality
        age_ms = None if link.age_s is None else link.age_s * 1e3
        attached = self._options.attached() if self._options.attached is not None else None
        stats = dataclasses.replace(
            self._view.stats,
            screen_age_ms=age_ms,
            bytes_per_s=link.bytes_per_s,
            by_tmux=link.source is AckSource.TMUX,
            usual=self._usual.look(self._frame),
            attached=attached,
        )
        self._view = dataclasses.replace(self._view, quality=quality, stats=stats)
        if self._pull is not None:
            self._pull.quality = quality
        self._wear(self._theme)

    def _wear(self, theme: Theme) -> None:
        """Draw in a theme, or in its place in the 256 colours theme while the link is slow."""
        slow = self._view.quality >= Quality.PALETTE_256 and is_dark(theme)
        wanted = self._app.library.themes.get("256", theme) if slow else theme
        if wanted is not self._shown_theme:
            self._shown_theme = wanted
            self._panels.set_theme(wanted)
            self._unsettle()
            self.styles.background = wanted.hex("ground")

    def set_theme(self, theme: Theme) -> None:
        """Change the colours."""
        self._theme = theme
        self._wear(theme)
        self._repaint()

    def _change(self, **changes: Any) -> None:
        self._view = dataclasses.replace(self._view, **changes)
        self._repaint()

    def _repaint(self) -> None:
        """Show a change of what the user chose at once, on the frame already here."""
        self._show(time.monotonic())

    def say(self, text: str) -> None:
        """Show a sentence for a few seconds, and keep it in the log."""
        _log.info("%s", text)
        self._said_until = time.monotonic() + SAID_S
        self._change(note=text)
        self._place_said()

    def on_key(self) -> None:
        """The opening notice has been read."""
        if self._said_until == float("inf") and self._view.note:
            self._said_until = time.monotonic() + SAID_S

    def on_click(self, event: events.Click) -> None:
        """A click selects a panel, and in the level table its level, which two clicks open; two centre the axis."""
        if (name := panel_at(self._panels, event.screen_offset)) is not None:
            picked = level_at(self._panels, event.screen_offset)
            self._change(panel=name, picked=picked or self._view.picked)
            if event.chain == 2 and name in AXIS_PANELS:
                self.action_centre()
            if event.chain == 2 and picked is not None:
                self.action_level_detail()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Lower prices."""
        self._scroll(-SCROLL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Higher prices."""
        self._scroll(+SCROLL_ROWS)

    def _scroll(self, rows: int) -> None:
        axis = self._panels.axis
        if axis.rows > 0:
            self._change(pinned_tick=axis.low(axis.rows // 2) + rows * axis.zoom)

    def action_centre(self) -> None:
        """Centre on the last price and follow it."""
        self._change(recentre=self._view.recentre + 1, pinned_tick=None)

    def _visible_panels(self) -> list[str]:
        return [name for name in GROUPS if self._panels.region(name) is not None]

    def action_panel_next(self) -> None:
        """Select the next panel."""
        self._step_panel(+1)

    def action_panel_previous(self) -> None:
        """Select the previous panel."""
        self._step_panel(-1)

    def _step_panel(self, by: int) -> None:
        names = self._visible_panels()
        if names:
            at = names.index(self._view.panel) + by if self._view.panel in names else 0
            self._change(panel=names[at % len(names)])

    def action_jump(self) -> None:
        """Choose a panel by a letter shown on it."""
        regions = {name: region for name in self._visible_panels() if (region := self._panels.region(name)) is not None}
        self.app.push_screen(JumpScreen(regions), lambda name: self._change(panel=name) if name else None)

    def action_level_detail(self) -> None:
        """The screen of the picked (or nearest) level; among the alerts of a replay, the moment of the picked one."""
        if not (self._view.panel == "alerts" and self.go_to_alert(self._view.picked_alert)):
            self._app.open_level(self)

    def action_level_focus(self) -> None:
        """Strikes and focus beside the ladder, the focus alone, the strikes alone."""
        self._change(side=_SIDES[(_SIDES.index(self._view.side) + 1) % len(_SIDES)])

    def action_ablation(self) -> None:
        """Tell the level's score without the next force too, or without none."""
        self._change(without=WITHOUT[(WITHOUT.index(self._view.without) + 1) % len(WITHOUT)])

    def _open(self, screen: PastedLevelsScreen) -> None:
        self.app.push_screen(screen)

    def pick(self, level_id: str) -> None:
        """Choose a level."""
        self._change(picked=level_id)

    def _alert_ids(self) -> tuple[str, ...]:
        return self._panels.alert_ids

    def _level_ids(self) -> tuple[str, ...]:
        return self._panels.level_ids


def _fail(error: Exception) -> None:
    raise error
