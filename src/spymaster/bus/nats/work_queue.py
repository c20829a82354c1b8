"""Work handed out over a JetStream work queue: each piece is with one taker at a time, and gone once it is done.

A piece that is in the queue already is not put there again. One that is taken and neither kept nor done within the
wait is another taker's. Pieces of one program's version are given to takers of that version alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.connection import Connection, ensure_stream, reason_of
from spymaster.bus.nats.streams import ConsumerSpec, StreamSpec, differences, mismatch

if TYPE_CHECKING:
    from nats.js import JetStreamContext

ACK_WAIT_S: Final = 60.0
"""After so long without a word from its taker a piece is another's."""
_KEEP_S: Final = 30 * 86_400.0
"""What nobody has taken for so long is forgotten."""
_BEATS: Final = 4
"""How often within the wait a taker says that it is at it."""
_IN_THE_QUEUE: Final = "maximum messages per subject exceeded"


class QueueSpec(StreamSpec, frozen=True):
    """The stream of a queue as it is asked for."""

    discard_new_per_subject: bool = True


class Look(msgspec.Struct, frozen=True):
    """A queue as it is. ``takers``: how many wait for a piece."""

    waiting: int
    under_way: int
    takers: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece of work. ``beginnings``: how often it was given to somebody, this time included."""

    data: bytes
    beginnings: int
    reply: str


class WorkQueue:
    """One queue. ``name``: letters, digits, ``-`` and ``_``; ``version``: of the program whose pieces are meant.

    All methods raise NotStoredError, saying why not now, and ``open`` MismatchError where the server has a queue of
    that name with other settings.
    """

    def __init__(
        self, connection: Connection, name: str, version: str, *, replicas: int = 1, ack_wait_s: float = ACK_WAIT_S
    ) -> None:
        self._connection, self._ack_wait_s = connection, ack_wait_s
        self._subject = f"spymaster.work.{name}.{version}"
        subjects = (f"spymaster.work.{name}.>",)
        self._stream = QueueSpec(
            f"SPYMASTER_WORK_{name}",
            subjects,
            _KEEP_S,
            replicas,
            -1,
            retention="workqueue",
            discard="new",
            max_msgs_per_subject=1,
        )
        self._consumer = ConsumerSpec(f"takers-{version}", (f"{self._subject}.>",), ack_wait=ack_wait_s)
        self._subscription: Any = None

    async def open(self) -> None:
        """Connect where there is no connection, and have the queue."""
        if self._connection.is_up and self._subscription is not None:
            return
        import nats

        self._subscription = None
        js = await self._connection.jetstream()
        try:
            await ensure_stream(js, self._stream)
            await self._have_consumer(js)
            self._subscription = await js.pull_subscribe_bind(
                durable=self._consumer.durable_name, stream=self._stream.name
            )
        except (OSError, TimeoutError, nats.errors.Error) as error:
            await self._connection.close()
            raise NotStoredError(reason_of(error)) from None

    async def put(self, key: str, data: bytes) -> bool:
        """Add a piece; false where it is in the queue already."""
        import nats

        await self.open()
        js = await self._connection.jetstream()
        try:
            await js.publish(f"{self._subject}.{key}", data, stream=self._stream.name)
        except nats.js.errors.APIError as error:
            if error.description == _IN_THE_QUEUE:
                return False
            raise NotStoredError(reason_of(error)) from None
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        return True

    async def look(self) -> Look:
        """How full it is, and whether anybody is there."""
        import nats

        await self.open()
        try:
            found = await self._subscription.consumer_info()
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        return Look(found.num_pending or 0, found.num_ack_pending or 0, found.num_waiting or 0)

    async def take(self, wait_s: float) -> Taken | None:
        """A piece, None where there was none for so long."""
        import nats

        await self.open()
        try:
            (message,) = await self._subscription.fetch(1, timeout=wait_s)
        except TimeoutError:
            return None
        except (OSError, nats.errors.Error) as error:
            self._subscription = None
            raise NotStoredError(reason_of(error)) from None
        return Taken(message.data, message.metadata.num_delivered, message.reply)

    @contextlib.asynccontextmanager
    async def keeping(self, taken: Taken) -> AsyncIterator[None]:
        """Say again and again that one is at a piece."""
        beating = asyncio.create_task(self._beat(taken))
        try:
            yield
        finally:
            beating.cancel()

    async def done(self, taken: Taken) -> None:
        """What came of a piece is safe: it is gone from the queue."""
        await self._connection.publish(taken.reply, b"+ACK")

    async def give_back(self, taken: Taken) -> None:
        """Somebody else is to have a piece, at once."""
        await self._connection.publish(taken.reply, b"-NAK")

    async def close(self) -> None:
        """Let go; what is taken is another's after the wait."""
        self._subscription = None
        await self._connection.close()

    async def _beat(self, taken: Taken) -> None:
        while True:
            await asyncio.sleep(self._ack_wait_s / _BEATS)
            with contextlib.suppress(NotStoredError):
                await self._connection.publish(taken.reply, b"+WPI")

    async def _have_consumer(self, js: JetStreamContext) -> None:
        """A consumer that all takers share; who comes first makes it."""
        import nats
        from nats.js import api

        spec = self._consumer
        try:
            found = await js.consumer_info(self._stream.name, spec.durable_name)
        except nats.js.errors.NotFoundError:
            wanted = msgspec.structs.asdict(spec) | {"filter_subjects": list(spec.filter_subjects)}
            await js.add_consumer(self._stream.name, api.ConsumerConfig(**wanted))
            return
        if other := differences(spec, vars(found.config) | {"filter_subjects": _filters(found.config)}):
            raise MismatchError(mismatch("consumer", spec.durable_name, other))


def _filters(config: Any) -> list[str]:
    """A server tells a single filter by another name."""
    return config.filter_subjects or ([config.filter_subject] if config.filter_subject else [])
