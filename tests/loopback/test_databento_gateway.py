"""The loopback gateway as the vendor's own client sees it."""

from __future__ import annotations

import hashlib
import math
import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spymaster.feeds.databento_live.byte_inbox import ByteInbox
from spymaster.feeds.databento_live.live_records import LiveRecords
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel, reels_of, resolve
from spymaster.loopback.pace import Pace
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.kinds import Kind
from spymaster.resources import bundled_recording
from tests.support.live import T0_NS, data_of, market, whole

databento = pytest.importorskip("databento")

Ask = Callable[[Any], None]
PATIENCE_S = 120.0


def depth_and_trades(live: Any) -> None:
    """Everything of ESM6."""
    for schema in ("mbp-10", "trades"):
        live.subscribe("GLBX.MDP3", schema, "ESM6")


def received(
    gateway: DatabentoGateway,
    ask: Ask = depth_and_trades,
    *,
    records: int = 0,
    until: Callable[[list[Any]], bool] | None = None,
    **options: Any,
) -> list[Any]:
    """What the client's callback is given, until so many records have come or something is true of them."""
    live = databento.Live(key=DEMO_KEY, gateway=gateway.host, port=gateway.port, **options)
    ask(live)
    found: list[Any] = []
    live.add_callback(found.append)
    live.start()
    wait_for(lambda: until(found) if until is not None else len(found) >= records)
    live.terminate()
    return found


def wait_for(true: Callable[[], bool]) -> None:
    """Until something is true."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_s, "never came true"
        time.sleep(0.01)


def kinds(records: list[Any]) -> Counter[str]:
    """How many of each kind."""
    return Counter(type(record).__name__ for record in list(records))


def test_the_client_is_given_acknowledgements_mappings_and_every_record_in_order() -> None:
    reel = market(1.0)
    total = sum(whole(reel).values())
    with DatabentoGateway([reel], speed=math.inf) as gateway:
        found = received(gateway, records=total + 4)
    assert kinds(found[:4]) == {"SystemMsg": 2, "SymbolMappingMsg": 2}
    assert found[0].msg == "Subscription request 0 for mbp-10 data succeeded"
    times = [record.ts_recv for record in found[4:]]
    assert times == sorted(times)
    assert Counter(bytes(record) for record in found[4:]) == whole(reel)


def test_sending_times_follow_records_where_they_are_asked_for() -> None:
    with DatabentoGateway([market(0.2)], speed=math.inf) as gateway:
        found = received(gateway, records=60, ts_out=True)
    assert all(record.ts_out >= record.ts_recv for record in found if hasattr(record, "ts_recv"))


def test_a_replay_brings_what_was_and_says_for_each_schema_when_it_has_caught_up() -> None:
    reel = market(60.0)
    with DatabentoGateway([reel], speed=1.0) as gateway:
        gateway.pace.go()
        wait_for(lambda: gateway.pace.now_ns() > T0_NS + 500_000_000)

        def replayed(live: Any) -> None:
            live.subscribe("GLBX.MDP3", "mbp-10", "ESM6", start=T0_NS + 100_000_000)
            live.subscribe("GLBX.MDP3", "trades", "ESM6", start=T0_NS + 100_000_000)

        found = received(gateway, replayed, until=lambda found: len(finished(found)) == 2)
    done = finished(found)
    assert [found[place].msg for place in done] == ["Finished mbp-10 replay", "Finished trades replay"]
    first = next(record for record in found if type(record).__name__ == "MBP10Msg")
    assert T0_NS + 100_000_000 <= first.ts_event < T0_NS + 110_000_000
    before = kinds(found[: done[0]])["MBP10Msg"]
    assert before >= 100


def finished(found: list[Any]) -> list[int]:
    """Where it is said that a replay has caught up."""
    return [place for place, record in enumerate(found) if getattr(record, "msg", "").startswith("Finished")]


def test_a_start_asked_for_after_the_session_began_is_passed_over_as_the_vendor_does() -> None:
    reel = market(60.0)
    with DatabentoGateway([reel], speed=1.0) as gateway:
        live = databento.Live(key=DEMO_KEY, gateway=gateway.host, port=gateway.port)
        live.subscribe("GLBX.MDP3", "trades", "ESM6")
        found: list[Any] = []
        live.add_callback(found.append)
        live.start()
        wait_for(lambda: kinds(found)["TradeMsg"] >= 10)
        sent_ns = max(record.ts_event for record in list(found) if type(record).__name__ == "TradeMsg")
        live.subscribe("GLBX.MDP3", "mbp-10", "ESM6", start=0)
        wait_for(lambda: kinds(found)["MBP10Msg"] > 0)
        live.terminate()
    depth = [record for record in found if type(record).__name__ == "MBP10Msg"]
    assert depth[0].ts_event >= sent_ns > T0_NS + 200_000_000


def test_nothing_to_send_is_a_heartbeat() -> None:
    with DatabentoGateway([market(0.05)], speed=1.0) as gateway:
        received(gateway, until=lambda found: any(map(is_heartbeat, list(found))), heartbeat_interval_s=5)


def is_heartbeat(record: Any) -> bool:
    """Whether the vendor's client takes it for one."""
    return type(record).__name__ == "SystemMsg" and bool(record.is_heartbeat())


def test_a_wrong_key_is_told_apart_from_a_missing_licence() -> None:
    with DatabentoGateway([market(0.1)]) as gateway:
        for key, dataset, words in (
            ("db-anotherkeyanotherkeyanothe00", "GLBX.MDP3", "Authentication failed"),
            (DEMO_KEY, "OPRA.PILLAR", "license is required"),
        ):
            live = databento.Live(key=key, gateway=gateway.host, port=gateway.port)
            with pytest.raises(databento.BentoError, match=words):
                live.subscribe(dataset, "trades", "ESM6")


def test_a_symbol_that_means_nothing_is_an_error_record_and_the_session_goes_on() -> None:
    with DatabentoGateway([market(0.3)], speed=math.inf) as gateway:
        found = received(gateway, lambda live: live.subscribe("GLBX.MDP3", "trades", ["ESM6", "ESX9"]), records=14)
    (error,) = [record for record in found if type(record).__name__ == "ErrorMsg"]
    assert (int(error.code), error.err) == (4, "Failed to resolve symbol ESX9")
    assert kinds(found)["TradeMsg"] >= 10


def test_parents_and_continuous_symbols_mean_what_the_vendor_means_by_them() -> None:
    (reel,) = reels_of([bundled_recording()])
    assert list(resolve(reel, "ES.FUT", "parent").values()) == ["ESM6"]
    assert list(resolve(reel, "ES.c.0", "continuous").values()) == ["ESM6"]
    assert not resolve(reel, "ES.c.1", "continuous")
    options = resolve(reel, "E3B.OPT", "parent")
    assert len(options) == len(reel.symbols) - 1
    assert not resolve(reel, "E3.OPT", "parent")


@pytest.mark.parametrize(("behaviour", "rtype", "code"), [("skip", 21, 7), ("warn", 23, 2)])
def test_a_client_that_does_not_read_is_told_and_only_skip_leaves_records_out(
    behaviour: str, rtype: int, code: int
) -> None:
    reel = market(60.0)
    depth, trades = (sum(len(batch.arrays.get(kind, ())) for batch in reel.held) for kind in (Kind.MBP10, Kind.TRADE))
    may_skip = behaviour == "skip"
    with (
        DatabentoGateway([reel], speed=math.inf, slow_after_s=0.1) as gateway,
        raw_client(gateway, behaviour) as sock,
    ):
        wait_for(lambda: is_stuck(gateway))
        counts = drained(sock, (rtype, code), lambda counts: counts[0] == trades and (may_skip or counts[10] == depth))
    assert (counts[10] < depth) is may_skip


def is_stuck(gateway: DatabentoGateway) -> bool:
    """Whether the gateway has found that nobody reads what it sends."""
    if not gateway.connections or not gateway.connections[0].sent:
        return False
    return gateway.connections[0]._is_skipping or bool(gateway.connections[0]._notices)


def raw_client(gateway: DatabentoGateway, behaviour: str) -> socket.socket:
    """A client of a few lines that has asked for everything and reads nothing yet."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    sock.connect((gateway.host, gateway.port))
    text = b""
    while text.count(b"\n") < 2:
        text += sock.recv(4096)
    challenge = text.split(b"cram=")[1].strip().decode()
    answer = hashlib.sha256(f"{challenge}|{DEMO_KEY}".encode()).hexdigest() + "-" + DEMO_KEY[-5:]
    sock.sendall(f"auth={answer}|dataset=GLBX.MDP3|ts_out=0|slow_reader_behavior={behaviour}\n".encode())
    while not text.endswith(b"\n") or b"success=1" not in text:
        text += sock.recv(4096)
    for schema in ("mbp-10", "trades"):
        sock.sendall(f"schema={schema}|stype_in=raw_symbol|symbols=ESM6\n".encode())
    sock.sendall(b"start_session=0\n")
    return sock


def drained(sock: socket.socket, said: tuple[int, int], until: Callable[[Counter[int]], bool]) -> Counter[int]:
    """Records by record type, read until something has been said (record type, code) and is true of them."""
    sock.settimeout(PATIENCE_S)
    inbox, found, codes = ByteInbox(), Counter[int](), set[tuple[int, int]]()
    records = LiveRecords(inbox, Counter())
    while said not in codes or not until(found):
        inbox.filled(sock.recv_into(inbox.room()))
        while (batch := records.read()) is not None:
            found.update(row[1] for row in data_of(batch))
            for kind, rtype in ((Kind.SYSTEM, 23), (Kind.ERROR, 21)):
                codes.update((rtype, int(row["code"])) for row in batch.arrays.get(kind, ()))
    return found


@pytest.mark.parametrize(
    ("act", "offset", "value"), [(Act.BAD_BOOK, 30, 128 | 4), (Act.CLEAR, 28, ord("R"))], ids=["bad book", "clear"]
)
def test_a_book_is_spoilt_by_a_record_of_its_own(act: Act, offset: int, value: int) -> None:
    with DatabentoGateway([market(0.5)], speed=math.inf, script=[Trouble(act, 50)]) as gateway:
        found = received(gateway, records=200)
    depth = [bytes(record) for record in found if type(record).__name__ == "MBP10Msg"]
    assert sum(record[offset] == value for record in depth) == 1


def test_records_may_be_sent_again() -> None:
    reel = market(0.5)
    with DatabentoGateway([reel], speed=math.inf, script=[Trouble(Act.REPEAT, 50, count=3)]) as gateway:
        found = received(gateway, records=sum(whole(reel).values()) + 4 + 3)
    twice = Counter(bytes(record) for record in found[4:]) - whole(reel)
    assert sum(twice.values()) == 3


def test_played_time_stands_still_until_somebody_comes_and_then_runs_at_its_speed() -> None:
    now = [5.0]
    pace = Pace(1000, 10.0, lambda: now[0])
    now[0] = 50.0
    assert pace.now_ns() == 1000
    pace.go()
    now[0] = 51.5
    assert pace.now_ns() == 1000 + 15 * 10**9
    assert pace.seconds_until(pace.now_ns() + 10**9) == pytest.approx(0.1)


def test_a_reel_of_no_instrument_resolves_to_nothing() -> None:
    reel = HeldReel("X.Y", {}, market(0.1).held)
    assert not resolve(reel, "ALL_SYMBOLS", "raw_symbol")
    assert np.array(list(resolve(reel, "1", "instrument_id"))).size == 0
