"""What a model with several heads is told of a level: all features, their schema, and the rows of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.features.book_tape import BOOK_TAPE
from spymaster.features.fuel import FUEL
from spymaster.features.geometry import GEOMETRY
from spymaster.features.memory import BUCKET_S
from spymaster.features.schema import Feature, schema_hash
from spymaster.features.seen import Made, Seen

_MADE: Final[tuple[Made, ...]] = (*GEOMETRY, *BOOK_TAPE, *FUEL)
_SETTINGS: Final = {"version": 2.0, "bucket_s": float(BUCKET_S)}
"""``version`` rises when a feature comes to be computed in another way under the same words."""

ATTEMPT_FEATURES: Final[tuple[Feature, ...]] = tuple(made.feature for made in _MADE)
"""In the order of the columns. Positive speaks for a break wherever a sign means anything; NaN is not known."""

SCHEMA: Final = schema_hash(ATTEMPT_FEATURES, _SETTINGS)


def attempt_rows(looked: NDArray[Any], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The features of levels: float64[n, len(ATTEMPT_FEATURES)].

    looked LOOKED[n] and numbers float64[n, fields of LEVEL_ROW]: what was looked up and what was published of them.
    """
    rows = np.empty((len(looked), len(_MADE)))
    seen = Seen(looked, numbers)
    with np.errstate(invalid="ignore"):
        for column, made in enumerate(_MADE):
            rows[:, column] = made.make(seen)
    rows += 0.0  # a negative zero is a zero
    return rows
