"""A connection to a NATS server and what is sent over it: one connection, one life, and its errors in words.

The client's own reconnecting is not used: it answers neither ``flush`` nor a publish while it is at it, and keeps what
was sent for later. Whoever holds a connection here makes a new one when it is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError, RefusedError, Stored
from spymaster.bus.nats.credentials import Secrets
from spymaster.bus.nats.messages import Message
from spymaster.bus.nats.names import stream_of
from spymaster.bus.nats.streams import StreamSpec, differences, mismatch
from spymaster.journal.mirror_plan import BusAddress

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

CONNECT_S: Final = 3
ACK_S: Final = 1.0
"""How long an acknowledgement is waited for; a repetition costs nothing, since the server knows ids."""
_LONGEST_ACK_S: Final = 8.0
"""The same of one that acknowledges nothing in less: a slow server would be slower for all that is sent again."""
_API_S: Final = 5.0
_PENDING_BYTES: Final = 16 * 1024 * 1024
_OVERLAP: Final = 10065


class Connection:
    """Connections to one server or cluster, one after the other. ``urls``: tried in turn, and those they name."""

    def __init__(self, address: BusAddress, urls: Sequence[str], secrets: Secrets, *, name: str) -> None:
        self._address, self._secrets, self._name = address, secrets, name
        self._urls = list(urls)
        self._client: Client | None = None
        self._turn = 0
        # it logs what it also raises, and with a traceback
        logging.getLogger("nats").setLevel(logging.CRITICAL)

    @property
    def is_up(self) -> bool:
        """Whether there is a living connection."""
        return self._client is not None and self._client.is_connected

    async def client(self) -> Client:
        """A living connection, made where there is none. Raises NotStoredError saying why not."""
        if self._client is None or not self._client.is_connected:
            await self.close()
            self._client = await self._connect()
        return self._client

    async def jetstream(self) -> JetStreamContext:
        """JetStream over a living connection. Raises NotStoredError saying why not."""
        return (await self.client()).jetstream(timeout=_API_S)

    async def publish(
        self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, *, reply: str = ""
    ) -> None:
        """Send without waiting for an answer. Raises NotStoredError."""
        import nats

        if self._client is None or not self._client.is_connected:
            raise NotStoredError("the connection is lost")
        try:
            await self._client.publish(subject, data, reply=reply, headers=dict(headers) if headers else None)
        except (OSError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None

    async def close(self) -> None:
        """Let go. Safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                # a connection that is torn already may say so in many ways, none of which matters now
                await client.close()

    async def _connect(self) -> Client:
        import nats

        url = self._urls[self._turn % len(self._urls)]
        self._turn += 1
        said: list[Exception] = []

        async def note(error: Exception) -> None:
            """What the client would print; of a server that is not there it tells the reason here alone."""
            said.append(error)

        try:
            client = await nats.connect(
                servers=[url],
                allow_reconnect=False,
                # without reconnecting it tries one that refuses 61 times all the same, and 0 would be for ever
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=CONNECT_S,
                pending_size=_PENDING_BYTES,
                name=self._name,
                error_cb=note,
                **self._opening(),
            )
        except (OSError, TimeoutError, nats.errors.Error, ValueError) as error:
            cause = said[-1] if said and isinstance(error, nats.errors.NoServersError) else error
            raise NotStoredError(f"{url}: {reason_of(cause)}") from None
        for found in client.discovered_servers:
            if (other := found.geturl()) not in self._urls:
                self._urls.append(other)
        return client

    def _opening(self) -> dict[str, Any]:
        """What opens the server. Raises NotStoredError for files that cannot be read."""
        secrets, address = self._secrets, self._address
        opening: dict[str, Any] = {}
        if secrets.user:
            opening |= {"user": secrets.user, "password": secrets.password}
        if secrets.token:
            opening["token"] = secrets.token
        if credentials := address.credentials or secrets.credentials:
            opening["user_credentials"] = credentials
        if address.tls_ca or address.tls_cert:
            opening["tls"] = self._tls()
        return opening

    def _tls(self) -> ssl.SSLContext:
        address = self._address
        try:
            context = ssl.create_default_context(cafile=address.tls_ca or None)
            if address.tls_cert:
                context.load_cert_chain(address.tls_cert, address.tls_key or None)
        except (OSError, ssl.SSLError) as error:
            raise NotStoredError(f"a file of [nats] tls_ca, tls_cert, tls_key: {reason_of(error)}") from None
        return context


class NatsWire:
    """A ``bus.wire.Wire`` onto JetStream. ``specs``: the streams that are wanted."""

    def __init__(self, connection: Connection, specs: Sequence[StreamSpec]) -> None:
        self._connection, self._specs = connection, specs
        self._preparing = asyncio.Lock()
        self._js: JetStreamContext | None = None
        self._ack_s = ACK_S

    async def prepare(self) -> None:
        """Connect, and have the streams as they are wanted."""
        async with self._preparing:
            self._js = await self._connection.jetstream()
            for spec in self._specs:
                await ensure_stream(self._js, spec)

    async def publish(self, message: Message, headers: Mapping[str, str]) -> Stored:
        """Send and wait for the acknowledgement."""
        import nats

        if self._js is None or not self._connection.is_up:
            await self.prepare_again()
        assert self._js is not None
        try:
            ack = await self._js.publish(
                message.subject,
                message.data,
                timeout=self._ack_s,
                stream=stream_of(message.subject),
                headers=dict(headers),
            )
        except nats.errors.MaxPayloadError:
            problem = f"{message.id} has {len(message.data)} bytes, more than the server takes (max_payload)"
            raise RefusedError(problem) from None
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        self._ack_s = max(ACK_S, 0.99 * self._ack_s)
        return Stored(ack.seq, bool(ack.duplicate))

    async def elsewhere(self) -> None:
        """The next server, at the next try; and more time for each answer, should it be slow and not gone."""
        self._ack_s = min(2.0 * self._ack_s, _LONGEST_ACK_S)
        async with self._preparing:
            await self._connection.close()

    async def prepare_again(self) -> None:
        """After a lost connection: whoever comes first makes another one. Raises NotStoredError."""
        try:
            async with self._preparing:
                if not self._connection.is_up:
                    self._js = await self._connection.jetstream()
        except MismatchError as error:
            raise NotStoredError(str(error)) from None

    async def close(self) -> None:
        """Let go."""
        self._js = None
        await self._connection.close()


async def ensure_stream(js: JetStreamContext, spec: StreamSpec) -> None:
    """Have a stream as asked for. Raises MismatchError where it is there otherwise, NotStoredError where it cannot be
    made or looked at now."""
    import nats
    from nats.js import api

    try:
        try:
            found = await js.stream_info(spec.name)
        except nats.js.errors.NotFoundError:
            wanted = msgspec.structs.asdict(spec) | {"subjects": list(spec.subjects)}
            found = await js.add_stream(api.StreamConfig(**wanted))
    except nats.js.errors.APIError as error:
        if error.err_code == _OVERLAP:
            problem = f"another stream has subjects of {spec.name} ({' '.join(spec.subjects)})"
            raise MismatchError(f"{problem}; delete that one, or mirror to another server or account") from None
        raise NotStoredError(reason_of(error)) from None
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise NotStoredError(reason_of(error)) from None
    other = differences(spec, vars(found.config))
    if other:
        raise MismatchError(mismatch("stream", spec.name, other))


def reason_of(error: BaseException) -> str:
    """Why, in a few words and on one line."""
    import nats

    if isinstance(error, nats.js.errors.NoStreamResponseError):
        return "no stream answers (it is being elected, or JetStream is off)"
    if isinstance(error, nats.js.errors.ServiceUnavailableError) and not error.description:
        return "JetStream is not enabled there"
    if isinstance(error, nats.js.errors.APIError):
        return f"{error.description} (code {error.err_code})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    text = str(error).removeprefix("nats: ") or type(error).__name__
    return " ".join(text.split())
