"""A replay of the shipped recording that is served to others, and notes when: a process of ``bench`` of its own.

``python -m spymaster.bench.served_session FOLDER CLIENTS [NATS_URL]`` says in a line where it serves, goes on until its
standard input ends, and leaves its notes in the folder.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.serving import BusPlan, Serving
from spymaster.config.loader import load_config
from spymaster.journal.mirror_plan import BusAddress
from spymaster.market.frames import ConfigFrame
from spymaster.resources import bundled_recording
from spymaster.session.replay.session import ReplaySession
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.blocks import Block
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.said.viewport import LevelsViewport

NOTES: Final = "served.npz"
NAME: Final = "bench"


class Where(msgspec.Struct, frozen=True):
    """Where it serves. ``port``: of its gateway, 0 without one."""

    socket: str
    port: int


class NotingServing:
    """A ``Watcher`` that notes when it is told of snaps and frames, and passes everything on."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.session: ReplaySession | None = None
        self.snaps: list[tuple[int, int]] = []
        """(T, when) of each snap, ns."""
        self.frames: list[tuple[int, int, int]] = []
        """(number, T, when) of each frame, ns."""

    def begins(self, config: ConfigFrame, words: FeedWords) -> None:
        """Pass it on."""
        self._serving.begins(config, words)

    def on_block(self, block: Block) -> None:
        """Note when, and pass it on."""
        now_ns = time.time_ns()
        self.snaps += [(t_ns, now_ns) for t_ns in block.snaps["t_ns"].tolist()]
        self._serving.on_block(block)

    def published(self) -> None:
        """Pass it on, and note when a screen of this process could have had the frame."""
        now_ns = time.time_ns()
        self._serving.published()
        frame = self.session.latest() if self.session is not None else None
        if frame is not None:
            self.frames.append((frame.number, frame.t_ns, now_ns))

    def scored(self, viewport: LevelsViewport) -> None:
        """Pass it on."""
        self._serving.scored(viewport)


def serve(folder: Path, clients: int, url: str) -> None:
    """Serve until standard input ends."""
    gateway = GatewayPlan("127.0.0.1", 0, clients=clients) if clients else None
    bus = BusPlan(NAME, lambda: Connection(BusAddress(url), (url,), Secrets(), name="bench")) if url else None
    serving = Serving(on_socket=True, gateway=gateway, folder=folder / "sockets", bus=bus)
    watcher = NotingServing(serving)
    plan = ReplayPlan((bundled_recording(),), load_config().profile("es"))
    session = watcher.session = ReplaySession(plan, simulated=True, watcher=watcher)
    sys.setswitchinterval(0.0005)
    session.start()
    serving.start(session)
    port = serving.address[1] if serving.address is not None else 0
    print(msgspec.json.encode(Where(str(serving.path), port)).decode(), flush=True)
    sys.stdin.read()
    serving.stop()
    session.stop()
    np.savez(
        folder / NOTES,
        snaps=np.array(watcher.snaps, np.int64).reshape(-1, 2),
        frames=np.array(watcher.frames, np.int64).reshape(-1, 3),
    )


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
