"""What can go wrong with Massive, as scripts that a loopback server follows."""

from __future__ import annotations

import enum

import msgspec


class MassiveAct(enum.StrEnum):
    """What the server does on a WebSocket."""

    CLOSE = "close with a code"
    ABORT = "drop the connection without a word (1006)"
    REFUSE = "drop it, and refuse connections for a while"
    MAX_CONNECTIONS = "say that another connection has taken the place, and close"
    AUTH = "answer the key with another status"
    NOT_AUTHORIZED = "refuse a subscription"
    STATUS = "send a status"
    MALFORMED = "send a frame that is no JSON"
    UNKNOWN = "send an event of a kind nobody knows"
    ARRAY = "send many events in one frame"
    REPEAT = "send the latest trades again"
    CANCEL = "take back the latest option trade"
    SILENCE = "send nothing, keep the connection"


class MassiveTrouble(msgspec.Struct, frozen=True):
    """One step of a script.

    ``after_events``: how many events the connection has been sent when it happens; 0 is before the first.
    ``connection``: which connection of the cluster, counted from 0; None for every one. ``cluster``: of which cluster;
    empty for both. ``seconds``: how long a refusal or silence lasts, 0 for ever. ``code``: of a close. ``status``,
    ``text``: of a status. ``count``: how many events. ``channel``: which channel falls silent or is refused (``Q``).
    """

    act: MassiveAct
    after_events: int = 0
    connection: int | None = 0
    cluster: str = ""
    seconds: float = 0.0
    code: int = 1000
    status: str = ""
    text: str = ""
    count: int = 1
    channel: str = ""


class RestAct(enum.StrEnum):
    """What the server does with a REST request."""

    STATUS = "answer with an error status"
    SLOW = "answer late"
    NOT_JSON = "answer with something that is no JSON"
    SAME_PAGE = "name a page as its own next one"
    NO_RESULTS = "leave the results out of a page"
    WRONG_PAGE = "name a next page that does not exist"


class RestTrouble(msgspec.Struct, frozen=True):
    """Something wrong with some requests. ``after``: how many requests of that path come before; ``times``: how many it
    strikes; ``path``: with which beginning; ``text``: what an error status is explained with."""

    act: RestAct
    after: int = 0
    times: int = 1
    path: str = "/v3/snapshot"
    code: int = 500
    seconds: float = 0.0
    text: str = ""
