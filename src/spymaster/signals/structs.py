"""The published message ``levels.signals``, one at every snap; ``alerts`` are in ``signals.alert_structs``.

Prices, distances and bands are in the profile's unit (SPY dollars or ES points); sizes and flows are ES contracts in
both profiles; times are ns UTC except ``ts``, which is ms. A value that may be absent is typed optional and then null;
every other field always has a value. A change of either layout raises its version. A field is the column of its name,
or of the name that stands beside its type; ``signals.parts`` puts the others together.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from spymaster.signals.from_row import Column
from spymaster.signals.words import (
    ConfidenceWord,
    DirectionWord,
    EffectWord,
    KindWord,
    SignalWord,
    StateWord,
    SweepWord,
    TagWord,
    TrustWord,
    WallWord,
)

SIGNALS_VERSION: Final[Literal[5]] = 5

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
    """Where in the day the snap lies, and how lively the market is.

    ``minutes_since_open``: of 09:30 ET, null on a day without regular hours. ``sigma_1m``: ES points per square root of
    a minute; ``atr``: of 14 one-minute bars in the profile's unit, null before the first; ``microprice``: ES points,
    null without a book; ``cvd``: aggressive buys - sells of the session so far, contracts; ``ratio``: ES points per
    unit of the profile; ``unexplained``: share of the book's flows that no record accounts for, last ten seconds.
    """

    minutes_since_open: float | None
    first_15m: bool
    in_window: bool
    sigma_1m: float
    atr: float | None
    microprice: float | None
    cvd: int
    ratio: float
    unexplained: float


class Forces(Struct, frozen=True, gc=False):
    """What each force says for the break, 0 to 100, null where it is left out, and how much it is believed, 0 to 1."""

    barrier: Annotated[float | None, Column("barrier_score")]
    tape: Annotated[float | None, Column("tape_score")]
    fuel: Annotated[float | None, Column("fuel_score")]
    barrier_confidence: Annotated[float, Column("barrier_weight")]
    tape_confidence: Annotated[float, Column("tape_weight")]
    fuel_confidence: Annotated[float, Column("fuel_weight")]


class Attribution(Struct, frozen=True, gc=False):
    """Each force's share of the smoothed score - 50, in points; null for a missing force."""

    barrier: Annotated[float | None, Column("attribution_barrier")]
    tape: Annotated[float | None, Column("attribution_tape")]
    fuel: Annotated[float | None, Column("attribution_fuel")]


class Approach(Struct, frozen=True, gc=False):
    """How price came to the level, by the last ten one-minute closes, and how often it was there.

    ``velocity``: profile units a minute, + is towards the level; ``bars``: latest bars in a row that moved towards it;
    ``distance``: way made over those closes. ``attempt``: number of the latest touch in its cluster, 0 before any; the
    trends compare now with the cluster's first attempt, null before a second one. ``arrival_s``: seconds until the
    level is reached at the present motion, null while it is not being approached.
    """

    velocity: Annotated[float, Column("approach_velocity")]
    bars: Annotated[int, Column("approach_bars")]
    distance: Annotated[float, Column("approach_distance")]
    prior_touches: int
    attempt: int
    arrival_s: float | None
    delta_liq_trend: Annotated[float | None, Column("attempt_delta_trend")]
    replenishment_trend: Annotated[float | None, Column("attempt_replenishment_trend")]
    velocity_trend: Annotated[float | None, Column("attempt_velocity_trend")]
    imbalance_trend: Annotated[float | None, Column("attempt_imbalance_trend")]


class Probabilities(Struct, frozen=True, gc=False, rename="upper"):
    """Soft probability of each barrier state; they add up to 1."""

    vacuum: Annotated[float, Column("p_vacuum")]
    consumed: Annotated[float, Column("p_consumed")]
    weak: Annotated[float, Column("p_weak")]
    neutral: Annotated[float, Column("p_neutral")]
    absorption: Annotated[float, Column("p_absorption")]
    wall: Annotated[float, Column("p_wall")]


class DefendingQuote(Struct, frozen=True, gc=False):
    """The defenders' quote nearest the level."""

    price: Annotated[float, Column("defending_price")]
    size: Annotated[int, Column("defending_size")]


class Iceberg(Struct, frozen=True, gc=False):
    """A price in the zone that shows size again whenever it is hit; apparent, since a depth feed has no order ids.

    ``remaining``: median of what earlier icebergs had left after as much, null while too few have ended.
    """

    executed: Annotated[int, Column("iceberg_executed")]
    peak: Annotated[float, Column("iceberg_peak")]
    remaining: Annotated[float | None, Column("iceberg_remaining")]


class Flows(Struct, frozen=True, gc=False):
    """Net change of the zone's depth and fills over the long window, as far as the level was in sight."""

    window_s: Annotated[float, Column("long_window_s")]
    delta_liq: Annotated[int | None, Column("long_window_delta")]
    filled: Annotated[int | None, Column("long_window_filled")]


class Alarm(Struct, frozen=True, gc=False):
    """A sudden change of the zone's flows and how long ago it began."""

    kind: Literal["STACKING", "PULLING", "FILLING"]
    age_s: float


class Barrier(Struct, frozen=True, gc=False):
    """What the resting liquidity at the level is doing. State MISSING: out of view, and its numbers null.

    Flows are netted per bucket over ``window_s``; ``delta_liq`` and ``replenishment_ratio`` are smoothed. ``churn``,
    ``hidden_share``, ``flicker_share``, ``visible_fraction``, ``confidence``: 0 to 1. ``time_to_clear_s``: null while
    not being cleared. ``refill_half_life_s``: of the recovery from the last shock, null without one in the last minute.
    ``passed``: price is past the level.
    """

    state: Annotated[StateWord, Column("barrier_state")]
    probabilities: Probabilities | None
    delta_liq: float | None
    replenishment_ratio: Annotated[float | None, Column("replenishment")]
    added: int | None
    pulled: int | None
    filled: int | None
    churn: float | None
    depth_in_zone: int | None
    hidden_share: float | None
    defending_quote: DefendingQuote | None
    visible_fraction: float
    confidence: Annotated[float, Column("barrier_confidence")]
    window_s: float
    seen_s: float
    time_to_clear_s: float | None
    flicker_share: float | None
    refill_half_life_s: float | None
    iceberg: Iceberg | None
    alarm: Alarm | None
    long_window: Flows
    tags: tuple[TagWord, ...]
    passed: bool


class Sweep(Struct, frozen=True, gc=False):
    """The latest sweep in the level's band: an order that took several prices, or a cluster of orders of one side.

    ``notional``: currency units. ``window_ms``: first print to last, 0 for a single order.
    """

    detected: bool
    direction: Annotated[SweepWord, Column("sweep_direction")]
    notional: Annotated[float | None, Column("sweep_notional")]
    prints: Annotated[int | None, Column("sweep_prints")]
    window_ms: Annotated[int | None, Column("sweep_window_ms")]
    volume: Annotated[int | None, Column("sweep_volume")]
    levels: Annotated[int | None, Column("sweep_levels")]
    age_s: Annotated[float | None, Column("sweep_age_s")]


class Tape(Struct, frozen=True, gc=False):
    """Aggressive trading in the level's band. ``imbalance``: -1 to 1, + is buying; motion in ES points and seconds.

    ``*_z``: in units of what a driftless walk of the measured volatility would show. ``large_*``: of orders that are
    large by what is usual. ``effort``: filled in the level's zone against its defenders lately, ``progress``: points
    the mid moved towards the break meanwhile, ``absorption``: effort a tick of way; null beyond the monitor band.
    """

    imbalance: Annotated[float, Column("tape_imbalance")]
    buy_vol: Annotated[int, Column("buy_volume")]
    sell_vol: Annotated[int, Column("sell_volume")]
    large_buy_vol: Annotated[int, Column("large_buys")]
    large_sell_vol: Annotated[int, Column("large_sells")]
    velocity: float
    acceleration: float
    jerk: float
    velocity_z: float
    acceleration_z: float
    jerk_z: float
    sweep: Sweep
    effort: float | None
    progress: float | None
    absorption: float | None


class Ofi(Struct, frozen=True, gc=False):
    """Order-flow imbalance towards the level's break.

    ``integrated_*``: over ten prices a side, nearer ones weighing more, in usual queues; ``z`` of the five seconds,
    null before its usual spread is known; ``best_5s``, ``depth_5s``: contracts; ``queue_imbalance``: -1 to 1.
    """

    integrated_1s: Annotated[float, Column("ofi_1s")]
    integrated_5s: Annotated[float, Column("ofi_5s")]
    integrated_15s: Annotated[float, Column("ofi_15s")]
    integrated_60s: Annotated[float, Column("ofi_60s")]
    z: Annotated[float | None, Column("ofi_z")]
    best_5s: Annotated[int, Column("ofi_best_5s")]
    depth_5s: Annotated[int, Column("ofi_depth_5s")]
    queue_imbalance: float


class Fuel(Struct, frozen=True, gc=False):
    """What option dealers' hedging would do with price at the level, and where gamma piles up.

    ``hedge_contracts_per_point``: ES contracts dealers sell per ES point price rises (negative: buy); ``band``: its
    90 % bounds; ``confidence``: 0 to 1; ``gamma_velocity``: its change a minute by what was traded lately, null where
    it is set; ``net_dealer_gamma``: - customers' side x size x gamma x multiplier, for information.
    A wall is a PIN where dealers are long gamma and a SLIP where they are short. ``convention_dependent``: dealers
    long calls and short puts would mean another effect than the signed trades.
    """

    effect: Annotated[EffectWord, Column("fuel_effect")]
    hedge_contracts_per_point: Annotated[float, Column("hedge")]
    band: tuple[float, float]
    confidence: Annotated[float, Column("fuel_confidence")]
    gamma_velocity: float | None
    net_dealer_gamma: float | None
    call_wall: float | None
    call_wall_sign: WallWord | None
    put_wall: float | None
    put_wall_sign: WallWord | None
    gamma_flip: float | None
    convention_dependent: bool


class Obstacle(Struct, frozen=True, gc=False):
    """A level in the way."""

    id: str
    price: float


class Runway(Struct, frozen=True, gc=False):
    """How far price can run where the level's signal points. ``distance``: to the next obstacle, null without one."""

    direction: Literal["UP", "DOWN"]
    distance: Annotated[float | None, Column("runway_distance")]
    next_obstacle: Obstacle | None
    quality: Literal["CLEAR", "OBSTRUCTED"]


class Confluence(Struct, frozen=True, gc=False):
    """Other levels near by. ``pressure``, ``strength``: 0 to 1. ``alignment``: 1 backed by the trend, -1 against it.

    ``centre``: weighted mean price of them all. ``ids``: the others, nearest first.
    """

    count: Annotated[int, Column("confluence_count")]
    pressure: Annotated[float, Column("confluence_pressure")]
    strength: Annotated[float, Column("confluence_strength")]
    alignment: Annotated[int, Column("confluence_alignment")]
    centre: Annotated[float, Column("confluence_centre")]
    ids: tuple[str, ...]


class LevelSignal(Struct, frozen=True, gc=False):
    """One level. ``break_score_*``: 0 to 100, 50 is no evidence, null without any or beyond the monitor band.

    ``valid_from``: ms since 1970 UTC; ``dynamic``: its price moves with the market, ``held``: but not now, because
    price is at it; ``running_price``: where it would be if it were not held (a held SESSION_HIGH is not the session's
    high, this is), else its price; ``width_ticks``: what the noise of the price ratio makes of it. ``distance``:
    |level - spot|; ``x``: signed way still to go, negative once price is beyond. ``fuel`` is null without options.
    """

    id: str
    price: float
    kind: KindWord
    valid_from: int
    dynamic: bool
    held: bool
    running_price: float
    width_ticks: float
    direction: DirectionWord
    distance: float
    x: float
    break_score_raw: Annotated[float | None, Column("score_raw")]
    break_score_smooth: Annotated[float | None, Column("score")]
    signal: SignalWord
    confidence: Annotated[ConfidenceWord, Column("confidence_label")]
    attribution: Attribution
    approach: Approach
    barrier: Barrier
    tape: Tape
    fuel: Fuel | None
    ofi: Ofi
    runway: Runway
    confluence: Confluence
    note: str
    forces: Forces


class LevelSignals(Struct, frozen=True, gc=False, kw_only=True):
    """``levels.signals``: the state of every published level at T = ``ts_event_ns``, nearest first.

    ``as_of_ns``: time of the last record it rests on. Exactly one of ``spy`` and ``es`` is there, by profile.
    """

    version: Literal[5]
    ts: int
    ts_event_ns: int
    as_of_ns: int
    profile: ProfileName
    spy: Quote | UnsetType = UNSET
    es: Quote | UnsetType = UNSET
    trust: InputStates
    context: Context
    levels: tuple[LevelSignal, ...]
