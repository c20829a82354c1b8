"""Tests as columns while snaps go by."""

from __future__ import annotations

import numpy as np

from spymaster.ledger.follow import LevelTests, SnapRows
from spymaster.ledger.table import columns_of
from spymaster.signals.columns import Columns


class TestColumns:
    """Makes the rows as snaps go by. ``tick_points``: the future's tick; ``user_ids``: in the order of the CONFIG."""

    __test__ = False

    def __init__(self, tick_points: float, user_ids: tuple[str, ...]) -> None:
        self._tests = LevelTests(tick_points)
        self._user_ids = user_ids
        self._changes_ns: list[int] = []

    def at_change(self, from_ns: int) -> None:
        """Snaps from this moment on are of another contract: tests that are open then end UNKNOWN."""
        self._changes_ns.append(from_ns)

    def columns(self, block: SnapRows) -> Columns:
        """The tests decided in a block."""
        decided = []
        if self._changes_ns and block.snaps["t_ns"][0] >= self._changes_ns[0]:
            self._changes_ns.pop(0)
            decided.append(self._tests.finish())
        decided.append(self._tests.on_block(block))
        return columns_of(np.concatenate(decided), self._user_ids)

    def rest(self) -> Columns:
        """Those that are open, as UNKNOWN."""
        return columns_of(self._tests.finish(), self._user_ids)
