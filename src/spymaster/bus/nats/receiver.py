"""Reading a stream through a durable pull consumer: in order, again after whatever was lost on the way."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.connection import Connection, reason_of
from spymaster.bus.nats.names import CONTROL, LEVELS_STREAM, LEVELS_SUBJECTS, MARKET_STREAM, Header
from spymaster.bus.nats.streams import ConsumerSpec, differences, mismatch

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js import JetStreamContext
    from nats.js.api import RawStreamMsg

FETCH: Final = 64
_FETCH_S: Final = 0.25
_SILENT_S: Final = 2.0
"""After so long without a message it is asked whether the server still has its cluster behind it."""
_SAID_S: Final = 5.0
_FORGOTTEN_S: Final = 30.0
_BEFORE: Final = dt.timedelta(minutes=5)
"""Clocks of two machines are no further apart: a run's messages are looked for from so long before its id on."""
_RUN_ID: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What acknowledges a message. ``life``: of the consumer that gave it: an earlier one's is acknowledged by nobody,
    since numbers of deliveries begin anew."""

    reply: str
    life: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it was delivered. ``number``: of the delivery in the consumer's life, from 1 on without a hole
    unless one was lost on the way; ``seq``: of the message in the stream."""

    headers: dict[str, str]
    data: bytes
    number: int
    receipt: Receipt
    seq: int
    subject: str


class RunOnBus(msgspec.Struct, frozen=True):
    """A run that is mirrored. ``mode``: LIVE, REPLAY or SIMULATED; ``profile``: spy or es."""

    session: str
    mode: str
    profile: str


class Newest(msgspec.Struct, frozen=True):
    """A message and whose it is. ``seq``: its place in the stream."""

    session: str
    seq: int


class Receiver:
    """Reads a stream for one durable consumer. All methods raise NotStoredError, saying why not now."""

    def __init__(self, connection: Connection, spec: ConsumerSpec, *, stream: str = MARKET_STREAM) -> None:
        self._connection, self._spec, self._stream = connection, spec, stream
        self._subscription: Any = None
        self._heard_s = 0.0
        self.life = 0
        """Number of the consumer's present life."""

    @property
    def is_open(self) -> bool:
        """Whether there is a consumer over a living connection."""
        return self._subscription is not None and self._connection.is_up

    async def latest_run(self) -> RunOnBus | None:
        """The run whose words came last; None where there is none yet."""
        last = await self._last(CONTROL)
        headers = (last.headers if last is not None else None) or {}
        if not headers.get(Header.SESSION) or not headers.get(Header.PROFILE):
            return None
        return RunOnBus(
            str(headers[Header.SESSION]), str(headers.get(Header.MODE, "LIVE")), str(headers[Header.PROFILE])
        )

    async def newest(self, subject: str) -> Newest | None:
        """The newest message of a subject; None where there is none yet."""
        last = await self._last(subject)
        session = str((last.headers or {}).get(Header.SESSION, "")) if last is not None else ""
        return Newest(session, int(last.seq)) if last is not None and session and last.seq else None

    async def said(self, subject: str, session: str) -> list[Delivery]:
        """Everything that a session has said on a subject so far, in order."""
        import nats
        from nats.js import api

        js = await self._connection.jetstream()
        found: list[Delivery] = []
        try:
            start = await _start_of(js, self._stream, session)
            wanted = api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=start,
                filter_subject=subject,
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=_FORGOTTEN_S,
            )
            made = await js.add_consumer(self._stream, wanted)
            lines = await js.pull_subscribe_bind(consumer=made.name, stream=self._stream)
            left = made.num_pending or 0
            while left > 0:
                messages = await lines.fetch(min(left, FETCH), timeout=_SAID_S)
                left -= len(messages)
                found += [self._delivery(one) for one in messages]
            await lines.unsubscribe()
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        return [one for one in found if one.headers.get(Header.SESSION) == session]

    async def open(self, session: str, *, anew: bool) -> None:
        """Have the consumer give what is not yet acknowledged, or with ``anew`` the session from its beginning.

        Raises MismatchError.
        """
        await self._open(lambda js: _start_of(js, self._stream, session), anew=anew)

    async def open_at(self, seq: int) -> None:
        """Have the consumer give everything from a place in the stream on. Raises MismatchError."""

        async def start(_js: JetStreamContext) -> int:
            return seq

        await self._open(start, anew=True)

    async def _open(self, start_of: Callable[[JetStreamContext], Awaitable[int]], *, anew: bool) -> None:
        import nats

        self._subscription = None
        js = await self._connection.jetstream()
        try:
            start = await start_of(js)
            await renew_consumer(js, self._stream, self._spec, start, anew=anew)
            self._subscription = await js.pull_subscribe_bind(durable=self._spec.durable_name, stream=self._stream)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            await self._connection.close()
            raise NotStoredError(reason_of(error)) from None
        except NotStoredError:
            await self._connection.close()
            raise
        self.life += 1
        self._heard_s = asyncio.get_running_loop().time()

    async def fetch(self) -> list[Delivery]:
        """What came within a moment, possibly nothing."""
        import nats

        try:
            messages = await self._subscription.fetch(FETCH, timeout=_FETCH_S)
        except TimeoutError:
            await self._look_at_silence()
            return []
        except (OSError, nats.errors.Error) as error:
            self._subscription = None
            raise NotStoredError(reason_of(error)) from None
        self._heard_s = asyncio.get_running_loop().time()
        return [self._delivery(one) for one in messages]

    def _delivery(self, one: Msg) -> Delivery:
        sequence, receipt = one.metadata.sequence, Receipt(one.reply, self.life)
        return Delivery(dict(one.headers or {}), one.data, sequence.consumer, receipt, sequence.stream, one.subject)

    async def _last(self, subject: str) -> RawStreamMsg | None:
        import nats

        js = await self._connection.jetstream()
        try:
            return await js.get_last_msg(self._stream, subject)
        except nats.js.errors.NotFoundError:
            return None
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None

    async def _look_at_silence(self) -> None:
        """Try another server where this one has nobody behind it: it keeps its clients and gives them nothing."""
        import nats

        now_s = asyncio.get_running_loop().time()
        if now_s - self._heard_s < _SILENT_S:
            return
        self._heard_s = now_s
        try:
            group = (await self._subscription.consumer_info()).cluster
            if group is None or group.leader:
                return
            why = "no leader of the consumer"
        except (OSError, TimeoutError, nats.errors.Error) as error:
            why = reason_of(error)
        self._subscription = None
        await self._connection.close()
        raise NotStoredError(why)

    async def acknowledge(self, receipts: list[Receipt]) -> None:
        """Say that these are safe here; the server forgets them."""
        for one in receipts:
            if one.life == self.life:
                await self._connection.publish(one.reply, b"+ACK")

    async def close(self) -> None:
        """Let go. The consumer stays on the server, with what is acknowledged."""
        self._subscription = None
        await self._connection.close()


class LevelLines:
    """The JSON of signals and alerts from now on, each once and in the stream's order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last = 0

    async def read(self, on_line: Callable[[str, bytes], None]) -> None:
        """Give each with its subject, until the connection is lost: then NotStoredError is raised, and another call
        goes on where this one was."""
        import nats
        from nats.js import api

        js = await self._connection.jetstream()
        start: dict[str, Any] = {"deliver_policy": api.DeliverPolicy.NEW}
        if self._last:
            start = {"deliver_policy": api.DeliverPolicy.BY_START_SEQUENCE, "opt_start_seq": self._last + 1}
        try:
            lines = await js.subscribe(
                LEVELS_SUBJECTS[0],
                stream=LEVELS_STREAM,
                ordered_consumer=True,
                config=api.ConsumerConfig(**start),
            )
            while self._connection.is_up:
                try:
                    message = await lines.next_msg(timeout=_FETCH_S)
                except TimeoutError:
                    continue
                self._last = message.metadata.sequence.stream
                on_line(message.subject, message.data)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        raise NotStoredError("the connection is lost")


async def renew_consumer(js: JetStreamContext, stream: str, spec: ConsumerSpec, first_seq: int, *, anew: bool) -> int:
    """Have a durable pull consumer that gives the messages from the first unacknowledged one on, in order.

    One that is there keeps what it was made with, whatever is asked for now, and gives what it had delivered before
    only after its ack wait: so it is made anew from its own floor. ``first_seq``: where one begins that was not there,
    and with ``anew`` any.
    Returns the first message it gives. Raises MismatchError for one that is of another kind, NotStoredError.
    """
    import nats
    from nats.js import api

    try:
        try:
            found = await js.consumer_info(stream, spec.durable_name)
        except nats.js.errors.NotFoundError:
            start = first_seq
        else:
            other = differences(spec, vars(found.config) | {"filter_subjects": found.config.filter_subjects or ()})
            if other:
                raise MismatchError(mismatch("consumer", spec.durable_name, other))
            floor = found.ack_floor.stream_seq if found.ack_floor is not None else 0
            start = first_seq if anew else max(floor + 1, first_seq)
            await js.delete_consumer(stream, spec.durable_name)
        wanted = msgspec.structs.asdict(spec) | {"filter_subjects": list(spec.filter_subjects) or None}
        by_start = {"deliver_policy": "by_start_sequence", "opt_start_seq": start}
        await js.add_consumer(stream, api.ConsumerConfig(**(wanted | by_start)))
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise NotStoredError(reason_of(error)) from None
    return start


async def _is_before(js: JetStreamContext, stream: str, seq: int, moment: dt.datetime) -> bool:
    """Whether a message was stored before a moment. Of one that was deleted it is not known, and it is taken for later:
    to begin too early costs reading alone."""
    import nats

    try:
        stored = await js.get_msg(stream, seq)
    except nats.js.errors.NotFoundError:
        return False
    return stored.time is not None and stored.time < moment


async def _start_of(js: JetStreamContext, stream: str, session: str) -> int:
    """The first message that can be of a run, by the time in its id: a stream holds a day of other runs before it."""
    state = (await js.stream_info(stream)).state
    first, behind = max(state.first_seq, 1), state.last_seq + 1
    try:
        begins = dt.datetime.strptime(session[:15], _RUN_ID).replace(tzinfo=dt.UTC) - _BEFORE
    except ValueError:
        return first
    while first < behind:
        middle = (first + behind) // 2
        if await _is_before(js, stream, middle, begins):
            first = middle + 1
        else:
            behind = middle
    return max(first, 1)
