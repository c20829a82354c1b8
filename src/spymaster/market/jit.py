"""The one decorator that makes a kernel.

The cache folder (``market.kernel_cache``) is named before numba is imported. This module is the only one that imports
``numba.njit``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from spymaster.market.kernel_cache import CACHE_FOLDER

P = ParamSpec("P")
R = TypeVar("R")

os.environ["NUMBA_CACHE_DIR"] = str(CACHE_FOLDER)

import numba  # noqa: E402  (the cache folder must be named first)
from numba.core.types import unliteral  # noqa: E402

numba.config.CACHE_DIR = str(CACHE_FOLDER)  # type: ignore[attr-defined]


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a plain function on arrays: nogil, cached, IEEE arithmetic as written, no ZeroDivisionError."""
    compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    resolve = compiled.get_call_template
    plain: Callable[[Any], Any] = unliteral

    def resolve_without_literals(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        return resolve(tuple(map(plain, args)), {name: plain(kind) for name, kind in kws.items()})

    # numba compiles a callee anew for every constant it is called with; here that doubled the compile time for nothing,
    # because the optimiser sees the constant anyway once the callee is inlined
    compiled.get_call_template = resolve_without_literals
    return cast("Callable[P, R]", compiled)
