"""Tests as columns: what ``export tests`` and the lake contain of them. Nothing here follows a market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.ledger.rows import PLACEBO, TestOutcome
from spymaster.market.kinds import NS_PER_S
from spymaster.market.levels import LevelKind, level_id
from spymaster.market.rows import BarrierState, Signal
from spymaster.signals.columns import Columns, Words, dates
from spymaster.signals.words import DIRECTION_WORDS

_NUMBERS: Final = (
    "price", "future_price", "sigma_1m", "barrier", "score", "confidence", "beyond", "back", "filled", "added",
    "pulled", "unseen_s",
)  # fmt: skip
PLACEBO_WORD: Final = "PLACEBO"
"""Kind of a price at which no level was."""


def columns_of(tests: NDArray[Any], user_ids: Sequence[str] = ()) -> Columns:
    """One row for each test (TEST[n]), by when it was decided. Words where the rows have codes, NaN and none where
    something is absent; times in ns, ``took_s`` and ``said_after_s`` seconds from the touch."""
    touch_ns = tests["touch_ns"]
    said = tests["said"] > 0
    return {
        "ts_event_ns": tests["end_ns"].copy(),
        "session_date": dates(tests["session_date"]),
        "level_id": Words.of(_ids(tests, user_ids)),
        "kind": _words(tests["kind"], {int(kind): kind.name for kind in LevelKind} | {PLACEBO: PLACEBO_WORD}),
        "number": tests["number"].copy(),
        "direction": _words(tests["direction"], DIRECTION_WORDS),
        "arm_ns": tests["arm_ns"].copy(),
        "touch_ns": touch_ns.copy(),
        "outcome": _words(tests["outcome"], {int(one): one.name for one in TestOutcome}),
        "took_s": (tests["end_ns"] - touch_ns) / NS_PER_S,
        "state": _words(tests["state"], {int(state): state.name for state in BarrierState}),
        "signal": _words(tests["signal"], {int(signal): signal.name for signal in Signal}),
        "said": _words(np.where(said, tests["said"], -1), {int(signal): signal.name for signal in Signal}),
        "said_after_s": np.where(said, (tests["said_ns"] - touch_ns) / NS_PER_S, np.nan),
        **{name: tests[name].copy() for name in _NUMBERS},
    }


def _ids(tests: NDArray[Any], user_ids: Sequence[str]) -> list[str]:
    columns = (tests[name].tolist() for name in ("kind", "price", "user_index"))
    return [
        f"{PLACEBO_WORD}_{price:g}" if kind == PLACEBO else level_id(kind, price, index, user_ids)
        for kind, price, index in zip(*columns, strict=True)
    ]


def _words(codes: NDArray[np.int64], words: Mapping[int, str]) -> Words:
    """Codes as words; a code without a word is none."""
    known = sorted(words)
    places = np.searchsorted(known, codes)
    places[places == len(known)] = 0
    found = np.where(np.array(known)[places] == codes, places, -1)
    return Words(tuple(words[code] for code in known), found.astype(np.int32))
