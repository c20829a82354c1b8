"""What the gateway's own records mean for a feed: errors and system messages by their codes, known or not."""

from __future__ import annotations

import enum
from typing import Any, Final

import msgspec
from numpy.typing import NDArray

from spymaster.feeds.live.supervision import Fault, FaultKind, Remedy


class ErrorCode(enum.IntEnum):
    """The vendor's error codes. New ones may turn up at any time."""

    AUTH_FAILED = 1
    API_KEY_DEACTIVATED = 2
    CONNECTION_LIMIT_EXCEEDED = 3
    SYMBOL_RESOLUTION_FAILED = 4
    INVALID_SUBSCRIPTION = 5
    INTERNAL_ERROR = 6
    SKIPPED_RECORDS = 7
    REPLAY_DATA_AGED_OUT = 8


class SystemCode(enum.IntEnum):
    """The vendor's system codes."""

    HEARTBEAT = 0
    SUBSCRIPTION_ACK = 1
    SLOW_READER_WARNING = 2
    REPLAY_COMPLETED = 3
    END_OF_INTERVAL = 4
    UNSUBSCRIBE_ACK = 5


UNSET_CODE: Final = 255

_REMEDIES: Final = {
    ErrorCode.AUTH_FAILED: Remedy.STOP,
    ErrorCode.API_KEY_DEACTIVATED: Remedy.STOP,
    ErrorCode.INVALID_SUBSCRIPTION: Remedy.STOP,
    # another program may hold the sessions, or the vendor still counts one of ours that hung: alarm, and try seldom
    ErrorCode.CONNECTION_LIMIT_EXCEEDED: Remedy.BACK_OFF,
    ErrorCode.INTERNAL_ERROR: Remedy.BACK_OFF,
    ErrorCode.REPLAY_DATA_AGED_OUT: Remedy.RETRY,
}
_QUIET_CODES: Final = frozenset({SystemCode.HEARTBEAT, SystemCode.SUBSCRIPTION_ACK, SystemCode.END_OF_INTERVAL})


class Effect(enum.Enum):
    """What a record of the gateway's own changes."""

    NOTHING = "nothing"
    SAID = "something to be said"
    ENDS = "the session is over"
    SKIPPED = "records were left out"
    UNRESOLVED = "a symbol means nothing to the vendor"
    REPLAYED = "a replay has reached the present"


class Message(msgspec.Struct, frozen=True):
    """One of the gateway's records, understood. ``fault``: with which the session ends, if it does."""

    effect: Effect
    text: str = ""
    fault: Fault | None = None
    code: int = UNSET_CODE


def error_message(row: NDArray[Any]) -> Message:
    """An ErrorMsg (a row of ERROR)."""
    number, text = int(row["code"]), _text(row["err"])
    try:
        code = ErrorCode(number)
    except ValueError:
        name = "without a code" if number == UNSET_CODE else f"with the unknown code {number}"
        return Message(Effect.SAID, f"error {name}: {text}")
    words = f"error {number}: {text}"
    if code is ErrorCode.SKIPPED_RECORDS:
        return Message(Effect.SKIPPED, words, code=number)
    if code is ErrorCode.SYMBOL_RESOLUTION_FAILED:
        return Message(Effect.UNRESOLVED, words, code=number)
    return Message(Effect.ENDS, words, Fault(FaultKind.ERROR, words, _REMEDIES[code]), number)


def system_message(row: NDArray[Any]) -> Message:
    """A SystemMsg (a row of SYSTEM)."""
    number, text = int(row["code"]), _text(row["msg"])
    if number == UNSET_CODE and text == "Heartbeat":
        return Message(Effect.NOTHING)
    if number == SystemCode.REPLAY_COMPLETED:
        return Message(Effect.REPLAYED, text)
    if number == SystemCode.SLOW_READER_WARNING:
        return Message(Effect.SAID, f"this program reads too slowly: {text}")
    if number in _QUIET_CODES:
        return Message(Effect.NOTHING, text)
    return Message(Effect.SAID, f"system message {number}: {text}")


def refused_key(text: str) -> Fault:
    """The gateway did not let us in; it says why in words alone."""
    lowered = text.lower()
    if "connection" in lowered and ("limit" in lowered or "maximum" in lowered or "too many" in lowered):
        return Fault(FaultKind.ERROR, text, Remedy.BACK_OFF)
    if "internal" in lowered or "timed out" in lowered:
        return Fault(FaultKind.ERROR, text, Remedy.BACK_OFF)
    return Fault(FaultKind.KEY, text, Remedy.STOP)


def _text(value: Any) -> str:
    return bytes(value).split(b"\0", 1)[0].decode("utf-8", "replace")
