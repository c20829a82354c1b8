"""The price axis: every level's state or signal, price and name on its own row, and where the price is now.

Levels whose prices fall on one row share it: the foremost is written first, the others after it as far as there is
room, and how many are left is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spymaster.view.chart.look import Look, axis_width
from spymaster.view.chart.profile import ROLE
from spymaster.view.drawing.cells import Line, clip
from spymaster.view.drawing.glyphs import SIGNAL_ROLES, STATE_ROLES
from spymaster.view.drawing.numbers import price
from spymaster.view.levels.items import LevelItem
from spymaster.view.market.candles import PriceScale

_NAMED: Final = 18
"""Cells of the axis from which levels are named."""
_ROLES: Final = ("level_user", "level_wall", "level_range", "level_average", "level_strike")
"""Which of the levels on one row is written first, after one that is picked or signals."""


@dataclass(frozen=True, slots=True)
class Label:
    """A price with a name. ``item``: the level it is of, None for the profile's own."""

    price: float
    name: str
    short: str
    role: str
    item: LevelItem | None = None


def labels_of(items: Sequence[LevelItem], area: tuple[float, float, float] | None) -> list[Label]:
    """The levels, and of the profile what is no level: POC, VAH and VAL are none unless they are watched."""
    out = [Label(item.price, item.name, item.short, item.role, item) for item in items]
    known = {label.name.lstrip("=") for label in out}
    for name, value in zip(("VAH", "POC", "VAL"), area or (), strict=False):
        if name not in known:
            out.append(Label(value, name, name, ROLE))
    return out


def put_labels(lines: Sequence[Line], labels: Sequence[Label], last: float, scale: PriceScale, look: Look) -> None:
    """Write the axis. ``last``: the price now."""
    rows: dict[int, list[Label]] = defaultdict(list)
    for label in labels:
        if scale.holds(label.price):
            rows[scale.row_of(label.price)].append(label)
    now = scale.row_of(last) if scale.holds(last) else None
    for row, group in rows.items():
        group.sort(key=lambda label: _rank(label, look.picked))
        _put_row(lines[row], group, last if row == now else None, look)
    if now is not None and now not in rows:
        _put_row(lines[now], [], last, look)
    for above in (True, False):
        row = 0 if above else scale.rows - 1
        if row not in rows and row != now:
            _put_beyond(lines[row], labels, scale, look, above)


def _rank(label: Label, picked: str | None) -> tuple[bool, bool, bool, int]:
    item = label.item
    return (
        item is None or item.id != picked,
        item is None or not item.signalling,
        item is None,
        _ROLES.index(label.role) if label.role in _ROLES else len(_ROLES),
    )


def _put_row(line: Line, group: Sequence[Label], last: float | None, look: Look) -> None:
    x, glyphs = look.axis_x, look.glyphs
    signalling = next((label.item for label in group if label.item is not None and label.item.signalling), None)
    if signalling is not None:
        line.put(x, glyphs.signals[signalling.signal], SIGNAL_ROLES[signalling.signal], bold=True)
    if last is not None:
        line.put(x if signalling is None else x + 1, glyphs.spot, "bright")
        at = line.put(x + 2, price(last), "last_cell_text", bold=True, ground="last_cell")
    else:
        lead = group[0]
        if lead.item is not None and signalling is None:
            line.put(x, glyphs.states[lead.item.state], STATE_ROLES[lead.item.state])
        picked = lead.item is not None and lead.item.id == look.picked
        at = line.put(x + 2, price(lead.price), lead.role, bold=picked)
    if axis_width(look.width) >= _NAMED:
        _put_names(line, at + 1, look.width, group, look)
    elif len(group) > 1:
        line.put(min(at, look.width - 2), f"+{len(group) - 1}", "muted")


def _put_names(line: Line, x: int, end: int, group: Sequence[Label], look: Look) -> None:
    """Names as long as there is room; of the last place a number if there are more."""
    for at, label in enumerate(group):
        left = len(group) - at - 1
        room = end - x - (len(f" +{left}") if left else 0)
        name = label.name if len(label.name) <= room else label.short
        if at and len(name) > room:
            line.put(x, f"+{left + 1}", "muted")
            return
        bold = label.item is not None and label.item.id == look.picked
        x = line.put(x, clip(name, max(room, 1)), label.role, bold=bold) + 1


def _put_beyond(line: Line, labels: Sequence[Label], scale: PriceScale, look: Look, above: bool) -> None:
    """The nearest level off the chart."""
    hidden = [label for label in labels if (label.price > scale.top if above else label.price < scale.bottom)]
    if not hidden:
        return
    label = min(hidden, key=lambda each: abs(each.price - (scale.top if above else scale.bottom)))
    glyphs = look.glyphs
    arrow = glyphs.up if above else glyphs.down
    at = line.runs(look.axis_x, [(f"{arrow} ", "muted"), (price(label.price), "muted")])
    if axis_width(look.width) >= _NAMED:
        room = look.width - at - 1
        line.put(at + 1, label.name if len(label.name) <= room else label.short, label.role)
