"""Fair values, the smile that they rest on, and the market makers' quotes around them."""

from __future__ import annotations

import math
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import UNDEF_PRICE
from spymaster.sim.dice import exponential, uniform
from spymaster.sim.market.climate import bell
from spymaster.sim.market.state import ASK, BID, State, Tape
from spymaster.sim.options.black import fair_value
from spymaster.sim.options.state import WHAT_QUOTE

_TICK_POINTS: Final = 0.25
_E9: Final = 1e9
_MINUTE_NS: Final = 60_000_000_000
_RETURN_S: Final = 600.0
"""How fast smile and ratio come back to where they usually are."""
_LEVEL_NOISE: Final = 0.002
_SLOPE_NOISE: Final = 0.0005
_BEND_NOISE: Final = 0.0003
_RATIO_NOISE: Final = 1e-6
_RATIO_JITTER: Final = 5e-6
_WINGS: Final = 1.5
"""Percent of distance from the forward beyond which the smile is flat."""
_MOST_LEAN: Final = 0.4
_LEAN_QUOTES: Final = 40.0
_NEW_SIZE: Final = 0.2
_ROUNDING: Final = 1e-6


@kernel
def forward_of(s: State) -> float:
    """The price that the options are on: the future's mid, in the options' unit."""
    return float(0.5 * (s.best[BID] + s.best[ASK]) * _TICK_POINTS / s.options.ratio)


@kernel
def years_left(s: State, at_ns: int) -> float:
    """Variance time to the expiry, years of 252 regular sessions, less what the fixing average takes."""
    o = s.options
    if at_ns >= o.expiry_ns:
        return 0.0
    minutes = max((at_ns - o.clock_start_ns) / _MINUTE_NS, 0.0)
    k = int(minutes)
    return float(max(o.clock[k] + (minutes - k) * (o.clock[k + 1] - o.clock[k]) - o.fixing_years, 0.0))


@kernel
def drift(s: State) -> None:
    """A second's worth of movement of smile and ratio."""
    o = s.options
    o.level += (o.usual_level - o.level) / _RETURN_S + o.usual_level * _LEVEL_NOISE * bell(o)
    o.slope += (o.usual_slope - o.slope) / _RETURN_S + _SLOPE_NOISE * bell(o)
    o.bend += (o.usual_bend - o.bend) / _RETURN_S + _BEND_NOISE * bell(o)
    if o.usual_ratio != 1.0:
        o.slow_ratio += (o.usual_ratio - o.slow_ratio) / _RETURN_S + o.usual_ratio * _RATIO_NOISE * bell(o)
        o.ratio = o.slow_ratio * (1.0 + _RATIO_JITTER * bell(o))


@kernel
def set_vols(s: State, forward: float) -> None:
    """The smile by strike: a parabola in percent of distance, flat in the wings."""
    o = s.options
    for k in range(o.strikes):
        percent = min(max(100.0 * (o.strike[k] / forward - 1.0), -_WINGS), _WINGS)
        o.vol[k] = o.level * (1.0 + o.slope * percent + o.bend * percent * percent)


@kernel
def tick_e9(s: State, price_e9: float) -> int:
    """The step of option prices at a price."""
    return int(s.options.fine_e9 if price_e9 < s.options.coarse_from_e9 else s.options.coarse_e9)


@kernel
def requote(s: State, c: int, forward: float) -> None:
    """What market makers show for a contract now: around its value, leaning against what they have taken on."""
    o = s.options
    k = c >> 1
    fair = fair_value(forward, float(o.strike[k]), float(o.vol[k]), float(o.years), c & 1)
    width = o.width_least + o.width_share * fair
    lean = (o.inventory[c] - o.opening[c]) / (_LEAN_QUOTES * o.usual_quote)
    middle = fair - min(max(lean, -_MOST_LEAN), _MOST_LEAN) * width
    low, high = (middle - 0.5 * width) * _E9, (middle + 0.5 * width) * _E9
    step = tick_e9(s, low)
    bid = int(math.floor(low / step + _ROUNDING)) * step
    step = tick_e9(s, high)
    ask = max(int(math.ceil(high / step - _ROUNDING)) * step, step)
    o.ask[c] = max(ask, bid + step)
    o.bid[c] = bid if bid > 0 else UNDEF_PRICE


@kernel
def resize(s: State, c: int) -> None:
    """Draw how much is shown on both sides of a contract."""
    o = s.options
    o.bid_size[c] = 1 + int(o.usual_quote * (0.3 + 0.7 * exponential(o)))
    o.ask_size[c] = 1 + int(o.usual_quote * (0.3 + 0.7 * exponential(o)))


@kernel
def quote_all(s: State, tape: Tape, at_ns: int, forward: float) -> None:
    """The end of a second: quote every contract, and write those whose quote or last trade changed in it."""
    o = s.options
    for c in range(2 * o.strikes):
        if o.bid_size[c] == 0 or uniform(o) < _NEW_SIZE:
            resize(s, c)
        requote(s, c, forward)
        bid_size = o.bid_size[c] if o.bid[c] != UNDEF_PRICE else 0
        same = o.sent[c, 0] == o.bid[c] and o.sent[c, 1] == o.ask[c]
        same = same and o.sent[c, 2] == bid_size and o.sent[c, 3] == o.ask_size[c]
        if same and o.traded[c] == 0:
            continue
        o.traded[c] = 0
        o.sent[c, 0] = o.bid[c]
        o.sent[c, 1] = o.ask[c]
        o.sent[c, 2] = bid_size
        o.sent[c, 3] = o.ask_size[c]
        o.sequence += 1
        if s.silent == 0:
            _write_quote(s, tape, at_ns, c)


@kernel
def _write_quote(s: State, tape: Tape, at_ns: int, c: int) -> None:
    o = s.options
    row = tape.rows[s.n_rows]
    row[0] = WHAT_QUOTE
    row[1] = o.last_ns[c]
    row[2] = at_ns
    row[3] = c
    row[4] = o.last_e9[c]
    row[5] = o.last_size[c]
    row[6] = o.last_side[c]
    for k in range(4):
        row[7 + k] = o.sent[c, k]
    row[11] = 0
    row[12] = o.inventory[c]
    row[13] = o.sequence
    s.n_rows += 1
