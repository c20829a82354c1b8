"""An alert of one's own rule, as rules raise them."""

from __future__ import annotations

import msgspec

from spymaster.alerts.standing import RuleAlert

_USUAL = RuleAlert(
    id="",
    rule="near",
    t_ns=0,
    level_id="VWAP",
    kind="VWAP",
    price=687.25,
    distance=0.5,
    direction="SUPPORT",
    state="WALL",
    signal="NEUTRAL",
    score=61.5,
    confidence="LOW",
    says="wall, score 62, 0.50 away",
)


def own_alert(t_ns: int, rule: str = "near", **changes: object) -> RuleAlert:
    """One of VWAP at 687.25, on, with these changes."""
    return msgspec.structs.replace(_USUAL, id=f"{rule}:{t_ns}", t_ns=t_ns, rule=rule, **changes)
