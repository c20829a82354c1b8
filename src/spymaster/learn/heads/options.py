"""What may be chosen where a model is trained, with defaults that keep its file far below two megabytes."""

from __future__ import annotations

from typing import Final

import msgspec

LEAST_ATTEMPTS: Final = 784
"""Resolved attempts from which on a difference of five points is found with a power of 80 %: below, no trees."""
THREADS: Final = 1
"""Nothing of a model may depend on the machine; and several wait for one another where something else runs too."""
SEED: Final = 20_261_130


class TrainOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes and pace of the trees.

    ``trees``, ``leaves``: of each head; the hazard has ``hazard_trees`` for each of its three classes. ``rate``: what a
    tree corrects of what is left. ``least_rows``: in a leaf. ``neighbours``: attempts in the index at most, those of
    the latest sessions; ``compared``: columns they are compared in. ``folds``: of the walk forward; ``ablations``:
    whether models with less are measured beside it.
    """

    trees: int = 120
    hazard_trees: int = 40
    leaves: int = 15
    rate: float = 0.05
    least_rows: int = 40
    neighbours: int = 1500
    compared: int = 24
    folds: int = 3
    ablations: bool = True


def words(options: TrainOptions) -> str:
    """The options of the command that differ from what it does by itself."""
    usual = TrainOptions()
    told = []
    for name in options.__struct_fields__:
        value = getattr(options, name)
        if value == getattr(usual, name):
            continue
        flag = name.replace("_", "-")
        told.append((f"--{flag}" if value else f"--no-{flag}") if isinstance(value, bool) else f"--{flag} {value:g}")
    return "".join(f" {one}" for one in told)
