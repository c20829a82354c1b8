"""What can go wrong with a vendor, as a script that a loopback server follows."""

from __future__ import annotations

import enum

import msgspec


class Act(enum.StrEnum):
    """What the server does."""

    FIN = "close in order"
    RST = "reset"
    HANG = "stop writing, keep the connection"
    MUTE = "no more records, heartbeats go on"
    REFUSE = "reset, and refuse connections for a while"
    ERROR = "send an error record"
    SYSTEM = "send a system record"
    BAD_BOOK = "flag the next depth record as of a maybe bad book"
    CLEAR = "send a record that clears the book"
    REPEAT = "send the latest records again"
    SKIP = "leave records out and say so"
    COMPLETE_EARLY = "say that a replay is complete before it begins"
    GARBAGE = "send bytes that are no records"
    CUT = "send everything in small pieces from now on"
    STALL = "send nothing for a while, then at once all that is due"


class Trouble(msgspec.Struct, frozen=True):
    """One step of a script.

    ``after_records``: how many records of data the connection has been sent when it happens; 0 is before the first.
    ``connection``: which connection, counted from 0 in the order they came; None for every one. ``seconds``: how long a
    refusal or a
    stall lasts. ``code``, ``text``: of an error or system record. ``schema``: what to mute, everything by default.
    ``count``: how many records to repeat, or bytes in a piece.
    """

    act: Act
    after_records: int = 0
    connection: int | None = 0
    seconds: float = 0.0
    code: int = 0
    text: str = ""
    schema: str = ""
    count: int = 1
