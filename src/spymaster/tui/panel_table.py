"""The table of the cockpit's panels: what paints each, how often, and what it belongs to.

To add a panel: a line here, its cells in ``view.layout``, its rows in a module of ``view`` and the call of it in
``view.cockpit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from spymaster.tui.widgets.base import RowWidget
from spymaster.tui.widgets.card import CardBox
from spymaster.tui.widgets.header import HeaderCut, TrustCut
from spymaster.tui.widgets.lines import PlainRows, TimeBarRow
from spymaster.tui.widgets.panels.alerts import Alerts
from spymaster.tui.widgets.panels.heat import HeatBand, HeatHead, TimeAxis
from spymaster.tui.widgets.panels.ladder import LadderCut
from spymaster.tui.widgets.panels.levels import LevelsCut
from spymaster.tui.widgets.panels.rail import Rail
from spymaster.tui.widgets.panels.side import SideColumn
from spymaster.tui.widgets.panels.tape import Tape

MAX_BANDS: Final = 25
"""At most this many bands make up the heatmap."""
HEAT: Final = "heat"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. ``widget``: paints its rows. ``every_s``: shortest time between two repaints, 0 for every frame.

    ``group``: what one jumps to when one jumps to it, empty for what one cannot jump to. ``spared``: repainted rarely
    on a line that is too slow for more than rows.
    """

    name: str
    widget: type[RowWidget]
    every_s: float = 0.0
    group: str = ""
    spared: bool = False


_ROWS: Final[tuple[Panel, ...]] = (
    Panel("header_left", HeaderCut),
    Panel("header_right", HeaderCut, 1.0),
    Panel("trust_left", TrustCut, 1.0),
    Panel("trust_right", TrustCut, 1.0),
    Panel("heat_head", HeatHead, spared=True),
    *(Panel(f"heat_{index}", HeatBand, group=HEAT) for index in range(MAX_BANDS)),
    Panel("time_axis", TimeAxis, spared=True),
    Panel("rail_head", Rail, 1.0),
    Panel("rail", Rail, group="rail"),
    Panel("rail_foot", Rail, 1.0),
    Panel("ladder_head", LadderCut),
    Panel("flow_bid", LadderCut, 0.5, "ladder"),
    Panel("bid", LadderCut, group="ladder"),
    Panel("price", LadderCut, group="ladder"),
    Panel("ask", LadderCut, group="ladder"),
    Panel("flow_ask", LadderCut, 0.5, "ladder"),
    Panel("volume", LadderCut, 0.5, "ladder"),
    Panel("ladder_foot", LadderCut, 1.0),
    Panel("side", SideColumn, 1.0, "side", spared=True),
    Panel("rule", PlainRows),
    Panel("levels_head", LevelsCut),
    Panel("levels_left", LevelsCut, 0.5, "levels"),
    Panel("levels_right", LevelsCut, 0.5, "levels"),
    Panel("alerts", Alerts, group="alerts"),
    Panel("tape", Tape, group="tape", spared=True),
    Panel("note", PlainRows),
    Panel("time_bar", TimeBarRow),
    Panel("footer", PlainRows),
    Panel("tiny", PlainRows),
    Panel("card", CardBox),
)

PANELS: Final[Mapping[str, Panel]] = MappingProxyType({panel.name: panel for panel in _ROWS})
"""All panels by name, in the order they are composed."""

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {"levels": "l", "alerts": "a", "ladder": "d", HEAT: "h", "rail": "r", "side": "s", "tape": "t"}
)
"""What one can jump to, in the order Tab visits it, and its letter, which stays the same at every size."""


def of_group(group: str) -> tuple[Panel, ...]:
    """The panels one jumps to by this word; none for a word that is no group."""
    return tuple(panel for panel in _ROWS if group and panel.group == group)
