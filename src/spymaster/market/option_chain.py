"""The options of one day: the contracts an engine is told of, and what their trades' condition codes mean."""

from __future__ import annotations

import enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

ANY_PUBLISHER: Final = 0
"""Stands for every publisher: a consolidated tape names the venue in each record, and its ids are of the tape."""

MAX_STRIKES: Final = 512
"""At most this many strikes fit an engine, those nearest price."""

MAX_CONTRACTS_OF_CHAIN: Final = 2 * MAX_STRIKES

CALL: Final = 1
PUT: Final = -1

CHAIN: Final = np.dtype(
    [
        ("publisher_id", "<i8"),
        ("instrument_id", "<i8"),
        ("strike_e9", "<i8"),
        ("right", "<i8"),
        ("expiry_ns", "<i8"),
        ("multiplier", "<i8"),
        ("tick_e9", "<i8"),
    ]
)
"""One contract as a CONFIG frame carries it, by rising strike, calls first. Where several series end on the day, a
strike has a call and a put of each: the series that ends last comes first, and its quotes speak for the strike.

``publisher_id``: ``ANY_PUBLISHER`` on a consolidated tape; ``right``: CALL or PUT; ``expiry_ns``: when it stops
trading; ``multiplier``: currency per unit of its price; ``tick_e9``: its price step near zero.
"""

NO_CONDITION: Final = 0xFFFF
"""Fills the unused places of a trade's condition codes."""


class Treatment(enum.IntEnum):
    """What a condition code makes of an option trade, the strongest last."""

    PLAIN = 0
    NO_SIDE = 1
    """A leg of a package: its price says nothing about who was the aggressor."""
    LATE = 2
    """Reported late or out of sequence: it adds to volume and does not act as now."""
    CANCEL = 3
    """Takes back an earlier trade of the same price and size."""


_CANCELS: Final = (201, 203, 205, 207)
_LATE: Final = (202, 204, 206, 208)
_MULTI_LEG: Final = (*range(232, 248),)

FIRST_CODE: Final = 200
LAST_CODE: Final = 255


def _treatments() -> NDArray[np.int64]:
    table = np.zeros(LAST_CODE - FIRST_CODE + 1, np.int64)
    for codes, treatment in (
        (_MULTI_LEG, Treatment.NO_SIDE),
        (_LATE, Treatment.LATE),
        (_CANCELS, Treatment.CANCEL),
    ):
        for code in codes:
            table[code - FIRST_CODE] = treatment
    return table


TREATMENTS: Final = _treatments()
"""``Treatment`` by condition code - ``FIRST_CODE``; codes outside are PLAIN.

201 cancelled, 203 last and cancelled, 205 opening and cancelled, 207 only trade and cancelled; 202, 204, 206, 208 late
or out of sequence; 232 to 247 legs of spreads and of packages with stock. The rest (209 automatic, 219 sweep, 227 to
231 single-leg auctions, crosses and floor trades) are plain trades. Source: the vendor's list, which follows OPRA's.
"""


def to_chain(packed: bytes) -> NDArray[np.void]:
    """The contracts of a CONFIG frame's ``chain``: CHAIN[n]."""
    return np.frombuffer(packed, CHAIN)
