"""The vendor's JSON frames as typed messages. Nothing that arrives makes this fail: what cannot be read is counted."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final

import msgspec

_Word = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Code = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
_Price = Annotated[float, msgspec.Meta(ge=0, le=9e6)]
_Size = Annotated[float, msgspec.Meta(ge=0, le=9e9)]
_Time = Annotated[int, msgspec.Meta(gt=0, le=2**63 // 10**6 - 1)]

NOT_AN_ARRAY: Final = "frame that is no array of events"
_MOST_REASONS: Final = 64
_MOST_NAME: Final = 16


class Trade(msgspec.Struct, tag_field="ev", tag="T", gc=False):
    """A trade: symbol, price, size (``ds``: as decimal digits, for fractions), SIP time in ms, sequence, exchange,
    conditions."""

    sym: str
    t: _Time
    p: _Price
    s: _Size = 0.0
    ds: str | None = None
    q: _Word = 0
    x: _Code = 0
    c: list[_Code] | None = None


class Quote(msgspec.Struct, tag_field="ev", tag="Q", gc=False):
    """Best bid and ask of all exchanges: prices, sizes, exchanges, SIP time in ms, sequence, condition, indicators."""

    sym: str
    t: _Time
    bp: _Price | None = None
    bs: _Size | None = None
    ap: _Price | None = None
    # the vendor's name for it is a keyword here
    as_: _Size | None = msgspec.field(default=None, name="as")
    bx: _Code | None = None
    ax: _Code | None = None
    q: _Word = 0
    c: _Code | None = None
    i: list[_Code] | None = None


class Status(msgspec.Struct, tag_field="ev", tag="status", gc=False):
    """What the server says of the connection."""

    status: str
    message: str = ""


Message = Trade | Quote | Status


class _Event(msgspec.Struct):
    ev: str


class FrameReader:
    """Reads frames. ``rejected``: reason -> messages, or whole frames, that could not be read."""

    def __init__(self, rejected: Counter[str]) -> None:
        self._rejected = rejected
        self._whole = msgspec.json.Decoder(list[Message])
        self._parts = msgspec.json.Decoder(list[msgspec.Raw])
        self._event = msgspec.json.Decoder(_Event)
        self._one = msgspec.json.Decoder(Message)

    def read(self, frame: bytes) -> list[Message]:
        """The messages of a frame in their order."""
        try:
            return self._whole.decode(frame)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return self._by_parts(frame)

    def _by_parts(self, frame: bytes) -> list[Message]:
        """One message after the other, so that one that cannot be read does not cost the others."""
        try:
            parts = self._parts.decode(frame)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            self._reject(NOT_AN_ARRAY)
            return []
        found = []
        for part in parts:
            try:
                name = self._event.decode(part).ev
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                self._reject("event without a kind")
                continue
            try:
                found.append(self._one.decode(part))
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                known = name in ("T", "Q", "status")
                self._reject(f"malformed {name} event" if known else f"unknown event {name[:_MOST_NAME]!r}")
        return found

    def _reject(self, reason: str) -> None:
        many = len(self._rejected) >= _MOST_REASONS and reason not in self._rejected
        self._rejected["other unknown event" if many else reason] += 1


_STATUSES: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STATUS: Final = msgspec.json.Decoder(Status)


def statuses_of(frame: bytes) -> list[Status]:
    """The status messages of a frame, whatever else is in it."""
    if b"status" not in frame:
        return []
    found = []
    try:
        for part in _STATUSES.decode(frame):
            try:
                found.append(_STATUS.decode(part))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return []
    return found
