"""Days over a real NATS server: handed to one worker at a time, never lost, and the same bytes whoever dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spymaster.bus.nats.broker import MismatchError
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.work_queue import WorkQueue
from spymaster.errors import UserError
from spymaster.research.bus_loop import QueueThread
from spymaster.research.bus_pool import BusPool
from spymaster.research.bus_worker import BusWorker
from spymaster.research.item import Item
from spymaster.research.plan import read_plan
from spymaster.research.results import Results
from spymaster.research.tasks import State, tasks_of
from tests.research.conftest import RunPlan, WritePlan, tree
from tests.support.nats_server import NatsServer, on_server

WAIT_S = 1.0
"""After so long a piece of a silent worker is another's. Should a worker be slower than that, it is computed twice."""
VERSION = "v1"

VICTIM = """
import os, signal, sys
from spymaster.bus.nats.connection import Connection
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.work_queue import WorkQueue
from spymaster.journal.mirror_plan import BusAddress
from spymaster.research.bus_loop import QueueThread
from spymaster.research.bus_worker import BusWorker
from spymaster.research.results import Results

url, seam = sys.argv[1:]
keep = Results.keep

def killed(self, folder, wanted, receipt):
    if seam == "kept":
        keep(self, folder, wanted, receipt)
    os.kill(os.getpid(), signal.SIGKILL)

Results.keep = killed
make = lambda: WorkQueue(Connection(BusAddress(url), [url], Secrets(), name="victim"), "days", "v1", ack_wait_s=1.0)
with QueueThread(make) as queue:
    BusWorker(queue, print).run()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.stop()


def queue_of(server: NatsServer, version: str = VERSION, name: str = "days") -> WorkQueue:
    connection = Connection(server.address, [server.url], Secrets(), name="test")
    return WorkQueue(connection, name, version, ack_wait_s=WAIT_S)


def items_of(path: Path) -> list[Item]:
    plan = read_plan(path)
    return tasks_of(plan).items(Results(plan.results))


def pool_with_a_worker(server: NatsServer, worker: BusWorker, now_s: Any = None) -> BusPool:
    """A pool in whose pauses a worker of this process takes a piece."""

    def pause(seconds: float) -> None:
        worker.step()

    return BusPool(lambda: queue_of(server), server.url, sleep=pause, **({"now_s": now_s} if now_s else {}))


def test_a_worker_over_the_queue_gives_the_bytes_of_this_process(
    write_plan: WritePlan, run: RunPlan, server: NatsServer
) -> None:
    alone = write_plan("results = 'alone'", name="alone")
    run(alone)
    spread = write_plan("results = 'spread'", name="spread")
    said: list[str] = []
    with QueueThread(lambda: queue_of(server)) as queue:
        report = run(spread, pool_with_a_worker(server, BusWorker(queue, said.append, take_s=0.2)))
    assert report.is_whole
    assert tree(read_plan(spread).results) == tree(read_plan(alone).results)
    assert sum("2 results" in line for line in said) >= 3


@pytest.mark.parametrize("seam", ["written", "kept"])
def test_a_worker_killed_before_it_said_that_a_day_is_done_loses_nothing(
    write_plan: WritePlan, run: RunPlan, server: NatsServer, seam: str
) -> None:
    """With its results written and not yet in their place, or in their place and the server not told."""
    alone = write_plan("results = 'alone'", steps='"replay"', name="alone")
    run(alone)
    path = write_plan("results = 'killed'", steps='"replay"', name="killed")
    asyncio.run(_put(server, items_of(path)))
    victim = subprocess.run([sys.executable, "-c", VICTIM, server.url, seam], env=os.environ, check=False)
    assert victim.returncode == -signal.SIGKILL
    kept = len(list((read_plan(path).results / "replay").rglob("result.json"))) if seam == "kept" else 0
    assert kept == (1 if seam == "kept" else 0)
    with QueueThread(lambda: queue_of(server)) as queue:
        worker = BusWorker(queue, lambda line: None, take_s=0.2)
        run(path, pool_with_a_worker(server, worker))
        while queue.ask(_left):
            worker.step()
    assert tree(read_plan(path).results) == tree(read_plan(alone).results)


async def _left(queue: WorkQueue) -> bool:
    look = await queue.look()
    return bool(look.waiting or look.under_way)


async def _put(server: NatsServer, items: list[Item]) -> list[bool]:
    queue = queue_of(server)
    put = [await queue.put(item.key, msgspec.json.encode(item)) for item in items]
    await queue.close()
    return put


def test_a_day_that_is_in_the_queue_is_not_put_there_again(write_plan: WritePlan, server: NatsServer) -> None:
    items = items_of(write_plan(steps='"replay"'))
    assert asyncio.run(_put(server, items)) == [True] * 3
    assert asyncio.run(_put(server, items)) == [False] * 3


def test_a_worker_of_another_version_is_given_nothing(write_plan: WritePlan, server: NatsServer) -> None:
    asyncio.run(_put(server, items_of(write_plan(steps='"replay"'))))
    with QueueThread(lambda: queue_of(server, "v2")) as queue:
        assert not BusWorker(queue, lambda line: None, take_s=0.2).step()


def test_a_day_that_was_begun_too_often_has_failed(
    write_plan: WritePlan, run: RunPlan, server: NatsServer, monkeypatch: pytest.MonkeyPatch, days: Path
) -> None:
    monkeypatch.setattr("spymaster.research.bus_worker.MOST_BEGINNINGS", 1)
    path = write_plan(steps='"replay"', sources=f"'{days}/d1'")
    with QueueThread(lambda: queue_of(server)) as queue:
        asyncio.run(_put(server, items_of(path)))
        taken = queue.ask(lambda one: one.take(60.0))
        assert taken is not None
        queue.ask(lambda one: one.give_back(taken))
        report = run(path, pool_with_a_worker(server, BusWorker(queue, lambda line: None, take_s=0.2)))
    assert report.entries[0].state is State.FAILED
    assert report.entries[0].reason.startswith("begun 1 times")


def test_a_queue_that_is_lost_on_the_way_is_filled_again(
    write_plan: WritePlan, run: RunPlan, server: NatsServer
) -> None:
    path = write_plan(steps='"replay"')
    clock_s = [0.0]
    with QueueThread(lambda: queue_of(server)) as queue:
        worker = BusWorker(queue, lambda line: None, take_s=0.2)

        def pause(seconds: float) -> None:
            if clock_s[0] == 0.0:
                asyncio.run(on_server(server.url, lambda js: js.purge_stream("SPYMASTER_WORK_days")))
            clock_s[0] += 60.0
            worker.step()

        pool = BusPool(lambda: queue_of(server), server.url, now_s=lambda: clock_s[0], sleep=pause)
        assert run(path, pool).is_whole


def test_a_worker_without_the_shared_folder_gives_the_day_back_and_ends(
    write_plan: WritePlan, run: RunPlan, server: NatsServer, days: Path
) -> None:
    path = write_plan(steps='"replay"', sources=f"'{days}/d1'")
    (item,) = items_of(path)
    elsewhere = msgspec.structs.replace(item, results="/not/mounted")
    with QueueThread(lambda: queue_of(server)) as queue:
        asyncio.run(_put(server, [elsewhere]))
        with pytest.raises(UserError, match="/not/mounted: is not on this machine"):
            BusWorker(queue, lambda line: None, take_s=60.0).step()
        taken = queue.ask(lambda one: one.take(60.0))
        assert taken is not None
        assert taken.beginnings == 2


def test_a_worker_that_is_ended_gives_its_day_back_at_once(
    write_plan: WritePlan, server: NatsServer, monkeypatch: pytest.MonkeyPatch, days: Path
) -> None:
    """As by SIGTERM, which the command raises where it computes."""

    def ended(item: Item) -> None:
        raise SystemExit(143)

    monkeypatch.setattr("spymaster.research.bus_worker.work_on", ended)
    with QueueThread(lambda: queue_of(server)) as queue:
        asyncio.run(_put(server, items_of(write_plan(steps='"replay"', sources=f"'{days}/d1'"))))
        with pytest.raises(SystemExit):
            BusWorker(queue, lambda line: None, take_s=60.0).step()
        taken = queue.ask(lambda one: one.take(60.0))
        assert taken is not None
        assert taken.beginnings == 2


def test_a_plan_that_nobody_works_for_says_how_to_start_workers(
    write_plan: WritePlan, run: RunPlan, server: NatsServer
) -> None:
    notes: list[str] = []
    with QueueThread(lambda: queue_of(server)) as queue:
        worker = BusWorker(queue, lambda line: None, take_s=0.2)
        run(write_plan(steps='"replay"'), pool_with_a_worker(server, worker, now_s=lambda: 0.0), notes)
    assert notes == [f"nobody takes days there: start workers with 'spymaster-tui research worker {server.url}'"]


def test_a_server_that_is_not_there_is_one_line(write_plan: WritePlan, run: RunPlan, server: NatsServer) -> None:
    server.stop()
    with pytest.raises(UserError, match="nobody listens there"):
        run(write_plan(), BusPool(lambda: queue_of(server), server.url))


def test_a_queue_with_other_settings_is_said_and_left_as_it_is(server: NatsServer) -> None:
    async def other(js: Any) -> None:
        await js.add_stream(name="SPYMASTER_WORK_days", subjects=["spymaster.work.days.>"])

    asyncio.run(on_server(server.url, other))
    with QueueThread(lambda: queue_of(server)) as queue, pytest.raises(MismatchError, match="retention is limits"):
        queue.ask(lambda one: one.open())
