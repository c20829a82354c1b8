"""Instrument ids of a vendor that has only symbols."""

from __future__ import annotations

import zlib
from typing import Final

from spymaster.market.frames import MappingFrame

PUBLISHER: Final = 0xF001
"""Publisher id of everything from Massive; the other vendor's numbers are far below."""
_MOST_SYMBOL: Final = 40
_MOST_ID: Final = 0x7FFF_FFFF
"""Header words are signed where kernels read them, so the highest bit stays clear."""


class InstrumentBook:
    """Symbol -> instrument id. An id is given when a symbol first appears and told once, as a MAPPING frame.

    It is the check sum of the symbol, so that the same contract has the same number in every run and runs can be put
    together; where two symbols share one, the later takes the next number that is free.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._symbols: dict[int, str] = {}
        self._untold: list[MappingFrame] = []

    def id_of(self, symbol: str) -> int:
        """The symbol's id; 0 for text that cannot be one."""
        number = self._ids.get(symbol)
        return self._add(symbol) if number is None else number

    def known(self, symbol: str) -> int | None:
        """The symbol's id if it appeared before."""
        return self._ids.get(symbol)

    def symbol_of(self, number: int) -> str | None:
        """The symbol that has an id."""
        return self._symbols.get(number)

    def untold(self) -> list[MappingFrame]:
        """What appeared since the last call."""
        told, self._untold = self._untold, []
        return told

    def _add(self, symbol: str) -> int:
        if not 0 < len(symbol) <= _MOST_SYMBOL or not symbol.isascii() or not symbol.isprintable():
            return 0
        number = zlib.crc32(symbol.encode()) & _MOST_ID
        while number in self._symbols or number == 0:
            number = (number + 1) & _MOST_ID
        self._ids[symbol] = number
        self._symbols[number] = symbol
        self._untold.append(MappingFrame(PUBLISHER, number, symbol))
        return number
