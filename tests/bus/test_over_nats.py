"""A screen and a gateway whose session is on the other side of a real NATS server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from spymaster.bus.attach.nats_way import NatsWay, serving_on
from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import LostError
from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.gateway.bus_feed import BusFeed
from spymaster.bus.gateway.messages import Entry, MessageLog
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.serving import BusPlan, Serving
from spymaster.bus.wire.exchange import Ask
from spymaster.bus.wire.packing import WireError
from spymaster.cli.live.target import nats_target
from spymaster.errors import UserError
from spymaster.signals.structs import LevelSignals
from tests.support.bus import attached, same, until
from tests.support.mirrored import MirrorScene, mirror_to
from tests.support.moving_source import MovingSource
from tests.support.nats_server import NatsServer

WAIT_S = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.stop()


def connector(server: NatsServer) -> Callable[[], Connection]:
    return lambda: Connection(server.address, (server.url,), Secrets(), name="test")


@contextmanager
def served_on(server: NatsServer, name: str = "desk-7", seconds: int = 200) -> Iterator[MovingSource]:
    """A session that serves its frames on a server, and answers there."""
    serving = Serving(on_socket=False, bus=BusPlan(name, connector(server)))
    source = MovingSource(serving, seconds)
    serving.start(source)
    try:
        until(lambda: name in [one.name for one in serving_on(connector(server), WAIT_S)], "it serves")
        yield source
    finally:
        serving.stop()


def way_to(server: NatsServer, name: str = "desk-7") -> Callable[[], NatsWay]:
    return lambda: NatsWay(connector(server), name, WAIT_S)


def opened(server: NatsServer, name: str = "desk-7") -> NatsWay:
    """A way to a session, as soon as the machine has the time for it."""
    made: list[NatsWay] = []

    def is_there() -> bool:
        with contextlib.suppress(LostError):
            made.append(way_to(server, name)())
        return bool(made)

    until(is_there, "the way")
    return made[0]


def said_of(server: NatsServer) -> str:
    """What becomes of an attempt to attach to a server: a target's name or a refusal."""
    try:
        return nats_target(server.url, None).name
    except UserError as error:
        return str(error)


def test_a_screen_sees_the_frames_of_a_session_on_the_other_side(server: NatsServer) -> None:
    with served_on(server) as session, attached(AttachSource(way_to(server))) as screen:
        until(lambda: screen.standing.lost == "")
        for _ in range(3):
            session.step()
            until(lambda: same(screen.latest(), session.latest()), "the frame")


def test_a_screen_is_not_told_where_the_session_records(server: NatsServer) -> None:
    serving = Serving(on_socket=False, out="/home/me/secret", bus=BusPlan("desk-7", connector(server)))
    serving.start(MovingSource(serving))
    until(lambda: bool(serving_on(connector(server), WAIT_S)), "it serves")
    way = opened(server)
    hello = msgspec.msgpack.decode(way.receive(WAIT_S))
    way.close()
    serving.stop()
    assert hello["out"] == ""


def test_a_screen_is_there_again_when_the_server_is(server: NatsServer) -> None:
    with served_on(server) as session, attached(AttachSource(way_to(server))) as screen:
        until(lambda: screen.standing.lost == "")
        server.stop(kill=True)
        until(lambda: screen.standing.lost != "", "it is lost")
        server.start()
        session.step()
        until(lambda: screen.standing.lost == "" and same(screen.latest(), session.latest()), "it is back")


def test_an_hour_of_the_heatmap_comes_in_pieces(server: NatsServer) -> None:
    with served_on(server, seconds=4000) as session, attached(AttachSource(way_to(server))) as screen:
        until(lambda: same(screen.heat(3600), session.heat(3600)), "the heatmap")


def test_a_question_that_cannot_be_read_is_refused_and_the_next_is_answered(server: NatsServer) -> None:
    with served_on(server):
        way = opened(server)
        way.receive(WAIT_S)
        for nonsense in (b"{", b"x" * 5000):
            way.send(nonsense)
            with pytest.raises(WireError):
                way.receive(WAIT_S)
        way.send(msgspec.msgpack.encode(Ask()))
        assert way.receive(WAIT_S)
        way.close()


def test_a_waiting_screen_is_let_go_from_another_thread(server: NatsServer) -> None:
    with served_on(server):
        way = opened(server)
        way.receive(WAIT_S)
        threading.Timer(0.05, way.close).start()
        with pytest.raises(LostError):
            way.receive(3600.0)


def test_where_nobody_serves_it_is_said(server: NatsServer) -> None:
    way = opened(server, "nobody")
    with pytest.raises(LostError, match="no session answers there"):
        way.receive(WAIT_S)
    way.close()
    until(lambda: "no session serves frames there; start one with" in said_of(server), "it is said")
    with pytest.raises(UserError, match="nobody listens there"):
        nats_target("nats://127.0.0.1:1", None)


def test_the_only_session_of_a_server_is_found_and_one_of_several_must_be_named(server: NatsServer) -> None:
    with served_on(server):
        until(lambda: said_of(server) == f"{server.url}/desk-7", "it is found")
        with served_on(server, "desk-8"):
            both = f"2 sessions are there: {server.url}/desk-7, {server.url}/desk-8; name one of them"
            until(lambda: both in said_of(server), "both are found")
            assert nats_target(f"{server.url}/desk-8", None).name == f"{server.url}/desk-8"


@pytest.mark.parametrize("url", ["nats://", "nats://me:secret@host:4222", "nats://host:4222?x=secret", "nats://h/a/b"])
def test_what_is_no_servers_url_is_refused_without_repeating_a_secret(url: str) -> None:
    with pytest.raises(UserError, match="no NATS server's URL") as refused:
        nats_target(url, None)
    assert "secret" not in str(refused.value)


class Listening:
    """A gateway's feed off the bus, in a thread of its own, and what it has put into its log."""

    def __init__(self, server: NatsServer) -> None:
        self.log = MessageLog(10_000)
        self.feed = BusFeed(self.log, connector(server), "gateway-test")
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Listening:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _work(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._run())

    async def _run(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._loop, self._task = asyncio.get_running_loop(), task
        self._begun.set()
        await self.feed.run()

    @property
    def times(self) -> list[int]:
        entries: list[Entry] = self.log.since(0)[0]
        return [entry.message.ts_event_ns for entry in entries if isinstance(entry.message, LevelSignals)]


async def test_a_gateway_begins_with_what_stands_and_goes_on_with_each_message_once(
    server: NatsServer, tmp_path: Path
) -> None:
    scene = MirrorScene(tmp_path / "journal")
    scene.step(20)
    mirroring = asyncio.create_task(mirror_to(scene, server.address).run())
    with Listening(server) as gateway:
        while not gateway.times:
            await asyncio.sleep(0.01)
        begun = len(gateway.times)
        scene.step(10)
        while len(gateway.times) < begun + 10:
            await asyncio.sleep(0.01)
        server.stop(kill=True)
        scene.step(10)
        server.start()
        scene.writer.close()
        assert await mirroring
        while len(gateway.times) < begun + 20:
            await asyncio.sleep(0.01)
    assert gateway.times == sorted(set(gateway.times))
    assert sum(gateway.feed.alerts.values()) >= 20
    assert gateway.feed.unreadable == 0


async def test_a_gateway_forgets_what_stood_when_another_run_begins(server: NatsServer, tmp_path: Path) -> None:
    first = MirrorScene(tmp_path / "first", session="20260105T143000Z-000001")
    first.step(3)
    first.writer.close()
    assert await mirror_to(first, server.address).run()
    with Listening(server) as gateway:
        while not gateway.times:
            await asyncio.sleep(0.01)
        second = MirrorScene(tmp_path / "second", session="20260106T143000Z-000001")
        second.step(1)
        second.writer.close()
        assert await mirror_to(second, server.address).run()
        while len(gateway.times) < 2 or len(list(gateway.log.standing())) < 2:
            await asyncio.sleep(0.01)
    texts = [json.loads(entry.native()) for entry in gateway.log.standing()]
    assert [text["subject"] for text in texts] == ["levels.signals", "levels.alerts"]


def test_a_gateway_of_its_own_serves_the_frames_of_a_session_elsewhere(server: NatsServer) -> None:
    from spymaster.bus.attach.ways import WebWay

    with served_on(server) as session:
        serving = Serving(
            on_socket=False,
            gateway=GatewayPlan("127.0.0.1", 0),
            feed=lambda log: BusFeed(log, connector(server), "gateway-test"),
        )
        relay = AttachSource(way_to(server), news=serving.published)
        with attached(relay):
            serving.start(relay)
            assert serving.address is not None
            url = f"ws://127.0.0.1:{serving.address[1]}"
            with attached(AttachSource(lambda: WebWay(url, "", WAIT_S))) as screen:
                session.step()
                until(lambda: same(screen.latest(), session.latest()), "the frame")
            serving.stop()
