"""What a gateway answers: the page, health, metrics, and two WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import zstandard

from spymaster.bus.desk.frame_desk import FrameDesk, read_ask
from spymaster.bus.gateway.bind import GatewayPlan
from spymaster.bus.gateway.feed import Feed
from spymaster.bus.gateway.gate import Gate, peer_of, subprotocol_of
from spymaster.bus.gateway.limits import Complaints, RateLimit, WrongTokens
from spymaster.bus.gateway.messages import Entry, Form, MessageLog, Skipped
from spymaster.bus.gateway.metrics import CONTENT_TYPE, MetricsText, add_frame
from spymaster.bus.wire.exchange import Hello
from spymaster.bus.wire.packing import WireError
from spymaster.signals.frame import FrameSource, Phase

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

PAGE: Final = Path(__file__).parent / "page"
_TOO_BIG: Final = 1009
_NOT_UNDERSTOOD: Final = 1003
_POLICY: Final = 1008
_COMPRESSION: Final = 1
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Gateway:
    """Everything behind one address. ``source``: the Session's frames; ``now_ns``: the wall clock, UTC."""

    def __init__(
        self,
        plan: GatewayPlan,
        source: FrameSource,
        desk: FrameDesk,
        feed: Feed,
        log: MessageLog,
        hello: Hello,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        from starlette.applications import Starlette
        from starlette.routing import Route, WebSocketRoute

        self._plan, self._source, self._desk, self._feed, self._log = plan, source, desk, feed, log
        self._hello = msgspec.msgpack.encode(msgspec.structs.replace(hello, out=""))
        self._now_ns = now_ns
        self.complaints = Complaints()
        self.sent = self.skipped = self.frames = 0
        routes = [
            Route("/", self._page),
            Route("/page.js", self._script),
            Route("/health", self._health),
            Route("/metrics", self._metrics),
            WebSocketRoute("/ws/stream", self._stream),
            WebSocketRoute("/ws/frames", self._frames),
        ]
        self.gate = Gate(Starlette(routes=routes), plan, self.complaints, WrongTokens())
        """The whole as an ASGI application."""

    async def _page(self, _request: Request) -> Response:
        return _answer((PAGE / "index.html").read_bytes(), "text/html")

    async def _script(self, _request: Request) -> Response:
        return _answer((PAGE / "page.js").read_bytes(), "text/javascript")

    async def _health(self, _request: Request) -> Response:
        frame = self._source.latest()
        if frame is None:
            return _json({"status": "starting"}, 503)
        header = frame.header
        fault = header.recording.fault
        is_well = header.phase not in (Phase.FAILED, Phase.COMPILING, Phase.LOADING) and not fault
        said = {
            "service": "gateway",
            "status": "healthy" if is_well else "unhealthy",
            "phase": header.phase.value,
            "mode": header.mode.value,
            "simulated": header.simulated,
            "symbol": header.symbol,
            "message": f"NOT RECORDING: {fault}" if fault else header.message,
            "trust": {trust.name: trust.state for trust in frame.trust},
            "ts_event_ns": header.t_ns,
            "connections": self.gate.clients,
        }
        return _json(said, 200 if is_well else 503)

    async def _metrics(self, _request: Request) -> Response:
        text = MetricsText()
        frame = self._source.latest()
        if frame is not None:
            add_frame(text, frame, self._now_ns())
        raised = [({"signal": signal}, float(count)) for signal, count in sorted(self._feed.alerts.items())]
        refused = [({"reason": kind}, float(count)) for kind, count in sorted(self.complaints.counts.items())]
        text.add("snaps_total", "counter", "Snaps sent to the gateway's clients.", self._feed.snaps)
        text.add(
            "snaps_dropped_total", "counter", "Blocks of snaps that the gateway was too slow for.", self._feed.dropped
        )
        text.add("alerts_raised_total", "counter", "Alerts raised, by signal.", raised)
        text.add("gateway_clients", "gauge", "WebSockets now.", self.gate.clients)
        text.add("gateway_messages_total", "counter", "Messages sent to clients.", self.sent)
        text.add("gateway_skipped_total", "counter", "Messages left out for clients that were too slow.", self.skipped)
        text.add("gateway_frames_total", "counter", "Answers sent to attached screens.", self.frames)
        text.add("gateway_refused_total", "counter", "What was refused, by reason.", refused)
        return _answer(text.text().encode(), CONTENT_TYPE)

    async def _stream(self, socket: WebSocket) -> None:
        """Signals, flow and alerts, each as it comes; first what stands."""
        form: Form = "native" if (asked := socket.query_params.get("form", self._plan.form)) != "classic" else "classic"
        if asked not in ("native", "classic"):
            self.complaints.add("an unknown form of messages", peer_of(socket.scope))
            await socket.close(_POLICY, "form is native or classic")
            return
        await socket.accept(subprotocol_of(socket.scope))
        reading = asyncio.create_task(self._read(socket, form))
        try:
            with contextlib.suppress(*_gone()):
                await self._write(socket, form, reading)
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

    async def _write(self, socket: WebSocket, form: Form, reading: asyncio.Task[None]) -> None:
        at = self._log.next
        for entry in tuple(self._log.standing()):
            await self._send(socket, entry, form, cached=True)
        while not reading.done():
            heard = self._log.news.listen()
            entries, gone = self._log.since(at)
            if not entries and not gone:
                await asyncio.wait((heard, reading), return_when=asyncio.FIRST_COMPLETED)
            heard.cancel()
            if gone:
                self.skipped += gone
                if form == "native":
                    await socket.send_text(msgspec.json.encode(Skipped(gone)).decode())
            for entry in entries:
                await self._send(socket, entry, form)
                at = entry.seq + 1
                # sending need not wait for anything, and then nobody would hear that the client has gone
                await asyncio.sleep(0)
                if reading.done():
                    return

    async def _send(self, socket: WebSocket, entry: Entry, form: Form, *, cached: bool = False) -> None:
        text = entry.native(cached=cached) if form == "native" else entry.classic()
        if text:
            self.sent += 1
            await socket.send_text(text)

    async def _read(self, socket: WebSocket, form: Form) -> None:
        """Nothing is taken from a reader of signals; the predecessor's clients may send what they like, a little."""
        limit = RateLimit(self._plan.messages_per_s, self._plan.messages_per_s)
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                self._note_end(socket, int(message.get("code", 0)))
                return
            if form == "native":
                await self._turn_out(socket, _NOT_UNDERSTOOD, "a message to a stream that takes none")
                return
            if limit.take():
                await self._turn_out(socket, _POLICY, "too many messages")
                return

    async def _frames(self, socket: WebSocket) -> None:
        """The same exchange as on the local socket, each answer compressed."""
        await socket.accept(subprotocol_of(socket.scope))
        limit = RateLimit(self._plan.messages_per_s, self._plan.messages_per_s)
        compressor = zstandard.ZstdCompressor(_COMPRESSION)
        try:
            await socket.send_bytes(compressor.compress(self._hello))
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    self._note_end(socket, int(message.get("code", 0)))
                    return
                answer = await self._desk.answer(read_ask(message.get("bytes") or b""))
                await asyncio.sleep(limit.take())
                self.frames += 1
                await socket.send_bytes(await asyncio.to_thread(compressor.compress, answer))
        except WireError as error:
            await self._turn_out(socket, _NOT_UNDERSTOOD, str(error))
        except _gone():
            return

    async def _turn_out(self, socket: WebSocket, code: int, why: str) -> None:
        self.complaints.add(why, peer_of(socket.scope))
        with contextlib.suppress(*_gone()):
            await socket.close(code, why)

    def _note_end(self, socket: WebSocket, code: int) -> None:
        if code == _TOO_BIG:
            self.complaints.add("a message that is too large", peer_of(socket.scope))


def _gone() -> tuple[type[Exception], ...]:
    """What is raised where a client has gone."""
    from starlette.websockets import WebSocketDisconnect

    return (WebSocketDisconnect, RuntimeError)


def _answer(body: bytes, kind: str) -> Response:
    from starlette.responses import Response

    return Response(body, 200, {**_HEADERS, "Content-Type": kind})


def _json(said: dict[str, Any], status: int) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(said, status)
