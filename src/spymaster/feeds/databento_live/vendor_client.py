"""The vendor's client, used at the level it documents for control of a connection: it greets, proves the key,
subscribes and starts; the bytes of records are ours from the socket on.

The only module that imports ``databento``, which is slow to import: import it where a connection is made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from databento.live.protocol import DatabentoLiveProtocol

from spymaster.feeds.databento_live.byte_inbox import ByteInbox
from spymaster.feeds.databento_live.codes import refused_key
from spymaster.feeds.databento_live.plan import Address, Subscription
from spymaster.feeds.live.supervision import Fault, FaultKind, Limits

_LITTLE_BYTES: Final = 1024
"""Where reads usually bring less than this, a breath is twice as long."""
_SMOOTHING: Final = 0.1
_LARGE_BYTES: Final = 32 * 1024
"""A read of so much is followed by the next at once: a reader who rests would fall behind."""
LEAST_HEARTBEAT_S: Final = 5
"""The vendor takes no shorter interval."""


class InboxProtocol(DatabentoLiveProtocol):
    """Everything behind the handshake goes into an inbox, where the vendor's class would make an object of each record.

    Its public hooks ``get_buffer`` and ``buffer_updated`` are what asyncio calls; the bytes are read from the socket
    straight to where they are parsed. While they come fast the loop is not asked whether there are any: the socket is
    read every ``breath_s``, until it once has nothing. ``broken``: the error of a connection that such a read found.
    """

    def __init__(
        self,
        address: Address,
        dataset: str,
        inbox: ByteInbox,
        ring: Callable[[], None],
        heartbeat_s: float,
        breath_s: float,
    ) -> None:
        super().__init__(
            api_key=address.key,
            dataset=dataset,
            ts_out=True,
            heartbeat_interval_s=max(LEAST_HEARTBEAT_S, round(heartbeat_s)),
            slow_reader_behavior="warn",
        )
        self._inbox = inbox
        self._ring = ring
        self._breath_s = breath_s
        self._loop = asyncio.get_running_loop()
        self._usual = 0.0
        self._next: asyncio.Handle | None = None
        self._is_ours = False
        self.is_paused = False
        self.broken: OSError | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over: its socket is not to be read any more."""
        if self._next is not None:
            self._next.cancel()
        super().connection_lost(exc)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where the next bytes are to be put."""
        self._is_ours = self.authenticated.done()
        if not self._is_ours:
            return super().get_buffer(sizehint)
        return self._inbox.room()  # type: ignore[return-value]

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes are there."""
        if not self._is_ours:
            super().buffer_updated(nbytes)
            return
        # from here on the socket is read without being asked about
        self.transport.pause_reading()
        self._take(nbytes)

    def _take(self, count: int) -> None:
        """So many bytes are in the inbox; the socket is read on after a breath, or at once where there is much."""
        self._inbox.filled(count)
        self._ring()
        self._usual += (count - self._usual) * _SMOOTHING
        if self._inbox.is_overfull:
            self.is_paused = True
        elif count >= _LARGE_BYTES:
            self._next = self._loop.call_soon(self._read)
        else:
            is_little = self._usual < _LITTLE_BYTES
            self._next = self._loop.call_later(self._breath_s * (1 + is_little), self._read)

    def _read(self) -> None:
        if self.transport.is_closing():
            return
        try:
            count = os.readv(self.transport.get_extra_info("socket").fileno(), [self._inbox.room()])
        except BlockingIOError:
            count = 0
        except OSError as error:
            # the system tells it once: asked by the loop, it would call this an orderly end
            self.broken = error
            self.transport.abort()
            return
        if count:
            self._take(count)
        else:
            # nothing now, or nothing any more: both are the loop's to find out
            self.transport.resume_reading()

    def resume(self) -> None:
        """The reader has caught up."""
        if self.is_paused:
            self.is_paused = False
            self._read()


async def connect(
    address: Address,
    dataset: str,
    inbox: ByteInbox,
    ring: Callable[[], None],
    limits: Limits,
    breath_s: float,
) -> InboxProtocol | Fault:
    """An authenticated session, or why there is none. ``breath_s``: how long what comes may gather in the system."""
    loop = asyncio.get_running_loop()
    host = address.host_of(dataset)
    try:
        async with asyncio.timeout(limits.connect_s):
            _, protocol = await loop.create_connection(
                lambda: InboxProtocol(address, dataset, inbox, ring, limits.heartbeat_s, breath_s), host, address.port
            )
    except TimeoutError:
        return Fault(FaultKind.TIMED_OUT, f"{host}:{address.port} does not answer")
    except OSError as error:
        return Fault(FaultKind.REFUSED, f"{host}:{address.port}: {error.strerror or error}")
    for future in (protocol.authenticated, protocol.disconnected):
        # whoever ends a session first, nobody may be left with an error that nobody looked at: it would be printed
        future.add_done_callback(_look_at)
    # the vendor's class fails the one when the key is refused and the other when the connection breaks before that
    both: set[asyncio.Future[Any]] = {protocol.authenticated, protocol.disconnected}
    await asyncio.wait(both, timeout=limits.connect_s, return_when=asyncio.FIRST_COMPLETED)
    if protocol.authenticated.done():
        refused = protocol.authenticated.exception()
        if refused is None:
            return protocol
        protocol.transport.abort()
        return refused_key(str(refused))
    protocol.transport.abort()
    if protocol.disconnected.done():
        return lost(protocol)
    return Fault(FaultKind.TIMED_OUT, f"{host}:{address.port} took the connection and asks for no key")


def _look_at(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


def lost(protocol: InboxProtocol) -> Fault:
    """Why a connection that is over is over."""
    error = protocol.broken or protocol.disconnected.exception()
    if error is None:
        return Fault(FaultKind.CLOSED)
    return Fault(FaultKind.RESET, str(error) or type(error).__name__)


def subscribe(protocol: InboxProtocol, wanted: Sequence[Subscription], start_ns: int | None = None) -> None:
    """Ask for records; ``start_ns``: replayed from there, of what is asked for before the start of the session."""
    for one in wanted:
        protocol.subscribe(schema=one.schema, symbols=list(one.symbols), stype_in=one.stype, start=start_ns)
