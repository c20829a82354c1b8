"""Which levels the table lists, and in which order: one price one row, filtered and sorted as the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from spymaster.market.levels import LevelKind
from spymaster.view.levels.items import LevelItem
from spymaster.view.state import ORDERS, WHICH, ListOrder, ListWhich

_NAME_CELLS: Final = 9


def listed_levels(
    items: Sequence[LevelItem], order: ListOrder, which: ListWhich, picked: str | None
) -> tuple[LevelItem, ...]:
    """The rows of the table. ``items``: nearest first; ``picked``: the level that speaks for its price.

    Levels of one price share a row, which is named after the one that is picked, signals or has a name of its own, and
    says how many others stand there.
    """
    rows = _one_row_each(items, picked)
    if which == "judged":
        rows = [item for item in rows if item.seen]
    elif which == "signalling":
        rows = [item for item in rows if item.signalling]
    if order == "strongest":
        rows.sort(key=lambda item: -abs(item.score - 50.0) if item.seen else 1.0)
    elif order == "kind":
        rows.sort(key=lambda item: (_FAMILIES[item.role], -item.price))
    return tuple(rows)


_FAMILIES: Final = {role: place for place, role in enumerate(dict.fromkeys(kind.role for kind in LevelKind))}
"""The user's own levels first, then the families in the order of the kinds."""


def _one_row_each(items: Sequence[LevelItem], picked: str | None) -> list[LevelItem]:
    together: dict[tuple[int, str], list[LevelItem]] = {}
    for item in items:
        together.setdefault((item.tick, f"{item.price:.2f}"), []).append(item)
    return [_spoken_for(group, picked) for group in together.values()]


def _spoken_for(group: list[LevelItem], picked: str | None) -> LevelItem:
    if len(group) == 1:
        return group[0]
    lead = min(group, key=lambda item: (item.id != picked, not item.signalling, item.role == LevelKind.ROUND.role))
    more = f"+{len(group) - 1}"
    name = lead.name if len(lead.name) + len(more) <= _NAME_CELLS else lead.short
    return replace(lead, name=name[: _NAME_CELLS - len(more)] + more)


def next_order(order: ListOrder) -> ListOrder:
    """The order after this one, round and round."""
    return ORDERS[(ORDERS.index(order) + 1) % len(ORDERS)]


def next_which(which: ListWhich) -> ListWhich:
    """The choice of levels after this one, round and round."""
    return WHICH[(WHICH.index(which) + 1) % len(WHICH)]
