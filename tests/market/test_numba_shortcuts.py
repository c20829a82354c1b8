"""What numba is answered while kernels compile is what it would have found out, and afterwards it is as it was."""

from __future__ import annotations

import operator
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import base, ir, typed_passes
from numba.core.compiler import run_frontend
from numba.core.registry import cpu_target
from numba.core.types import npytypes
from numba.core.types.functions import BaseFunction

from spymaster.market.kernels.numba_shortcuts import Shortcuts, is_unused

PLACES: tuple[tuple[Any, str], ...] = (
    (BaseFunction, "get_call_type"),
    (npytypes.Record, "__repr__"),
    (base.BaseContext, "get_abi_sizeof"),
    (base, "_has_loc"),
    (ir.Inst, "_rec_list_vars"),
)
ROW = np.dtype([("size", "<i8"), ("inner", [("price", "<f8"), ("ages", "<i4", (3,))])])


def sample(rows: Any, first: int) -> Any:
    """Instructions of most kinds."""
    total, last = 0.0, (first, 1)
    for index in range(first, len(rows)):
        if rows[index].size > 2:
            total += max(rows[index].inner.price, float(index))
        rows[index].inner.ages[0] = last[1]
    return total, {"a": first}


def numbas_own() -> list[Any]:
    """What stands in numba where shortcuts go."""
    return [getattr(place, name) for place, name in PLACES]


def test_numba_is_changed_within_and_as_it_was_afterwards() -> None:
    before = numbas_own()
    with Shortcuts().taken():
        assert all(now is not then for now, then in zip(numbas_own(), before, strict=True))
    assert numbas_own() == before


def test_numba_is_as_it_was_after_a_kernel_that_does_not_compile() -> None:
    before = numbas_own()
    with pytest.raises(ZeroDivisionError), Shortcuts().taken():
        raise ZeroDivisionError
    assert numbas_own() == before


def test_variables_of_every_instruction_are_those_numba_finds() -> None:
    blocks = run_frontend(sample).blocks.values()  # type: ignore[no-untyped-call]
    own = [[one.list_vars() for one in block.body] for block in blocks]
    with Shortcuts().taken():
        ours = [[one.list_vars() for one in block.body] for block in blocks]
    assert ours == own
    assert sum(map(len, own)) > 20


def test_a_record_has_the_text_numba_gives_it() -> None:
    record = numba.from_dtype(ROW)
    own = repr(record)
    with Shortcuts().taken():
        assert (repr(record), repr(record)) == (own, own)


def test_a_type_has_the_size_numba_gives_it() -> None:
    context = cpu_target.target_context
    kinds = [context.get_value_type(one) for one in (numba.int64, numba.from_dtype(ROW))]
    own = [context.get_abi_sizeof(kind) for kind in kinds]
    with Shortcuts().taken():
        assert [context.get_abi_sizeof(kind) for kind in kinds * 2] == own * 2


@pytest.mark.parametrize(
    "args", [(numba.int64, numba.int64), (numba.int64, numba.float64), (numba.uint64, numba.int64)]
)
@pytest.mark.parametrize("called", [operator.add, operator.lt, operator.truediv, max])
def test_a_call_has_the_type_numba_gives_it_however_often_it_is_asked(called: Any, args: tuple[Any, ...]) -> None:
    context = cpu_target.typing_context
    context.refresh()
    own = context.resolve_function_type(context.resolve_value_type(called), args, {})
    with Shortcuts().taken():
        ours = [context.resolve_function_type(context.resolve_value_type(called), args, {}) for _ in range(2)]
    assert ours == [own, own]


def test_a_kernel_is_spared_passes_for_what_it_does_not_contain() -> None:
    assert is_unused(typed_passes.NopythonRewrites, sample)
    assert not is_unused(typed_passes.NopythonTypeInference, sample)


def test_a_kernel_with_a_function_inside_is_given_all_passes() -> None:
    def outer(first: int) -> int:
        return (lambda second: second + first)(1)

    assert not is_unused(typed_passes.NopythonRewrites, outer)
