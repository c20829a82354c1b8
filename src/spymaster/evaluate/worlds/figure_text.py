"""Figures as text: tables of them, each with its interval and what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spymaster.evaluate.worlds.pool import Figure


def figure_table(head: list[str], columns: list[list[Figure]], *, with_aims: bool = False) -> list[str]:
    """Figures of several columns, a line each."""
    rows = []
    for same in zip(*columns, strict=False):
        row = [same[0].name, *(with_interval(figure) for figure in same)]
        rows.append([*row, same[0].aim] if with_aims else row)
    return ["", *aligned([head, *rows])]


def with_interval(figure: Figure) -> str:
    if figure.value is None:
        return f"- (of {figure.of:,})"
    ends = (
        ""
        if figure.low is None and figure.high is None
        else f" [{_end(figure, figure.low)}, {_end(figure, figure.high)}]"
    )
    return f"{figure_value(figure)}{ends} of {figure.of:,}"


def figure_value(figure: Figure) -> str:
    return _end(figure, figure.value)


def _end(figure: Figure, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if figure.is_share else f"{value:.2f}"


def aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows of equal length as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(w) if k else cell.ljust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
