"""Tests of levels of a run that is written down, as its snaps are published."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from spymaster.ledger.rows import NO_TESTS
from spymaster.market.frames import ConfigFrame
from spymaster.market.kinds import PRICE_SCALE

if TYPE_CHECKING:
    from spymaster.ledger.follow import LevelTests
    from spymaster.physics.engine import SnapBlock

_log = logging.getLogger(__name__)


class RunTests:
    """Follows the snaps of one run.

    ``may_compile``: False where a market goes on meanwhile, which nothing may keep waiting: where the kernels are not
    there the run is written down without its tests, which is logged, and ``lake rebuild-gold`` makes them.
    """

    def __init__(self, *, may_compile: bool) -> None:
        self._may_compile = may_compile
        self._tick_points = 0.0
        self._tests: LevelTests | None = None
        self._is_off = False

    def configure(self, config: ConfigFrame) -> None:
        """What is traded, before its first snap."""
        self._tick_points = self._tick_points or config.instrument.tick_e9 / PRICE_SCALE

    def on_block(self, block: SnapBlock) -> NDArray[Any]:
        """TEST rows that were decided in a block, a copy."""
        if not len(block.snaps) or self._is_off:
            return NO_TESTS
        if self._tests is None and not self._begin():
            return NO_TESTS
        assert self._tests is not None
        return self._tests.on_block(block)

    def rest(self) -> NDArray[Any]:
        """Those that are open, as UNKNOWN: another contract, or the end."""
        return NO_TESTS if self._tests is None else self._tests.finish()

    def _begin(self) -> bool:
        # imported with the first snap, when an engine is there: a run without one needs no kernel
        from spymaster.ledger.follow import LevelTests, are_ready

        if not self._may_compile and not are_ready():
            self._is_off = True
            _log.warning("tests of levels are not written down: run 'warmup'; 'lake rebuild-gold' makes them later")
            return False
        self._tests = LevelTests(self._tick_points)
        return True
