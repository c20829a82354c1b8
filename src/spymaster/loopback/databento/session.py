"""One connection to a loopback gateway: the handshake, the subscriptions, and then records until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.loopback.databento import wire
from spymaster.loopback.databento.reel import Reel, Wanted, resolve
from spymaster.loopback.databento.stream import Stream
from spymaster.loopback.pace import Pace
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.dtypes import SCHEMA_KINDS, SCHEMA_RTYPES

ACK: Final = 1
SLOW_READER: Final = 2
REPLAY_COMPLETED: Final = 3
SYMBOL_UNRESOLVED: Final = 4
INVALID_SUBSCRIPTION: Final = 5
_NOT_OFFERED: Final = frozenset({("EQUS.MINI", "status"), ("EQUS.MINI", "statistics")})
SKIPPED: Final = 7
_HEARTBEAT_S: Final = 30.0
_SLICE_BYTES: Final = 256 * 1024
_TICK_S: Final = 0.02
"""How long the connection sleeps at most while nothing is due: it must notice what it is told."""
_RESET: Final = struct.pack("ii", 1, 0)
_SKIPPABLE: Final = frozenset(SCHEMA_RTYPES[name] for name in ("mbp-1", "mbp-10", "bbo-1s", "bbo-1m", "cmbp-1"))
_BACKLOG: Final = 64 * 1024


class Host(Protocol):
    """What a connection knows of its gateway."""

    reels: Mapping[str, Reel]
    keys: frozenset[str]
    pace: Pace
    slow_after_s: float
    keeps_writes: bool
    acts: list[tuple[float, Act]]

    def refuse(self, seconds: float) -> None:
        """Take no connections for a while."""
        ...


class GatewayConnection:
    """Serves one client. ``number``: which connection it is; ``script``: what shall happen to it."""

    def __init__(
        self,
        host: Host,
        number: int,
        script: list[Trouble],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.number = number
        self.requests: list[dict[str, str]] = []
        """The lines the client sent, for those who look on."""
        self.sent = 0
        """Records of data sent."""
        self.writes: list[tuple[int, int]] = []
        """(records sent with it, ``time.time_ns`` just before) of each write of data, where the gateway keeps them."""
        self._host = host
        self._script = [step for step in script if step.connection in (None, number)]
        self._reader, self._writer = reader, writer
        self._wanted: list[Wanted] = []
        self._mapped: list[tuple[str, str, str, int]] = []
        self._notices: list[bytes] = []
        self._ts_out = False
        self._heartbeat_s = _HEARTBEAT_S
        self._may_skip = True
        self._is_skipping = False
        self._started = asyncio.Event()
        self._hung = False
        self._muted: set[int] | None = set()
        self._tail: list[bytes] = []
        self._depth = b""
        self._piece_bytes = _SLICE_BYTES

    async def run(self) -> None:
        """Serve until the client or the script ends it."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            reel = await self._authenticate()
            if reel is not None:
                listening = asyncio.ensure_future(self._listen(reel))
                try:
                    await self._started.wait()
                    serving = asyncio.ensure_future(self._serve(reel))
                    await asyncio.wait((listening, serving), return_when=asyncio.FIRST_COMPLETED)
                    serving.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await serving
                finally:
                    listening.cancel()
        self._writer.close()

    def strike(self, trouble: Trouble) -> None:
        """Let something happen now, between two records. To be called in the gateway's thread."""
        self._script.insert(0, msgspec.structs.replace(trouble, after_records=0, connection=None))

    async def _authenticate(self) -> Reel | None:
        host = self._host
        challenge = secrets.token_hex(16)
        self._writer.write(wire.line(lsg_version=wire.VERSION) + wire.line(cram=challenge))
        request = wire.parsed(await self._reader.readuntil(b"\n"))
        self.requests.append({name: value for name, value in request.items() if name != "auth"})
        problem = ""
        if not any(wire.answers(challenge, key, request.get("auth", "")) for key in host.keys):
            problem = "Authentication failed."
        elif request.get("dataset") not in host.reels:
            problem = f"A live data license is required to access {request.get('dataset')}."
        if problem:
            self._writer.write(wire.line(success=0, error=problem))
            await self._writer.drain()
            return None
        self._ts_out = request.get("ts_out") == "1"
        self._heartbeat_s = float(request.get("heartbeat_interval_s") or _HEARTBEAT_S)
        self._may_skip = request.get("slow_reader_behavior", "skip") == "skip"
        self._writer.write(wire.line(success=1, session_id=1000 + self.number))
        return host.reels[request["dataset"]]

    async def _listen(self, reel: Reel) -> None:
        """Take what the client asks for; ends when it goes."""
        while text := await self._reader.readline():
            request = wire.parsed(text)
            self.requests.append(request)
            if "start_session" in request:
                self._started.set()
            elif "schema" in request:
                self._subscribe(reel, request)
        self._started.set()

    def _subscribe(self, reel: Reel, request: Mapping[str, str]) -> None:
        now_ns = self._host.pace.now_ns()
        schema, stype = request["schema"], request.get("stype_in", "raw_symbol")
        if schema not in SCHEMA_KINDS or (reel.dataset, schema) in _NOT_OFFERED:
            text = f"Invalid subscription: schema {schema}"
            self._notices.append(wire.error(INVALID_SUBSCRIPTION, text, now_ns, ts_out=self._ts_out))
            return
        ids: set[int] = set()
        for symbol in request.get("symbols", "").split(","):
            found = resolve(reel, symbol, stype)
            ids.update(found)
            self._mapped += [(symbol, stype, name, number) for number, name in found.items()]
            if not found:
                text = f"Failed to resolve symbol {symbol}"
                self._notices.append(wire.error(SYMBOL_UNRESOLVED, text, now_ns, ts_out=self._ts_out))
        # a start asked for after the session has begun is passed over without a word, as the vendor does
        start = request.get("start") if not self._started.is_set() else None
        self._wanted.append(Wanted(schema, frozenset(ids), None if start is None else int(start)))
        text = f"Subscription request {request.get('id', len(self._wanted))} for {schema} data succeeded"
        self._notices.append(wire.system(ACK, text, now_ns, ts_out=self._ts_out))

    def _take_notices(self) -> bytes:
        now_ns = self._host.pace.now_ns()
        mapped = [wire.mapping(*one, now_ns, ts_out=self._ts_out) for one in self._mapped]
        data = b"".join((*self._notices, *mapped))
        self._notices.clear()
        self._mapped.clear()
        return data

    async def _serve(self, reel: Reel) -> None:
        pace = self._host.pace
        pace.go()
        # a stream that is cut from its first record on is cut from its first byte on
        cuts = [step.count for step in self._script if step.act is Act.CUT and not step.after_records]
        self._piece_bytes = min(cuts, default=_SLICE_BYTES)
        await self._write(wire.header(reel.dataset, pace.now_ns(), ts_out=self._ts_out))
        stream = Stream(reel, self._wanted, pace, ts_out=self._ts_out)
        await self._write(self._take_notices())
        quiet_s = 0.0
        while True:
            if not await self._follow_script():
                return
            if self._hung:
                await asyncio.sleep(_TICK_S)
                continue
            if self._is_skipping and not self._is_behind():
                self._stop_skipping()
            if notices := self._take_notices():
                await self._write(notices)
            for schema in stream.completed():
                text = f"Finished {schema} replay"
                await self._write(wire.system(REPLAY_COMPLETED, text, pace.now_ns(), ts_out=self._ts_out))
            piece = stream.next_piece(_SLICE_BYTES, self._records_until_trouble())
            if piece is None:
                wait_s = min(stream.wait_s(), _TICK_S)
                await asyncio.sleep(wait_s)
                quiet_s += wait_s
                if quiet_s >= self._heartbeat_s:
                    quiet_s = 0.0
                    await self._write(wire.system(0, "Heartbeat", pace.now_ns(), ts_out=self._ts_out))
                continue
            quiet_s = 0.0
            if self._host.keeps_writes:
                self.writes.append((self.sent + len(piece.ends), time.time_ns()))
            await self._send(piece.data, piece.ends, piece.rtypes)
            pace.sent(piece.until_ns)
            self.sent += len(piece.ends)
            await asyncio.sleep(0)

    async def _send(self, data: NDArray[np.uint8], ends: NDArray[np.int64], rtypes: NDArray[np.uint8]) -> None:
        raw = data.tobytes()
        starts = np.concatenate(([0], ends[:-1]))
        if self._muted is None:
            return
        left_out = self._muted | _SKIPPABLE if self._is_skipping else self._muted
        if left_out:
            kept = ~np.isin(rtypes, list(left_out))
            spans = zip(starts[kept].tolist(), ends[kept].tolist(), strict=True)
            raw = b"".join(raw[start:end] for start, end in spans)
        depth = np.flatnonzero(rtypes == SCHEMA_RTYPES["mbp-10"])
        if len(depth):
            self._depth = data[starts[depth[-1]] : ends[depth[-1]]].tobytes()
        self._tail = [*self._tail, *(raw[a:b] for a, b in zip(starts[-8:], ends[-8:], strict=True))][-8:]
        await self._write(raw)

    async def _write(self, data: bytes) -> None:
        if not data:
            return
        for at in range(0, len(data), self._piece_bytes):
            self._writer.write(data[at : at + self._piece_bytes])
            if self._piece_bytes < len(data):
                await asyncio.sleep(0)
        if self._is_behind() and not self._is_skipping:
            await self._wait_for_reader()

    def _is_behind(self) -> bool:
        """Whether the client has not read what was sent; the system's own buffers are full by then."""
        return self._writer.transport.get_write_buffer_size() > _BACKLOG

    async def _wait_for_reader(self) -> None:
        """Wait; and when that is too long warn the client, or begin to leave out what may be left out."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._writer.drain(), self._host.slow_after_s)
            return
        if self._may_skip:
            self._is_skipping = True
            return
        text = "Slow reader detected"
        self._notices.append(wire.system(SLOW_READER, text, self._host.pace.now_ns(), ts_out=self._ts_out))
        await self._writer.drain()

    def _stop_skipping(self) -> None:
        self._is_skipping = False
        text = "Skipped records after slow reading"
        self._notices.append(wire.error(SKIPPED, text, self._host.pace.now_ns(), ts_out=self._ts_out))

    def _records_until_trouble(self) -> int | None:
        ahead = [step.after_records - self.sent for step in self._script if step.after_records > self.sent]
        return min(ahead, default=None)

    async def _follow_script(self) -> bool:
        """Do what is due; False when the connection is over."""
        due = [step for step in self._script if step.after_records <= self.sent]
        self._script = [step for step in self._script if step.after_records > self.sent]
        for step in due:
            if not await self._do(step):
                return False
        return True

    async def _do(self, step: Trouble) -> bool:
        now_ns = self._host.pace.now_ns()
        self._host.acts.append((time.monotonic(), step.act))
        match step.act:
            case Act.FIN:
                await self._writer.drain()
                return False
            case Act.RST | Act.REFUSE:
                if step.act is Act.REFUSE:
                    self._host.refuse(step.seconds)
                self._reset()
                return False
            case Act.HANG:
                self._hung = True
            case Act.MUTE:
                rtypes = {SCHEMA_RTYPES[step.schema]} if step.schema else None
                self._muted = None if rtypes is None or self._muted is None else self._muted | rtypes
            case Act.ERROR:
                await self._write(wire.error(step.code, step.text, now_ns, ts_out=self._ts_out))
            case Act.SYSTEM:
                await self._write(wire.system(step.code, step.text, now_ns, ts_out=self._ts_out))
            case Act.COMPLETE_EARLY:
                for want in self._wanted:
                    text = f"Finished {want.schema} replay"
                    await self._write(wire.system(REPLAY_COMPLETED, text, now_ns, ts_out=self._ts_out))
            case Act.REPEAT:
                await self._write(b"".join(self._tail[-step.count :]))
            case Act.CUT:
                self._piece_bytes = step.count
            case Act.STALL:
                await asyncio.sleep(step.seconds)
            case Act.GARBAGE:
                await self._write(b"\x00" * 64)
            case Act.BAD_BOOK | Act.CLEAR | Act.SKIP:
                await self._spoil(step, now_ns)
        return True

    async def _spoil(self, step: Trouble, now_ns: int) -> None:
        """Something about the book: the latest depth record again with a flag, or as one that clears the book."""
        if step.act is Act.SKIP:
            text = step.text or "Skipped records after slow reading"
            await self._write(wire.error(SKIPPED, text, now_ns, ts_out=self._ts_out))
            return
        if self._depth:
            await self._write(spoiled(self._depth, step.act))

    def _reset(self) -> None:
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()


def spoiled(depth: bytes, act: Act) -> bytes:
    """A depth record with F_MAYBE_BAD_BOOK set, or one with action R, which clears the book."""
    row = bytearray(depth)
    if act is Act.BAD_BOOK:
        row[30] |= 4
    else:
        row[28] = ord("R")
    return bytes(row)
