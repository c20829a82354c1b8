"""The WebSocket of a loopback Massive server: what the vendor's does, and on request everything it can do wrong."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from spymaster.loopback.massive.reel import Event, starting_at, trade
from spymaster.loopback.massive.served import Served
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble

_MOST_IN_FRAME: Final = 200
_POLICY: Final = 1008
_FOR_EVER_S: Final = 86_400.0
_LONGEST_WAIT_S: Final = 0.5
_CANCELLED: Final = 201
_KEPT: Final = 64


class SocketConnection:
    """One connection: greeting, key, subscriptions, then events at the pace of the server."""

    def __init__(self, server: Served, cluster: str, number: int, socket: ServerConnection) -> None:
        self.server = server
        self.cluster = cluster
        self.number = number
        self.topics: set[str] = set()
        """What it is sent."""
        self.requests: list[tuple[str, frozenset[str]]] = []
        """What it asked for: action and topics."""
        self.sent = 0
        """Events sent."""
        self.frames: list[bytes] = []
        """What it was sent, where the server keeps it."""
        self.begun_s = time.monotonic()
        self.is_let_in = False
        self._socket = socket
        self._events: Sequence[Event] = server.reel.clusters.get(cluster, ())
        self._script = deque(server.script_of(cluster, number))
        self._latest: deque[bytes] = deque(maxlen=_KEPT)
        self._muted = ""
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Serve until either side ends it."""
        try:
            await self._say("connected", "Connected Successfully")
            if not await self._let_in():
                return
            await self.server.take_place(self)
            self.is_let_in = True
            reader = asyncio.create_task(self._listen())
            try:
                await self._play()
            finally:
                reader.cancel()
        except ConnectionClosed:
            return

    async def evict(self) -> None:
        """Another connection of the same key has come."""
        try:
            await self._say("max_connections", "Maximum number of websocket connections exceeded.")
            await self._socket.close(_POLICY, "max_connections")
        except ConnectionClosed:
            return

    async def _let_in(self) -> bool:
        request = json.loads(await self._socket.recv())
        for trouble in [one for one in self._script if one.act is MassiveAct.AUTH]:
            self._script.remove(trouble)
            self.server.acted(trouble)
            await self._say(trouble.status, trouble.text)
            # the vendor's client goes on as if nothing had been said; what it asks for then is noted
            await self._listen()
            return False
        if request.get("action") != "auth" or request.get("params") not in self.server.keys:
            await self._say("auth_failed", "authentication failed")
            await self._socket.close(_POLICY, "authentication failed")
            return False
        await self._say("auth_success", "authenticated")
        return True

    async def _listen(self) -> None:
        """Take subscriptions."""
        async for message in self._socket:
            request = json.loads(message)
            action, topics = request.get("action"), frozenset(str(request.get("params", "")).split(","))
            self.requests.append((str(action), topics))
            if not self.is_let_in:
                continue
            if action == "subscribe":
                await self._subscribe(topics)
            elif action == "unsubscribe":
                self.topics -= topics
                for topic in sorted(topics):
                    await self._say("success", f"unsubscribed to: {topic}")
            else:
                await self._say("error", f"unknown action {action}")
            self._changed.set()

    async def _subscribe(self, topics: frozenset[str]) -> None:
        refusals = [one for one in self._script if one.act is MassiveAct.NOT_AUTHORIZED]
        for topic in sorted(topics):
            refusal = next((one for one in refusals if topic.startswith(one.channel)), None)
            if refusal is not None:
                self.server.acted(refusal)
                await self._say(refusal.status or "error", refusal.text or f"You are not authorized to access {topic}.")
            elif self.cluster == "options" and topic.startswith("Q.") and self._quotes >= self.server.most_quotes:
                await self._say("error", f"maximum of {self.server.most_quotes} quote subscriptions reached: {topic}")
            else:
                # what is held already is not acknowledged again
                if topic not in self.topics:
                    await self._say("success", f"subscribed to: {topic}")
                self.topics.add(topic)

    @property
    def _quotes(self) -> int:
        return sum(topic.startswith("Q.") for topic in self.topics)

    async def _play(self) -> None:
        while not self.topics:
            await self._changed.wait()
            self._changed.clear()
        pace = self.server.pace
        pace.go()
        at = starting_at(self._events, pace.begin_ns())
        while True:
            if not await self._follow_script():
                return
            wanted: list[Event] = []
            until_ns = pace.due_ns()
            most = self._room()
            while at < len(self._events) and self._events[at].due_ns <= until_ns and len(wanted) < most:
                if self._wants(self._events[at].topic):
                    wanted.append(self._events[at])
                at += 1
            if wanted:
                await self._send([one.data for one in wanted])
                self.sent += len(wanted)
                self._latest.extend(one.data for one in wanted if one.topic.startswith("T."))
                pace.sent(wanted[-1].due_ns)
            else:
                wait_s = pace.seconds_until(self._events[at].due_ns) if at < len(self._events) else _LONGEST_WAIT_S
                await asyncio.sleep(min(max(wait_s, 0.001), _LONGEST_WAIT_S))

    def _wants(self, topic: str) -> bool:
        channel = topic.partition(".")[0]
        return channel != self._muted and (topic in self.topics or f"{channel}.*" in self.topics)

    def _room(self) -> int:
        """Events until something goes wrong."""
        waiting = [one.after_events - self.sent for one in self._script if one.act is not MassiveAct.NOT_AUTHORIZED]
        return max(1, min([_MOST_IN_FRAME, *waiting]))

    async def _follow_script(self) -> bool:
        """Do what is due; whether the connection goes on."""
        for trouble in list(self._script):
            if trouble.act is MassiveAct.NOT_AUTHORIZED or trouble.after_events > self.sent:
                continue
            self._script.remove(trouble)
            self.server.acted(trouble)
            if not await self.act(trouble):
                return False
        return True

    async def act(self, trouble: MassiveTrouble) -> bool:
        """Go wrong; whether the connection goes on."""
        match trouble.act:
            case MassiveAct.CLOSE:
                await self._socket.close(trouble.code, trouble.text)
                return False
            case MassiveAct.ABORT | MassiveAct.REFUSE:
                if trouble.act is MassiveAct.REFUSE:
                    self.server.refuse(trouble.seconds)
                self._socket.transport.abort()
                return False
            case MassiveAct.MAX_CONNECTIONS:
                await self.evict()
                return False
            case MassiveAct.SILENCE if trouble.channel:
                self._muted = trouble.channel
            case MassiveAct.SILENCE:
                await asyncio.sleep(trouble.seconds or _FOR_EVER_S)
            case MassiveAct.STATUS:
                await self._say(trouble.status, trouble.text)
            case MassiveAct.MALFORMED:
                await self._write((trouble.text or '[{"ev":"T","sym":"SPY","p":').encode())
            case MassiveAct.UNKNOWN:
                await self._write(b'[{"ev":"FMV","fmv":1.0,"sym":"SPY","t":1}]')
            case _:
                await self._act_on_events(trouble)
        return True

    async def _act_on_events(self, trouble: MassiveTrouble) -> None:
        if trouble.act is MassiveAct.REPEAT:
            await self._send(list(self._latest)[-trouble.count :])
            return
        now_ns = self.server.pace.now_ns()
        if trouble.act is MassiveAct.ARRAY:
            symbol = sorted(self.topics)[0].partition(".")[2]
            await self._send([trade(now_ns, symbol, 1.25, 1, 10**9 + place).data for place in range(trouble.count)])
        elif trouble.act is MassiveAct.CANCEL and self._latest:
            last = json.loads(self._latest[-1])
            cancel = trade(
                now_ns, last["sym"], last["p"], last["s"], last["q"] + 10**9, x=last.get("x", 0), c=[_CANCELLED]
            )
            await self._send([cancel.data])

    async def _send(self, events: Sequence[bytes]) -> None:
        if events:
            await self._write(b"[" + b",".join(events) + b"]")

    async def _say(self, status: str, message: str) -> None:
        await self._write(json.dumps([{"ev": "status", "status": status, "message": message}]).encode())

    async def _write(self, frame: bytes) -> None:
        if self.server.keeps_frames:
            self.frames.append(frame)
        await self._socket.send(frame, text=True)
