"""The bytes of a live session become batches wherever they are cut, and nonsense becomes a reason in words."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from spymaster.feeds.databento_live.byte_inbox import CHUNK_BYTES, ByteInbox
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.live_records import LiveRecords
from spymaster.feeds.databento_live.plan import LinePlan, Subscription
from spymaster.loopback.databento import wire
from spymaster.loopback.databento.gateway import DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel, received_ns, wire_of
from spymaster.market.batches import Batch
from spymaster.market.dtypes import empty
from spymaster.market.frames import RecordsFrame
from spymaster.market.kinds import F_LAST, Kind
from tests.support.live import ES_ID, T0_NS, Lived, data_of, live_through, market

FUZZ_ROUNDS = 150
"""The fixed budget: about three seconds on one core."""


def session(seconds: float = 0.5, *, ts_out: bool = True) -> bytes:
    """What a gateway sends: header, its own records, data."""
    reel = market(seconds)
    parts = [wire.header("GLBX.MDP3", T0_NS, ts_out=ts_out)]
    parts.append(wire.system(1, "Subscription request 0 succeeded", T0_NS, ts_out=ts_out))
    parts.append(wire.mapping("ES.c.0", "continuous", "ESM6", 17, T0_NS, ts_out=ts_out))
    for batch in reel.held:
        sent = wire_of(batch, received_ns(batch), np.ones(len(batch), np.bool_), ts_out=ts_out)
        parts.append(sent.data.tobytes())
    return b"".join(parts)


def parsed(pieces: Sequence[bytes], rejected: Counter[str] | None = None) -> tuple[list[Batch], LiveRecords]:
    """Every batch that comes of the pieces, read after each."""
    inbox = ByteInbox()
    records = LiveRecords(inbox, rejected if rejected is not None else Counter())
    batches = []
    for piece in pieces:
        for part in poured(inbox, piece):
            inbox.filled(part)
            while (batch := records.read()) is not None:
                batches.append(batch)
    return batches, records


def poured(inbox: ByteInbox, piece: bytes) -> Iterator[int]:
    """Put a piece into the inbox, in as many reads as it takes."""
    at = 0
    while at < len(piece):
        room = inbox.room()
        count = min(len(room), len(piece) - at)
        room[:count] = piece[at : at + count]
        yield count
        at += count


def cuts(data: bytes, rng: random.Random) -> list[bytes]:
    """The bytes in pieces of random lengths, some of them of one byte."""
    places = sorted({rng.randrange(1, len(data)) for _ in range(rng.choice((1, 5, 50, 400)))})
    if rng.random() < 0.5:
        at = rng.randrange(len(data))
        places = sorted({*places, *range(max(at, 1), min(at + 400, len(data)))})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def content(batches: Sequence[Batch]) -> tuple[list[int], list[bytes]]:
    """The kinds in their order, and the records."""
    orders = [int(kind) for batch in batches for kind in batch.order]
    return orders, [record for batch in batches for record in data_of(batch)]


@pytest.mark.parametrize("ts_out", [True, False], ids=["with ts_out", "without"])
def test_records_are_those_the_vendor_had_in_its_order_without_the_sending_time(ts_out: bool) -> None:
    batches, records = parsed([session(ts_out=ts_out)])
    had = market(0.5).held
    assert content(batches)[0][2:] == [int(kind) for batch in had for kind in batch.order]
    assert Counter(content(batches)[1]) == Counter(content(had)[1])
    assert bool(records.sent_ns) is ts_out
    assert records.start_ns == T0_NS


def test_the_bytes_may_be_cut_anywhere() -> None:
    data = session()
    orders, _ = content(parsed([data])[0])
    same = Counter(content(parsed([data])[0])[1])
    rng = random.Random(5)
    for _ in range(25):
        batches, records = parsed(cuts(data, rng))
        assert records.damage is None
        assert content(batches)[0] == orders
        assert Counter(content(batches)[1]) == same


@pytest.mark.parametrize("first", range(1, 12))
def test_a_session_whose_first_bytes_come_one_by_one_begins_all_the_same(first: int) -> None:
    """What is read of the header ends where the bytes end that have come: behind them lies what lay there before."""
    data = session(0.1)
    batches, records = parsed([data[:first], data[first:]])
    assert not records.damage
    assert content(batches) == content(parsed([data])[0])


def test_more_bytes_than_a_chunk_holds_pass_through_it_whole() -> None:
    data = session(20.0)
    assert len(data) > 2 * CHUNK_BYTES
    sizes = (7_001, 65_536, 300_007)
    for size in sizes:
        batches, records = parsed([data[at : at + size] for at in range(0, len(data), size)])
        assert records.damage is None
        assert sum(map(len, batches)) == 2 + sum(map(len, market(20.0).held))
        assert [batch.first_seq for batch in batches][1] == len(batches[0])


def test_an_inbox_that_is_not_read_grows_and_says_when_it_is_too_much() -> None:
    inbox = ByteInbox()
    assert not inbox.is_overfull
    while not inbox.is_overfull:
        room = inbox.room()
        inbox.filled(len(room))
    assert inbox.backlog == inbox.received


def test_whatever_is_sent_nothing_crashes_hangs_or_passes_without_a_reason() -> None:
    data = session(0.2)
    whole = sum(map(len, parsed([data])[0]))
    rng = random.Random(17)
    for _ in range(FUZZ_ROUNDS):
        rejected: Counter[str] = Counter()
        batches, records = parsed(cuts(spoiled(data, rng), rng), rejected)
        count = sum(map(len, batches))
        assert count + sum(rejected.values()) <= whole + 64
        assert {int(kind) for batch in batches for kind in batch.order} <= {int(kind) for kind in Kind}
        if records.damage is not None:
            assert records.read() is None


def spoiled(data: bytes, rng: random.Random) -> bytes:
    """The same with some bytes changed, taken out, put in or cut off."""
    bad = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(bad))
        match rng.randrange(4):
            case 0:
                bad[at] = rng.randrange(256)
            case 1:
                del bad[at : at + rng.randrange(1, 64)]
            case 2:
                bad[at:at] = rng.randbytes(rng.randrange(1, 64))
            case _:
                del bad[rng.randrange(len(bad) // 2, len(bad)) :]
    return bytes(bad)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "does not begin with a DBN header"),
        (b"DBN\x09" + (100).to_bytes(4, "little") + bytes(100), "DBN version 9"),
        (b"DBN\x03" + (2**31).to_bytes(4, "little") + bytes(100), "has 2147483648 bytes"),
        (b"DBN\x03" + (100).to_bytes(4, "little") + b"\xff" * 100, "header is corrupt"),
        (wire.header("X.Y", 0, ts_out=True) + bytes(64), "not a record"),
    ],
    ids=["another protocol", "a newer version", "an impossible length", "a broken header", "no record"],
)
def test_bytes_that_are_no_session_are_refused_in_words(data: bytes, words: str) -> None:
    batches, records = parsed([data])
    assert not batches
    assert records.damage is not None
    assert words in records.damage


def test_records_of_an_unknown_type_are_counted_with_their_reason() -> None:
    foreign = bytearray(wire.system(1, "x", T0_NS, ts_out=True))
    foreign[1] = 0xE9
    rejected: Counter[str] = Counter()
    data = wire.header("GLBX.MDP3", T0_NS, ts_out=True) + bytes(foreign) + wire.system(0, "Heartbeat", 0, ts_out=True)
    batches, _ = parsed([data], rejected)
    assert rejected == {"record type 233 is unknown": 1}
    assert sum(map(len, batches)) == 1


TBBO_TO_COME = 197
"""What DBN version 4 is announced to give a record of tbbo."""


def quoted_trades(count: int, rtype: int) -> HeldReel:
    """Trades with the quote they met, a hundred a second, beside the depth."""
    rows = empty(Kind.MBP1, count)
    rows["rtype"], rows["length"] = rtype, rows.dtype.itemsize // 4
    rows["publisher_id"], rows["instrument_id"] = 1, ES_ID
    rows["ts_event"] = rows["ts_recv"] = T0_NS + np.arange(count) * 10_000_000
    rows["action"], rows["side"], rows["flags"], rows["sequence"] = b"T", b"B", F_LAST, np.arange(count)
    rows["price"], rows["size"] = 5_000 * 10**9, 1 + np.arange(count)
    rows["bid_px_00"], rows["ask_px_00"] = 4_999_750_000_000, 5_000 * 10**9
    return HeldReel("GLBX.MDP3", {ES_ID: "ESM6"}, [Batch.of(Kind.MBP1, rows)])


@pytest.mark.parametrize("ts_out", [True, False], ids=["with ts_out", "without"])
@pytest.mark.parametrize("rtype", [1, TBBO_TO_COME])
def test_a_trade_with_its_quote_is_one_whichever_type_it_is_given(rtype: int, ts_out: bool) -> None:
    (held,) = quoted_trades(5, rtype).held
    sent = wire_of(held, received_ns(held), np.ones(len(held), np.bool_), ts_out=ts_out)
    rejected: Counter[str] = Counter()
    batches, records = parsed([wire.header("GLBX.MDP3", T0_NS, ts_out=ts_out) + sent.data.tobytes()], rejected)
    (batch,) = batches
    assert records.damage is None
    assert not rejected
    assert batch.arrays[Kind.MBP1]["size"].tolist() == [1, 2, 3, 4, 5]
    assert batch.order.tolist() == [int(Kind.MBP1)] * 5


@pytest.mark.parametrize("rtype", [1, TBBO_TO_COME])
def test_the_announced_type_of_tbbo_comes_live_through_the_vendors_client(rtype: int) -> None:
    pytest.importorskip("databento")
    plan = LinePlan("GLBX.MDP3", ("options",), (Subscription("tbbo", ("ESM6",)),))

    def sizes(lived: Lived) -> list[int]:
        batches = [a.frame.batch for _, a in lived.frames if isinstance(a.frame, RecordsFrame)]
        trades = [batch.arrays[Kind.MBP1] for batch in batches if Kind.MBP1 in batch.arrays]
        return [size for rows in trades for size in rows["size"].tolist()]

    def is_done(lived: Lived, _feed: DatabentoFeed, _gateway: DatabentoGateway) -> bool:
        return len(sizes(lived)) == 30

    lived, feed, _ = live_through(quoted_trades(30, rtype), (), is_done, plan=plan, speed=10.0)
    assert sizes(lived) == list(range(1, 31))
    assert not feed.rejected
