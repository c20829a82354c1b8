"""The one decorator that makes a kernel: compiled when it is first called, or loaded from where it was kept.

A kernel that was kept is loaded and called without numba, whose import alone takes longer than everything else that
begins a replay.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast

from spymaster.market.kernel_cache import keep, read_kept
from spymaster.market.kernels.native_code import (
    Kinds,
    NativeCall,
    NativeKernel,
    NotNativeError,
    Root,
    as_typed,
    flatten,
    kinds_text,
    object_loader,
    processor,
)
from spymaster.market.kernels.shipped import shipped_engine
from spymaster.market.kernels.sources import kernel_hash

P = ParamSpec("P")
R = TypeVar("R")

_only_kept: ContextVar[bool] = ContextVar("only_kept", default=False)
_log = logging.getLogger(__name__)


class NotKeptError(Exception):
    """A kernel would have to be compiled."""


@contextlib.contextmanager
def only_kept() -> Iterator[None]:
    """Within this a kernel that was not kept raises NotKeptError when it is called, in place of being compiled."""
    token = _only_kept.set(True)
    try:
        yield
    finally:
        _only_kept.reset(token)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a plain function on arrays: nogil, kept, IEEE arithmetic as written, no ZeroDivisionError.

    It makes no arrays of its own: those that are passed belong to the caller, so nobody counts references to them.
    Counting took a quarter of the engine's time, once for every view of a record on its way down.
    """
    return cast("Callable[P, R]", Kernel(function))


def kernel_inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same, always put into its caller: for what every record passes through, and one or two kernels call."""
    return cast("Callable[P, R]", Kernel(function, inlined=True))


class Kernel:
    """A kernel: called by Python, and by other kernels through what numba knows of it."""

    def __init__(self, function: Callable[..., Any], *, inlined: bool = False) -> None:
        self.py_func = function
        self.compiled: int = 0
        """How often this process had to compile it, and did not find it kept."""
        self._inlined = inlined
        self._width = function.__code__.co_argcount
        self._ready: dict[Kinds, NativeKernel | Callable[..., Any]] = {}
        self._lock = threading.Lock()
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run it; it is compiled first for arguments of a new kind. Other threads run meanwhile."""
        if named or len(arguments) != self._width:
            arguments = self._in_order(arguments, named)
        try:
            kinds, words = flatten(arguments)
        except NotNativeError:
            return self._numbas_own(*arguments)
        ready = self._ready.get(kinds)
        if ready is None:
            ready = self._make_ready(kinds, arguments)
        return ready(words) if isinstance(ready, NativeKernel) else ready(*arguments)

    def native_call(self, arguments: Sequence[Any]) -> NativeCall | None:
        """To be called with such arguments again and again, once it was called with them; None where numba has to."""
        try:
            ready = self._ready.get(flatten(arguments)[0])
        except NotNativeError:
            return None
        return NativeCall(ready, arguments) if isinstance(ready, NativeKernel) else None

    def lower(self, *arguments: Any) -> None:
        """Keep, for those that call it with such arguments, what of compiling it can be done without them."""
        from spymaster.market.kernels import numba_internals

        lower = numba_internals.lower if compiles_whole_programs() else numba_internals.compile_plainly
        lower(self.py_func, self._inlined, tuple(map(as_typed, arguments)))

    @property
    def _numba_type_(self) -> Any:
        """What numba asks a global for that a kernel calls."""
        from spymaster.market.kernels import numba_internals

        return numba_internals.type_of(self.py_func, self._inlined)

    def _in_order(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        bound = inspect.signature(self.py_func).bind(*arguments, **named)
        bound.apply_defaults()
        return bound.args

    def _make_ready(self, kinds: Kinds, arguments: tuple[Any, ...]) -> NativeKernel | Callable[..., Any]:
        with self._lock:
            if kinds not in self._ready:
                self._ready[kinds] = self._kept(kinds) or self._compiled(kinds, tuple(map(as_typed, arguments)))
            return self._ready[kinds]

    def _name(self, kinds: Kinds, target: str) -> str:
        what = f"{kernel_hash(self.py_func)}|{self._inlined}|{kinds_text(kinds)}|{target}"
        return f"{self.py_func.__name__}.{hashlib.sha256(what.encode()).hexdigest()[:24]}.root"

    def _kept(self, kinds: Kinds) -> NativeKernel | None:
        kept = read_kept(self._name(kinds, processor()))
        if kept is None and (shipped := shipped_engine()) is not None:
            kept = read_kept(self._name(kinds, shipped[1].target), shipped[0])
        if kept is None:
            return None
        heading, code = kept
        return self._native(Root(heading["symbol"], tuple(heading["letters"]), heading["returns"], code))

    def _compiled(self, kinds: Kinds, arguments: tuple[Any, ...]) -> NativeKernel | Callable[..., Any]:
        if _only_kept.get():
            raise NotKeptError(self.py_func.__name__)
        from spymaster.market.kernels import numba_internals

        self.compiled += 1
        if not compiles_whole_programs():
            return self._numbas_own
        try:
            root = numba_internals.compile_root(self.py_func, self._inlined, arguments)
        except NotNativeError as reason:
            _log.warning("numba compiles %s in its own way: %s", self.py_func.__name__, reason)
            return self._numbas_own
        name = self._name(kinds, processor())
        keep(name, {"symbol": root.symbol, "letters": root.letters, "returns": root.returns}, root.code)
        return self._native(root)

    def _native(self, root: Root) -> NativeKernel:
        return NativeKernel(
            self.py_func.__name__, object_loader().load(root.code, root.symbol), root.letters, root.returns
        )

    def _numbas_own(self, *arguments: Any) -> Any:
        from spymaster.market.kernels import numba_internals

        return numba_internals.call(self.py_func, arguments)


class Bound:
    """A kernel with its arguments, for whoever calls it often, from one thread at a time, and changes few of them.

    Only what changed is looked at: everything else that Python does for a call takes longer than a short batch.
    """

    def __init__(self, kernel: Callable[..., Any], *arguments: Any) -> None:
        self._kernel = cast("Kernel", kernel)
        self._arguments = list(arguments)
        self._call: NativeCall | None = None

    def put(self, place: int, value: Any) -> None:
        """Another value for the argument at a place."""
        if value is self._arguments[place]:
            return
        self._arguments[place] = value
        if self._call is not None and not self._call.put(place, value):
            self._call = None

    def __call__(self) -> Any:
        """Run it with the arguments as they are."""
        if self._call is not None:
            return self._call()
        value = self._kernel(*self._arguments)
        self._call = self._kernel.native_call(self._arguments)
        return value


def lower(kernel: Callable[..., Any], *arguments: Any) -> None:
    """Do what can be done ahead for a kernel that others call with such arguments."""
    cast("Kernel", kernel).lower(*arguments)


@functools.cache
def compiles_whole_programs() -> bool:
    """Whether kernels are compiled as whole programs: this numba was tested, and is right about a small one."""
    from spymaster.market.kernels import numba_internals

    return numba_internals.is_tested() and numba_internals.is_right()
