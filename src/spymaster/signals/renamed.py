"""Names that published columns had before version 4, and what they are called since. Nothing is renamed after that."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LEVEL_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ordinal": "user_index",
        "frozen": "held",
        "fleeting_share": "flicker_share",
        "context_s": "long_window_s",
        "context_delta": "long_window_delta",
        "context_filled": "long_window_filled",
        "confluence_group": "confluence_centre",
        "runway_ordinal": "runway_user_index",
        "input_fold_high": "input_fingerprint_high",
        "input_fold_low": "input_fingerprint_low",
    }
)
"""Of a level: old name -> new name. The numbers are the same."""

MESSAGE_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "levels[].frozen": "levels[].held",
        "levels[].barrier.fleeting_share": "levels[].barrier.flicker_share",
        "levels[].barrier.context": "levels[].barrier.long_window",
        "levels[].barrier.change": "levels[].barrier.alarm",
    }
)
"""Of ``levels.signals``: old path -> new path."""

TAG_WORDS: Final[Mapping[str, str]] = MappingProxyType({"FLEETING": "FLICKER"})
"""Words among the tags of a barrier."""
