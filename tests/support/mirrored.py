"""A journal that is being written, and mirrors of it that live as long as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from spymaster.bus.nats.broker import NotStoredError, Stored
from spymaster.bus.nats.connection import Connection, NatsWire
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.messages import Message
from spymaster.bus.nats.mirror import Mirror
from spymaster.bus.nats.streams import stream_specs
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.mirror_plan import BusAddress, MirrorPlan, StreamLimits
from spymaster.journal.writer import JournalWriter
from spymaster.market.frames import FeedState, FeedStatusFrame, RecordsFrame, WatermarkFrame
from spymaster.market.kinds import NS_PER_S
from tests.support.blocks import alert, block, level, unseen
from tests.support.journals import T0_NS, config_frame, mixed_batch

NOBODY = BusAddress("nats://127.0.0.1:1")
SESSION = "20260105T143000Z-000001"


class MirrorScene:
    """A run of which ``step`` writes a little more: records of several kinds, a watermark, a snap, an alert."""

    def __init__(self, folder: Path, *, session: str = SESSION, segment_bytes: int = 2**20) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = folder
        self.writer = JournalWriter(folder, session, clock_ns=T0_NS, segment_bytes=segment_bytes)
        self.inlet = JournalInlet(self.writer)
        self.steps = 0
        self.inlet.on_frame(config_frame())
        self.inlet.on_frame(FeedStatusFrame("depth", FeedState.UP, T0_NS))

    def step(self, count: int = 1) -> None:
        """Write on."""
        for _ in range(count):
            at_ns = T0_NS + self.steps * NS_PER_S
            self.inlet.on_frame(RecordsFrame(mixed_batch(12, from_ns=at_ns, seed=self.steps)))
            self.inlet.on_frame(WatermarkFrame(at_ns + NS_PER_S // 2))
            raised = [alert(t_ns=at_ns, raised_ns=at_ns)]
            self.inlet.publish(block([level(), unseen(price=4900.0)], first_ns=at_ns, alerts=raised))
            self.steps += 1

    def plan(
        self,
        address: BusAddress = NOBODY,
        *,
        market: bool = True,
        replicas: int = 1,
        patience_s: float = 60.0,
    ) -> MirrorPlan:
        """What a mirror of it is told."""
        return MirrorPlan(address, "ESH4", market, StreamLimits(replicas=replicas), patience_s=patience_s)


def mirror_to(
    scene: MirrorScene,
    address: BusAddress,
    *,
    market: bool = True,
    patience_s: float = 60.0,
    replicas: int = 1,
    urls: Sequence[str] = (),
    secrets: Secrets | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Mirror:
    """A mirror of the scene onto a real server."""
    plan = scene.plan(address, market=market, replicas=replicas, patience_s=patience_s)
    connection = Connection(address, urls or (address.url,), secrets or Secrets(), name="test")
    wire = NatsWire(connection, stream_specs(plan.limits, market=market))
    return Mirror(scene.journal, plan, wire, sleep=sleep)


class PaperWire:
    """A server on paper. ``troubles``: asked before each sending with its number; an exception is raised, ``"lost"``
    stores the message and loses the acknowledgement."""

    def __init__(self, trouble: Callable[[int, Message], Exception | str | None] = lambda _n, _m: None) -> None:
        self.kept: dict[str, Message] = {}
        self.sendings = 0
        self.preparations = self.elsewheres = 0
        self.refuses_to_prepare: list[Exception] = []
        self.closed = False
        self.trouble = trouble

    async def prepare(self) -> None:
        self.preparations += 1
        if self.refuses_to_prepare:
            raise self.refuses_to_prepare.pop(0)

    async def publish(self, message: Message, headers: Mapping[str, str]) -> Stored:
        self.sendings += 1
        trouble = self.trouble(self.sendings, message)
        if isinstance(trouble, Exception):
            raise trouble
        duplicate = message.id in self.kept
        if not duplicate:
            self.kept[message.id] = Message(message.subject, dict(headers), message.data, message.frame)
        if trouble == "lost":
            raise NotStoredError("no answer in time")
        return Stored(len(self.kept), duplicate)

    async def elsewhere(self) -> None:
        self.elsewheres += 1

    async def close(self) -> None:
        self.closed = True
