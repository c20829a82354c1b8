"""What is said of the holes in a source: times without a word of the future, which an engine passes over."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.sessions import et_stamp
from spymaster.physics.engine import Engine
from spymaster.physics.time.clock import SILENCE_NS

_MINUTES: Final = SILENCE_NS // 60_000_000_000


def hole_lines(engine: Engine) -> tuple[str, ...]:
    """A line for each hole the engine passed over, the latest where there are many, and one for all before them."""
    if engine.config is None:
        return ()
    symbol = engine.config.instrument.symbol
    state = engine.state
    total = engine.counters()["holes"]
    ring = state["clock"]["hole"][0]
    slots = np.arange(max(total - len(ring), 0), total) % len(ring)
    lines = []
    if total > len(ring):
        lines.append(f"{total - len(ring):,} earlier holes without a record of {symbol} were passed over")
    for hole in ring[slots]:
        span = f"between {et_stamp(int(hole['from_ns']))} and {et_stamp(int(hole['to_ns']))}"
        lines.append(f"no record of {symbol} {span}: after {_MINUTES} minutes of open market nothing was computed")
    clock = state["clock"][0]
    if clock["hole_ns"]:
        since = et_stamp(int(clock["hole_ns"]))
        lines.append(
            f"no record of {symbol} after {since}: after {_MINUTES} minutes of open market nothing was computed"
        )
    return tuple(lines)
