"""Three real ``nats-server`` on this machine that keep everything three times, joined by relays that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import json
import selectors
import socket
import threading
from pathlib import Path

from spymaster.journal.mirror_plan import BusAddress
from tests.support.nats_server import NatsServer, on_server

NODES = 3
Wire = tuple[socket.socket, socket.socket]


class Relay:
    """Passes bytes on to a port. While it is cut it passes nothing on, and whoever comes is let go."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._wires: list[Wire] = []
        self._is_cut = self._is_over = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Let nothing through any more."""
        with self._lock:
            self._is_cut = True
            _end(self._wires)

    def mend(self) -> None:
        """Let everything through again."""
        self._is_cut = False

    def close(self) -> None:
        """For good."""
        self._is_over = True
        self.cut()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._is_over:
            try:
                here, _ = self._listening.accept()
                there = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:
                continue
            with self._lock:
                self._wires.append((here, there))
                if self._is_cut:
                    _end(self._wires)
                    continue
            threading.Thread(target=_pass_on, args=(here, there), daemon=True).start()


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    """Both ways, until one of them ends."""
    other = {here: there, there: here}
    with selectors.DefaultSelector() as ready, contextlib.suppress(OSError, ValueError):
        for one in other:
            ready.register(one, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(65_536)
                if not data:
                    raise OSError
                other[source].sendall(data)
    _end([(here, there)])


def _end(wires: list[Wire]) -> None:
    for one in (end for wire in wires for end in wire):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
    wires.clear()


class NatsCluster:
    """Three servers. The way between any two of them leads through a relay: ``partition`` cuts one off from the others
    and leaves it to its clients."""

    def __init__(self, folder: Path) -> None:
        ports = _free_ports(NODES)
        self._relays = {
            (one, other): Relay(ports[other]) for one in range(NODES) for other in range(NODES) if one != other
        }
        self.servers = [
            NatsServer(folder / f"node{one}", settings=self._settings(one, ports[one])) for one in range(NODES)
        ]

    def _settings(self, one: int, port: int) -> str:
        routes = [f"nats://127.0.0.1:{self._relays[one, other].port}" for other in range(NODES) if other != one]
        cluster = (
            f"name: desk, listen: 127.0.0.1:{port}, no_advertise: true, pool_size: -1, routes: {json.dumps(routes)}"
        )
        return f"server_name: node{one}\ncluster: {{{cluster}}}"

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(server.url for server in self.servers)

    @property
    def address(self) -> BusAddress:
        return BusAddress(",".join(self.urls))

    async def leader_of(self, stream: str) -> int:
        """Which server leads a stream, asked of whichever answers; -1 where there is none now."""
        for server in self.servers:
            with contextlib.suppress(Exception):
                found = await on_server(server.url, lambda js: js.stream_info(stream))
                if found.cluster is not None and found.cluster.leader:
                    return int(found.cluster.leader.removeprefix("node"))
        return -1

    def partition(self, one: int) -> None:
        """Cut one off from the others."""
        for pair, relay in self._relays.items():
            if one in pair:
                relay.cut()

    def mend(self) -> None:
        """Join all of them again."""
        for relay in self._relays.values():
            relay.mend()

    def stop(self) -> None:
        """End all of it."""
        for server in self.servers:
            server.stop(kill=True)
        for relay in self._relays.values():
            relay.close()


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


async def jetstream_is_up(cluster: NatsCluster) -> None:
    """Wait until the servers have chosen who leads them."""
    give_up_s = asyncio.get_running_loop().time() + 120.0
    while True:
        with contextlib.suppress(Exception):
            await on_server(cluster.urls[0], lambda js: js.account_info())
            return
        assert asyncio.get_running_loop().time() < give_up_s, "the servers never chose a leader"
        await asyncio.sleep(0.05)
