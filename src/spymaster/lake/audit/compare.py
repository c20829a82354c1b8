"""Two accounts of the same ten minutes held against each other, as often as each record is in either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spymaster.lake.audit.report import What

_IDENTITIES: Final = (
    ("instrument", "received_ns", "sequence"),
    ("instrument", "event_ns", "sequence"),
    ("instrument", "received_ns"),
)
"""What two records have in common that are one in two versions, the surest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The differences: ``rows`` by what they are; of the changed ones the vendor's, and ``lived`` the lived ones."""

    rows: dict[What, NDArray[Any]] = field(default_factory=dict)
    lived: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Places of the lived versions of what changed, in the order of the vendor's."""


def compared(lived: NDArray[Any], vendor: NDArray[Any], gaps: Sequence[tuple[int, int]]) -> Found:
    """Hold two accounts (SUMMARY) against each other. ``gaps``: spans of time of which the run says it has nothing.

    A record that was fetched later and lived too is no difference: fetching takes a little more than the hole.
    """
    contents, places = np.unique(np.concatenate([lived["content"], vendor["content"]]), return_inverse=True)
    of_lived, of_vendor = places[: len(lived)], places[len(lived) :]
    size = len(contents)
    on_time = ~lived["late"]
    live, late, theirs = (
        np.bincount(which, minlength=size) for which in (of_lived[on_time], of_lived[~on_time], of_vendor)
    )
    fetched = np.minimum(late, np.maximum(theirs - live, 0))
    rank = _ranks(of_vendor)
    missing = vendor[rank >= (live + fetched)[of_vendor]]
    came_late = vendor[(rank >= live[of_vendor]) & (rank < (live + fetched)[of_vendor])]
    lived_rank = _ranks(of_lived * 2 + lived["late"])
    surplus = on_time & (lived_rank >= theirs[of_lived])
    strange = lived[(surplus | ~on_time) & (theirs[of_lived] == 0)]
    doubled = lived[surplus & (theirs[of_lived] > 0)]
    theirs_changed, ours_changed = _pairs(missing, strange)
    changed, lived_places = missing[theirs_changed], strange["place"][ours_changed]
    missing = np.delete(missing, theirs_changed)
    in_gap = np.zeros(len(missing), np.bool_)
    for begin_ns, end_ns in gaps:
        in_gap |= (missing["received_ns"] >= begin_ns) & (missing["received_ns"] <= end_ns)
    rows = {
        What.MISSED: missing[~in_gap],
        What.IN_GAP: missing[in_gap],
        What.LATE: came_late,
        What.DOUBLED: doubled,
        What.CHANGED: changed,
        What.UNKNOWN: np.delete(strange, ours_changed),
    }
    return Found({what: some for what, some in rows.items() if len(some)}, lived_places)


def _pairs(some: NDArray[Any], others: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that are the same record in two versions: where they are among ``some`` and among ``others``."""
    left, right = np.arange(len(some)), np.arange(len(others))
    found: list[tuple[NDArray[Any], NDArray[Any]]] = [(left[:0], right[:0])]
    for names in _IDENTITIES:
        _, one, other = np.intersect1d(
            _keys(some[left], names), _keys(others[right], names), assume_unique=True, return_indices=True
        )
        found.append((left[one], right[other]))
        left, right = np.delete(left, one), np.delete(right, other)
    pairs = tuple(np.concatenate(part) for part in zip(*found, strict=True))
    return pairs[0], pairs[1]


def _keys(rows: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
    """An identity of each row as bytes; of several with the same, each has its number."""
    columns = np.stack([rows[name] for name in names], axis=-1) if len(rows) else np.zeros((0, len(names)), np.int64)
    groups = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1) if len(rows) else np.zeros(0, np.int64)
    numbered = np.ascontiguousarray(np.column_stack([columns, _ranks(groups)]))
    return numbered.view(f"V{numbered.dtype.itemsize * numbered.shape[1]}").reshape(-1)


def _ranks(groups: NDArray[Any]) -> NDArray[np.int64]:
    """The how manyth of its group each one is, from 0."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(starts, append=len(groups)))
    return ranks


def by_minute(found: Found) -> Iterator[tuple[int, What, int]]:
    """(beginning of the minute, what, how many)."""
    minute_ns = 60_000_000_000
    for what, rows in found.rows.items():
        minutes, counts = np.unique(rows["received_ns"] // minute_ns, return_counts=True)
        for minute, count in zip(minutes.tolist(), counts.tolist(), strict=True):
            yield minute * minute_ns, what, count
