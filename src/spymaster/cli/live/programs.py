"""``mcp``: a running session and its lake for programs, over standard input and output."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from spymaster.bus.attach.source import AttachSource
from spymaster.bus.programs.server import Tools, made_server
from spymaster.bus.programs.views import LakeView, SessionView
from spymaster.bus.socket.places import runtime_folder, sessions
from spymaster.cli.live.attach import found_target
from spymaster.config.loader import load_config
from spymaster.errors import ExitCode
from spymaster.interrupts import Interrupted, held

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_PIECE_BYTES: Final = 65_536
_END_S: Final = 5.0
"""How long an answer that is being made may still take once a signal has asked for the end."""


def run_mcp(config: Path | None, target: str | None, lake: str | None) -> int:
    """Answer until the program that asks goes away; returns the exit code. Raises UserError."""
    settings = load_config(config)
    folder = runtime_folder()
    source = None
    # of a lake alone can be asked too, where no session was named and none runs
    if target is not None or not (lake or settings.lake.path) or any(sessions(folder)):
        source = AttachSource(found_target(target, folder).connect)
    session = SessionView(source)
    view = LakeView(lake or "", settings.lake.path, settings.lake.s3_endpoint, session)
    if lake is not None:
        view.opened()
    server = made_server(Tools(session, view))
    if source is not None:
        source.start()
    try:
        _serve(server)
    finally:
        if source is not None:
            source.stop()
    return ExitCode.OK


def _serve(server: MCPServer[Any]) -> None:
    """Serve until who asks goes away, or a signal ends it.

    The library reads in a thread that nothing can end but the end of what it reads, and would have a signal wait for
    it. So it is given a pipe whose other end is ours, and runs in a thread of its own.
    """
    asked = sys.stdin.buffer.fileno()
    reading, writing = os.pipe()
    sys.stdin = os.fdopen(reading, encoding="utf-8")
    threading.Thread(target=_pass_on, args=(asked, writing), name="asked", daemon=True).start()
    ended = threading.Event()

    def serve() -> None:
        try:
            server.run("stdio")
        finally:
            ended.set()

    serving = threading.Thread(target=serve, name="mcp", daemon=True)
    serving.start()
    try:
        # a join that a signal breaks off takes the thread for ended
        ended.wait()
    except (Interrupted, KeyboardInterrupt):
        with held(), contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), writing)
            serving.join(_END_S)
        raise
    serving.join()


def _pass_on(asked: int, writing: int) -> None:
    """Pass on what is asked, to its end."""
    with contextlib.suppress(OSError):
        while data := os.read(asked, _PIECE_BYTES):
            os.write(writing, data)
    os.close(writing)
