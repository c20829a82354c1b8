"""The mirror on a real server: everything once, whatever happens to the server, the mirror or the acknowledgements."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spymaster.bus.nats.credentials import secrets_of
from spymaster.bus.nats.messages import MessageMaker
from spymaster.bus.nats.names import LEVELS_STREAM, LEVELS_SUBJECTS, MARKET_STREAM, MSG_ID
from spymaster.bus.nats.place import PLACE_NAME
from spymaster.journal.mirror_plan import BusAddress
from spymaster.journal.mirror_status import MirrorState, read_mirror_status
from tests.support.journals import read_journal
from tests.support.mirrored import SESSION, MirrorScene, mirror_to
from tests.support.nats_server import Js, NatsServer, on_server, stored_in


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


def ids_of(messages: list[Any]) -> list[str]:
    return [message.headers[MSG_ID] for message in messages]


async def all_ids(server: NatsServer) -> list[str]:
    """The ids of everything that the server has."""
    return [name for stream in (LEVELS_STREAM, MARKET_STREAM) for name in ids_of(await stored_in(server.url, stream))]


def wanted_ids(scene: MirrorScene) -> list[str]:
    """The ids of everything that the journal holds."""
    maker = MessageMaker(SESSION, "ESH4", market=True)
    return [message.id for stored in read_journal(scene.journal) for message in maker.make(stored)]


def state_of(scene: MirrorScene) -> tuple[MirrorState | None, str]:
    status = read_mirror_status(scene.journal)
    return (status.state, status.reason) if status is not None else (None, "")


async def until_state(scene: MirrorScene, state: MirrorState, words: str = "") -> str:
    """Let the mirror go on until it says so; what it gives as the reason."""
    give_up_s = time.monotonic() + 60.0
    while state_of(scene)[0] is not state or words not in state_of(scene)[1]:
        assert time.monotonic() < give_up_s, state_of(scene)
        await asyncio.sleep(0.01)
    return state_of(scene)[1]


async def test_a_run_is_on_the_server_with_every_message_once(scene: MirrorScene, server: NatsServer) -> None:
    scene.step(3)
    scene.writer.close()
    assert await mirror_to(scene, server.address).run()
    levels, market = [await stored_in(server.url, name) for name in (LEVELS_STREAM, MARKET_STREAM)]
    assert [message.subject for message in levels] == ["levels.signals", "levels.alerts"] * 3
    assert [message.subject for message in market[:2]] == ["market.control"] * 2
    assert {message.subject for message in market[2:]} == {
        "market.control",
        "market.futures.mbp10",
        "market.futures.trades",
        "market.statistics",
    }
    ids = ids_of(levels + market)
    assert sorted(ids) == sorted(wanted_ids(scene))
    assert len(ids) == len(set(ids))
    assert state_of(scene) == (MirrorState.DONE, "")


async def test_without_the_market_only_signals_and_alerts_are_sent(scene: MirrorScene, server: NatsServer) -> None:
    scene.step(2)
    scene.writer.close()
    assert await mirror_to(scene, server.address, market=False).run()
    streams = await on_server(server.url, lambda js: js.streams_info())
    assert [stream.config.name for stream in streams] == [LEVELS_STREAM]
    assert streams[0].state.messages == 4


async def test_a_mirror_whose_place_is_lost_sends_all_again_and_the_server_keeps_one(
    scene: MirrorScene, server: NatsServer
) -> None:
    scene.step(4)
    scene.writer.close()
    await mirror_to(scene, server.address).run()
    before = await all_ids(server)
    (scene.journal / PLACE_NAME).unlink()
    assert await mirror_to(scene, server.address).run()
    assert await all_ids(server) == before
    status = read_mirror_status(scene.journal)
    assert status is not None
    assert (status.counts.acked, status.counts.duplicates) == (len(before), len(before))


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
async def test_a_server_that_goes_in_mid_stream_misses_nothing(
    scene: MirrorScene, server: NatsServer, kill: bool
) -> None:
    running = asyncio.create_task(mirror_to(scene, server.address).run())
    scene.step(20)
    await until_state(scene, MirrorState.FOLLOWING)
    server.stop(kill=kill)
    scene.step(20)
    await until_state(scene, MirrorState.WAITING)
    scene.step(20)
    server.start()
    await until_state(scene, MirrorState.FOLLOWING)
    scene.step(1)
    scene.writer.close()
    assert await running
    assert sorted(await all_ids(server)) == sorted(wanted_ids(scene))


async def test_a_mirror_that_is_restarted_goes_on_where_it_was(scene: MirrorScene, server: NatsServer) -> None:
    for _ in range(3):
        first = mirror_to(scene, server.address)
        running = asyncio.create_task(first.run())
        scene.step(5)
        await until_state(scene, MirrorState.FOLLOWING)
        first.stop()
        assert not await running
    scene.writer.close()
    assert await mirror_to(scene, server.address).run()
    assert sorted(await all_ids(server)) == sorted(wanted_ids(scene))


async def test_a_server_that_was_never_there_leaves_the_run_as_it_is(scene: MirrorScene) -> None:
    scene.step(2)
    scene.writer.close()
    nobody = BusAddress("nats://127.0.0.1:1")
    assert not await mirror_to(scene, nobody, patience_s=0.0).run()
    assert state_of(scene) == (MirrorState.LEFT, "nats://127.0.0.1:1: nobody listens there")


async def test_a_stream_with_other_settings_is_said_and_left_alone(scene: MirrorScene, server: NatsServer) -> None:
    async def make(js: Js) -> None:
        await js.add_stream(name=LEVELS_STREAM, subjects=list(LEVELS_SUBJECTS), max_age=3600.0, max_msgs=10)

    await on_server(server.url, make)
    running = asyncio.create_task(mirror_to(scene, server.address).run())
    scene.step(1)
    said = await until_state(scene, MirrorState.REFUSED)
    assert said == (
        f"the stream {LEVELS_STREAM} is there already and otherwise: max_age is 3600 s and not 86400 s, "
        "duplicate_window is 120 s and not 3600 s, max_msgs is 10 and not -1; set [nats] to the same, or change it "
        f"with the nats tool: nats stream edit {LEVELS_STREAM}"
    )
    found = await on_server(server.url, lambda js: js.stream_info(LEVELS_STREAM))
    assert (found.config.max_msgs, found.state.messages) == (10, 0)

    await on_server(server.url, lambda js: js.delete_stream(LEVELS_STREAM))
    await until_state(scene, MirrorState.FOLLOWING)
    scene.writer.close()
    assert await running
    assert sorted(await all_ids(server)) == sorted(wanted_ids(scene))


async def test_subjects_that_another_stream_has_are_said(scene: MirrorScene, server: NatsServer) -> None:
    await on_server(server.url, lambda js: js.add_stream(name="THEIRS", subjects=["levels.signals"]))
    mirror = mirror_to(scene, server.address)
    running = asyncio.create_task(mirror.run())
    scene.step(1)
    assert "another stream has subjects of SPYMASTER_LEVELS" in await until_state(scene, MirrorState.REFUSED)
    mirror.stop()
    assert not await running


async def test_a_stream_that_is_deleted_meanwhile_is_made_again(scene: MirrorScene, server: NatsServer) -> None:
    running = asyncio.create_task(mirror_to(scene, server.address).run())
    scene.step(1)
    await until_state(scene, MirrorState.FOLLOWING)
    await on_server(server.url, lambda js: js.delete_stream(LEVELS_STREAM))
    scene.step(1)
    scene.writer.close()
    assert await running
    assert "levels.signals" in {message.subject for message in await stored_in(server.url, LEVELS_STREAM)}


async def test_a_server_without_jetstream_is_waited_for_with_its_reason(scene: MirrorScene, tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "plain", jetstream=False)
    scene.step(1)
    scene.writer.close()
    assert not await mirror_to(scene, server.address, patience_s=0.0).run()
    server.stop()
    assert state_of(scene) == (MirrorState.LEFT, "JetStream is not enabled there")


async def test_a_server_that_wants_a_password_is_told_the_one_of_the_environment(
    scene: MirrorScene, tmp_path: Path
) -> None:
    server = NatsServer(tmp_path / "closed", settings='authorization: {user: "desk", password: "s3cret"}')
    scene.step(1)
    scene.writer.close()
    assert not await mirror_to(scene, server.address, patience_s=0.0).run()
    said = state_of(scene)[1]
    assert "authorization violation" in said.lower()
    secrets = secrets_of({"NATS_USER": "desk", "NATS_PASSWORD": "s3cret"})
    assert "s3cret" not in repr(secrets)
    assert await mirror_to(scene, server.address, secrets=secrets).run()
    server.stop()
