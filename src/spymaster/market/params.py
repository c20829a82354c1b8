"""The one packed record through which configuration reaches a kernel.

Kernels never see Structs or globals: they are given ``params`` of shape (1,) and this dtype. Every field is eight
bytes, so the record has no padding and its bytes can be journalled and hashed. ``spymaster.config.params`` fills it;
the meaning and the range of each value stand with the configuration's own fields.

Units: ``_ns`` nanoseconds, ``_s`` seconds, ``_ticks`` ticks of the depth source, ``_contracts`` contracts of the depth
source, ``_share`` a fraction of one. *Unit* is the profile's price unit: ES points (``es``) or SPY dollars (``spy``).
"""

from __future__ import annotations

from typing import Final

import numpy as np

_I64: Final = "<i8"
_F64: Final = "<f8"

PARAMS: Final = np.dtype(
    [
        # The clock and the profile. is_spy: 1 where levels are SPY dollars. ratio_default: ES points per SPY dollar.
        ("snap_interval_ns", _I64),
        ("is_spy", _I64),
        ("ratio_default", _F64),
        # Windows. w_barrier_min_ns: the shortest span of visible book a state may rest on.
        ("w_barrier_ns", _I64),
        ("w_barrier_min_ns", _I64),
        ("w_context_ns", _I64),
        ("w_tape_ns", _I64),
        ("w_velocity_s", _F64),
        ("w_fuel_ns", _I64),
        ("w_wall_ns", _I64),
        # Distances, in units except the zone. round_step: between ROUND levels; strong: every so many-th of them.
        ("monitor_band", _F64),
        ("touch_band", _F64),
        ("confluence_band", _F64),
        ("strike_range", _F64),
        ("fuel_strike_range", _F64),
        ("barrier_zone_ticks", _I64),
        ("tape_band", _F64),
        ("round_step", _F64),
        ("round_strong_multiple", _I64),
        # Barrier states. *_noise: multiples of the neutral noise; fill_l1_multiple: multiples of the median best size.
        ("r_vac", _F64),
        ("r_wall", _F64),
        ("f_thresh_contracts", _F64),
        ("absolute_thresholds", _I64),
        ("theta_min_contracts", _F64),
        ("theta_depth_share", _F64),
        ("theta_noise", _F64),
        ("theta_dep_share", _F64),
        ("fill_min_contracts", _F64),
        ("fill_l1_multiple", _F64),
        ("fill_noise", _F64),
        ("weak_depth_share", _F64),
        ("phi_consumed", _F64),
        ("warmup_ns", _I64),
        ("warmup_confidence", _F64),
        ("tau_scales_s", _F64),
        ("hysteresis_lead", _F64),
        # Widths of the gates between the states.
        ("gate_depletion", _F64),
        ("gate_filled", _F64),
        ("gate_replenishment", _F64),
        ("gate_growth", _F64),
        ("gate_fills", _F64),
        ("gate_thin", _F64),
        # Zones that price has passed; shares of what a zone held when price reached it.
        ("passed_ticks", _F64),
        ("reach_ticks", _F64),
        ("passed_min_contracts", _F64),
        ("passed_share", _F64),
        ("passed_restored_share", _F64),
        ("hidden_iceberg_share", _F64),
        # iceberg_odds: natural logarithm; flicker_tag_share: of gross additions; cusum_*: usual spreads of a bucket.
        ("iceberg_refill_ns", _I64),
        ("iceberg_odds", _F64),
        ("flicker_tag_share", _F64),
        ("cusum_drift", _F64),
        ("cusum_threshold", _F64),
        # What each state says for the break, points of the score 0..100, and how the last of it fades.
        ("value_vacuum", _F64),
        ("value_weak", _F64),
        ("value_consumed", _F64),
        ("value_consumed_passed", _F64),
        ("value_vacuum_passed", _F64),
        ("passed_eaten", _F64),
        ("value_neutral", _F64),
        ("value_absorption", _F64),
        ("value_wall", _F64),
        ("evidence_tau_s", _F64),
        ("sight_share", _F64),
        # Score. odds_floor: points; odds_scale: a weight; score_velocity_full: ES points per second in both profiles;
        # gains: points of the score 0..100; response_progress, absorption_progress: ES points;
        # g0, fuel_threshold: ES contracts per ES point; fuel_what_if: place in config.params.WHAT_IFS.
        ("weight_barrier", _F64),
        ("weight_fuel", _F64),
        ("weight_tape", _F64),
        ("odds_floor", _F64),
        ("odds_scale", _F64),
        ("confidence_floor", _F64),
        ("confidence_least", _F64),
        ("g0", _F64),
        ("fuel_threshold", _F64),
        ("fuel_what_if", _I64),
        ("score_velocity_full", _F64),
        ("score_imbalance_gain", _F64),
        ("score_velocity_gain", _F64),
        ("sweep_decay_s", _F64),
        ("sweep_min_levels", _I64),
        ("sweep_max_gap_ns", _I64),
        ("tape_full_volume", _F64),
        ("w_response_ns", _I64),
        ("response_progress", _F64),
        ("response_fills", _F64),
        ("absorption_min", _F64),
        ("absorption_multiple", _F64),
        ("absorption_progress", _F64),
        ("large_lot_min", _F64),
        # Trigger. Thresholds are smoothed scores; outcome_points: ES points.
        ("threshold_break", _F64),
        ("threshold_reject", _F64),
        ("exit_break", _F64),
        ("exit_reject", _F64),
        ("hold_break_ns", _I64),
        ("hold_break_sudden_ns", _I64),
        ("hold_reject_ns", _I64),
        ("hold_reject_sudden_ns", _I64),
        ("reject_touch_ticks", _F64),
        ("reject_min_fills", _F64),
        ("reject_usual_fills", _F64),
        ("contested_low", _F64),
        ("contested_high", _F64),
        ("contested_min_volume", _F64),
        ("hold_contested_ns", _I64),
        ("alert_group_ns", _I64),
        ("outcome_points", _F64),
        # Smoothing: time constants (a half-life is 0.693 of one).
        ("tau_score_s", _F64),
        ("tau_velocity_s", _F64),
        ("tau_delta_liq_s", _F64),
        ("tau_replenishment_s", _F64),
        ("tau_gamma_s", _F64),
        ("tau_smile_s", _F64),
        ("confidence_high", _F64),
        ("confidence_medium", _F64),
        # Direction: x_arm = max(arm_min_points, arm_sigma * sigma_1m, arm_touch_multiple * touch_band).
        # arm_min_points: ES points, sigma_floor: ES points per square root of a minute, in both profiles.
        ("arm_min_points", _F64),
        ("arm_sigma", _F64),
        ("arm_touch_multiple", _F64),
        ("sigma_floor", _F64),
        ("sigma_tau_s", _F64),
        # Touches: attempts no further apart than this make one cluster.
        ("attempt_gap_ns", _I64),
        # The share beside the future: ratio_tau_s of the averaged ratio, and when its quotes are old.
        ("ratio_tau_s", _F64),
        ("equity_degraded_ns", _I64),
        ("equity_blind_ns", _I64),
        # Options. dealer_share: of customers' trades; opening_share: of open interest.
        ("dealer_share", _F64),
        ("dealer_share_sd", _F64),
        ("opening_share", _F64),
        ("wall_hold_ns", _I64),
        ("option_silence_ns", _I64),
        ("classified_share", _F64),
        # Trust and time checks.
        ("crossed_blind_ns", _I64),
        ("silence_rth_ns", _I64),
        ("silence_open_ns", _I64),
        ("trust_window_ns", _I64),
        ("trades_outside_share", _F64),
        ("residual_share", _F64),
        ("hidden_share", _F64),
        ("rejected_share", _F64),
        ("ahead_reject_ns", _I64),
        ("jump_confirm_ns", _I64),
        # Levels. The signal window counts seconds after midnight in New York; bit k of level_kinds is LevelKind k.
        ("sma_warmup_days", _I64),
        ("signal_window_start_s", _I64),
        ("signal_window_end_s", _I64),
        ("level_kinds", _I64),
    ]
)
"""Packed little-endian record of a profile's parameters, eight bytes a field."""
