"""One number that all records so far went into: equal inputs can be told from unequal ones without the records."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.market.kinds import MASK32
from spymaster.physics.memory.state import State

_FINGERPRINT_MULTIPLIER: Final = 0x2545F4914F6CDD1D
_WORD_MULTIPLIER: Final = 0x1B873593CC9E2D51


@kernel
def fingerprint_record(s: State, w: NDArray[Any]) -> None:
    """Mix every word of a record into the running number: bijective in each word, so no single change goes unseen."""
    clock = s.clock
    mixed = 0
    multiplier = _WORD_MULTIPLIER
    for k in range(len(w)):
        mixed += (w[k] ^ ((w[k] >> 32) & MASK32)) * (multiplier + 2 * k)
    clock.fingerprint = (clock.fingerprint ^ mixed) * _FINGERPRINT_MULTIPLIER
