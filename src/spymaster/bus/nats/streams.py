"""The streams as they are asked for, held against what a server has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from spymaster.bus.nats.names import LEVELS_STREAM, LEVELS_SUBJECTS, MARKET_STREAM, MARKET_SUBJECTS
from spymaster.journal.mirror_plan import StreamLimits

DUPLICATE_S: Final = 3600.0
"""How long a server remembers ids: an outage shorter than this leaves no message twice."""
ACK_WAIT_S: Final = 30.0
"""After so long without an acknowledgement a message is delivered again."""
IDLE_S: Final = 7 * 86_400.0
"""A consumer that nobody has read for so long is deleted by the server: its run is over."""
MAX_PENDING: Final = 4096
"""So many messages may be delivered and not acknowledged; at the limit a server falls silent without a word."""

_S_PER_H: Final = 3600.0
_UNITS: Final = {"max_age": "s", "duplicate_window": "s", "ack_wait": "s", "max_bytes": "bytes"}


class StreamSpec(msgspec.Struct, frozen=True):
    """A stream as it is asked for; the names are the server's own."""

    name: str
    subjects: tuple[str, ...]
    max_age: float
    num_replicas: int
    max_bytes: int
    duplicate_window: float = DUPLICATE_S
    retention: str = "limits"
    storage: str = "file"
    discard: str = "old"
    max_msgs: int = -1
    max_msgs_per_subject: int = -1
    max_msg_size: int = -1
    no_ack: bool = False
    sealed: bool = False


class ConsumerSpec(msgspec.Struct, frozen=True):
    """A durable pull consumer as it is asked for. ``opt_start_seq``: the first message it is to give."""

    durable_name: str
    filter_subjects: tuple[str, ...] = ()
    ack_policy: str = "explicit"
    ack_wait: float = ACK_WAIT_S
    max_ack_pending: int = MAX_PENDING
    max_deliver: int = -1
    replay_policy: str = "instant"
    inactive_threshold: float = IDLE_S


def stream_specs(limits: StreamLimits, *, market: bool) -> tuple[StreamSpec, ...]:
    """The streams of a mirror. A window for duplicates that is longer than what is kept is refused by servers."""
    age_s = limits.keep_h * _S_PER_H
    size = limits.max_bytes or -1
    window_s = min(DUPLICATE_S, age_s)
    names = [(LEVELS_STREAM, LEVELS_SUBJECTS)] + ([(MARKET_STREAM, MARKET_SUBJECTS)] if market else [])
    return tuple(StreamSpec(name, subjects, age_s, limits.replicas, size, window_s) for name, subjects in names)


def differences(spec: msgspec.Struct, found: Mapping[str, Any]) -> tuple[str, ...]:
    """What a server has otherwise, a phrase each; ``found``: its configuration, times in seconds."""
    said = []
    for name, wanted in msgspec.structs.asdict(spec).items():
        there = _plain(found.get(name))
        if there != _plain(wanted):
            unit = f" {_UNITS[name]}" if name in _UNITS else ""
            said.append(f"{name} is {_words(there)}{unit} and not {_words(_plain(wanted))}{unit}")
    return tuple(said)


def mismatch(kind: str, name: str, found: tuple[str, ...]) -> str:
    """One line about a stream or consumer that is otherwise."""
    remedy = f"set [nats] to the same, or change it with the nats tool: nats {kind} edit {name}"
    return f"the {kind} {name} is there already and otherwise: {', '.join(found)}; {remedy}"


def _plain(value: Any) -> Any:
    """A value so that equal ones are equal: enumerations by their word, lists in order, nothing as empty."""
    value = getattr(value, "value", value)
    if isinstance(value, list | tuple):
        return tuple(sorted(str(each) for each in value))
    if value is None:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value) or "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)
