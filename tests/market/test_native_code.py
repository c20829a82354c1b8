"""Arguments of every kind as the words a compiled kernel takes, and what comes back."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from spymaster.market.jit import Bound, kernel
from spymaster.market.kernels.native_code import NativeKernel, NotNativeError, flatten, kinds_text

ROW = np.dtype([("price", "<f8"), ("size", "<i8"), ("at", "<i8", (3,))])


class Pair(NamedTuple):
    """Two arrays."""

    left: np.ndarray[Any, Any]
    right: np.ndarray[Any, Any]


@kernel
def told(
    whole: int, part: float, flag: bool, row: Any, grid: np.ndarray[Any, Any], pair: Pair, many: tuple[Any, ...]
) -> tuple[int, float, bool]:
    """Something of every argument."""
    row.size += whole
    total = 0.0
    for i in range(grid.shape[0]):
        for j in range(grid.shape[1]):
            total += grid[i, j] * (i + 1)
    return row.size + pair.right[1] + many[1][0], total + part + row.price, not flag


@kernel
def last(values: np.ndarray[Any, Any], back: int = 1) -> float:
    """The last value but ``back`` - 1."""
    return float(values[len(values) - back])


@kernel
def nothing(values: np.ndarray[Any, Any]) -> None:
    """Writes, returns nothing."""
    values[0] = 7


def test_every_kind_of_argument_arrives_and_several_values_come_back() -> None:
    rows = np.zeros(2, ROW)
    rows[1] = (0.5, 40, (1, 2, 3))
    grid = np.arange(6.0).reshape(2, 3)
    pair = Pair(np.zeros(1), np.array([1, 2]))
    many = (np.array([3]), np.array([5]))
    assert told(2, 0.25, True, rows[1], grid, pair, many) == (42 + 2 + 5, 3.0 + 24.0 + 0.75, False)
    assert rows["size"].tolist() == [0, 42]


@pytest.mark.parametrize(
    "values", [np.arange(8.0)[::2], np.asfortranarray(np.arange(7.0)), np.broadcast_to(6.0, 3), np.array([2.0, 6.0])]
)
def test_an_array_of_any_layout_is_read_where_it_lies(values: np.ndarray[Any, Any]) -> None:
    assert last(values) == 6.0


def test_a_default_and_a_name_are_as_in_a_plain_call() -> None:
    assert last(np.array([1.0, 2.0, 3.0]), back=2) == 2.0


def test_numbers_of_numpy_are_as_those_of_python() -> None:
    assert last(np.array([1.0, 2.0]), cast(int, np.int64(2))) == last(np.array([1.0, 2.0]), 2) == 1.0


def test_a_kernel_without_a_value_gives_none() -> None:
    values = np.zeros(1)
    assert nothing(values) is None
    assert values[0] == 7


def test_what_no_word_can_hold_is_refused() -> None:
    for value in (2**63, "text", None, [1]):
        with pytest.raises(NotNativeError):
            flatten((value,))


def test_two_layouts_of_records_are_two_kinds_however_alike() -> None:
    other = np.dtype([("price", "<f8"), ("size", "<i8"), ("to", "<i8", (3,))])
    texts = {kinds_text(flatten((np.zeros(1, dtype),))[0]) for dtype in (ROW, other, np.dtype(ROW.descr))}
    assert len(texts) == 2


@pytest.mark.parametrize("index", [0, 1])
def test_a_bound_kernel_takes_one_argument_anew_and_keeps_the_others(index: int) -> None:
    values = (np.array([1.0, 2.0, 3.0]), 2)
    others = (np.array([5.0, 6.0, 7.0, 8.0]), 1)
    bound = Bound(last, *values)
    assert (bound(), bound()) == (2.0, 2.0)
    bound.put(index, others[index])
    array, back = (
        other if place == index else value for place, (value, other) in enumerate(zip(values, others, strict=True))
    )
    assert bound() == last(cast(Any, array), cast(int, back))


def test_a_bound_kernel_sees_what_changes_in_its_arrays() -> None:
    values = np.array([1.0, 2.0])
    bound = Bound(last, values, 1)
    assert bound() == 2.0
    values[1] = 9.0
    assert bound() == 9.0


def test_a_bound_kernel_is_compiled_anew_for_an_argument_of_another_kind() -> None:
    bound = Bound(last, np.array([1.0, 2.0]), 1)
    assert bound() == 2.0
    bound.put(0, np.arange(8.0)[::2])
    assert (bound(), bound()) == (6.0, 6.0)


def test_a_bound_kernel_takes_every_kind_of_argument_and_gives_several_values() -> None:
    rows = np.zeros(2, ROW)
    rows[1] = (0.5, 40, (1, 2, 3))
    grid = np.arange(6.0).reshape(2, 3)
    pair = Pair(np.zeros(1), np.array([1, 2]))
    bound = Bound(told, 2, 0.25, True, rows[1], grid, pair, (np.array([3]), np.array([5])))
    assert bound() == (42 + 2 + 5, 3.0 + 24.0 + 0.75, False)
    bound.put(2, False)
    bound.put(1, 1.25)
    assert bound() == (44 + 2 + 5, 3.0 + 24.0 + 1.75, True)


def test_a_bound_kernel_without_a_value_gives_none() -> None:
    values = np.zeros(1)
    bound = Bound(nothing, values)
    for _ in range(2):
        values[0] = 0.0
        assert bound() is None
        assert values[0] == 7


@pytest.mark.parametrize("words", [[], [1, 2, 3]])
def test_a_kernel_that_is_given_other_words_than_it_takes_says_so(words: list[int]) -> None:
    native = NativeKernel("k", 0, ["i64"], None)
    with pytest.raises(RuntimeError, match="the kernel k takes 1 words"):
        native(words)
