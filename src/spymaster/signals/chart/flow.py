"""Option flow over time: what customers did in calls and puts, above and below spot."""

from __future__ import annotations

from typing import Final

import numpy as np

from spymaster.market.kinds import NS_PER_S

FLOW_METRICS: Final = ("premium", "delta", "gamma")
FLOW_GROUPS: Final = ("calls_above", "calls_below", "puts_above", "puts_below")

FLOW_SPAN: Final = np.dtype(
    [
        ("t_ns", "<i8"),
        ("spot", "<f8"),
        *((f"{group}_{metric}", "<f8") for metric in FLOW_METRICS for group in FLOW_GROUPS),
    ]
)
"""What customers did in options during ``FLOW_SPAN_NS`` from ``t_ns`` on, calls and puts apart, of strikes at or above
spot and below it at the time. ``premium``: currency that changed hands; ``delta``: ES contracts they took over;
``gamma``: ES contracts a point; ``spot``: at the span's end."""

FLOW_SPAN_NS: Final = 5 * NS_PER_S
FLOW_SPANS: Final = 1440
"""Two hours."""
