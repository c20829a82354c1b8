"""What the vendor's status messages and the ends of its connections mean for a feed."""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from spymaster.feeds.live.supervision import Fault, FaultKind, Remedy
from spymaster.feeds.massive_live.messages import Status

AUTHENTICATED: Final = "auth_success"
_QUIET: Final = frozenset({"connected", AUTHENTICATED})
_ACKNOWLEDGED: Final = "success"
_REFUSED_WORDS: Final = ("not authorized", "not_authorized", "access", "entitle", "upgrade", "permission")
_MAX_CONNECTIONS: Final = "max_connections"
OTHER_PROGRAM: Final = "another program uses this key: stop it, then start again"

NORMAL_CODES: Final = frozenset({1000, 1001})
NO_CLOSE_FRAME: Final = 1006
KEEPALIVE_LOST: Final = 1011


class Effect(enum.Enum):
    """What a status changes."""

    NOTHING = "nothing"
    ACKNOWLEDGED = "a subscription is acknowledged"
    SAID = "something to be said"
    REFUSED = "a subscription is refused"
    ENDS = "the connection is over"


class Heard(msgspec.Struct, frozen=True):
    """A status, understood. ``fault``: with which the connection ends, if it does."""

    effect: Effect
    text: str = ""
    fault: Fault | None = None


def hear(status: Status) -> Heard:
    """What a status means while records come."""
    name, words = status.status.strip(), _words(status)
    lowered = words.lower()
    if name in _QUIET:
        return Heard(Effect.NOTHING, words)
    if name == _ACKNOWLEDGED:
        return Heard(Effect.ACKNOWLEDGED, words)
    if name == _MAX_CONNECTIONS or _MAX_CONNECTIONS in lowered:
        return Heard(Effect.ENDS, words, Fault(FaultKind.ERROR, f"{words}; {OTHER_PROGRAM}", Remedy.STOP))
    if name == "auth_failed":
        return Heard(Effect.ENDS, words, Fault(FaultKind.KEY, words, Remedy.STOP))
    if name == "auth_timeout":
        return Heard(Effect.ENDS, words, Fault(FaultKind.TIMED_OUT, words))
    if any(word in lowered for word in _REFUSED_WORDS):
        return Heard(Effect.REFUSED, words)
    if name == "slow_consumer":
        return Heard(Effect.SAID, f"this program reads too slowly: {words}")
    return Heard(Effect.SAID, words)


def hear_authentication(statuses: list[Status]) -> Fault | None:
    """Why we were not let in; None once we are. Everything but a clear yes is a no."""
    heard = [hear(status) for status in statuses]
    for one in heard:
        if one.fault is not None:
            return one.fault
    if any(status.status == AUTHENTICATED for status in statuses):
        return None
    words = "; ".join(one.text for one in heard) or "an answer that is no status"
    refused = any(one.effect is Effect.REFUSED for one in heard)
    return Fault(FaultKind.KEY, words, Remedy.STOP) if refused else Fault(FaultKind.ERROR, f"not let in: {words}")


def closed(code: int, reason: str) -> Fault:
    """Why a connection ended, by its close code. None of them is a normal end while a market is watched."""
    said = f"code {code}{f': {reason}' if reason else ''}"
    if _MAX_CONNECTIONS in reason:
        return Fault(FaultKind.ERROR, f"{said}; {OTHER_PROGRAM}", Remedy.STOP)
    if code == NO_CLOSE_FRAME:
        return Fault(FaultKind.RESET, said)
    if code == KEEPALIVE_LOST and "keepalive" in reason:
        return Fault(FaultKind.HUNG, said)
    return Fault(FaultKind.CLOSED, said)


def not_opened(status_code: int) -> Fault:
    """The server answered the opening of a connection with an HTTP status."""
    words = f"HTTP status {status_code}"
    if status_code in (401, 403):
        return Fault(FaultKind.KEY, words, Remedy.STOP)
    return Fault(FaultKind.REFUSED, words, Remedy.BACK_OFF if status_code == 429 else Remedy.RETRY)


def _words(status: Status) -> str:
    return f"{status.status}: {status.message}" if status.message else status.status
