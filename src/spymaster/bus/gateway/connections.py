"""A limit on connections, kept before a word is read: each holds a descriptor, and the journal needs some too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

SPARE: Final = 64
"""Connections beside those of the clients: pages, health, metrics, and who is about to be refused."""
SILENT_S: Final = 10.0
"""A connection that has asked for nothing in this time is closed."""


def limited(most: int, silent_s: float = SILENT_S) -> type[H11Protocol]:
    """The server library's protocol, with at most so many connections at a time."""

    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Limited(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.abort()
                return
            self.loop.call_later(silent_s, self._close_if_silent)

        def _close_if_silent(self) -> None:
            # a WebSocket has taken the connection over by then, or a request is being answered
            if self.cycle is None and self.transport.get_protocol() is self:
                self.transport.close()

    return Limited
