"""Reading a stream through a durable pull consumer: in order, again after whatever was lost on the way."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from spymaster.bus.nats.broker import MismatchError, NotStoredError
from spymaster.bus.nats.connection import Connection, reason_of
from spymaster.bus.nats.names import CONTROL, LEVELS_STREAM, LEVELS_SUBJECTS, MARKET_STREAM, Header
from spymaster.bus.nats.streams import ConsumerSpec, differences, mismatch

if TYPE_CHECKING:
    from nats.js import JetStreamContext

FETCH: Final = 64
_FETCH_S: Final = 0.25
_SILENT_S: Final = 2.0
"""After so long without a message it is asked whether the server still has its cluster behind it."""
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
    unless one was lost on the way."""

    headers: dict[str, str]
    data: bytes
    number: int
    receipt: Receipt


class RunOnBus(msgspec.Struct, frozen=True):
    """A run that is mirrored. ``mode``: LIVE, REPLAY or SIMULATED; ``profile``: spy or es."""

    session: str
    mode: str
    profile: str


class Receiver:
    """Reads the market stream for one durable consumer. All methods raise NotStoredError, saying why not now."""

    def __init__(self, connection: Connection, spec: ConsumerSpec) -> None:
        self._connection, self._spec = connection, spec
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
        import nats

        js = await self._connection.jetstream()
        try:
            last = await js.get_last_msg(MARKET_STREAM, CONTROL)
        except nats.js.errors.NotFoundError:
            return None
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        headers = last.headers or {}
        if not headers.get(Header.SESSION) or not headers.get(Header.PROFILE):
            return None
        return RunOnBus(
            str(headers[Header.SESSION]), str(headers.get(Header.MODE, "LIVE")), str(headers[Header.PROFILE])
        )

    async def open(self, session: str, *, anew: bool) -> None:
        """Have the consumer give what is not yet acknowledged, or with ``anew`` the session from its beginning.

        Raises MismatchError.
        """
        import nats

        self._subscription = None
        js = await self._connection.jetstream()
        try:
            start = await _start_of(js, session)
            await renew_consumer(js, MARKET_STREAM, self._spec, start, anew=anew)
            self._subscription = await js.pull_subscribe_bind(durable=self._spec.durable_name, stream=MARKET_STREAM)
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
        return [
            Delivery(dict(one.headers or {}), one.data, one.metadata.sequence.consumer, Receipt(one.reply, self.life))
            for one in messages
        ]

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


async def _is_before(js: JetStreamContext, seq: int, moment: dt.datetime) -> bool:
    """Whether a message was stored before a moment. Of one that was deleted it is not known, and it is taken for later:
    to begin too early costs reading alone."""
    import nats

    try:
        stored = await js.get_msg(MARKET_STREAM, seq)
    except nats.js.errors.NotFoundError:
        return False
    return stored.time is not None and stored.time < moment


async def _start_of(js: JetStreamContext, session: str) -> int:
    """The first message that can be of a run, by the time in its id: a stream holds a day of other runs before it."""
    state = (await js.stream_info(MARKET_STREAM)).state
    first, behind = max(state.first_seq, 1), state.last_seq + 1
    try:
        begins = dt.datetime.strptime(session[:15], _RUN_ID).replace(tzinfo=dt.UTC) - _BEFORE
    except ValueError:
        return first
    while first < behind:
        middle = (first + behind) // 2
        if await _is_before(js, middle, begins):
            first = middle + 1
        else:
            behind = middle
    return max(first, 1)
