"""One number that all records so far went into: equal inputs can be told from unequal ones without the records."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel, kernel_inlined
from spymaster.market.kinds import MASK32, MBP10_WORDS
from spymaster.physics.memory.state import State

_FINGERPRINT_MULTIPLIER: Final = 0x2545F4914F6CDD1D
_WORD_MULTIPLIER: Final = 0x1B873593CC9E2D51


@kernel
def fingerprint_record(s: State, w: NDArray[Any]) -> None:
    """Mix every word of a record into the running number: bijective in each word, so no single change goes unseen."""
    # most records are of one length; where it is known, several words are mixed at a time
    mixed = _mixed(w, MBP10_WORDS) if len(w) == MBP10_WORDS else _mixed(w, len(w))
    clock = s.clock
    clock.fingerprint = (clock.fingerprint ^ mixed) * _FINGERPRINT_MULTIPLIER


@kernel_inlined
def _mixed(w: NDArray[Any], words: int) -> int:
    mixed = 0
    for k in range(words):
        mixed += (w[k] ^ ((w[k] >> 32) & MASK32)) * (_WORD_MULTIPLIER + 2 * k)
    return mixed
