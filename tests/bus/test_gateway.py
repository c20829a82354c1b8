"""Signals and frames over HTTP and WebSocket: what is sent, to whom, and what is refused."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("starlette")

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from spymaster.bus.attach.source import AttachSource
from spymaster.bus.attach.ways import RefusedError, WebWay
from spymaster.bus.gateway.bind import GatewayPlan, bound, parse_listen, token_of
from spymaster.bus.serving import Serving
from spymaster.bus.socket.places import own_folder
from spymaster.errors import UserError
from spymaster.market.frames import FeedState, FeedStatusFrame
from spymaster.market.rows import AlertEvent, TrustReason
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.said.viewport import LevelsViewport
from spymaster.signals.schema import signals_schema, viewport_schema
from tests.support import blocks, frames, viewports
from tests.support.bus import CONFIG, TOKEN, attached, same, served, until
from tests.support.moving_source import MovingSource

OPEN = GatewayPlan("127.0.0.1", 0)
GUARDED = GatewayPlan("127.0.0.1", 0, TOKEN)
PATIENCE_S = 60.0


@dataclass
class Served:
    """A Session that is served, and its address."""

    source: MovingSource
    serving: Serving
    port: int

    def snap(self, k: int, **block: Any) -> None:
        """Publish a snap."""
        snap = [blocks.level(), blocks.unseen(price=4800.0, tick=19200.0)]
        self.serving.on_block(blocks.block(snap, first_ns=blocks.T0_NS + k * blocks.SNAP_NS, **block))

    @contextmanager
    def stream(self, query: str = "", **options: Any) -> Iterator[ClientConnection]:
        """A reader of signals."""
        url = f"ws://127.0.0.1:{self.port}/ws/stream{query}"
        with connect(url, open_timeout=PATIENCE_S, proxy=None, **options) as reader:
            yield reader

    def lets_in(self, query: str = "", **options: Any) -> int:
        """The HTTP status that a reader is refused with, 101 where it is not."""
        try:
            with self.stream(query, **options):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    def get(self, path: str, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        """An HTTP answer: status, body, headers."""
        there = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            there.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = there.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            there.close()


@contextmanager
def gateway(folder: Path, plan: GatewayPlan = OPEN) -> Iterator[Served]:
    with served(own_folder(folder / "run"), plan) as (source, serving):
        assert serving.address is not None
        serving.begins(CONFIG, FeedWords())
        yield Served(source, serving, serving.address[1])


def read(reader: ClientConnection) -> dict[str, Any]:
    """The next message."""
    message: dict[str, Any] = json.loads(reader.recv(PATIENCE_S))
    return message


def ended_with(client: ClientConnection, messages: Sequence[str | bytes]) -> int:
    """The code that the gateway ends a connection with when these are sent."""
    try:
        for message in messages:
            client.send(message)
        while True:
            client.recv(PATIENCE_S)
    except ConnectionClosed as ended:
        return ended.rcvd.code if ended.rcvd is not None else 0


def test_a_reader_is_sent_every_snap_in_order(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, there.stream() as reader:
        for k in range(20):
            there.snap(k)
        messages = [read(reader) for _ in range(20)]
    assert [message["subject"] for message in messages] == ["levels.signals"] * 20
    assert [message["seq"] for message in messages] == list(range(20))
    times = [message["data"]["ts_event_ns"] for message in messages]
    assert times == [blocks.T0_NS + k * blocks.SNAP_NS for k in range(20)]


def test_what_is_sent_is_the_published_message(tmp_path: Path) -> None:
    import jsonschema

    with gateway(tmp_path) as there, there.stream() as reader:
        there.snap(0)
        data = read(reader)["data"]
    jsonschema.validate(data, signals_schema())
    assert data["levels"][0]["signal"] == "BREAK"
    assert data["levels"][1]["break_score_smooth"] is None


def test_alerts_are_sent_as_they_happen(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, there.stream() as reader:
        there.snap(0, alerts=[blocks.alert()])
        alert, signals = read(reader), read(reader)
    assert (alert["subject"], alert["data"]["event"], alert["data"]["level"]) == (
        "levels.alerts",
        "raised",
        "ROUND_4805",
    )
    assert signals["subject"] == "levels.signals"


def test_who_comes_later_is_told_what_stands(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, there.stream() as first:
        there.snap(0, alerts=[blocks.alert()])
        there.snap(1)
        for _ in range(3):
            read(first)
        with there.stream() as later:
            cached = [read(later) for _ in range(2)]
            assert [(m["subject"], m["cached"]) for m in cached] == [("levels.signals", True), ("levels.alerts", True)]
            assert cached[0]["data"]["ts_event_ns"] == blocks.T0_NS + blocks.SNAP_NS
            over = blocks.alert(event=AlertEvent.RESOLVED, t_ns=blocks.T0_NS + 2 * blocks.SNAP_NS)
            there.snap(2, alerts=[over])
            assert read(later)["data"]["event"] == "resolved"
        for _ in range(2):
            read(first)
        with there.stream() as last:
            there.snap(3)
            seen = [read(last) for _ in range(2)]
            assert [m["subject"] for m in seen] == ["levels.signals", "levels.signals"]


def test_what_a_model_says_is_sent_as_it_comes_and_to_who_comes_later(tmp_path: Path) -> None:
    said = viewports.spoken(frames.frame()).viewport
    assert said is not None
    with gateway(tmp_path) as there, there.stream() as first:
        there.serving.scored(said)
        message = read(first)
        assert message["subject"] == "levels.viewport"
        assert msgspec.convert(message["data"], LevelsViewport) == said
        pytest.importorskip("jsonschema").validate(message["data"], viewport_schema())
        with there.stream() as later:
            cached = read(later)
            assert (cached["subject"], cached["cached"], cached["data"]) == ("levels.viewport", True, message["data"])


def test_the_predecessors_form_has_it_beside_the_levels(tmp_path: Path) -> None:
    said = viewports.spoken(frames.frame()).viewport
    assert said is not None
    with gateway(tmp_path) as there, there.stream("?form=classic") as reader:
        there.serving.scored(said)
        there.snap(0)
        merged = read(reader)
    assert list(merged) == ["levels", "viewport"]
    assert msgspec.convert(merged["viewport"], LevelsViewport) == said


def test_why_an_input_is_blind_is_said_in_the_feeds_words(tmp_path: Path) -> None:
    words = FeedWords()
    words.take(FeedStatusFrame("depth", FeedState.DOWN, blocks.T0_NS, "closed by peer"))
    with gateway(tmp_path) as there, there.stream() as reader:
        there.serving.begins(CONFIG, words)
        there.snap(0, trust=(2, 0, 3, 3), trust_reason=(int(TrustReason.FEED_DOWN), 0, 1, 1))
        assert read(reader)["data"]["trust"]["depth"] == {"state": "BLIND", "reason": "closed by peer"}


def test_a_snap_that_cannot_be_published_is_counted_and_the_next_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with gateway(tmp_path) as there, there.stream() as reader:
        there.serving.on_block(blocks.block([blocks.level(price=float("inf"))]))
        there.snap(1)
        assert read(reader)["data"]["ts_event_ns"] == blocks.T0_NS + blocks.SNAP_NS
    assert len([r for r in caplog.records if "a snap is not sent" in r.getMessage()]) == 1


def test_a_slow_reader_skips_forward_and_is_told_how_far(tmp_path: Path) -> None:
    from spymaster.bus.gateway.messages import KEPT, MessageLog
    from spymaster.signals.encode import SignalEncoder

    log = MessageLog()
    encoder = SignalEncoder("es")
    for k in range(KEPT + 50):
        made = blocks.block([blocks.level()], first_ns=blocks.T0_NS + k * blocks.SNAP_NS)
        log.add(encoder.signals(made)[0])
    entries, gone = log.since(10)
    assert [entry.seq for entry in entries] == [KEPT + 49]
    assert gone == KEPT + 49 - 10
    entries, gone = log.since(KEPT + 40)
    assert ([entry.seq for entry in entries], gone) == (list(range(KEPT + 40, KEPT + 50)), 0)


@pytest.mark.slow
def test_of_a_hundred_readers_one_that_is_frozen_is_felt_by_none(tmp_path: Path) -> None:
    snaps = 40
    many = [blocks.level(price=4805.0 + k, tick=19220.0 + 4 * k) for k in range(30)]
    with gateway(tmp_path) as there, ExitStack() as all_of_them:
        readers = [all_of_them.enter_context(there.stream(max_size=None)) for _ in range(99)]
        all_of_them.enter_context(frozen_reader(there.port))
        until(lambda: "spymaster_gateway_clients 100\n" in there.get("/metrics")[1])
        for k in range(snaps):
            made = blocks.block(many, first_ns=blocks.T0_NS + k * blocks.SNAP_NS)
            there.serving.on_block(made)
            # the next snap when all have this one: the order is what is looked at, not how fast a machine is
            got = [read(reader) for reader in readers]
            assert {message["seq"] for message in got} == {k}
        text = there.get("/metrics")[1]
    assert "spymaster_gateway_clients 100\n" in text
    assert f"spymaster_snaps_total {snaps}\n" in text
    assert "spymaster_snaps_dropped_total 0\n" in text
    # of what it did not read the gateway holds some buffers' worth, and no more the longer it lasts
    sent = re.search(r"spymaster_gateway_messages_total (\d+)", text)
    assert sent is not None
    assert 0 < int(sent[1]) - 99 * snaps < snaps


@contextmanager
def frozen_reader(port: int) -> Iterator[socket.socket]:
    """A client that asks for signals and reads not even the answer."""
    with socket.socket() as there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        there.connect(("127.0.0.1", port))
        there.sendall(
            b"GET /ws/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        yield there


def test_an_attached_screen_sees_through_the_gateway_what_is_there(tmp_path: Path) -> None:
    with gateway(tmp_path, GUARDED) as there:
        url = f"ws://127.0.0.1:{there.port}"
        with attached(AttachSource(lambda: WebWay(url, TOKEN, PATIENCE_S))) as screen:
            for _ in range(3):
                frame = there.source.step()
                until(lambda: (seen := screen.latest()) is not None and seen.number == there.source.number)
                assert same(screen.latest(), frame)
            assert same(screen.heat(3600), there.source.heat(3600))
            assert screen.hello is not None
            assert screen.hello.out == ""


def test_an_attached_screen_with_a_wrong_token_does_not_try_again(tmp_path: Path) -> None:
    with gateway(tmp_path, GUARDED) as there, pytest.raises(RefusedError, match="the right token"):
        WebWay(f"ws://127.0.0.1:{there.port}", "wrong" * 8, PATIENCE_S)


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_without_the_token_nothing_is_told(tmp_path: Path, path: str) -> None:
    with gateway(tmp_path, GUARDED) as there:
        status, body, headers = there.get(path)
        assert (status, json.loads(body)) == (401, {"error": "no token"})
        assert headers["WWW-Authenticate"] == "Bearer"
        status, body, _ = there.get(path, Authorization="Bearer " + "x" * 32)
        assert (status, json.loads(body)) == (401, {"error": "wrong token"})
        status, body, _ = there.get(f"{path}?token={TOKEN}")
        assert status == 401
        status, _, _ = there.get(path, Authorization=f"Bearer {TOKEN}")
        assert status == 200


@pytest.mark.parametrize("path", ["/ws/stream", "/ws/frames"])
def test_no_websocket_is_opened_without_the_token(tmp_path: Path, path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "spymaster")
    wrong = "not-the-token-not-the-token"
    with gateway(tmp_path, GUARDED) as there:
        url = f"ws://127.0.0.1:{there.port}{path}"
        for headers in (None, {"Authorization": f"Bearer {wrong}"}):
            with pytest.raises(InvalidStatus, match="401"), connect(url, additional_headers=headers, proxy=None):
                pass
        with pytest.raises(InvalidStatus, match="401"), connect(f"{url}?token={TOKEN}", proxy=None):
            pass
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "gateway: 127.0.0.1: refused: no token",
        "gateway: 127.0.0.1: refused: wrong token",
    ]
    assert TOKEN not in caplog.text
    assert wrong not in caplog.text


def test_a_page_sends_its_token_as_a_subprotocol_which_is_not_sent_back(tmp_path: Path) -> None:
    sent = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
    with gateway(tmp_path, GUARDED) as there:
        with there.stream(subprotocols=["spymaster", f"spymaster.token.{sent}"]) as reader:
            assert reader.subprotocol == "spymaster"
            there.snap(0)
            assert read(reader)["seq"] == 0
        assert there.lets_in(subprotocols=["spymaster", "spymaster.token.____"]) == 401


def test_a_page_of_another_site_is_refused_and_one_that_was_named_is_not(tmp_path: Path) -> None:
    with gateway(tmp_path, GatewayPlan("127.0.0.1", 0, origins=("http://localhost:4200",))) as there:
        assert there.lets_in(origin="https://evil.example") == 403
        assert there.lets_in(origin="http://localhost:4200") == 101
        assert there.lets_in(origin=f"http://127.0.0.1:{there.port}") == 101


def test_a_foreign_name_for_this_machine_is_refused_where_no_token_is_asked_for(tmp_path: Path) -> None:
    with gateway(tmp_path) as there:
        assert there.get("/health", Host="evil.example")[0] == 403
        assert there.get("/health", Host=f"localhost:{there.port}")[0] == 200


def test_too_many_wrong_tokens_are_not_looked_at(tmp_path: Path) -> None:
    with gateway(tmp_path, GUARDED) as there:
        statuses = [there.get("/health", Authorization="Bearer " + "x" * 32)[0] for _ in range(21)]
        assert statuses == [401] * 20 + [429]
        assert there.get("/health", Authorization=f"Bearer {TOKEN}")[0] == 429


def test_one_client_more_than_was_asked_for_is_refused(tmp_path: Path) -> None:
    with gateway(tmp_path, GatewayPlan("127.0.0.1", 0, clients=2)) as there:
        with there.stream(), there.stream():
            assert there.lets_in() == 503
        until(lambda: '"connections":0' in there.get("/health")[1])
        assert there.lets_in() == 101


def test_connections_that_say_nothing_are_limited_too_and_are_closed(tmp_path: Path) -> None:
    from spymaster.bus.gateway.connections import SPARE

    with gateway(tmp_path, GatewayPlan("127.0.0.1", 0, clients=1)) as there, ExitStack() as silent:
        ends = [silent.enter_context(socket.create_connection(("127.0.0.1", there.port))) for _ in range(SPARE + 21)]
        for end in ends:
            end.setblocking(False)
        until(lambda: sum(map(is_closed, ends)) >= 20, "the limit")
        until(lambda: all(map(is_closed, ends)), "the end of silence")
        assert there.get("/health")[0] == 200


def is_closed(end: socket.socket) -> bool:
    """Whether the other side has ended a connection on which it says nothing."""
    try:
        return end.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_form_nobody_knows_is_refused(tmp_path: Path) -> None:
    with gateway(tmp_path) as there:
        assert there.lets_in("?form=classic") == 101
        assert there.lets_in("?form=hunter2") == 403


@pytest.mark.parametrize(
    ("path", "message", "code", "says"),
    [
        pytest.param("/ws/stream", "hunter2" * 1000, 1009, "a message that is too large", id="too large for a stream"),
        pytest.param("/ws/stream", "hunter2", 1003, "a message to a stream that takes none", id="to a stream"),
        pytest.param("/ws/frames", b"hunter2" * 1000, 1009, "a message that is too large", id="too large for frames"),
        pytest.param("/ws/frames", b"\xc1hunter2", 1003, "a question that cannot be read", id="malformed"),
        pytest.param("/ws/frames", "hunter2", 1003, "a question that cannot be read", id="text for bytes"),
    ],
)
def test_what_is_sent_wrongly_ends_that_connection_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, message: str | bytes, code: int, says: str
) -> None:
    with gateway(tmp_path) as there, there.stream() as other:
        with connect(f"ws://127.0.0.1:{there.port}{path}", proxy=None) as rude:
            assert ended_with(rude, [message]) == code
        until(lambda: len(caplog.records) > 0)
        there.snap(0)
        assert read(other)["seq"] == 0
        assert f'reason="{says}"' in there.get("/metrics")[1]
    assert [record.getMessage() for record in caplog.records] == [f"gateway: 127.0.0.1: refused: {says}"]


def test_the_predecessors_clients_may_speak_but_not_shout(tmp_path: Path) -> None:
    with gateway(tmp_path, GatewayPlan("127.0.0.1", 0, form="classic", messages_per_s=1.0)) as there:
        with there.stream() as reader:
            reader.send("ping")
            there.snap(0)
            assert "levels" in read(reader)
        with there.stream() as loud:
            assert ended_with(loud, ["ping"] * 2000) == 1008


def test_the_predecessors_form_is_its_own(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, there.stream("?form=classic") as reader:
        there.snap(0, alerts=[blocks.alert()])
        merged = read(reader)
    assert list(merged) == ["levels"]
    levels = merged["levels"]
    assert levels["ts"] == blocks.T0_NS // 1_000_000
    assert levels["spy"] == {"spot": 4805.5, "bid": 4805.375, "ask": 4805.625}
    first, unseen = levels["levels"]
    assert (first["id"], first["level_price"], first["level_kind_name"]) == ("ROUND_4805", 4805.0, "ROUND")
    assert (first["direction"], first["signal"], first["confidence"]) == ("DOWN", "BREAK", "HIGH")
    assert (first["is_first_15m"], first["bars_since_open"]) == (True, 3)
    assert (first["barrier_state"], first["wall_ratio"]) == ("VACUUM", 58 / 5000)
    assert (unseen["signal"], unseen["break_score_smooth"]) == ("NO_TRADE", None)
    known = {
        *("id", "level_price", "level_kind_name", "direction", "distance", "is_first_15m", "barrier_state"),
        *("barrier_delta_liq", "barrier_replenishment_ratio", "wall_ratio", "tape_imbalance", "tape_velocity"),
        *("tape_buy_vol", "tape_sell_vol", "sweep_detected", "gamma_exposure", "fuel_effect", "approach_velocity"),
        *("approach_bars", "approach_distance", "prior_touches", "bars_since_open", "break_score_raw"),
        *("break_score_smooth", "signal", "confidence", "note", "confluence_count", "confluence_pressure"),
        *("confluence_alignment", "confluence_level"),
    }
    assert set(first) == known


def test_health_says_what_is_wrong(tmp_path: Path) -> None:
    with gateway(tmp_path) as there:
        status, body, _ = there.get("/health")
        said = json.loads(body)
        assert (status, said["status"], said["phase"], said["symbol"]) == (200, "healthy", "playing", "ESZ6")
        fault = msgspec.structs.replace(frames.header().recording, fault="no space left")
        header = msgspec.structs.replace(frames.header(), recording=fault)
        there.source._frame = frames.frame(header=header)
        status, body, _ = there.get("/health")
        assert (status, json.loads(body)["message"]) == (503, "NOT RECORDING: no space left")


def test_metrics_are_what_prometheus_reads(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, there.stream() as reader:
        there.snap(0, alerts=[blocks.alert()])
        read(reader), read(reader)
        status, text, headers = there.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            values[name] = float(value)
    assert values['spymaster_input_state{input="depth",state="GREEN"}'] == 1
    assert values['spymaster_input_state{input="depth",state="BLIND"}'] == 0
    assert values["spymaster_records_total"] == 4_120_877
    assert values["spymaster_snaps_total"] == 1
    assert values['spymaster_alerts_raised_total{signal="BREAK"}'] == 1
    assert values["spymaster_record_lag_seconds"] == pytest.approx(0.012)
    assert values["spymaster_gateway_clients"] == 1
    families = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(families) == len(set(families))


def test_an_address_that_others_reach_needs_a_token() -> None:
    with pytest.raises(UserError, match="can be reached from other machines, and no token is set; set SPYMASTER_G"):
        bound(GatewayPlan("0.0.0.0", 0))
    bound(GatewayPlan("0.0.0.0", 0, TOKEN)).close()


@pytest.mark.parametrize("token", ["short", "with a space in the middle of it", "ünprintable-ünprintable"])
def test_a_token_that_could_be_guessed_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(UserError) as refused:
        token_of({"SPYMASTER_GATEWAY_TOKEN": token})
    assert token not in str(refused.value)


def test_a_plan_does_not_print_its_token() -> None:
    assert TOKEN not in repr(GUARDED)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8000", "127.0.0.1", 8000), ("[::1]:0", "::1", 0), ("box:65535", "box", 65535)],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert parse_listen(text, "--listen") == (host, port)


@pytest.mark.parametrize("text", ["8000", ":8000", "box:", "box:70000", "box:٣", "box:-1"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(UserError, match="give HOST:PORT"):
        parse_listen(text, "--listen")


def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    with gateway(tmp_path) as there, pytest.raises(UserError, match="cannot listen there"):
        Serving(on_socket=False, gateway=GatewayPlan("127.0.0.1", there.port))


def test_the_page_holds_nothing_and_may_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    with gateway(tmp_path, GUARDED) as there:
        status, page, headers = there.get("/")
        script_status, script, _ = there.get("/page.js")
    assert (status, script_status) == (200, 200)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert TOKEN not in page + script
    assert "http" not in page.replace("/page.js", "")
    assert "innerHTML" not in script
    for name in ("levels", "alerts", "spot", "trust", "link", "door", "token"):
        assert f'id="{name}"' in page
        assert f'"{name}"' in script
