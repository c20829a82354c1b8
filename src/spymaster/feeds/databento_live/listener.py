"""What a dataset's records say of the dataset itself: mappings, definitions, errors, system messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from spymaster.feeds.databento_live.codes import Effect, Message, error_message, system_message
from spymaster.feeds.databento_live.universe import Universe
from spymaster.feeds.live.supervision import Clock, Fault, FeedVoice
from spymaster.journal.source import Arrival
from spymaster.market.batches import Batch
from spymaster.market.frames import MappingFrame
from spymaster.market.kinds import Kind

_MOST_UNRESOLVED: Final = 1000


class Heard(msgspec.Struct):
    """What a batch said. ``fault``: with which the session ends; ``replayed``: replays that reached the present."""

    arrivals: list[Arrival] = []
    fault: Fault | None = None
    replayed: int = 0


class Listener:
    """Hears all lives of one feed. ``optional``: symbols of which it is no news that the vendor has none."""

    def __init__(self, universe: Universe, voice: FeedVoice, clock: Clock, optional: Iterable[str]) -> None:
        self._optional = re.compile("|".join(rf"\b{re.escape(symbol)}(?!\S)" for symbol in optional) or r"(?!)")
        self._universe = universe
        self._voice = voice
        self._clock = clock
        self._unresolved: dict[str, None] = {}

    @property
    def unresolved(self) -> tuple[str, ...]:
        """What was said of symbols that mean nothing to the vendor, each once."""
        return tuple(self._unresolved)

    def take(self, batch: Batch) -> Heard:
        """Hear a batch."""
        heard = Heard()
        if Kind.DEF in batch.arrays:
            self._universe.define(batch.arrays[Kind.DEF])
        if Kind.STAT in batch.arrays:
            self._universe.measure(batch.arrays[Kind.STAT])
        for row in batch.arrays.get(Kind.MAPPING, ()):
            asked, symbol = _text(row["stype_in_symbol"]), _text(row["stype_out_symbol"])
            number = int(row["instrument_id"])
            self._universe.map(asked, symbol, number)
            heard.arrivals.append(Arrival(MappingFrame(int(row["publisher_id"]), number, symbol)))
        for row in batch.arrays.get(Kind.SYSTEM, ()):
            self._hear(system_message(row), heard)
        for row in batch.arrays.get(Kind.ERROR, ()):
            self._hear(error_message(row), heard)
        return heard

    def _hear(self, message: Message, heard: Heard) -> None:
        now_ns = self._clock.wall_ns()
        match message.effect:
            case Effect.ENDS:
                heard.fault = message.fault
            case Effect.REPLAYED:
                heard.replayed += 1
            case Effect.SKIPPED:
                heard.arrivals += self._voice.skipped(message.text, now_ns)
            case Effect.SAID:
                heard.arrivals += self._voice.note(message.text, now_ns)
            case Effect.UNRESOLVED if message.text not in self._unresolved and not self._optional.search(message.text):
                if len(self._unresolved) < _MOST_UNRESOLVED:
                    self._unresolved[message.text] = None
                heard.arrivals += self._voice.note(message.text, now_ns)


def _text(value: bytes) -> str:
    return bytes(value).split(b"\0", 1)[0].decode("utf-8", "replace")
