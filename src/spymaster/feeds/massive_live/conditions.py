"""Condition codes of option trades: the vendor's numbers put into those that the engine's table is made for."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from spymaster.market.option_chain import FIRST_CODE

_LETTERS: Final = string.ascii_uppercase + string.ascii_lowercase[: string.ascii_lowercase.index("v") + 1]

PACKAGED: Final[Mapping[str, int]] = MappingProxyType(
    {letter: FIRST_CODE + 1 + place for place, letter in enumerate(_LETTERS)}
)
"""Letter of the options tape (OPRA) -> code, as the vendor has published them: A 201 to Z 226, a 227 to v 248."""


class Condition(msgspec.Struct, frozen=True):
    """One entry of the vendor's list. ``letter``: the tape's own; ``is_trade``: whether it is of trades at all."""

    code: int
    letter: str
    name: str = ""
    is_trade: bool = True


class ConditionCodes:
    """Vendor's code -> code of the engine's table. Codes that nobody told of stay what they are."""

    def __init__(self, changed: Mapping[int, int] = MappingProxyType({}), source: str = "packaged table") -> None:
        self.changed = changed
        """Codes that differ from the packaged table."""
        self.source = source
        """Where they are from, for people."""

    @staticmethod
    def of(conditions: Iterable[Condition], source: str) -> ConditionCodes:
        """By the vendor's own list: whatever number a letter has there means what the letter means."""
        changed: dict[int, int] = {}
        for condition in conditions:
            if condition.is_trade and condition.letter:
                # a letter that came later than the table is a plain trade, whatever its number used to mean
                changed[condition.code] = PACKAGED.get(condition.letter, FIRST_CODE)
        changed = {code: packaged for code, packaged in changed.items() if code != packaged}
        return ConditionCodes(MappingProxyType(changed), source)

    def translate(self, codes: list[int]) -> list[int]:
        """Codes of one trade as the engine knows them."""
        return [self.changed.get(code, code) for code in codes] if self.changed else codes
