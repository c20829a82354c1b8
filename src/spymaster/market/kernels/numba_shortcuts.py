"""What numba's front end works out again and again, worked out once while kernels are compiled.

Half of the time of compiling was spent on questions that had been answered: which of thirty templates types ``a + b``
was asked at every addition, and the text of a record of four hundred fields was made for every name that holds it. The
answers stay the same, so what is compiled does. numba is changed for as long as it compiles kernels of ours, and by
``numba_internals`` alone, which looks at a small kernel first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, Final

from numba.core import base, ir, typed_passes, untyped_passes
from numba.core.types import npytypes
from numba.core.types.functions import BaseFunction

_UNUSED: Final = (
    untyped_passes.WithLifting,
    untyped_passes.InlineClosureLikes,
    untyped_passes.RewriteSemanticConstants,
    untyped_passes.DeadBranchPrune,
    untyped_passes.RewriteDynamicRaises,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    typed_passes.InlineOverloads,
    typed_passes.NopythonRewrites,
    typed_passes.AnnotateTypes,
    typed_passes.DumpParforDiagnostics,
)
"""Passes for what kernels do not contain: closures, whole arrays in one expression, loops over tuples, texts."""


class Arguments(tuple[Any, ...]):
    """Types of arguments. numba makes a text of them before every pass; that of the engine's state has 40 kB."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"({len(self)} arguments)"


def is_unused(which: Any, function: Callable[..., Any]) -> bool:
    """Whether a pass has nothing to do in a kernel. One with a function inside it is given all of them."""
    return which in _UNUSED and not any(isinstance(one, CodeType) for one in function.__code__.co_consts)


class Shortcuts:
    """The answers of one process. A question is what numba's answer depends on."""

    def __init__(self) -> None:
        self._call_type = BaseFunction.get_call_type
        self._record_text = npytypes.Record.__repr__
        self._size = base.BaseContext.get_abi_sizeof
        self._has_loc = base._has_loc
        self._types_of_calls: dict[Any, tuple[Any, Any]] = {}
        self._texts: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._with_loc: dict[Any, bool] = {}

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Within this numba takes them. The caller holds numba's lock of its compiler."""
        ours = self
        places: tuple[tuple[Any, str, Any], ...] = (
            (BaseFunction, "get_call_type", lambda function, *asked: ours.type_of_call(function, *asked)),
            (npytypes.Record, "__repr__", lambda record: ours.text_of_record(record)),
            (base.BaseContext, "get_abi_sizeof", lambda context, kind: ours.size_of(context, kind)),
            (base, "_has_loc", self.has_loc),
            (ir.Inst, "_rec_list_vars", lambda _, value: _variables(value)),
        )
        before = [getattr(place, name) for place, name, _ in places]
        for place, name, answer in places:
            setattr(place, name, answer)
        try:
            yield
        finally:
            for (place, name, _), answer in zip(places, before, strict=True):
                setattr(place, name, answer)

    def type_of_call(self, function: Any, context: Any, args: Any, kws: Any) -> Any:
        """The signature of one of numba's own functions for arguments of certain types."""
        asked = (id(function), id(context), tuple(args), tuple(kws.items()))
        known = self._types_of_calls.get(asked)
        if known is None:
            # the function beside the answer, so that no other one comes to have its id
            known = function, self._call_type(function, context, args, kws)
            self._types_of_calls[asked] = known
        return known[1]

    def text_of_record(self, record: Any) -> str:
        """How numba writes the type of a record."""
        text = self._texts.get(record.name)
        if text is None:
            text = self._texts[record.name] = self._record_text(record)
        return text

    def size_of(self, context: Any, kind: Any) -> int:
        """How many bytes a type of LLVM's takes."""
        text = str(kind)
        size = self._sizes.get(text)
        if size is None:
            size = self._sizes[text] = self._size(context, kind)
        return size

    def has_loc(self, function: Any) -> bool:
        """Whether one of numba's implementations takes a place in the source."""
        known = self._with_loc.get(function)
        if known is None:
            known = self._with_loc[function] = self._has_loc(function)
        return known


def _variables(value: Any) -> list[Any]:
    """The variables in a part of an instruction, in order. As numba's own, which makes a list for each part."""
    found: list[Any] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[Any]) -> None:
    kind = type(value)
    if kind is ir.Var:
        found.append(value)
    elif kind is list or kind is tuple:
        for member in value:
            _gather(member, found)
    elif kind is dict:
        for member in value.values():
            _gather(member, found)
    elif isinstance(value, ir.Var):
        found.append(value)
    elif isinstance(value, ir.Inst):
        found.extend(value.list_vars())
    elif isinstance(value, list | tuple):
        for member in value:
            _gather(member, found)
    elif isinstance(value, dict):
        for member in value.values():
            _gather(member, found)
