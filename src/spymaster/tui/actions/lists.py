"""What the cockpit's keys do in the list that is selected: levels, or alerts."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final

from spymaster.view.levels.listing import next_order, next_which
from spymaster.view.state import ListOrder, ListWhich, ViewState

_ORDER_WORDS: Final[dict[ListOrder, str]] = {
    "nearest": "distance",
    "strongest": "score, furthest from 50 first",
    "kind": "kind, your own first",
}
_WHICH_WORDS: Final[dict[ListWhich, str]] = {
    "all": "every level",
    "judged": "levels with a score",
    "signalling": "levels with a signal",
}


class ListActions:
    """The part of the cockpit that moves in lists; the cockpit itself keeps view and panels."""

    _view: ViewState

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a sentence for a few seconds."""

    def moves_cursor(self, by: int | None) -> bool:
        """Whether the key moved something else by so many rows instead; None: to where it begins."""
        return False

    @abstractmethod
    def _change(self, **changes: Any) -> None: ...

    @abstractmethod
    def _alert_ids(self) -> tuple[str, ...]: ...

    @abstractmethod
    def _level_ids(self) -> tuple[str, ...]: ...

    def _listed(self) -> tuple[bool, tuple[str, ...]]:
        alerts = self._view.panel == "alerts"
        return alerts, self._alert_ids() if alerts else self._level_ids()

    def _move_in_list(self, index: int | None, by: int = 0) -> None:
        alerts, ids = self._listed()
        if not ids:
            return
        picked = self._view.picked_alert if alerts else self._view.picked
        if index is None:
            index = min(max(ids.index(picked) + by, 0), len(ids) - 1) if picked in ids else (0 if by > 0 else -1)
        self._change(**{"picked_alert" if alerts else "picked": ids[index]})

    def action_list_down(self) -> None:
        """Next row; in practice, a lower price."""
        if not self.moves_cursor(-1):
            self._move_in_list(None, +1)

    def action_list_up(self) -> None:
        """Previous row; in practice, a higher price."""
        if not self.moves_cursor(+1):
            self._move_in_list(None, -1)

    def action_list_first(self) -> None:
        """First row; in practice, the last price."""
        if not self.moves_cursor(None):
            self._move_in_list(0)

    def action_list_last(self) -> None:
        """Last row."""
        self._move_in_list(-1)

    def action_list_order(self) -> None:
        """Another order of the level table."""
        self._change(list_order=next_order(self._view.list_order))
        self.say(f"levels by {_ORDER_WORDS[self._view.list_order]}")

    def action_list_which(self) -> None:
        """Another choice of levels in the table."""
        self._change(list_which=next_which(self._view.list_which))
        self.say(f"listed: {_WHICH_WORDS[self._view.list_which]}")
