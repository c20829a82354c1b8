"""Flights of messages to a server on paper: everything acknowledged before the next flight, nothing given up unsaid."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from spymaster.bus.nats.broker import NotStoredError, RefusedError
from spymaster.bus.nats.messages import Message, MessageMaker
from spymaster.bus.nats.names import Header
from spymaster.bus.nats.publisher import GivenUpError, Publisher
from tests.support.journals import read_journal
from tests.support.mirrored import SESSION, MirrorScene, PaperWire


@pytest.fixture
def flight(tmp_path: Path) -> list[Message]:
    scene = MirrorScene(tmp_path)
    scene.step(2)
    scene.writer.close()
    maker = MessageMaker(SESSION, "ESH4", market=True)
    return [message for stored in read_journal(tmp_path) for message in maker.make(stored)]


async def no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def publisher_on(wire: PaperWire, tries: int = 1000) -> Publisher:
    left = iter(range(tries))
    return Publisher(wire, pace_bytes_s=10**12, sleep=no_wait, may_try=lambda _silent_s: next(left, None) is not None)


async def test_a_lost_acknowledgement_has_the_message_sent_again_under_its_id(flight: list[Message]) -> None:
    wire = PaperWire(lambda number, _message: "lost" if number <= 2 else None)
    publisher = publisher_on(wire)
    await publisher.begin(0)
    await publisher.send(flight, 5)
    assert set(wire.kept) == {message.id for message in flight}
    assert (publisher.counts.acked, publisher.counts.duplicates, publisher.counts.retries) == (len(flight), 2, 2)


async def test_a_message_says_what_was_acknowledged_before_its_flight(flight: list[Message]) -> None:
    wire = PaperWire()
    publisher = publisher_on(wire)
    await publisher.begin(0)
    await publisher.send(flight[:3], 2)
    await publisher.send(flight[3:], 9)
    said = {message.headers.get(Header.STORED) for message in wire.kept.values()}
    assert said == {"0", "2", None}
    assert Header.STORED not in next(m for m in flight if m.subject == "levels.signals").headers


async def test_a_server_that_acknowledges_nothing_is_left_for_the_next(flight: list[Message]) -> None:
    wire = PaperWire()

    def trouble(_number: int, _message: Message) -> Exception | None:
        return NotStoredError("no answer in time") if not wire.elsewheres else None

    wire.trouble = trouble
    publisher = publisher_on(wire)
    await publisher.begin(0)
    await publisher.send(flight, 5)
    assert wire.elsewheres == 1
    assert set(wire.kept) == {message.id for message in flight}


async def test_what_no_server_takes_is_counted_and_holds_nothing_up(flight: list[Message]) -> None:
    wire = PaperWire(lambda number, _message: RefusedError("too large") if number == 1 else None)
    publisher = publisher_on(wire)
    await publisher.begin(0)
    await publisher.send(flight, 5)
    assert (publisher.counts.refused, len(wire.kept)) == (1, len(flight) - 1)


async def test_when_trying_is_over_the_last_reason_is_given(flight: list[Message]) -> None:
    publisher = publisher_on(PaperWire(lambda _number, _message: NotStoredError("nobody listens there")), tries=3)
    await publisher.begin(0)
    with pytest.raises(GivenUpError, match="nobody listens there"):
        await publisher.send(flight, 5)
