"""Alerts on the candles they were raised at: what was said, which way, and where price went.

Above a bar stands what expected price to rise, below it what expected it to fall; beside the signal's own mark an arrow
the way price went first, in the signal's colour where that was the way it said, a point where it went neither way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from numpy.typing import NDArray

from spymaster.signals.frame import AlertView
from spymaster.view.chart.columns import NO_BAR, Columns
from spymaster.view.chart.look import Look
from spymaster.view.drawing.cells import Line, Run
from spymaster.view.drawing.glyphs import SIGNAL_ROLES, Glyphs
from spymaster.view.edges.alerts import SIGNAL_CODES
from spymaster.view.market.candles import PriceScale

MOST: Final = 3
"""Alerts of one bar and way that are drawn; of more there is a number instead of the last."""
_PAIR: Final = 3
"""Cells of a bar from which mark and arrow stand side by side."""


def put_alerts(
    lines: Sequence[Line],
    alerts: Sequence[AlertView],
    view: NDArray[Any],
    columns: Columns,
    x: int,
    scale: PriceScale,
    look: Look,
) -> None:
    """Mark alerts. ``view``: the bars of ``columns``, the first of which begins at cell ``x``."""
    together: dict[tuple[int, bool], list[AlertView]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: -alert.t_ns):
        at = columns.column_at(alert.t_ns)
        if at >= 0 and columns.bar[at] != NO_BAR:
            together[at, alert.way >= 0].append(alert)
    for (at, above), group in together.items():
        bar = view[columns.bar[at]]
        row = scale.row_of(float(bar["high"] if above else bar["low"]))
        middle = x + at * look.each + (max(look.each - 1, 1) - 1) // 2
        shown = group if len(group) <= MOST else group[: MOST - 1]
        for alert in shown:
            for part in _cells(alert, look.glyphs, look.each >= _PAIR):
                row += -1 if above else 1
                if 0 <= row < len(lines):
                    lines[row].runs(middle, part)
        row += -1 if above else 1
        if len(group) > MOST and 0 <= row < len(lines):
            lines[row].put(middle, f"{min(len(group) - len(shown), 9)}", "muted")


def mark_of(alert: AlertView, glyphs: Glyphs) -> Run:
    """The signal's own character in its colour."""
    code = SIGNAL_CODES.get(alert.signal.upper(), 0)
    if alert.in_window:
        return (glyphs.signals[code], f"{SIGNAL_ROLES[code]}*")
    return (glyphs.hushed or glyphs.signals[code], "muted")


def outcome_of(alert: AlertView, glyphs: Glyphs) -> Run:
    """What became of it in one cell; a blank while that is not known."""
    if alert.went:
        right = alert.went == alert.way
        role = SIGNAL_ROLES[SIGNAL_CODES.get(alert.signal.upper(), 0)] if right and alert.in_window else "muted"
        return (glyphs.up if alert.went > 0 else glyphs.down, role)
    return (glyphs.dot if alert.settled else " ", "muted")


def _cells(alert: AlertView, glyphs: Glyphs, pair: bool) -> list[list[Run]]:
    """The runs of one alert, from the bar outwards, a row each."""
    mark, outcome = mark_of(alert, glyphs), outcome_of(alert, glyphs)
    if pair:
        return [[mark, outcome]]
    return [[mark]] if outcome[0] == " " else [[mark], [outcome]]
