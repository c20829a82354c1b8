"""Figures of ``bench``: what is said of the rounds of one measurement."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Row(msgspec.Struct, frozen=True):
    """One measured figure: median, smallest and largest of the rounds."""

    name: str
    meaning: str
    unit: str
    median: float
    low: float
    high: float


def ratios(some: list[float], others: list[float]) -> list[float]:
    """Round by round, one over the other."""
    return [one / other for one, other in zip(some, others, strict=True)]


def measured(name: str, meaning: str, unit: str, rounds: int, measure: Callable[[T], float], what: T) -> Row:
    """The figure of so many rounds of a measurement."""
    return figure(name, meaning, unit, [measure(what) for _ in range(rounds)])


def figure(name: str, meaning: str, unit: str, values: list[float]) -> Row:
    """The figure of rounds that have been measured."""
    return Row(name, meaning, unit, statistics.median(values), min(values), max(values))
