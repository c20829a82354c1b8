"""The published messages ``alerts``: what happened to a level's signal, as it happens.

Units and nulls are those of ``signals.structs``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Struct

from spymaster.signals.from_row import Column
from spymaster.signals.structs import ProfileName
from spymaster.signals.words import ConfidenceWord, DirectionWord, FirstWord, KindWord, SignalWord, StateWord

ALERTS_VERSION: Final[Literal[3]] = 3


class Outcome(Struct, frozen=True, gc=False):
    """What became of an alert: the mid beyond the level, in ES points towards the break, so long after it was raised.

    ``first``: whether price was first a given way beyond the level or as far back from it, null while neither came
    within 240 s, and where snaps were missing; ``first_s``: how long after. What is not known yet is null.
    """

    after_30s: Annotated[float | None, Column("outcome_30s")]
    after_120s: Annotated[float | None, Column("outcome_120s")]
    after_240s: Annotated[float | None, Column("outcome_240s")]
    first: FirstWord | None
    first_s: Annotated[float | None, Column("outcome_first_s")]


class Alert(Struct, frozen=True, gc=False, kw_only=True, tag_field="event"):
    """What happened to a level's signal at ``ts_event_ns``.

    ``id`` stays the same from raised to resolved. The numbers are those of the level at that snap, null where it had
    none; ``raised_score`` is the one it was raised with and ``peak_score`` the furthest since: the highest, and of a
    REJECT, whose scores are low, the lowest. ``reason``: one plain sentence.
    """

    version: Literal[3]
    id: str
    ts: int
    ts_event_ns: Annotated[int, Column("t_ns")]
    raised_ts_event_ns: Annotated[int, Column("raised_ns")]
    profile: ProfileName
    level: str
    kind: KindWord
    price: float
    direction: DirectionWord
    signal: SignalWord
    confidence: Annotated[ConfidenceWord, Column("confidence_label")]
    in_window: bool
    score: float | None
    raised_score: float
    peak_score: float
    barrier_state: StateWord
    delta_liq: float | None
    added: int | None
    pulled: int | None
    filled: int | None
    window_s: float | None
    reason: str
    outcome: Outcome | None


class AlertRaised(Alert, frozen=True, gc=False, kw_only=True, tag="raised"):
    """A signal began."""


class AlertUpdated(Alert, frozen=True, gc=False, kw_only=True, tag="updated"):
    """A signal that is on says more than before, or 30, 120 and 240 s after it was raised its outcome is known."""


class AlertResolved(Alert, frozen=True, gc=False, kw_only=True, tag="resolved"):
    """A signal ended."""


AlertMessage = AlertRaised | AlertUpdated | AlertResolved
