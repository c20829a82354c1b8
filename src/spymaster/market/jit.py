"""The one decorator that makes a kernel, and where numba keeps it. This module is the only one that imports numba.

numba's own cache refuses a folder that it cannot write even where everything is in it, and names its folders by where
the sources lie. Ours reads what is there, and kernels that cannot be kept are compiled for this process alone.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, Self, TypeVar, cast

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.types import unliteral

from spymaster.market.kernel_cache import kernel_folder, say_not_kept

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE: Final = Path(__file__).resolve().parent.parent

# a user's choice of places for other programs' caches is not for ours
numba.config.CACHE_LOCATOR_CLASSES = ""  # type: ignore[attr-defined]


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a plain function on arrays: nogil, cached, IEEE arithmetic as written, no ZeroDivisionError.

    It makes no arrays of its own: those that are passed belong to the caller, so nobody counts references to them.
    Counting took a quarter of the engine's time, once for every view of a record on its way down.
    """
    return _compiled(function)


def kernel_inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same, always put into its caller: for what every record passes through, and one or two kernels call."""
    return _compiled(function, forceinline=True)


def _compiled(function: Callable[P, R], **options: bool) -> Callable[P, R]:
    compiled: Any = numba.njit(nogil=True, error_model="numpy", _nrt=False, **options)(function)
    compiled._cache = KernelCache(function)  # type: ignore[no-untyped-call]
    resolve = compiled.get_call_template
    plain: Callable[[Any], Any] = unliteral

    def resolve_without_literals(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return resolve(tuple(map(plain, args)), {name: plain(kind) for name, kind in kws.items()})

    # numba compiles a callee anew for every constant it is called with; here that doubled the compile time for nothing,
    # because the optimiser sees the constant anyway once the callee is inlined
    compiled.get_call_template = resolve_without_literals
    return cast("Callable[P, R]", compiled)


class KernelLocator(_CacheLocator):
    """Where a kernel is kept: by its module's place in the package, and outside the package by its file's place."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file = file
        self._lineno = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Self:
        """Always one: whether the folder can be written shows when something is to be kept."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        """The folder."""
        path = Path(self._py_file).resolve()
        if path.is_relative_to(_PACKAGE):
            return str(kernel_folder() / path.parent.relative_to(_PACKAGE))
        return str(kernel_folder() / self.get_suitable_cache_subpath(self._py_file))  # type: ignore[no-untyped-call]

    def get_source_stamp(self) -> str:
        """A hash of the file: a time stamp would differ between two checkouts."""
        return _hash_of(self._py_file)

    def get_disambiguator(self) -> str:
        """The line, for kernels of one name in one module."""
        return str(self._lineno)

    def ensure_cache_path(self) -> None:
        """Make the folder. Raises OSError."""
        os.makedirs(self.get_cache_path(), exist_ok=True)


class _KernelCacheImpl(CompileResultCacheImpl):
    _locator_classes = [KernelLocator]  # noqa: RUF012  (numba wants a plain list)


class KernelCache(FunctionCache):
    """numba's cache of one function; a place that cannot be read or written costs compiling, never an error."""

    _impl_class = _KernelCacheImpl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was kept, or None where there is nothing that can be used."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except (OSError, EOFError, pickle.UnpicklingError):
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel where that is possible."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except OSError as error:
            say_not_kept(error.strerror or str(error))
        except (EOFError, pickle.UnpicklingError):
            # the index is damaged: it is begun anew
            self.flush()  # type: ignore[no-untyped-call]
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


@functools.cache
def _hash_of(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
