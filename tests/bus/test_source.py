"""A run read back from a real server through a durable consumer: in order and whole, whatever happens on the way."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spymaster.bus.nats.assembly import Assembled
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.names import MARKET_STREAM, Header
from spymaster.bus.nats.receiver import FETCH, Delivery, Receiver, RunOnBus
from spymaster.bus.nats.source import BusSource
from spymaster.bus.nats.streams import ConsumerSpec
from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.market.frames import GapFrame, RecordsFrame
from tests.support.journals import read_journal, same_records
from tests.support.mirrored import SESSION, MirrorScene, mirror_to
from tests.support.nats_server import Js, NatsServer, on_server, until

CORE = ConsumerSpec("core")
OUTPUTS = (7, 8)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.stop()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[MirrorScene]:
    scene = MirrorScene(tmp_path / "journal")
    yield scene
    scene.writer.abandon()


def receiver_of(server: NatsServer, spec: ConsumerSpec = CORE) -> Receiver:
    return Receiver(Connection(server.address, (server.url,), Secrets(), name="test"), spec)


def source_of(server: NatsServer, next_frame: int = 0, make: Callable[[], Receiver] | None = None) -> BusSource:
    return BusSource(make or (lambda: receiver_of(server)), SESSION, next_frame=next_frame)


def is_all_of(found: list[Assembled], scene: MirrorScene) -> bool:
    """Whether these are the frames of the journal, in its order and bit for bit."""
    lived = [decode_frame(frame) for frame in read_journal(scene.journal) if frame.kind not in OUTPUTS]
    assert isinstance(lived.pop(), EndFrame)
    return len(found) == len(lived) and all(
        same_records(one.frame.batch, other.batch)
        if isinstance(one.frame, RecordsFrame) and isinstance(other, RecordsFrame)
        else one.frame == other
        for one, other in zip(found, lived, strict=True)
    )


async def sealed(scene: MirrorScene, server: NatsServer, steps: int = 10) -> None:
    scene.step(steps)
    scene.writer.close()
    assert await mirror_to(scene, server.address).run()


async def test_a_run_comes_back_as_it_was_journalled(scene: MirrorScene, server: NatsServer) -> None:
    await sealed(scene, server)
    source = source_of(server)
    found = await asyncio.to_thread(list, source.frames())
    assert is_all_of(found, scene)
    assert source.end == EndFrame(complete=True)
    info = await on_server(server.url, lambda js: js.consumer_info(MARKET_STREAM, "core"))
    assert (info.num_ack_pending, info.num_pending) == (0, 0)
    assert (info.config.ack_wait, info.config.max_ack_pending) == (CORE.ack_wait, CORE.max_ack_pending)


@pytest.mark.parametrize("taken", [1, 7, 15])
async def test_one_that_stops_anywhere_goes_on_at_once_with_what_it_had_not_made_safe(
    scene: MirrorScene, server: NatsServer, taken: int
) -> None:
    await sealed(scene, server)
    first = source_of(server)
    before = await asyncio.to_thread(lambda: list(itertools.islice(first.frames(), taken)))
    await asyncio.to_thread(first.close)
    second = source_of(server, len(before))
    found = await asyncio.to_thread(list, second.frames())
    assert is_all_of([*before, *found], scene)


async def test_a_server_that_is_killed_under_a_reader_costs_it_nothing(scene: MirrorScene, server: NatsServer) -> None:
    mirroring = asyncio.create_task(mirror_to(scene, server.address).run())
    scene.step(10)
    source = source_of(server)
    found: list[Assembled] = []

    def read() -> None:
        found.extend(source.frames())

    reading = asyncio.create_task(asyncio.to_thread(read))
    while len(found) < 5 and not reading.done():
        await asyncio.sleep(0.01)
    server.stop(kill=True)
    scene.step(10)
    server.start()
    scene.step(10)
    scene.writer.close()
    assert await mirroring
    await reading
    assert is_all_of(found, scene)


async def test_messages_lost_on_the_way_are_asked_for_again_and_leave_no_gap(
    scene: MirrorScene, server: NatsServer
) -> None:
    await sealed(scene, server)
    # what was not acknowledged comes again after so long
    spec = ConsumerSpec("core", ack_wait=1.0)

    class Losing(Receiver):
        left = 1

        async def fetch(self) -> list[Delivery]:
            found = await super().fetch()
            if self.left and len(found) > 10:
                self.left -= 1
                return found[:4] + found[8:]
            return found

    def make() -> Receiver:
        return Losing(Connection(server.address, (server.url,), Secrets(), name="test"), spec)

    source = source_of(server, make=make)
    found = await asyncio.to_thread(list, source.frames())
    assert is_all_of(found, scene)
    assert source.assembler.counts.missing == 0
    assert source.assembler.counts.repeated > 0


async def test_a_slow_reader_leaves_the_rest_on_the_server(
    scene: MirrorScene, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(scene, server, 60)
    monkeypatch.setattr("spymaster.bus.nats.source._HELD", 16)
    source = source_of(server)
    reading = source.frames()
    found = [await asyncio.to_thread(next, reading)]
    await asyncio.to_thread(until, lambda: source.held >= 16, "it holds what it may")
    assert source.held < 16 + FETCH
    assert await _messages(server) > 3 * FETCH
    found += await asyncio.to_thread(list, reading)
    assert is_all_of(found, scene)


async def test_messages_the_server_lost_become_a_gap(scene: MirrorScene, server: NatsServer) -> None:
    scene.step(5)
    first = mirror_to(scene, server.address)
    mirroring = asyncio.create_task(first.run())
    while first.first_segment and (await _messages(server)) < 20:
        await asyncio.sleep(0.01)
    scene.step(10)
    scene.writer.close()
    assert await mirroring

    async def lose(js: Js) -> None:
        for seq in range(1, 400):
            stored = await js.get_msg(MARKET_STREAM, seq)
            if stored.headers[Header.FRAME] in ("3", "4"):
                await js.delete_msg(MARKET_STREAM, seq)
            if int(stored.headers[Header.FRAME]) > 4:
                return

    await on_server(server.url, lose)
    source = source_of(server)
    found = await asyncio.to_thread(list, source.frames())
    gaps = [one.frame for one in found if isinstance(one.frame, GapFrame)]
    assert [gap.reason for gap in gaps] == ["2 frames are missing on the bus"]
    assert source.assembler.counts.missing == 2


async def _messages(server: NatsServer) -> int:
    async def count(js: Js) -> int:
        try:
            return int((await js.stream_info(MARKET_STREAM)).state.messages)
        except Exception:
            return 0

    found: int = await on_server(server.url, count)
    return found


async def test_a_consumer_of_another_kind_is_said_and_left_alone(scene: MirrorScene, server: NatsServer) -> None:
    await sealed(scene, server, 1)
    idle_s = CORE.inactive_threshold

    async def otherwise(js: Js) -> object:
        return await js.add_consumer(MARKET_STREAM, durable_name="core", max_ack_pending=7, inactive_threshold=idle_s)

    await on_server(server.url, otherwise)
    source = source_of(server)
    reading = asyncio.create_task(asyncio.to_thread(list, source.frames()))
    try:
        await asyncio.to_thread(until, lambda: bool(source.problem), "the consumer is looked at")
        problem = source.problem
    finally:
        source.close()
        left = await reading
    assert left == []
    assert problem == (
        "the bus: the consumer core is there already and otherwise: max_ack_pending is 7 and not 4096; "
        "set [nats] to the same, or change it with the nats tool: nats consumer edit core"
    )


async def test_only_the_messages_of_its_run_are_given(tmp_path: Path, scene: MirrorScene, server: NatsServer) -> None:
    other = MirrorScene(tmp_path / "other", session="20260104T143000Z-000001")
    await sealed(other, server)
    await sealed(scene, server)
    assert await receiver_of(server).latest_run() == RunOnBus(SESSION, "LIVE", "es")
    assert is_all_of(await asyncio.to_thread(list, source_of(server).frames()), scene)
