"""A column of sections: as much of each as fits, the least important given up first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spymaster.view.drawing.cells import Row, Rows, blank


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a column. ``variants``: its rows from the fullest to the shortest. ``rank``: what is needed least has
    the highest; ``least``: the rank of the shortest variant, None for the same. ``joined``: it belongs to the section
    above it."""

    rank: int
    variants: tuple[Rows, ...]
    least: int | None = None
    joined: bool = False

    def rank_of(self, variant: int) -> int:
        """How little is lost without this variant."""
        last = variant == len(self.variants) - 1
        return self.least if last and self.least is not None else self.rank


def column_rows(sections: Sequence[Section], width: int, height: int) -> Rows:
    """The sections one below the other in exactly ``height`` rows: shortened and left out until they fit, with a blank
    row before each from the top on while there is room."""
    chosen = [0] * len(sections)
    while True:
        shown = [
            (section.variants[at], section.joined)
            for section, at in zip(sections, chosen, strict=True)
            if at < len(section.variants)
        ]
        spare = height - sum(len(rows) for rows, _ in shown)
        if spare >= 0 or not shown:
            break
        left = [index for index, section in enumerate(sections) if chosen[index] < len(section.variants)]
        chosen[max(left, key=lambda index: (sections[index].rank_of(chosen[index]), index))] += 1
    out: list[Row] = []
    for rows, joined in shown:
        if out and not joined and spare > 0:
            out.append(blank(width))
            spare -= 1
        out += rows
    return tuple(out + [blank(width)] * (height - len(out)))
