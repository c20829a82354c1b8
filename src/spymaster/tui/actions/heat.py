"""What the cockpit does about its heatmap: how much of price and time a cell stands for, and which layers are drawn."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Any, Final

from spymaster.tui.cockpit_layout import CockpitPanels
from spymaster.tui.steps import neighbour
from spymaster.view.market.heat_scale import stepped
from spymaster.view.state import ViewState

_ZOOMS: Final = (1, 2, 4)
_SECONDS: Final = (1, 2, 4)


class HeatActions:
    """The part of the cockpit that changes its heatmap; the cockpit itself keeps what was chosen."""

    _view: ViewState
    _panels: CockpitPanels

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    @abstractmethod
    def _change(self, **changes: Any) -> None: ...

    def action_zoom_in(self) -> None:
        """Fewer ticks per row."""
        self._change(zoom=neighbour(_ZOOMS, self._view.zoom, -1))

    def action_zoom_out(self) -> None:
        """More ticks per row."""
        self._change(zoom=neighbour(_ZOOMS, self._view.zoom, +1))

    def action_seconds_less(self) -> None:
        """Fewer seconds per heatmap column."""
        self._change(seconds_per_column=neighbour(_SECONDS, self._view.seconds_per_column, -1))

    def action_seconds_more(self) -> None:
        """More seconds per heatmap column."""
        self._change(seconds_per_column=neighbour(_SECONDS, self._view.seconds_per_column, +1))

    def action_layer_liquidity(self) -> None:
        """Liquidity in the heatmap on or off."""
        layers = self._view.layers
        self._change(layers=dataclasses.replace(layers, liquidity=not layers.liquidity))

    def action_layer_states(self) -> None:
        """Barrier states in the heatmap on or off."""
        layers = self._view.layers
        self._change(layers=dataclasses.replace(layers, states=not layers.states))

    def action_layer_fate(self) -> None:
        """What became of resting liquidity: pulled, eaten, refilled."""
        layers = self._view.layers
        self._change(layers=dataclasses.replace(layers, fate=not layers.fate))

    def action_contrast_more(self) -> None:
        """Brighter: the scale ends at fewer contracts."""
        self._top(up=False)

    def action_contrast_less(self) -> None:
        """Darker: the scale ends at more contracts."""
        self._top(up=True)

    def _top(self, *, up: bool) -> None:
        top = self._view.heat_top or self._panels.heat_top
        if top:
            self._change(heat_top=stepped(top, up))
            self.say(f"the heatmap's scale ends at {self._view.heat_top} contracts, chosen by hand")

    def action_contrast_auto(self) -> None:
        """The scale follows what is visible again."""
        self._change(heat_top=0)
        self.say("the heatmap's scale follows what is visible")
