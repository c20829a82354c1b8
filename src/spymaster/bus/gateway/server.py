"""A gateway's server, in an event loop that is not its own."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Final

from spymaster.bus.gateway.app import Gateway
from spymaster.bus.gateway.connections import SPARE, limited
from spymaster.bus.wire.exchange import MOST_ASK_BYTES

_AFTER_REFUSAL: Final = "ASGI callable returned without completing handshake."
_TO_GONE: Final = "socket.send() raised exception."
"""What the event loop says of every write to a client that has gone, before it is known to have."""

_log = logging.getLogger(__name__)


class _Said(logging.Handler):
    """What the server's library says of trouble, as one line of ours: never a traceback on a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on, but for what is said after every refusal that was answered in full."""
        if record.getMessage() == _AFTER_REFUSAL:
            return
        lines = record.getMessage().strip().splitlines()
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] is not None else ""
        _log.log(record.levelno, "gateway: %s%s", lines[0] if lines else "", f" ({kind})" if kind else "")


def _is_worth_saying(record: logging.LogRecord) -> bool:
    return record.getMessage() != _TO_GONE


async def serve_gateway(gateway: Gateway, at: socket.socket, clients: int) -> None:
    """Serve on a listening socket until cancelled. ``clients``: WebSockets at a time."""
    import uvicorn

    said = logging.getLogger("uvicorn")
    # at INFO it would say addresses with everything that stands behind a question mark
    said.handlers, said.propagate = [_Said(logging.WARNING)], False
    said.setLevel(logging.WARNING)
    logging.getLogger("asyncio").addFilter(_is_worth_saying)
    config = uvicorn.Config(
        gateway.gate,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        http=limited(clients + SPARE),
        ws="websockets-sansio",
        ws_max_size=MOST_ASK_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[at]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
