"""Whatever stands in a vendor's records, replies and frames: it is used, or counted, or said; nothing ends in an error.

Budgets are fixed: so many rounds of a seeded generator, whatever the machine.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest

from spymaster.feeds.databento_live.byte_inbox import ByteInbox
from spymaster.feeds.databento_live.hole import Hole
from spymaster.feeds.databento_live.lines import Asked
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, ListedOptionsLine, OptionDay, ShareLine
from spymaster.feeds.databento_live.listener import Listener
from spymaster.feeds.databento_live.live_records import LiveRecords
from spymaster.feeds.databento_live.seen import FirstSeen, LastSeen
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import FeedVoice, Hours
from spymaster.feeds.massive_live.conditions import ConditionCodes
from spymaster.feeds.massive_live.messages import statuses_of
from spymaster.feeds.massive_live.statuses import hear
from spymaster.feeds.massive_rest.chain_snapshot import fetch_conditions
from spymaster.feeds.massive_rest.rest_client import RestClient, RestError
from spymaster.loopback.databento import wire
from spymaster.market.batches import Batch
from spymaster.market.dtypes import DTYPES, SCHEMA_RTYPES
from spymaster.market.kinds import Kind
from tests.support.live import ES_ID, T0_NS

ROUNDS = 60
REPLIES = 3000
_TS_OUT = 8
_HEAD = 4
_TEXTS = (b"ESM6", b"ESH7", b"E3BH6 C6800", b"SPY   260317C00650000", b"SPY", b"\xff\xfe", b"", b"9" * 60)
_RTYPES = {Kind.DEF: 19, Kind.STAT: 24, Kind.STATUS: 18} | {
    kind: SCHEMA_RTYPES[schema]
    for kind, schema in ((Kind.MBP10, "mbp-10"), (Kind.TRADE, "trades"), (Kind.MBP1, "tbbo"), (Kind.BBO, "bbo-1s"))
}


class Told:
    """A time that is told."""

    def wall_ns(self) -> int:
        """Now."""
        return T0_NS

    def monotonic_s(self) -> float:
        """Since."""
        return 0.0


def any_record(dice: random.Random) -> bytes:
    """A record of lawful length and type, and anything behind its header, here and there something known."""
    what = dice.randrange(4)
    if what == 0:
        return wire.error(dice.choice((0, 4, 7, 99)), noise(dice), dice.getrandbits(62), ts_out=True)
    if what == 1:
        return wire.system(dice.choice((0, 1, 2, 3, 4, 5, 200)), noise(dice), dice.getrandbits(62), ts_out=True)
    if what == 2:
        return wire.mapping(noise(dice), "parent", noise(dice), dice.getrandbits(31), dice.getrandbits(62), ts_out=True)
    kind = dice.choice(list(_RTYPES))
    size = DTYPES[kind].itemsize + _TS_OUT
    body = bytearray(dice.randbytes(size) if dice.random() < 0.7 else bytes(size))
    body[0], body[1] = size // 4, _RTYPES[kind]
    body[2:4] = (1).to_bytes(2, "little")
    body[4:8] = dice.choice((ES_ID, 7, 2**32 - 1)).to_bytes(4, "little")
    if dice.random() < 0.5:
        body[8:16] = (T0_NS + dice.randrange(10**10)).to_bytes(8, "little")
    for _ in range(3 if kind is Kind.DEF else 0):
        text = dice.choice(_TEXTS)
        at = dice.randrange(16, size - 64)
        body[at : at + len(text)] = text
    return bytes(body)


def noise(dice: random.Random) -> str:
    """Some text, printable or not."""
    return dice.choice(_TEXTS).decode("latin-1") + "".join(
        chr(dice.randrange(1, 127)) for _ in range(dice.randrange(8))
    )


def batches_of(data: bytes, rejected: Counter[str]) -> Iterator[Batch]:
    """What a session's bytes become."""
    inbox = ByteInbox()
    inbox.room()[: len(data)] = data
    inbox.filled(len(data))
    records = LiveRecords(inbox, rejected)
    while (batch := records.read()) is not None:
        yield batch


@pytest.mark.parametrize("seed", range(3))
def test_whatever_records_hold_everything_behind_the_parser_lives_with_it(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        universe, voice, clock = Universe(), FeedVoice(("depth", "options")), Told()
        listener = Listener(universe, voice, clock, ())
        day = OptionDay(20260317, T0_NS + 10**13)
        lines = (
            FuturesLine("ES", clock, lambda _ns: Hours.REGULAR, day),
            ListedOptionsLine("SPY", day, lambda _ns: Hours.REGULAR),
            ShareLine("SPY", "EQUS.MINI", lambda _ns: Hours.REGULAR),
        )
        asked = [Asked(line.plan(), universe, clock) for line in lines]
        for one in asked:
            one.at_start()
        last, first, rejected = LastSeen(), FirstSeen(), Counter[str]()
        hole = Hole({}, first, T0_NS + 5 * 10**9)
        data = wire.header("GLBX.MDP3", T0_NS, ts_out=True) + b"".join(any_record(dice) for _ in range(80))
        taken = 0
        for batch in batches_of(data, rejected):
            taken += len(batch)
            heard = listener.take(batch)
            for one in asked:
                one.take(batch, heard.replayed + 3)
            last.take(batch)
            hole.take(batch)
            first.take(batch)
        assert taken + rejected.total() == 80
        assert last.earliest_ns() <= last.latest_ns() or not last.moments
        assert sum(map(len, hole.finish())) <= 80
        assert len(voice.words) < 4096


class OneReply:
    """A client that is told what to answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, _path: str, **_query: str) -> bytes:
        """The reply."""
        return self._body

    def follow(self, _address: str) -> bytes:
        """No further page."""
        return b'{"results":[]}'


def bent(whole: bytes, dice: random.Random) -> bytes:
    """The same with bytes changed, cut off, or a piece of it twice."""
    out = bytearray(whole)
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(len(out))
        match dice.randrange(3):
            case 0:
                out[at] = dice.randrange(256)
            case 1:
                del out[at + 1 + dice.randrange(len(out)) :]
            case _:
                out[at:at] = out[: dice.randrange(1, 40)]
    return bytes(out)


def test_any_reply_to_the_question_for_condition_codes_is_a_table_or_a_reason() -> None:
    dice = random.Random(3)
    whole = json.dumps(
        {
            "results": [
                {"id": 219, "data_types": ["trade"], "sip_mapping": {"OPRA": "I"}, "name": "Auto"},
                {"id": 201, "data_types": ["trade", "quote"], "sip_mapping": {"OPRA": "A"}, "legacy": False},
            ],
            "status": "OK",
            "next_url": "https://api.massive.com/v3/reference/conditions?cursor=x",
        }
    ).encode()
    reasons: list[str] = []
    for _ in range(REPLIES):
        try:
            codes = fetch_conditions(cast(RestClient, OneReply(bent(whole, dice))))
        except RestError as error:
            reasons.append(str(error))
            continue
        assert isinstance(codes, ConditionCodes)
        assert all(0 <= code <= 0xFFFF for code in codes.translate(list(range(190, 250))))
    assert 0 < len(reasons) < REPLIES
    assert all(reasons)


def test_any_status_frame_is_statuses_with_a_meaning_or_none() -> None:
    dice = random.Random(4)
    whole = json.dumps(
        [
            {"ev": "status", "status": "connected", "message": "Connected Successfully"},
            {"ev": "status", "status": "error", "message": "You are not authorized to access Q.SPY."},
            {"ev": "status", "status": "max_connections", "message": "Maximum number of connections exceeded."},
        ]
    ).encode()
    kinds: Counter[str] = Counter()
    for _ in range(REPLIES):
        for status in statuses_of(bent(whole, dice)):
            kinds[str(hear(status).effect)] += 1
    assert len(kinds) > 2


def test_the_parser_of_records_takes_back_what_the_loopback_vendor_makes() -> None:
    """So that the noise above is noise in records, not records that are left out at the door."""
    dice = random.Random(5)
    rejected: Counter[str] = Counter()
    data = wire.header("GLBX.MDP3", T0_NS, ts_out=True) + b"".join(any_record(dice) for _ in range(300))
    found = list(batches_of(data, rejected))
    assert sum(map(len, found)) == 300
    assert not rejected
    assert {Kind.DEF, Kind.STAT, Kind.MBP10, Kind.MBP1} <= {kind for batch in found for kind in batch.arrays}
    assert all(np.isin(batch.order, [int(kind) for kind in batch.arrays]).all() for batch in found)
