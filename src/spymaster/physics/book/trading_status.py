"""What the venue says of trading itself: whether the future, the equity and the options are traded or quoted at all."""

from __future__ import annotations

from typing import Any, Final

from numpy.typing import NDArray

from spymaster.market.jit import kernel
from spymaster.physics.memory.indices import BYTE, TRUST_DEPTH, TRUST_EQUITY, TRUST_TAPE
from spymaster.physics.memory.state import State

FUTURE: Final = -1
EQUITY: Final = -2
"""What a status is about: the future, the equity; from 0 on a contract of the chain."""

_WORD: Final = 3
_TRADING_BITS: Final = 48
_QUOTING_BITS: Final = 56
_YES: Final = ord("Y")
_NO: Final = ord("N")


@kernel
def apply_status(s: State, w: NDArray[Any], subject: int) -> bool:
    """A STATUS record (int64[5]) of ``subject``; whether it says anything of trading.

    Halted is what the venue calls not traded, unless it calls it quoted: before the opening quotes are real.
    """
    trading = (w[_WORD] >> _TRADING_BITS) & BYTE
    if trading != _YES and trading != _NO:
        return False
    set_halted(s, subject, 1 if trading == _NO and ((w[_WORD] >> _QUOTING_BITS) & BYTE) != _YES else 0)
    return True


@kernel
def note_traded(s: State, subject: int) -> None:
    """A trade: whatever was said before, or whatever word of a reopening was lost, there is trading."""
    halted = s.trust.halted
    if subject == FUTURE:
        halted[TRUST_DEPTH] = 0
        halted[TRUST_TAPE] = 0
    else:
        set_halted(s, subject, 0)


@kernel
def set_halted(s: State, subject: int, is_halted: int) -> None:
    """Remember what was said of the future, the equity, or a contract."""
    if subject == FUTURE:
        s.trust.halted[TRUST_DEPTH] = is_halted
        s.trust.halted[TRUST_TAPE] = is_halted
    elif subject == EQUITY:
        s.trust.halted[TRUST_EQUITY] = is_halted
    else:
        x = s.chain.contract[subject]
        s.chain.halted += is_halted - x.halted
        x.halted = is_halted
