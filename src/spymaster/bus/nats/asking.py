"""Questions and answers over a server: the exchange of the local socket, for screens on other machines.

Whoever serves frames answers on a subject of its own, and on ``FRAMES`` says who it is. An answer is as many messages
as its length needs; nothing of it is stored anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from spymaster.bus.nats.broker import NotStoredError
from spymaster.bus.nats.connection import Connection, reason_of
from spymaster.bus.nats.names import FRAMES, Header

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

PIECE_BYTES: Final = 256 * 1024
_ROOM_BYTES: Final = 4096
"""For headers, in what a server takes as one message."""
_MOST_PIECES: Final = 1024
_GROUP: Final = "one"
"""Where the same run is served twice, one of them answers."""
_REFUSED: Final = "Spymaster-Refused"
_STATUS: Final = "Status"
_AFTER_FIRST_S: Final = 0.3
_LOOK_S: Final = 0.25
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Serves(msgspec.Struct, frozen=True):
    """Who serves frames. ``name``: for its subject; ``program``: its version; ``since_ns``: the wall clock, UTC."""

    name: str
    program: str
    since_ns: int


Answer = Callable[[bytes], Awaitable[bytes]]
"""Answers a question. Raises ValueError with a phrase for one that cannot be answered."""


def plain_name(text: str) -> str:
    """A name that can stand in a subject."""
    return _NO_NAME.sub("-", text).strip("-") or "session"


class Answerer:
    """Answers questions as long as a connection lives. ``most``: at a time; what comes beyond is left unanswered, and
    ``refused`` is told why in a few words, as it is of questions that cannot be answered."""

    def __init__(self, serves: Serves, answer: Answer, *, most: int, refused: Callable[[str], None]) -> None:
        self._said = msgspec.json.encode(serves)
        self._subject = f"{FRAMES}.{serves.name}"
        self._answer, self._most, self._refused = answer, most, refused
        self._under_way: set[asyncio.Task[None]] = set()

    async def serve(self, connection: Connection) -> None:
        """Until the connection is lost: then, or where there is none, NotStoredError is raised."""
        import nats

        client = await connection.client()
        room = min(PIECE_BYTES, client.max_payload - _ROOM_BYTES)

        async def found(question: Msg) -> None:
            if question.reply:
                await client.publish(question.reply, self._said)

        async def asked(question: Msg) -> None:
            if len(self._under_way) >= self._most:
                self._refused(f"{self._most} questions are being answered already")
            elif question.reply:
                task = asyncio.create_task(self._told(connection, question.reply, question.data, room))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

        try:
            await client.subscribe(FRAMES, cb=found)
            await client.subscribe(self._subject, queue=_GROUP, cb=asked)
            while connection.is_up:
                await asyncio.sleep(_LOOK_S)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        finally:
            for task in self._under_way:
                task.cancel()
        raise NotStoredError("the connection is lost")

    async def _told(self, connection: Connection, reply: str, question: bytes, room: int) -> None:
        try:
            answer = await self._answer(question)
        except ValueError as error:
            self._refused(str(error))
            with contextlib.suppress(NotStoredError):
                await connection.publish(reply, b"", {_REFUSED: str(error)})
            return
        pieces = [answer[start : start + room] for start in range(0, len(answer), room)] or [b""]
        with contextlib.suppress(NotStoredError):
            for number, piece in enumerate(pieces, 1):
                await connection.publish(reply, piece, {Header.PIECE: f"{number}/{len(pieces)}"})


class Asker:
    """Asks one who serves frames. Every call raises NotStoredError, saying why there is no answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._subject = self._inbox = ""
        self._answers: Subscription | None = None

    async def found(self, patience_s: float) -> list[Serves]:
        """Everybody who serves, by name; waits at most so long for the first."""
        import nats

        client = await self._connection.client()
        there: dict[str, Serves] = {}
        try:
            inbox = client.new_inbox()
            heard = await client.subscribe(inbox)
            await client.publish(FRAMES, b"", reply=inbox)
            wait_s = patience_s
            with contextlib.suppress(TimeoutError):
                while True:
                    message = await heard.next_msg(timeout=wait_s)
                    if _STATUS in (message.headers or {}):
                        break
                    with contextlib.suppress(msgspec.MsgspecError):
                        one = msgspec.json.decode(message.data, type=Serves)
                        there[one.name] = one
                    wait_s = _AFTER_FIRST_S
            await heard.unsubscribe()
        except (OSError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None
        return [there[name] for name in sorted(there)]

    async def open(self, name: str) -> None:
        """Ask that one from now on."""
        import nats

        client = await self._connection.client()
        self._subject, self._inbox = f"{FRAMES}.{name}", client.new_inbox()
        try:
            self._answers = await client.subscribe(self._inbox)
        except (OSError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None

    async def ask(self, question: bytes) -> None:
        """Send a question."""
        await self._connection.publish(self._subject, question, reply=self._inbox)

    async def answer(self, timeout_s: float) -> bytes:
        """The answer to it. Raises ValueError for one that was refused, with the reason, or makes no sense."""
        import nats

        assert self._answers is not None
        pieces: list[bytes] = []
        try:
            while True:
                message = await self._answers.next_msg(timeout=timeout_s)
                headers = message.headers or {}
                if _STATUS in headers:
                    raise NotStoredError("no session answers there")
                if _REFUSED in headers:
                    raise ValueError(str(headers[_REFUSED]))
                number, _, count = str(headers.get(Header.PIECE, "")).partition("/")
                if number != str(len(pieces) + 1) or not count.isdecimal() or int(count) > _MOST_PIECES:
                    raise ValueError("an answer whose pieces do not fit each other")
                pieces.append(message.data)
                if len(pieces) == int(count):
                    return b"".join(pieces)
        except TimeoutError:
            raise NotStoredError("no answer in time") from None
        except (OSError, nats.errors.Error) as error:
            raise NotStoredError(reason_of(error)) from None

    async def close(self) -> None:
        """Let go. Safe to call twice."""
        self._answers = None
        await self._connection.close()
