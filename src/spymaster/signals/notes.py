"""One plain sentence about a level or an alert, made of the row's own numbers and nothing else.

A sentence tells what the numbers say, never what to do: no full stop, plain words, contracts unless a unit is named.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from spymaster.market.option_rows import FuelEffect
from spymaster.market.rows import AlertEvent, BarrierState, Signal, Tag, Trust
from spymaster.signals.words import resolve_reason_words

OUT_OF_VIEW: Final = "out of view"
_OUTCOMES: Final = ((30, "outcome_30s"), (120, "outcome_120s"), (240, "outcome_240s"))
"""Seconds after an alert was raised, and the column that says where price was then."""


class Flows(NamedTuple):
    """Bucket-netted flows of a zone: contracts over ``window_s`` seconds. ``direction``: +1 resistance, -1 support."""

    direction: int
    added: int
    pulled: int
    filled: int
    window_s: float

    @staticmethod
    def of(row: Mapping[str, float]) -> Flows:
        """The flows of a level's or an alert's row that has them."""
        counts = (int(row["added"]), int(row["pulled"]), int(row["filled"]))
        return Flows(int(row["direction"]), *counts, row["window_s"])

    @property
    def side(self) -> str:
        """Who defends the level: asks above, bids below."""
        return "asks" if self.direction > 0 else "bids"

    @property
    def net(self) -> int:
        """What the zone gained."""
        return self.added - self.pulled - self.filled

    @property
    def span(self) -> str:
        """The window in words: ``10 s``."""
        return f"{self.window_s:g} s"


def level_note(row: Mapping[str, float]) -> str:
    """The sentence of a level. ``row``: a LEVEL_ROW by column name.

    For instance ``bids pulled 158 against 10 added in 10 s, none eaten; sellers swept 318 over 3 prices 0.5 s ago``.
    """
    return "; ".join(part for part in (_barrier(row), _sweep(row), _fuel(row)) if part)


def level_why(row: Mapping[str, float]) -> str:
    """``level_note`` with what keeps a force silent, what matters most first, for where only a part can be read."""
    parts = (_barrier(row), _fuel(row), *silent_forces(row), _sweep(row))
    return "; ".join(part for part in parts if part)


def alert_reason(row: Mapping[str, float]) -> str:
    """The sentence of an alert. ``row``: an ALERT_ROW by column name."""
    if row["event"] == AlertEvent.RESOLVED:
        return _resolved(row)
    if outcome_is_told(row):
        return outcome_words(row)
    parts = [_trigger(row)]
    if row["barrier_state"] != BarrierState.MISSING:
        parts.append(state_words(int(row["barrier_state"]), Flows.of(row)))
    return "; ".join(parts)


def outcome_is_told(row: Mapping[str, float]) -> bool:
    """Whether an alert's row says what became of it. ``row``: an ALERT_ROW by column name."""
    return any(not math.isnan(row[name]) for _, name in _OUTCOMES)


def outcome_words(row: Mapping[str, float]) -> str:
    """What became of an alert: ``1.25 points beyond after 30 s; 2 points beyond came first, after 12 s``."""
    seconds, name = next(pair for pair in reversed(_OUTCOMES) if not math.isnan(row[pair[1]]))
    way = row[name]
    side = "beyond the level" if way > 0.0 else "back from it"
    words = f"{abs(way):.2f} points {side} after {seconds} s" if way else f"at the level after {seconds} s"
    if row["outcome_first"]:
        first = "beyond" if row["outcome_first"] > 0 else "back"
        words += f"; first came the way {first}, after {row['outcome_first_s']:.0f} s"
    return words


def state_words(state: int, flows: Flows) -> str:
    """What the resting liquidity does, by its settled state and the flows behind it."""
    side, span = flows.side, flows.span
    if state == BarrierState.VACUUM:
        eaten = f"{flows.filled} eaten" if flows.filled else "none eaten"
        return f"{side} pulled {flows.pulled} against {flows.added} added in {span}, {eaten}"
    if state == BarrierState.CONSUMED:
        return f"{side} eaten: {flows.filled} filled and {flows.pulled} pulled against {flows.added} added in {span}"
    if state == BarrierState.WEAK:
        how = "thinning" if flows.net < 0 else "thin"
        return f"{side} {how}: {flows.pulled} pulled and {flows.filled} filled against {flows.added} added in {span}"
    if state == BarrierState.ABSORPTION:
        return f"{side} hit for {flows.filled} and held, net {flows.net:+} in {span}"
    if state == BarrierState.WALL:
        hit = f"hit for {flows.filled} and refilled" if flows.filled else "not hit"
        return f"{side} stacked, net {flows.net:+} in {span}, {hit}"
    return f"no clear change: {side} net {flows.net:+} in {span}"


def _barrier(row: Mapping[str, float]) -> str:
    if row["barrier_state"] == BarrierState.MISSING:
        unusable = {Trust.BLIND: "the book is not to be trusted now", Trust.ABSENT: "no depth feed"}
        return unusable.get(Trust(int(row["trust_depth"])), OUT_OF_VIEW)
    parts = [state_words(int(row["barrier_state"]), Flows.of(row))]
    if int(row["tags"]) & Tag.ABSORBING:
        parts.append(f"{row['effort']:.0f} traded into it for {row['progress']:.2f} points")
    if int(row["tags"]) & Tag.ICEBERG:
        parts.append(f"{row['hidden_share']:.0%} of the fills hidden")
    if row["visible_fraction"] < 1.0:
        parts.append(f"{row['visible_fraction']:.0%} of the zone in view")
    return ", ".join(parts)


def _sweep(row: Mapping[str, float]) -> str:
    if not row["sweep_direction"]:
        return ""
    who = "buyers" if row["sweep_direction"] > 0 else "sellers"
    size, prices = int(row["sweep_volume"]), int(row["sweep_levels"])
    return f"{who} swept {size} over {prices} prices {row['sweep_age_s']:.1f} s ago"


def _fuel(row: Mapping[str, float]) -> str:
    """What dealers' hedging does, where it does anything."""
    if math.isnan(row["hedge"]) or row["fuel_effect"] == FuelEffect.NEUTRAL:
        return ""
    size = abs(row["hedge"])
    if row["fuel_effect"] == FuelEffect.AMPLIFY:
        words = f"dealers short gamma push a move on by {size:.0f} a point"
    else:
        words = f"dealers long gamma lean against a move by {size:.0f} a point"
    return f"{words}, by signed trades alone" if row["convention_dependent"] else words


def silent_forces(row: Mapping[str, float]) -> tuple[str, ...]:
    """One clause for each force that has no part in the level's score, in the order barrier, fuel, tape.

    ``row``: a LEVEL_ROW by column name. None for a level without a score: there nothing is said at all.
    """
    if math.isnan(row["score"]):
        return ()
    said = (
        _silent_barrier(row) if row["barrier_weight"] == 0.0 else "",
        _silent_fuel(row) if row["fuel_weight"] == 0.0 or row["fuel_effect"] == FuelEffect.NEUTRAL else "",
        _silent_tape(row) if row["tape_weight"] == 0.0 else "",
    )
    return tuple(words for words in said if words)


def _silent_barrier(row: Mapping[str, float]) -> str:
    if row["trust_depth"] in (Trust.BLIND, Trust.ABSENT):
        return "barrier silent: depth not trusted"
    return f"barrier silent: too little seen of it in {row['window_s']:g} s"


def _silent_fuel(row: Mapping[str, float]) -> str:
    if row["trust_options"] == Trust.ABSENT:
        return "fuel silent: no options feed"
    if row["trust_options"] == Trust.BLIND:
        return "fuel silent: options not trusted"
    if math.isnan(row["hedge"]):
        return "fuel silent: hedge not known here"
    low, high = row["hedge_low"], row["hedge_high"]
    if low <= 0.0 <= high:
        return f"fuel silent: hedge {low:+.0f} to {high:+.0f} spans 0"
    return f"fuel silent: hedge {row['hedge']:+.0f} moves nothing"


def _silent_tape(row: Mapping[str, float]) -> str:
    if row["trust_tape"] in (Trust.BLIND, Trust.ABSENT):
        return "tape silent: trades not trusted"
    traded = row["buy_volume"] + row["sell_volume"]
    return f"tape silent: only {traded:.0f} traded near it" if traded > 0.0 else "tape silent: nothing traded near it"


def _trigger(row: Mapping[str, float]) -> str:
    score = "no score" if math.isnan(row["score"]) else f"score {row['score']:.0f}"
    if row["signal"] == Signal.CONTESTED:
        return f"eaten but not beaten, {score}"
    return f"defended, {score}" if row["signal"] == Signal.REJECT else score


def _resolved(row: Mapping[str, float]) -> str:
    after = f"after {(row['t_ns'] - row['raised_ns']) / 1e9:g} s"
    score = "" if math.isnan(row["score"]) else f", score {row['score']:.0f}"
    return f"{resolve_reason_words(int(row['reason']))} {after}{score}"
