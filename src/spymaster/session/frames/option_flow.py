"""What customers did in options over the last minutes, in spans of some seconds: the flow wave's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spymaster.signals.frame import OPTION_FLOW, OPTION_FLOW_NS, OPTION_FLOW_ROWS


class OptionFlow:
    """Adds up each snap's delta flow (``call_delta_flow``, ``put_delta_flow`` of OPTION_SUMMARY) by span."""

    def __init__(self) -> None:
        self._rows: NDArray[Any] = np.zeros(0, OPTION_FLOW)

    def add_snap(self, t_ns: int, options: Any) -> None:
        """Add the flow of the snap at ``t_ns``; absent or no flow adds nothing."""
        calls, puts = (float(options[name]) for name in ("call_delta_flow", "put_delta_flow"))
        if not (calls or puts) or calls != calls or puts != puts:
            return
        begins = t_ns - t_ns % OPTION_FLOW_NS
        if not len(self._rows) or begins > self._rows["t_ns"][-1]:
            oldest = begins - (OPTION_FLOW_ROWS - 1) * OPTION_FLOW_NS
            kept = self._rows[self._rows["t_ns"] >= oldest]
            self._rows = np.concatenate([kept, np.array([(begins, 0.0, 0.0)], OPTION_FLOW)])
        self._rows["calls"][-1] += calls
        self._rows["puts"][-1] += puts

    def rows(self) -> NDArray[Any]:
        """The spans with a flow, oldest first, as a read-only copy."""
        out = self._rows.copy()
        out.flags.writeable = False
        return out

    def snapshot(self) -> bytes:
        """Everything, for ``restore``."""
        return self._rows.tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go on from another's memory. Raises ValueError for anything else."""
        self._rows = np.frombuffer(snapshot, OPTION_FLOW).copy()
