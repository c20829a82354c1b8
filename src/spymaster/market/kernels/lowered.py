"""Kernels in LLVM's own form, before they are optimised: kept, found again, and linked to whole programs."""

from __future__ import annotations

import base64
import functools
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spymaster.market.kernel_cache import keep, read_kept
from spymaster.market.kernels.native_code import NotNativeError

_HELPERS: Final = """
declare double @frexp(double, i32*)
declare double @ldexp(double, i32)

define linkonce_odr double @numba_frexp(double %x, i32* %exponent) {
  %nothing = fsub double %x, %x
  %finite = fcmp oeq double %nothing, 0.0
  %some = fcmp une double %x, 0.0
  %both = and i1 %finite, %some
  br i1 %both, label %split, label %whole
split:
  %fraction = call double @frexp(double %x, i32* %exponent)
  ret double %fraction
whole:
  store i32 0, i32* %exponent
  ret double %x
}

define linkonce_odr double @numba_ldexp(double %x, i32 %exponent) {
  %nothing = fsub double %x, %x
  %finite = fcmp oeq double %nothing, 0.0
  %some = fcmp une double %x, 0.0
  %both = and i1 %finite, %some
  br i1 %both, label %scale, label %whole
scale:
  %scaled = call double @ldexp(double %x, i32 %exponent)
  ret double %scaled
whole:
  ret double %x
}
"""
"""What numba has in C: the C library's own, but for numbers that have no exponent."""
_FOREIGN: Final = ("NRT_", "numba", "Py", "_Py", ".numba")
"""Beginnings of the names of functions that only numba or Python has."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A kernel for arguments of certain types in LLVM's form, without those that it calls."""

    symbol: str
    callees: tuple[str, ...]
    returns: Any
    """numba's type of its value."""
    code: bytes
    """LLVM bitcode."""


class LoweredKernels:
    """What was lowered: in memory, and kept on disk under names that change with all it depends on."""

    def __init__(self) -> None:
        self._held: dict[str, Lowered] = {}
        self.tell: Callable[[str], None] = lambda _symbol: None
        """Is told of each kernel once, when it is lowered or found."""

    def find(self, symbol: str) -> Lowered | None:
        """A kernel lowered before, by whomever."""
        held = self._held.get(symbol)
        if held is not None:
            return held
        kept = read_kept(f"{symbol}.lowered")
        if kept is None:
            return None
        heading, code = kept
        try:
            returns = pickle.loads(base64.b64decode(heading["returns"]))
        except (pickle.UnpicklingError, AttributeError, ImportError, EOFError):
            return None
        return self._hold(Lowered(symbol, tuple(heading["callees"]), returns, code))

    def add(self, lowered: Lowered) -> None:
        """Keep one."""
        self._hold(lowered)
        returns = base64.b64encode(pickle.dumps(lowered.returns)).decode()
        keep(f"{lowered.symbol}.lowered", {"callees": lowered.callees, "returns": returns}, lowered.code)

    def program(self, symbol: str) -> Iterator[Lowered]:
        """A kernel and all that it calls. Raises NotNativeError where one of them has gone."""
        seen, waiting = {symbol}, [symbol]
        while waiting:
            lowered = self.find(waiting.pop())
            if lowered is None:
                raise NotNativeError("a kernel that was lowered has gone from the cache")
            yield lowered
            waiting += [name for name in lowered.callees if name not in seen]
            seen.update(lowered.callees)

    def _hold(self, lowered: Lowered) -> Lowered:
        if lowered.symbol not in self._held:
            self.tell(lowered.symbol)
        self._held[lowered.symbol] = lowered
        return lowered


@functools.cache
def lowered_kernels() -> LoweredKernels:
    """Those of this process, as numba's own dispatchers are."""
    return LoweredKernels()


def linked(program: Sequence[Lowered], entry: str, code: str) -> Any:
    """A kernel, the first, all that it calls, and ``code`` that calls it, as one module of LLVM.

    Only ``entry``, a function of that code, can be seen from outside.
    """
    import llvmlite.binding as llvm

    modules = [*(llvm.parse_bitcode(lowered.code) for lowered in program), llvm.parse_assembly(code)]
    # in pairs, because linking walks over all of what is linked to, however little comes to it
    while len(modules) > 1:
        for one, other in zip(modules[::2], modules[1::2], strict=False):
            one.link_in(other)
        modules = modules[::2]
    module = modules[0]
    # last: what nobody asks for is not linked
    module.link_in(llvm.parse_assembly(_HELPERS))
    for function in module.functions:
        if not function.is_declaration and function.name != entry:
            function.linkage = "internal"
    return module


def refuse_foreign(module: Any) -> None:
    """Raises NotNativeError where an optimised program needs what is only there with numba."""
    for variable in module.global_variables:
        if variable.name.startswith("numba.dynamic.globals"):
            raise NotNativeError(f"{variable.name} is an address of this process")
    for function in module.functions:
        if function.is_declaration and function.name.startswith(_FOREIGN):
            raise NotNativeError(f"{function.name} is only there with numba")
