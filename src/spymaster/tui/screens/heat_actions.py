"""What the cockpit does about its heatmap: how much of price and time a cell stands for, and which layers are drawn."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Any, Final

from spymaster.tui.steps import neighbour
from spymaster.view.state import ViewState

_ZOOMS: Final = (1, 2, 4)
_SECONDS: Final = (1, 2, 4)


class HeatActions:
    """The part of the cockpit that changes its heatmap; the cockpit itself keeps what was chosen."""

    _view: ViewState

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
