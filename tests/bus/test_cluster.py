"""Three servers that keep everything three times: one is killed or cut off, and nothing of the journal is lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest

from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.messages import MessageMaker
from spymaster.bus.nats.names import LEVELS_STREAM, MARKET_STREAM, MSG_ID, Header
from spymaster.bus.nats.receiver import Receiver
from spymaster.bus.nats.source import BusSource
from spymaster.bus.nats.streams import ConsumerSpec
from spymaster.cli.request import Request, prepare
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.market.frames import Frame
from spymaster.physics.engine import Engine
from spymaster.resources import bundled_recording
from spymaster.session.sources.forms import open_source
from spymaster.signals.hash import SignalHash
from tests.support.journals import T0_NS, read_journal
from tests.support.mirrored import MirrorScene, mirror_to
from tests.support.nats_cluster import NatsCluster, jetstream_is_up
from tests.support.nats_server import stored_in

pytestmark = pytest.mark.slow
THIRD = 15
"""Frames of the recording in each part of a run."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsCluster]:
    cluster = NatsCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    source = open_source(prepare(Request((bundled_recording(),), None, None, None, chunk=300)).plan)
    try:
        return list(itertools.islice(source.frames(), 3 * THIRD))
    finally:
        source.close()


class Lived(MirrorScene):
    """One process that journals frames and what its engine makes of them."""

    def __init__(self, folder: Path, session: str, frames: list[Frame]) -> None:
        folder.mkdir()
        self.journal, self.session = folder, session
        self.writer = JournalWriter(folder, session, clock_ns=T0_NS)
        self.inlet = JournalInlet(self.writer)
        self.engine, self.hash = Engine(snaps_per_block=1), SignalHash()
        self._coming = iter(frames)
        self.written = 0

    def live(self, count: int) -> None:
        for frame in itertools.islice(self._coming, count):
            self.inlet.on_frame(frame)
            self.written += 1
            for block in self.engine.feed(frame):
                self.hash.update(block)
                self.inlet.publish(block)


class Core:
    """Another process that lives the run off the bus."""

    def __init__(self, cluster: NatsCluster, session: str) -> None:
        self.taken = 0
        self.engine, self.hash = Engine(snaps_per_block=1), SignalHash()

        def receiver() -> Receiver:
            connection = Connection(cluster.address, cluster.urls, Secrets(), name="core")
            return Receiver(connection, ConsumerSpec(f"core-{session}"))

        self.source = BusSource(receiver, session)

    def run(self) -> None:
        for one in self.source.frames():
            for block in self.engine.feed(one.frame):  # type: ignore[arg-type]
                self.hash.update(block)
            self.taken += 1


async def until(true: Callable[[], bool]) -> None:
    give_up_s = asyncio.get_running_loop().time() + 180.0
    while not true():
        assert asyncio.get_running_loop().time() < give_up_s, "it never came true"
        await asyncio.sleep(0.02)


async def ids_on(cluster: NatsCluster, session: str) -> list[str]:
    """Asked until they answer: a server that was cut off or killed needs a moment to be one of them again."""
    give_up_s = asyncio.get_running_loop().time() + 180.0
    for url in itertools.cycle(cluster.urls):
        try:
            found = [one for stream in (LEVELS_STREAM, MARKET_STREAM) for one in await stored_in(url, stream)]
            return [one.headers[MSG_ID] for one in found if one.headers[Header.SESSION] == session]
        except (OSError, TimeoutError, nats.errors.Error):
            assert asyncio.get_running_loop().time() < give_up_s, "the servers never answered"
            await asyncio.sleep(0.1)
    raise AssertionError


async def lived_through(
    cluster: NatsCluster, lived: Lived, harm: Callable[[int], None], mend: Callable[[int], None]
) -> Core:
    """A run of which the second part comes while the server that leads the market's stream is harmed."""
    await jetstream_is_up(cluster)
    mirroring = asyncio.create_task(mirror_to(lived, cluster.address, urls=cluster.urls, replicas=3).run())
    core = Core(cluster, lived.session)
    reading = asyncio.create_task(asyncio.to_thread(core.run))
    try:
        lived.live(THIRD)
        await until(lambda: core.taken == lived.written)
        leader = await cluster.leader_of(MARKET_STREAM)
        harm(leader)
        lived.live(THIRD)
        await until(lambda: core.taken == lived.written)
        mend(leader)
        lived.live(THIRD)
        lived.writer.close()
        assert await mirroring
        await reading
    finally:
        lived.writer.abandon()
        core.source.close()
    return core


async def is_whole(cluster: NatsCluster, lived: Lived, core: Core) -> None:
    """Every message of the journal is there once, no frame is missing, and the hash is that of one process."""
    maker = MessageMaker(lived.session, "ESH4", market=True)
    wanted = [message.id for stored in read_journal(lived.journal) for message in maker.make(stored)]
    assert sorted(await ids_on(cluster, lived.session)) == sorted(wanted)
    assert core.source.assembler.counts.missing == 0
    assert lived.hash.digest != SignalHash().digest
    assert core.hash.hexdigest() == lived.hash.hexdigest()


async def test_the_server_that_leads_is_killed_and_nothing_is_lost(
    cluster: NatsCluster, frames: list[Frame], tmp_path: Path
) -> None:
    lived = Lived(tmp_path / "journal", "20260105T143000Z-000001", frames)
    core = await lived_through(
        cluster,
        lived,
        harm=lambda leader: cluster.servers[leader].stop(kill=True),
        mend=lambda leader: cluster.servers[leader].start(),
    )
    await is_whole(cluster, lived, core)


async def test_the_server_that_leads_is_cut_off_from_the_others_and_nothing_is_lost(
    cluster: NatsCluster, frames: list[Frame], tmp_path: Path
) -> None:
    lived = Lived(tmp_path / "journal", "20260105T143000Z-000002", frames)
    core = await lived_through(cluster, lived, harm=cluster.partition, mend=lambda _leader: cluster.mend())
    await is_whole(cluster, lived, core)
