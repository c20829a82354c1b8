"""What changes from second to second: time of day, activity's own swings, metaorders, news.

Activity multiplies the rates of all events, so it makes time run faster without changing what queues look like; its
slow swings are what makes volatility cluster. Metaorders lean on the aggressors for spans with a heavy tail, which
gives the signs of trades their long memory.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from spymaster.market.jit import kernel
from spymaster.market.kinds import NS_PER_S
from spymaster.physics.maths.elementary import exp_, log_
from spymaster.sim.dice import below, uniform
from spymaster.sim.market.due_orders import send_market
from spymaster.sim.market.state import ASK, BID, MINUTES, State

_SECONDS_A_DAY: Final = 86_400.0
_MINUTE_NS: Final = 60 * NS_PER_S
_SLOW_S: Final = 300.0
_FAST_S: Final = 15.0
_SLOW_STEP: Final = sqrt(2.0 / _SLOW_S)
_FAST_STEP: Final = sqrt(2.0 / _FAST_S)
_FEW_HITS: Final = 10.0
_SHORTEST_S: Final = 8.0
_LONGEST_S: Final = 1800.0
_PARETO: Final = 1.5
_NEWS_LEAN: Final = 1.2
_NEWS_ACTIVITY: Final = 3.0
_NEWS_FADE_S: Final = 45.0
_NEWS_PUSH_S: Final = 4
_NEWS_JUMP_S: Final = 1.0
_NEWS_ORDERS: Final = 5


@kernel
def bell(s: State) -> float:
    """Near enough a normal draw, mean 0 and variance 1: the sum of six uniform ones."""
    total = 0.0
    for _ in range(6):
        total += uniform(s)
    return (total - 3.0) * 1.4142135623730951


@kernel
def new_second(s: State) -> None:
    """Once a second: activity, metaorder and news."""
    s.second_ns += NS_PER_S
    q = s.parameters
    if uniform(s) < q.news_per_day / _SECONDS_A_DAY:
        s.news = 1.0
        s.news_side = below(s, 2)
        s.news_end_ns = s.now_ns + _NEWS_PUSH_S * NS_PER_S
        for _ in range(_NEWS_ORDERS if q.news_contracts > 0 else 0):
            due_ns = int(s.now_ns) + int(_NEWS_JUMP_S * uniform(s) * NS_PER_S)
            send_market(s, int(s.news_side), int(q.news_contracts) // _NEWS_ORDERS + 1, due_ns)
    s.news -= s.news / _NEWS_FADE_S
    s.slow += -s.slow / _SLOW_S + q.slow_noise * bell(s) * _SLOW_STEP
    s.fast += -s.fast / _FAST_S + q.fast_noise * bell(s) * _FAST_STEP
    minute = int((s.now_ns - s.day_ns) // _MINUTE_NS) % MINUTES
    swing = exp_(s.slow + s.fast - 0.5 * (q.slow_noise * q.slow_noise + q.fast_noise * q.fast_noise))
    s.calm = exp_(-q.shy * (s.slow + s.fast))
    s.activity = s.shape[minute] * swing * (1.0 + _NEWS_ACTIVITY * s.news)
    if s.now_ns >= s.regime_end_ns:
        s.regime = below(s, 3) - 1
        span_s = min(_SHORTEST_S * exp_(-log_(uniform(s)) / _PARETO), _LONGEST_S)
        s.regime_end_ns = s.now_ns + int(span_s * NS_PER_S)
    s.hits[BID] -= s.hits[BID] / q.memory_s
    s.hits[ASK] -= s.hits[ASK] / q.memory_s
    s.pressure = (s.hits[ASK] - s.hits[BID]) / (s.hits[ASK] + s.hits[BID] + _FEW_HITS)
    set_lean(s)


@kernel
def set_lean(s: State) -> None:
    """How much likelier aggressors hit one side than the other: metaorder, news, and the push of planted levels."""
    tilt = s.parameters.lean * s.regime + s.push
    if s.now_ns < s.news_end_ns:
        tilt += _NEWS_LEAN if s.news_side == ASK else -_NEWS_LEAN
    up = exp_(tilt)
    s.lean[ASK] = up
    s.lean[BID] = 1.0 / up
