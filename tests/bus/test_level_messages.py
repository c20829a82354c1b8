"""What a mirror sends of the snaps in a journal: signals, alerts, and option flow where its rows were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spymaster.bus.nats.messages import Message, MessageMaker
from spymaster.bus.nats.names import FLOW, MSG_ID, Header, stream_of
from spymaster.journal.codec import STRIKE_BLOCK, decode_signals
from spymaster.journal.format import FrameKind
from spymaster.journal.inlet import JournalInlet
from spymaster.journal.writer import JournalWriter
from spymaster.ledger.rows import TEST
from spymaster.signals.flow.encode import FlowEncoder
from tests.support.blocks import TestBlock
from tests.support.journals import T0_NS, config_frame, read_journal
from tests.support.mirrored import SESSION
from tests.support.option_blocks import with_options


@pytest.fixture
def block() -> TestBlock:
    return with_options(((3.0, 0.0), (0.0, 9.0)), ((3.0, 1.0), (0.0, 9.0)))


def mirrored(folder: Path, block: TestBlock, *, strikes: bool) -> list[Message]:
    """The messages of a journal, with the strikes of its snaps or without."""
    writer = JournalWriter(folder, SESSION, clock_ns=T0_NS)
    inlet = JournalInlet(writer, strikes=strikes)
    inlet.on_frame(config_frame())
    inlet.publish(block)
    writer.close()
    maker = MessageMaker(SESSION, "ESH4", market=False)
    return [message for stored in read_journal(folder) for message in maker.make(stored)]


def test_option_flow_is_sent_before_the_signals_of_its_snaps(tmp_path: Path, block: TestBlock) -> None:
    messages = mirrored(tmp_path, block, strikes=True)
    assert [message.subject for message in messages] == [FLOW, FLOW, "levels.signals", "levels.signals"]
    encoder = FlowEncoder("es")
    assert [message.data for message in messages[:2]] == [encoder.json(flow) for flow in encoder.messages(block)]
    assert {message.headers[Header.KIND] for message in messages[:2]} == {"FLOW"}
    assert len({message.headers[MSG_ID] for message in messages}) == 4


def test_it_is_kept_with_the_signals_and_not_with_what_arrived() -> None:
    assert stream_of(FLOW) == stream_of("levels.signals") != stream_of("market.control")


def test_a_journal_without_rows_of_strikes_has_no_flow_to_send(tmp_path: Path, block: TestBlock) -> None:
    messages = mirrored(tmp_path, block, strikes=False)
    assert {message.subject for message in messages} == {"levels.signals"}
    [signals] = [frame for frame in read_journal(tmp_path) if frame.kind is FrameKind.SIGNAL]
    assert STRIKE_BLOCK not in decode_signals(signals).blocks


def test_a_frame_of_tests_alone_is_no_message_and_stops_nothing(block: TestBlock, tmp_path: Path) -> None:
    """What was open when a run ended is written behind its last snap, and the mirror goes on to the end."""
    writer = JournalWriter(tmp_path, SESSION, clock_ns=T0_NS)
    inlet = JournalInlet(writer, strikes=False)
    inlet.on_frame(config_frame())
    inlet.publish_tests(np.zeros(2, TEST))
    inlet.publish(block)
    writer.close()
    maker = MessageMaker(SESSION, "ESH4", market=False)
    messages = [message for stored in read_journal(tmp_path) for message in maker.make(stored)]
    assert [message.subject for message in messages] == ["levels.signals", "levels.signals"]
