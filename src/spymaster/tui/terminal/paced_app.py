"""A Textual application that paints only when the terminal has seen the last frame, and always gives it back.

It reaches into internals of the pinned Textual release: ``_display`` (to mark frames), ``_begin_update`` and
``_end_update`` (around a frame of our own), ``_batch_count`` (to see whether painting is held), ``_filters`` and
``_driver``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AbstractContextManager
from typing import Any, Final

from rich.console import COLOR_SYSTEMS, RenderableType
from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key, Paste, Resize
from textual.screen import Screen

from spymaster.interrupts import held
from spymaster.tui.keys.key_gate import KeyGate, Typed
from spymaster.tui.options import Ending
from spymaster.tui.terminal.canvas import Canvas
from spymaster.tui.terminal.driver import PacedDriver
from spymaster.tui.terminal.link import LinkState

LINK_POLL_S: Final = 0.3
NARROW_POLL_S: Final = 0.1
"""So often is a link asked that is so narrow that what is sent waits for room on it."""
ANSWER_S: Final = 3.0
"""So long after a key what is painted is taken for its answer, which overtakes a picture still on its way."""

_ENDINGS: Final = {
    signal.SIGINT: Ending.INTERRUPTED,
    signal.SIGTERM: Ending.TERMINATED,
    signal.SIGHUP: Ending.HANGUP,
}

URGENT: Final = "ctrl+c"
"""The key that waits for no other."""


class PacedApp(App[Ending], inherit_bindings=False):
    """Paints under the control of ``PacedDriver`` and ends in order on SIGINT, SIGTERM and SIGHUP."""

    def __init__(self, driver_class: type[Driver] = PacedDriver) -> None:
        super().__init__(driver_class=driver_class)
        self._hold: AbstractContextManager[None] | None = None
        self._missed_paint = False
        self._answering_until = float("-inf")
        self._data_at: float | None = None
        self._keys = KeyGate(self, self._forward)
        self.signals: held | None = None
        """Signals that end it, held until it can give the terminal back; none for a picture, which has no terminal."""

    @property
    def pacer(self) -> PacedDriver | None:
        """The output driver, None where there is no terminal."""
        return self._driver if isinstance(self._driver, PacedDriver) else None

    def link_state(self) -> LinkState:
        """The link to the terminal; an idle one where there is no terminal."""
        return self.pacer.link_state() if self.pacer is not None else LinkState()

    def data_pulled(self, now: float) -> None:
        """The next paint shows data pulled at ``now`` (monotonic)."""
        self._data_at = now if self._data_at is None else self._data_at

    def on_mount(self) -> None:
        """Keep an eye on the link, whatever screen is shown."""
        self._watch_link()

    def _watch_link(self) -> None:
        pacer = self.pacer
        if pacer is not None:
            pacer.poll()
            self.set_timer(NARROW_POLL_S if pacer.overtakes() else LINK_POLL_S, self._watch_link)

    def on_load(self) -> None:
        """Take over the signals that end the program, before there is anything to give back."""
        loop = asyncio.get_running_loop()
        # The driver is made right after this event.
        loop.call_soon(self._connect_driver)
        if self.signals is None:
            return
        for number, ending in _ENDINGS.items():
            loop.add_signal_handler(number, self.exit, ending)
        if (stop := self.signals.take()) is not None:
            self.exit(_ENDINGS[stop.signal])

    async def on_event(self, event: Event) -> None:
        """What is typed goes through the gate, everything else its usual way."""
        if isinstance(event, Resize) and self.pacer is not None:
            self.pacer.canvas.forget()
        if isinstance(event, Key | Paste) and not event.is_forwarded and getattr(event, "key", "") != URGENT:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    async def _forward(self, event: Typed) -> None:
        await super().on_event(self.as_typed(event))

    def as_typed(self, event: Typed) -> Typed:
        """What a key or a paste means to this application."""
        return event

    def on_unmount(self) -> None:
        """Nobody is left to type to."""
        self._keys.close()

    def _connect_driver(self) -> None:
        pacer = self.pacer
        if pacer is not None:
            pacer.canvas.colours = COLOR_SYSTEMS[self.console.color_system] if self.console.color_system else None
            pacer.on_free = self._release
            pacer.on_input = self._let_answer
            pacer.on_lost = self._hang_up
            pacer.on_back = self._repaint_all

    def _repaint_all(self) -> None:
        """The terminal was given to somebody else in between: nothing of ours is on it."""
        self._missed_paint = True
        self._let_paint()
        self.refresh()
        self.screen.refresh()

    def _hang_up(self) -> None:
        self.exit(Ending.HANGUP)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        pacer = self.pacer
        if pacer is None or renderable is None:
            super()._display(screen, renderable)
            return
        if self._batch_count:
            # The toolkit has already forgotten what was to be painted here.
            self._missed_paint = True
        else:
            self._begin_frame(pacer)
        super()._display(screen, renderable)
        self._hold_while_busy(pacer)

    def _begin_frame(self, pacer: PacedDriver) -> None:
        data_at = self._data_at if self._data_at is not None else time.monotonic()
        pacer.begin_frame(data_at, (self.size.width, self.size.height))
        self._data_at = None

    def _hold_while_busy(self, pacer: PacedDriver) -> None:
        answering = pacer.overtakes() and time.monotonic() < self._answering_until
        if self._hold is None and pacer.busy() and not answering:
            self._hold = self.batch_update()
            self._hold.__enter__()

    @property
    def canvas(self) -> Canvas | None:
        """What the terminal shows, for who paints on it past the toolkit; None where that cannot be done now."""
        pacer = self.pacer
        return pacer.canvas if pacer is not None and not self._batch_count and not pacer.overtakes() else None

    def send_painted(self) -> None:
        """Send what was put on the canvas, as a frame."""
        pacer = self.pacer
        if pacer is None or not (text := pacer.canvas.take()):
            return
        self._begin_update()
        pacer.write(text)
        self._end_update()
        self._begin_frame(pacer)
        pacer.flush()
        self._hold_while_busy(pacer)

    def _release(self) -> None:
        """Paint again what waits: the terminal has caught up."""
        pacer = self.pacer
        if self._hold is not None and (pacer is None or not pacer.busy()):
            self._let_paint()

    def _let_answer(self) -> None:
        """A key came: its answer need not wait for the terminal's reply, only for the bytes before it to be gone."""
        self._answering_until = time.monotonic() + ANSWER_S
        # Whoever types is looking, whatever the terminal has said of the focus.
        self.app_focus = True
        if self._hold is not None and self.pacer is not None and not self.pacer.unsent():
            self._let_paint()

    def _let_paint(self) -> None:
        hold, self._hold = self._hold, None
        if hold is None:
            return
        hold.__exit__(None, None, None)
        if not self.screen_stack:
            return
        if self._missed_paint:
            self._missed_paint = False
            self.screen.refresh()
        self.screen.check_idle()


def release_terminal() -> None:
    """Point the standard streams nowhere: the terminal is gone, and writing to it would only fail."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fileno in (0, 1, 2):
        os.dup2(nowhere, fileno)
    os.close(nowhere)
