"""The published messages: ``levels.signals`` at every snap and ``alerts`` as they happen.

Prices, distances and bands are in the profile's unit (SPY dollars or ES points); sizes and flows are ES contracts in
both profiles; times are ns UTC except ``ts``, which is ms. A value that may be absent is typed optional and then null;
every other field always has a value. A change of either layout raises its version.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from spymaster.signals.words import (
    ConfidenceWord,
    DirectionWord,
    KindWord,
    SignalWord,
    StateWord,
    SweepWord,
    TagWord,
    TrustWord,
)

SIGNALS_VERSION: Final[Literal[1]] = 1
ALERTS_VERSION: Final[Literal[1]] = 1

ProfileName = Literal["spy", "es"]


class Quote(Struct, frozen=True, gc=False):
    """The price everything is measured from, and the best bid and ask."""

    spot: float | None
    bid: float | None
    ask: float | None


class InputState(Struct, frozen=True, gc=False):
    """Whether one input may be believed. ``reason``: why it is not GREEN, in words."""

    state: TrustWord
    reason: str | None


class InputStates(Struct, frozen=True, gc=False):
    """Trust in each input."""

    depth: InputState
    tape: InputState
    options: InputState
    equity: InputState


class Context(Struct, frozen=True, gc=False):
    """Where in the day the snap lies. ``minutes_since_open``: of 09:30 ET, null on a day without regular hours."""

    minutes_since_open: float | None
    first_15m: bool
    in_window: bool


class Attribution(Struct, frozen=True, gc=False):
    """Each force's share of the smoothed score - 50, in points; null for a missing force."""

    barrier: float | None
    tape: float | None
    fuel: float | None


class Approach(Struct, frozen=True, gc=False):
    """How price came to the level."""

    velocity: float
    bars: int
    distance: float
    prior_touches: int


class Probabilities(Struct, frozen=True, gc=False, rename="upper"):
    """Soft probability of each barrier state; they add up to 1."""

    vacuum: float
    consumed: float
    weak: float
    neutral: float
    absorption: float
    wall: float


class DefendingQuote(Struct, frozen=True, gc=False):
    """The defenders' quote nearest the level."""

    price: float
    size: int


class Barrier(Struct, frozen=True, gc=False):
    """What the resting liquidity at the level is doing. State MISSING: out of view, and its numbers null.

    Flows are netted per bucket over ``window_s``; ``delta_liq`` and ``replenishment_ratio`` are smoothed. ``churn``,
    ``hidden_share``, ``visible_fraction``, ``confidence``: 0 to 1. ``time_to_clear_s``: null while not being cleared.
    """

    state: StateWord
    probabilities: Probabilities | None
    delta_liq: float | None
    replenishment_ratio: float | None
    added: int | None
    pulled: int | None
    filled: int | None
    churn: float | None
    depth_in_zone: int | None
    hidden_share: float | None
    defending_quote: DefendingQuote | None
    visible_fraction: float
    confidence: float
    window_s: float
    time_to_clear_s: float | None
    tags: tuple[TagWord, ...]


class Sweep(Struct, frozen=True, gc=False):
    """The latest aggressive order that took several prices in the level's band. ``notional``: currency units.

    ``window_ms``: first print to last, null where the prints share one venue time.
    """

    detected: bool
    direction: SweepWord
    notional: float | None
    prints: int | None
    window_ms: int | None
    volume: int | None
    levels: int | None
    age_s: float | None


class Tape(Struct, frozen=True, gc=False):
    """Aggressive trading in the level's band. ``imbalance``: -1 to 1, + is buying; motion in ES points and seconds."""

    imbalance: float
    buy_vol: int
    sell_vol: int
    velocity: float
    acceleration: float
    sweep: Sweep


class Fuel(Struct, frozen=True, gc=False):
    """What option dealers' hedging would do at the level. ``band``: 90 % bounds of ``hedge_contracts_per_point``."""

    effect: Literal["AMPLIFY", "DAMPEN", "NEUTRAL"]
    hedge_contracts_per_point: float
    band: tuple[float, float]
    gamma_velocity: float | None
    net_dealer_gamma: float | None
    call_wall: float | None
    put_wall: float | None
    gamma_flip: float | None
    convention_dependent: bool


class Obstacle(Struct, frozen=True, gc=False):
    """A level in the way."""

    id: str
    price: float


class Runway(Struct, frozen=True, gc=False):
    """How far price can run beyond the level. ``distance``: to the next obstacle, null without one."""

    direction: Literal["UP", "DOWN"]
    distance: float | None
    next_obstacle: Obstacle | None
    quality: Literal["CLEAR", "OBSTRUCTED"]


class Confluence(Struct, frozen=True, gc=False):
    """Other levels at the same price. ``pressure``: 0 to 1. ``alignment``: -1, 0 or 1 with the trend."""

    count: int
    pressure: float
    alignment: int
    ids: tuple[str, ...]


class LevelSignal(Struct, frozen=True, gc=False):
    """One level. ``break_score_*``: 0 to 100, 50 is no evidence, null without any or beyond the monitor band.

    ``distance``: |level - spot|; ``x``: signed way still to go, negative once price is beyond. Forces and context that
    are not computed are null; ``ofi`` always is in this version.
    """

    id: str
    price: float
    kind: KindWord
    direction: DirectionWord
    distance: float
    x: float
    break_score_raw: float | None
    break_score_smooth: float | None
    signal: SignalWord
    confidence: ConfidenceWord
    attribution: Attribution
    approach: Approach | None
    barrier: Barrier
    tape: Tape
    fuel: Fuel | None
    ofi: None
    runway: Runway | None
    confluence: Confluence | None
    note: str


class LevelSignals(Struct, frozen=True, gc=False, kw_only=True):
    """``levels.signals``: the state of every published level at T = ``ts_event_ns``, nearest first.

    ``as_of_ns``: time of the last record it rests on. Exactly one of ``spy`` and ``es`` is there, by profile.
    """

    version: Literal[1]
    ts: int
    ts_event_ns: int
    as_of_ns: int
    profile: ProfileName
    spy: Quote | UnsetType = UNSET
    es: Quote | UnsetType = UNSET
    trust: InputStates
    context: Context
    levels: tuple[LevelSignal, ...]


class Alert(Struct, frozen=True, gc=False, kw_only=True, tag_field="event"):
    """What happened to a level's signal at ``ts_event_ns``.

    ``id`` stays the same from raised to resolved. The numbers are those of the level at that snap, null where it had
    none. ``reason``: one plain sentence.
    """

    version: Literal[1]
    id: str
    ts: int
    ts_event_ns: int
    raised_ts_event_ns: int
    profile: ProfileName
    level: str
    kind: KindWord
    price: float
    direction: DirectionWord
    signal: SignalWord
    confidence: ConfidenceWord
    in_window: bool
    score: float | None
    barrier_state: StateWord
    delta_liq: float | None
    added: int | None
    pulled: int | None
    filled: int | None
    window_s: float | None
    reason: str


class AlertRaised(Alert, frozen=True, gc=False, kw_only=True, tag="raised"):
    """A signal began."""


class AlertUpdated(Alert, frozen=True, gc=False, kw_only=True, tag="updated"):
    """A signal that is on says more than before."""


class AlertResolved(Alert, frozen=True, gc=False, kw_only=True, tag="resolved"):
    """A signal ended."""


AlertMessage = AlertRaised | AlertUpdated | AlertResolved
