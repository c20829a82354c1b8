"""The parameters of a profile: everything that decides how records become signals.

Every field carries its meaning, unit and range; ``config.toml`` repeats the defaults in words. What each does is
said by docs/physics.md: 3 the barrier, 4 the tape, 5 the fuel, 6 the levels, 8 score, trigger and trust. Time constants
are time constants, a half-life is 0.693 of one.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from spymaster.config.fields import (
    ConfluenceBand,
    FuelStrikeRange,
    LevelKinds,
    MonitorBand,
    PremarketOpen,
    RoundStep,
    SignalWindow,
    StrikeRange,
    TapeBand,
    TouchBand,
    WTape,
    choice,
    number,
    seconds,
    share,
    text,
)
from spymaster.config.judgement import Judgement
from spymaster.market.levels import watched_by


class Profile(Judgement, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the profiles have in common. The fields without a default here differ between them."""

    name: ClassVar[str]
    is_spy: ClassVar[bool]

    snap_ms: Annotated[
        Literal[100, 250], msgspec.Meta(description="Time between two snaps. Unit: ms.", extra={"unit": "ms"})
    ] = 250

    product: Annotated[
        str,
        text(
            r"^[A-Z0-9]{1,4}$",
            "the root of a futures symbol",
            "none",
            "The future whose contract is taken from a source, whatever else it holds; --symbol names another.",
        ),
    ] = "ES"

    w_tape: WTape
    monitor_band: MonitorBand
    touch_band: TouchBand
    confluence_band: ConfluenceBand
    strike_range: StrikeRange
    fuel_strike_range: FuelStrikeRange
    tape_band: TapeBand
    round_step: RoundStep
    signal_window: SignalWindow
    level_kinds: LevelKinds

    w_barrier: Annotated[float, seconds(1, 60, "Window of the barrier's flows and state.")] = 10.0
    w_barrier_min: Annotated[
        float, seconds(0.5, 60, "Shortest span of visible book a barrier state may rest on while its window fills.")
    ] = 1.5
    w_context: Annotated[float, seconds(10, 600, "Longer window of the same flows, shown as context only.")] = 240.0
    w_velocity: Annotated[float, seconds(0.5, 60, "Time constant of the fit behind velocity and acceleration.")] = 3.0
    w_fuel: Annotated[float, seconds(1, 3600, "Window over which the change of dealers' hedging is measured.")] = 60.0
    w_wall: Annotated[
        float, seconds(10, 7200, "Time constant with which exposures by strike are averaged before walls are sought.")
    ] = 300.0
    barrier_zone_ticks: Annotated[
        int, number(0, 8, "ES ticks", "How far the barrier's zone reaches to each side of a level.")
    ] = 2
    round_strong_multiple: Annotated[
        int, number(1, 1000, "ROUND levels", "Every so many-th ROUND level is a strong one.")
    ] = 5

    r_vac: Annotated[
        float, number(0.01, 1, "ratio", "Replenishment ratio at or below which a depleted zone is a VACUUM.")
    ] = 0.3
    r_wall: Annotated[
        float, number(1, 100, "ratio", "Replenishment ratio at or above which a growing zone is a WALL.")
    ] = 1.5
    f_thresh: Annotated[
        float,
        number(1, 100_000, "ES contracts", "Flow that counts as large under absolute thresholds (theta and fills)."),
    ] = 100.0
    absolute_thresholds: Annotated[
        bool, choice("Judge flows against f_thresh always, instead of against scales learnt from the book.")
    ] = False
    theta_min: Annotated[
        float, number(0, 100_000, "ES contracts", "Least net change of depth that counts as a change.")
    ] = 20.0
    theta_depth_share: Annotated[
        float, share("The same as a share of the mean depth at that distance from the touch.")
    ] = 0.2
    theta_noise: Annotated[float, number(0, 20, "multiples of the neutral noise", "The same against the noise.")] = 2.2
    theta_dep_share: Annotated[float, share("Share of the depth at the window's start whose loss is depletion.")] = 0.4
    fill_min: Annotated[float, number(0, 100_000, "ES contracts", "Least filled volume that counts as large.")] = 30.0
    fill_l1_multiple: Annotated[
        float, number(0, 100, "multiples of the median best size", "The same against the size at the touch.")
    ] = 2.0
    fill_noise: Annotated[
        float, number(0, 20, "multiples of the neutral noise", "The same above the median fill of neutral zones.")
    ] = 2.5
    weak_depth_share: Annotated[float, share("A zone at or below this share of the mean depth is WEAK.")] = 0.35
    phi_consumed: Annotated[
        float, share("Filled share of the lost depth from which a depleted zone is CONSUMED, not pulled.")
    ] = 0.5
    warmup: Annotated[
        float, seconds(0, 3600, "Visible book needed before the learnt scales rule; until then f_thresh does.")
    ] = 60.0
    warmup_confidence: Annotated[float, share("Factor on the barrier's confidence during that time.")] = 0.5
    tau_scales: Annotated[float, seconds(10, 7200, "Time constant of the learnt depth and noise scales.")] = 600.0
    hysteresis_lead: Annotated[
        float, share("Lead in weight a new barrier state needs to take over at once; else two snaps.")
    ] = 0.15
    hidden_iceberg_share: Annotated[
        float, share("Hidden share of the filled volume above which a zone is tagged iceberg.")
    ] = 0.3

    iceberg_refill_ms: Annotated[
        int, number(1, 10_000, "ms", "Size shown again within this time of being hit is a refill.")
    ] = 50
    iceberg_odds: Annotated[
        float, number(1, 1_000_000, "ratio", "Odds against chance from which a refilling price is an apparent iceberg.")
    ] = 100.0
    flicker_tag_share: Annotated[
        float, share("Share of additions withdrawn within half a second from which a zone is tagged FLICKER.")
    ] = 0.5
    cusum_drift: Annotated[
        float, number(0, 5, "usual spreads of a snap interval", "Flow above this much feeds the detector of changes.")
    ] = 0.5
    cusum_threshold: Annotated[
        float,
        number(1, 100, "usual spreads of a snap interval", "Sum of it at which a change is taken to have begun."),
    ] = 9.0

    g0: Annotated[
        float, number(1, 10_000, "ES contracts per ES point", "Hedging flow at which the fuel's score is 12 or 88.")
    ] = 40.0
    fuel_threshold: Annotated[
        float, number(0, 10_000, "ES contracts per ES point", "Dealers' exposure from which it amplifies or damps.")
    ] = 10.0
    dealer_share: Annotated[
        float, share("Share of the customers' option trades in which dealers are the other side.")
    ] = 0.6
    dealer_share_sd: Annotated[
        float, share("Its uncertainty, one standard deviation, the same for all trades of a day (0.3 at 90 %).")
    ] = 0.18
    opening_share: Annotated[
        float, share("Uncertainty of dealers' opening position in a contract, as a share of its open interest.")
    ] = 0.15
    wall_hold: Annotated[
        float,
        seconds(0, 3600, "How long a strike must be the wall, or the flip lie elsewhere, before its level moves."),
    ] = 60.0
    option_silence: Annotated[
        float, seconds(1, 3600, "Silence of all option quotes after which the options are BLIND.")
    ] = 30.0
    classified_share: Annotated[
        float, share("Share of the option volume with a known side below which the options are DEGRADED.")
    ] = 0.4
    fuel_what_if: Annotated[
        Literal["measured", "absent", "neutral", "amplify", "dampen"],
        choice("Dealers' exposure as measured, or set: left out, 0, or fuel_threshold with the move or against it."),
    ] = "measured"
    sweep_decay: Annotated[float, seconds(0.1, 60, "Time constant with which a sweep's pull on the score fades.")] = 1.0
    sweep_min_levels: Annotated[
        int, number(2, 10, "price levels", "Levels one order must take for it to be a sweep.")
    ] = 2
    sweep_max_gap_ms: Annotated[
        int, number(1, 10_000, "ms", "Longest pause between two orders of one cluster of orders.")
    ] = 100
    large_lot_min: Annotated[
        float, number(1, 100_000, "ES contracts", "Orders below this are never large, whatever is usual.")
    ] = 20.0

    tau_velocity: Annotated[float, seconds(0.1, 60, "Time constant of the published velocity.")] = 1.5
    tau_delta_liq: Annotated[float, seconds(0.1, 60, "Time constant of the net change of depth.")] = 3.0
    tau_replenishment: Annotated[float, seconds(0.1, 60, "Time constant of the replenishment ratio.")] = 3.0
    tau_gamma: Annotated[float, seconds(0.1, 60, "Time constant of the dealers' gamma.")] = 5.0
    tau_smile: Annotated[float, seconds(0.1, 600, "Time constant of the smile through the implied volatilities.")] = (
        15.0
    )
    sigma_floor: Annotated[
        float, number(0.01, 100, "ES points per square root of a minute", "Least volatility assumed.")
    ] = 0.3
    sigma_tau: Annotated[float, seconds(10, 7200, "Time constant of the measured volatility.")] = 600.0

    attempt_gap: Annotated[
        float, seconds(60, 86_400, "Touches no further apart than this are attempts of one cluster.")
    ] = 900.0

    crossed_blind: Annotated[float, seconds(0, 60, "A book crossed for longer than this is BLIND.")] = 1.0
    silence_rth: Annotated[
        float, seconds(0.5, 3600, "Silence after which depth and tape are BLIND between 09:30 and 16:00 ET.")
    ] = 5.0
    silence_open: Annotated[float, seconds(0.5, 3600, "The same at other times while the venue is open.")] = 60.0
    trust_window: Annotated[float, seconds(1, 600, "Window over which the following shares are measured.")] = 10.0
    trades_outside_share: Annotated[
        float, share("Share of traded volume outside bid and ask above which the tape is DEGRADED.")
    ] = 0.05
    residual_share: Annotated[float, share("Unexplained share of the depth's flows above which it is DEGRADED.")] = 0.02
    hidden_share: Annotated[float, share("Hidden share of traded volume above which the depth is DEGRADED.")] = 0.30
    rejected_share: Annotated[float, share("Share of rejected records above which an input is DEGRADED.")] = 0.001
    ahead_reject: Annotated[
        float, seconds(0.001, 3600, "A record stamped this far ahead of its arrival is rejected as bad time.")
    ] = 1.0
    jump_confirm: Annotated[
        float, seconds(1, 86_400, "A longer jump of the clock while the venue is open waits for a second record.")
    ] = 60.0
    sma_warmup_days: Annotated[
        int, number(1, 20, "sessions", "Sessions of minute bars loaded before the recording begins.")
    ] = 3

    premarket_open: PremarketOpen = "04:00"

    @property
    def underlying_symbol(self) -> str:
        """Symbol of the share that prices are converted to; empty where levels are in the future's own points."""
        return ""

    @property
    def usual_ratio(self) -> float:
        """About how many ES points make one unit of the levels' prices."""
        return 1.0


class SpyProfile(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Levels and outputs in SPY dollars; barrier and tape read from ES."""

    name: ClassVar[str] = "spy"
    is_spy: ClassVar[bool] = True

    ratio_default: Annotated[
        float, number(1, 100, "ES points per SPY dollar", "ES over SPY while neither can be measured.")
    ] = 10.0
    ratio_tau: Annotated[float, seconds(1, 3600, "Time constant of the measured price ratio of ES and SPY.")] = 30.0
    equity_degraded: Annotated[float, seconds(0.5, 3600, "A quote of the share older than this is DEGRADED.")] = 5.0
    equity_blind: Annotated[float, seconds(1, 86_400, "A quote of the share older than this is BLIND.")] = 60.0
    underlying: Annotated[
        str,
        text(
            r"^[A-Z][A-Z.]{0,9}$",
            "the symbol of a share",
            "none",
            "The share whose quotes, trades and minute bars are used where a source holds them.",
        ),
    ] = "SPY"

    @property
    def underlying_symbol(self) -> str:
        """Symbol of the share that prices are converted to."""
        return self.underlying

    @property
    def usual_ratio(self) -> float:
        """ES points per SPY dollar while neither can be measured."""
        return self.ratio_default

    w_tape: WTape = 5.0
    monitor_band: MonitorBand = 0.50
    touch_band: TouchBand = 0.05
    confluence_band: ConfluenceBand = 0.20
    strike_range: StrikeRange = 5.0
    fuel_strike_range: FuelStrikeRange = 2.0
    tape_band: TapeBand = 0.10
    round_step: RoundStep = 1.0
    signal_window: SignalWindow = "09:30-16:00"
    level_kinds: LevelKinds = watched_by("spy")


class EsProfile(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Levels and outputs in ES points; barrier and tape read from ES."""

    name: ClassVar[str] = "es"
    is_spy: ClassVar[bool] = False

    w_tape: WTape = 60.0
    monitor_band: MonitorBand = 5.0
    touch_band: TouchBand = 0.5
    confluence_band: ConfluenceBand = 5.0
    strike_range: StrikeRange = 50.0
    fuel_strike_range: FuelStrikeRange = 75.0
    tape_band: TapeBand = 0.50
    round_step: RoundStep = 5.0
    signal_window: SignalWindow = "09:30-13:30"
    level_kinds: LevelKinds = watched_by("es")
