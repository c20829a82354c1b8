"""Messages in any order, twice or not at all: frames in their order, each once, and a GAP for what never comes."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from spymaster.bus.nats.assembly import Assembled, Assembler, Piece, UnreadableError, piece_of
from spymaster.bus.nats.messages import Message, MessageMaker
from spymaster.bus.nats.names import Header
from spymaster.journal.codec import EndFrame, decode_frame
from spymaster.journal.format import FrameKind, StoredFrame
from spymaster.market.frames import Frame, GapFrame, RecordsFrame
from tests.support.journals import read_journal, same_records
from tests.support.mirrored import SESSION, MirrorScene

OUTPUTS = (FrameKind.SIGNAL, FrameKind.ALERT)


@pytest.fixture
def lived(tmp_path: Path) -> list[StoredFrame]:
    """The engine's inputs of a run."""
    scene = MirrorScene(tmp_path)
    scene.step(4)
    scene.writer.close()
    return [frame for frame in read_journal(tmp_path) if frame.kind not in OUTPUTS]


def messages_of(lived: list[StoredFrame], stored: int = 0) -> list[Message]:
    maker = MessageMaker(SESSION, "ESH4", market=True)
    made = [message for frame in lived for message in maker.make(frame)]
    for message in made:
        message.headers[Header.STORED] = str(stored)
    return made


def pieces_of(messages: list[Message]) -> list[Piece]:
    return [piece_of(message.headers, message.data, token=place) for place, message in enumerate(messages)]


def assembled(assembler: Assembler, pieces: list[Piece]) -> list[Assembled]:
    found: list[Assembled] = []
    for piece in pieces:
        assembler.add(piece)
        found += assembler.ready()
    return found


def same(one: Frame | EndFrame, other: Frame | EndFrame) -> bool:
    if isinstance(one, RecordsFrame) and isinstance(other, RecordsFrame):
        return same_records(one.batch, other.batch)
    return one == other


def test_frames_come_out_as_they_were_journalled(lived: list[StoredFrame]) -> None:
    found = assembled(Assembler(), pieces_of(messages_of(lived)))
    assert len(found) == len(lived)
    assert all(same(one.frame, decode_frame(frame)) for one, frame in zip(found, lived, strict=True))
    assert [one.clock_ns for one in found] == [frame.clock_ns for frame in lived]


@pytest.mark.parametrize("seed", range(5))
def test_order_and_repetition_make_no_difference(lived: list[StoredFrame], seed: int) -> None:
    pieces = pieces_of(messages_of(lived))
    shuffled = [*pieces, *pieces[::2]]
    random.Random(seed).shuffle(shuffled)
    assembler = Assembler()
    found = assembled(assembler, shuffled)
    assert [one.number for one in found] == list(range(len(lived)))
    assert all(same(one.frame, decode_frame(frame)) for one, frame in zip(found, lived, strict=True))
    assert assembler.counts.repeated == len(pieces[::2])
    assert assembler.counts.missing == 0


def test_every_message_is_given_back_once_to_be_acknowledged(lived: list[StoredFrame]) -> None:
    pieces = pieces_of(messages_of(lived))
    tokens = {token for one in assembled(Assembler(), pieces) for token in one.tokens}
    assert tokens == set(range(len(pieces)))


def test_what_may_still_be_under_way_is_waited_for(lived: list[StoredFrame]) -> None:
    assembler = Assembler()
    pieces = [piece for piece in pieces_of(messages_of(lived, stored=2)) if piece.frame != 2]
    assert [one.number for one in assembled(assembler, pieces)] == [0, 1]
    assembler.nothing_before(2)
    assert list(assembler.ready()) == []


def test_what_is_in_the_stream_and_has_not_come_is_missing_and_no_gap(lived: list[StoredFrame]) -> None:
    assembler = Assembler()
    pieces = pieces_of(messages_of(lived, stored=100))
    found = assembled(assembler, [piece for piece in pieces if piece.frame != 2])
    found += assembled(assembler, [piece for piece in pieces if piece.frame == 2])
    assert [one.number for one in found] == list(range(len(lived)))


def test_what_the_stream_no_longer_has_is_one_gap(lived: list[StoredFrame]) -> None:
    assembler = Assembler()
    pieces = [piece for piece in pieces_of(messages_of(lived, stored=5)) if piece.frame not in (2, 3)]
    assert [one.number for one in assembled(assembler, pieces)] == [0, 1]
    assembler.nothing_before(5)
    gap, *rest = assembler.ready()
    assert isinstance(gap.frame, GapFrame)
    assert gap.frame.reason == "2 frames are missing on the bus"
    assert (gap.frame.from_ns, gap.frame.to_ns) == (lived[1].clock_ns, lived[4].clock_ns)
    assert [one.number for one in rest] == list(range(4, len(lived)))
    assert assembler.counts.missing == 2


def test_a_gap_ends_where_something_may_still_be_under_way(lived: list[StoredFrame]) -> None:
    assembler = Assembler()
    pieces = pieces_of(messages_of(lived, stored=3))
    found = assembled(assembler, [piece for piece in pieces if piece.frame not in (2, 3)])
    assembler.nothing_before(3)
    found += assembler.ready()
    assert [one.number for one in found] == [0, 1, 2]
    found += assembled(assembler, [piece for piece in pieces if piece.frame == 3])
    assert [one.number for one in found] == list(range(len(lived)))
    assert [one.number for one in found if isinstance(one.frame, GapFrame)] == [2]


def test_a_frame_of_which_one_message_is_missing_is_missing_whole(lived: list[StoredFrame]) -> None:
    assembler = Assembler()
    pieces = pieces_of(messages_of(lived, stored=100))
    torn = next(piece for piece in pieces if piece.count > 1)
    before = assembled(assembler, [piece for piece in pieces if piece is not torn])
    assembler.nothing_before(100)
    gap, *rest = assembler.ready()
    assert isinstance(gap.frame, GapFrame)
    assert gap.number == torn.frame
    assert len(gap.tokens) == torn.count - 1
    assert [one.number for one in (*before, gap, *rest)] == list(range(len(lived)))


def test_one_that_goes_on_later_passes_over_what_it_had(lived: list[StoredFrame]) -> None:
    pieces = pieces_of(messages_of(lived))
    assembler = Assembler(5)
    returned = [token for piece in pieces if (token := assembler.add(piece)) is not None]
    assert [one.number for one in assembler.ready()] == list(range(5, len(lived)))
    assert returned == [piece.token for piece in pieces if piece.frame < 5]


def test_a_message_of_somebody_else_is_refused_with_the_reason(lived: list[StoredFrame]) -> None:
    first = messages_of(lived)[0]
    with pytest.raises(UnreadableError, match="no sound header"):
        piece_of({}, b"")
    with pytest.raises(UnreadableError, match="piece 3 of 2"):
        piece_of({**first.headers, Header.PIECE: "3/2"}, first.data)
    assembler = Assembler()
    assembler.add(piece_of(first.headers, b"{}"))
    with pytest.raises(UnreadableError, match="CONFIG of another version"):
        list(assembler.ready())


def test_no_message_of_records_is_longer_than_a_quarter_of_a_mebibyte(tmp_path: Path) -> None:
    from spymaster.bus.nats.arrow_batches import MAX_BYTES
    from tests.support.journals import depth_frame

    scene = MirrorScene(tmp_path)
    scene.inlet.on_frame(depth_frame(5_000))
    scene.writer.close()
    lived = [frame for frame in read_journal(tmp_path) if frame.kind not in OUTPUTS]
    messages = messages_of(lived)
    assert max(len(message.data) for message in messages) <= MAX_BYTES
    depth = [message for message in messages if message.subject == "market.futures.mbp10"]
    assert len(depth) > 5
    spans = [(int(one.headers[Header.FIRST_SEQ]), int(one.headers[Header.COUNT])) for one in depth]
    assert all(first + count == after for (first, count), (after, _) in itertools.pairwise(spans))
    assert same(assembled(Assembler(), pieces_of(messages))[2].frame, decode_frame(lived[2]))
