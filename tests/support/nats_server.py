"""A real ``nats-server`` on this machine, to be stopped, killed and started again on the same port and store."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from spymaster.bus.nats.embedded import server_program
from spymaster.journal.mirror_plan import BusAddress

Js = Any
"""``nats.js.JetStreamContext``."""

_PATIENCE_S = 600.0
"""Longer than anything takes; a machine that takes longer is broken."""


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for a condition, never for a time."""
    give_up_s = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, f"never came true: {what}"
        time.sleep(0.01)


class NatsServer:
    """One server. ``settings``: further lines of its configuration."""

    def __init__(self, folder: Path, *, settings: str = "", jetstream: bool = True) -> None:
        self._folder = folder
        self._settings = settings
        self._jetstream = jetstream
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def address(self) -> BusAddress:
        return BusAddress(self.url)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; the port stays what it was at first."""
        for old in self._folder.glob("*.ports"):
            old.unlink()
        config = self._folder / "test.conf"
        lines = ['host: "127.0.0.1"', f"port: {self.port or -1}", f"ports_file_dir: {json.dumps(str(self._folder))}"]
        if self._jetstream:
            lines.append(f"jetstream: {{store_dir: {json.dumps(str(self._folder))}}}")
        config.write_text("\n".join([*lines, self._settings]) + "\n", encoding="utf-8")
        with (self._folder / "test.log").open("ab") as log:
            self._process = subprocess.Popen([server_program(), "-c", str(config)], stdout=log, stderr=log)
        until(self._is_up, "the server says its port")

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "test.log").read_text()
        for said in self._folder.glob("*.ports"):
            with contextlib.suppress(ValueError, KeyError):
                self.port = int(json.loads(said.read_bytes())["nats"][0].rsplit(":", 1)[1])
                return True
        return False

    def stop(self, *, kill: bool = False) -> None:
        """End it in order, or as the system would."""
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait()
            self._process = None


async def on_server(url: str, work: Callable[[Js], Coroutine[Any, Any, Any]]) -> Any:
    """What ``work`` returns, given JetStream over a connection of its own."""
    import nats

    client = await nats.connect(url)
    try:
        return await work(client.jetstream())
    finally:
        await client.close()


async def stored_in(url: str, stream: str) -> list[Any]:
    """Every message of a stream, in its order."""

    async def read(js: Js) -> list[Any]:
        state = (await js.stream_info(stream)).state
        numbers = range(state.first_seq, state.last_seq + 1) if state.messages else range(0)
        return [await js.get_msg(stream, seq) for seq in numbers]

    found: list[Any] = await on_server(url, read)
    return found
