"""Worlds or days taken together: every figure with its 90 % interval, from drawing whole ones again.

Snaps of one world are no independent witnesses; worlds are. So each of a thousand draws takes as many worlds as there
are, with replacement, and makes the figure of those. The draws are always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RecordT = TypeVar("RecordT")

DRAWS: Final = 1000
_SEED: Final = 20261130
_LOW: Final = 0.05
_HIGH: Final = 0.95
_FEWEST_WORLDS: Final = 3


class Figure(msgspec.Struct, frozen=True):
    """A figure over worlds. ``of``: how many things it is about. ``value`` is None when there are none, ``low`` and
    ``high`` (the ends of its 90 % interval by world) when there are fewer than three worlds. ``aim``: in words."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    of: int
    aim: str = ""
    is_share: bool = True


class Pool(Generic[RecordT]):
    """Worlds, or days, to be taken together."""

    def __init__(self, records: Sequence[RecordT]) -> None:
        self.records = tuple(records)
        n = len(self.records)
        drawn = np.random.default_rng(_SEED).multinomial(n, np.full(n, 1.0 / n), DRAWS) if n else np.zeros((DRAWS, 0))
        self._weights: Floats = np.concatenate([np.ones((1, n)), drawn]).astype(np.float64)

    def share(self, name: str, pairs: Sequence[tuple[float, float]], aim: str = "", *, is_share: bool = True) -> Figure:
        """The sum of the first over that of the second, one pair a world."""
        table = np.array(pairs, np.float64).reshape(-1, 2)
        part, whole = self._weights @ table[:, 0], self._weights @ table[:, 1]
        values = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
        return self._figure(name, values, int(table[:, 1].sum()), aim, is_share)

    def of_sums(
        self,
        name: str,
        tables: Floats,
        figure: Callable[[Any], float],
        of: int,
        aim: str = "",
        *,
        is_share: bool = True,
    ) -> Figure:
        """A figure of the summed tables, float64[worlds, ...]; NaN where it has none."""
        sums = np.tensordot(self._weights, tables, axes=1)
        return self._figure(name, np.array([figure(one) for one in sums]), of, aim, is_share)

    def median(self, name: str, values: Sequence[Sequence[float]], aim: str = "") -> Figure:
        """The median over all worlds' values, seconds; infinite ones count, and as median are no figure."""
        flat = np.array([value for own in values for value in own], np.float64)
        world = np.array([k for k, own in enumerate(values) for _ in own], np.int64)
        order = np.argsort(flat, kind="stable")
        flat, world = flat[order], world[order]
        if not len(flat):
            return Figure(name, None, None, None, 0, aim, is_share=False)
        weights = np.cumsum(self._weights[:, world], axis=1)
        middle = [int(np.searchsorted(row, row[-1] / 2.0)) for row in weights]
        found = np.array(
            [flat[min(k, len(flat) - 1)] if row[-1] else np.nan for k, row in zip(middle, weights, strict=True)]
        )
        return self._figure(name, found, len(flat), aim, is_share=False)

    def _figure(self, name: str, values: Floats, of: int, aim: str, is_share: bool) -> Figure:
        drawn = values[1:][~np.isnan(values[1:])]
        ends: tuple[float | None, float | None] = (None, None)
        if len(self.records) >= _FEWEST_WORLDS and len(drawn):
            ends = (
                _number(np.quantile(drawn, _LOW, method="lower")),
                _number(np.quantile(drawn, _HIGH, method="higher")),
            )
        return Figure(name, _number(values[0]), *ends, of, aim, is_share)


def _number(value: Any) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
