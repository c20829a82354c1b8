"""Keys and pastes one at a time: the next is handed on when what the one before it caused has happened.

A slow link, or a script that types, delivers many keys in one piece. The toolkit hands all of them to the widget that
has the focus while they arrive, although the first may open or close a screen: in ``:687 Enter c`` the digits would
reach the cockpit and the ``c`` the line that is about to close.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from textual.app import App
from textual.events import Key, Paste
from textual.message_pump import MessagePump

SETTLE_S: Final = 1.0
"""A key is held back no longer than this, whatever the one before it is still doing."""

_QUIET_ROUNDS: Final = 3
_WORK_POLL_S: Final = 0.005

Typed: TypeAlias = Key | Paste


class KeyGate:
    """Queues what is typed. ``hand_on`` gives an event to whatever has the focus at that moment."""

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Typed] = deque()
        self._task: asyncio.Task[None] | None = None

    async def take(self, event: Typed) -> None:
        """Hand the event on now, or after those that wait already."""
        if self._task is not None and not self._task.done():
            self._waiting.append(event)
            return
        await self._hand_on(event)
        self._task = asyncio.get_running_loop().create_task(self._drain())

    def close(self) -> None:
        """Forget what waits: the application ends."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _drain(self) -> None:
        await self._within(self._settled())
        while self._waiting:
            event = self._waiting.popleft()
            if not (isinstance(event, Key) and event.is_printable):
                # Enter means what the search for the text before it will find.
                await self._within(self._searched())
            await self._hand_on(event)
            await self._within(self._settled())

    @staticmethod
    async def _within(wait: Awaitable[None]) -> None:
        try:
            await asyncio.wait_for(wait, SETTLE_S)
        except TimeoutError:
            return

    async def _settled(self) -> None:
        """Until every message that followed the key has been handled and the focus has come to rest."""
        quiet = 0
        before: tuple[object, ...] = ()
        while quiet < _QUIET_ROUNDS and self._app.screen_stack:
            for pump in self._concerned():
                await _reached(pump)
            if not self._app.screen_stack:
                return
            now = (self._app.screen, self._app.focused)
            quiet = quiet + 1 if now == before else 0
            before = now

    def _concerned(self) -> list[MessagePump]:
        """The widgets a key may pass through: all of a small screen, else the focused one and those it lies in."""
        screen, focused = self._app.screen, self._app.focused
        within = list(screen.walk_children(with_self=False)) if screen.is_modal else []
        return [*within, *(focused or screen).ancestors_with_self, self._app]

    async def _searched(self) -> None:
        while any(not each.is_finished and each.node.screen is self._app.screen for each in self._app.workers):
            await asyncio.sleep(_WORK_POLL_S)


async def _reached(pump: MessagePump) -> None:
    """Until the pump has handled all that is in its queue now."""
    passed = asyncio.Event()
    if pump.call_later(passed.set):
        await passed.wait()
