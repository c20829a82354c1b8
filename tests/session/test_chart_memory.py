"""What the chart is drawn from: option flow by place beside spot, blind times, the engine's minutes and profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spymaster.market.frames import WatermarkFrame
from spymaster.market.kinds import NS_PER_S
from spymaster.market.option_rows import STRIKE_ROW
from spymaster.market.rows import INPUTS, SNAP, Trust
from spymaster.session.frames.chart_memory import ChartMemory
from spymaster.signals.chart.bars import Chart
from spymaster.signals.chart.flow import FLOW_SPAN_NS, FLOW_SPANS
from tests.support.bus import same
from tests.support.engine import feed
from tests.support.market import HOUR, MINUTE, START_NS
from tests.support.prices import tape_engine, trades

S = NS_PER_S
T = START_NS


class Options:
    """Strikes whose sums grow, and the snaps that show them."""

    def __init__(self, *strikes: float) -> None:
        self.memory = ChartMemory()
        self.rows = np.zeros(len(strikes), STRIKE_ROW)
        self.rows["strike"] = strikes

    def trade(self, strike: float, right: str, volume: float, **sums: float) -> None:
        row = self.rows[self.rows["strike"] == strike]
        row[f"{right}_volume"] += volume
        for name, value in sums.items():
            row[f"{right}_{name}"] += value
        self.rows[self.rows["strike"] == strike] = row

    def snap(self, t_ns: int, spot: float = 687.0, **trust: Trust) -> None:
        made = np.zeros(1, SNAP)
        made["t_ns"], made["spot"] = t_ns, spot
        made["trust"][0, INPUTS.index("equity")] = Trust.ABSENT
        for name, state in trust.items():
            made["trust"][0, INPUTS.index(name)] = state
        made["options"]["volume"] = self.rows["call_volume"].sum() + self.rows["put_volume"].sum()
        self.memory.add_snap(made[0], self.rows.copy())

    @property
    def chart(self) -> Chart:
        return self.memory.chart(tape_engine().state)

    @property
    def flow(self) -> NDArray[Any]:
        return self.chart.flow


def test_what_was_traded_before_the_first_snap_is_no_flow() -> None:
    market = Options(687.0)
    market.trade(687.0, "call", 500, premium=9000.0)
    market.snap(T)
    market.snap(T + S // 4)
    assert len(market.flow) == 0


@pytest.mark.parametrize(
    ("strike", "right", "group"),
    [
        (688.0, "call", "calls_above"),
        (687.0, "call", "calls_above"),
        (686.0, "call", "calls_below"),
        (688.0, "put", "puts_above"),
        (686.0, "put", "puts_below"),
    ],
)
def test_a_trade_goes_to_its_right_and_its_side_of_spot(strike: float, right: str, group: str) -> None:
    market = Options(686.0, 687.0, 688.0)
    market.snap(T)
    market.trade(strike, right, 10, premium=420.0, delta_flow=-3.0, gamma_flow=0.5)
    market.snap(T + S)
    (row,) = market.flow
    assert (row[f"{group}_premium"], row[f"{group}_delta"], row[f"{group}_gamma"]) == (420.0, -3.0, 0.5)
    numbers = [row[name] for name in row.dtype.names if name not in ("t_ns", "spot")]
    assert np.count_nonzero(numbers) == 3


def test_spans_begin_at_multiples_of_five_seconds_and_hold_the_snaps_after() -> None:
    """A snap at the end of a span is of that span: it sees what came before it."""
    market = Options(687.0)
    start = T // FLOW_SPAN_NS * FLOW_SPAN_NS
    market.snap(start)
    for seconds in (5, 6, 10):
        market.trade(687.0, "call", 1, premium=1.0)
        market.snap(start + seconds * S)
    assert ((market.flow["t_ns"] - start) // S).tolist() == [0, 5]
    assert market.flow["calls_above_premium"].tolist() == [1.0, 2.0]


def test_a_trade_taken_back_is_taken_out() -> None:
    market = Options(687.0)
    market.snap(T)
    market.trade(687.0, "call", 10, premium=100.0)
    market.snap(T + S)
    market.trade(687.0, "call", -10, premium=-100.0)
    market.snap(T + 2 * S)
    assert market.flow["calls_above_premium"].sum() == 0.0


def test_another_price_of_the_future_is_no_flow() -> None:
    """Sums are converted at the ratio of the moment: without a trade they change by that alone."""
    market = Options(687.0, 688.0)
    market.trade(687.0, "call", 10, delta_flow=1000.0)
    market.snap(T)
    market.rows["call_delta_flow"] *= 1.001
    market.snap(T + S)
    market.trade(688.0, "put", 1, premium=5.0)
    market.rows["call_delta_flow"] *= 1.001
    market.snap(T + 2 * S)
    assert market.flow["calls_above_delta"].sum() == 0.0
    assert market.flow["puts_above_premium"].sum() == 5.0


def test_a_strike_that_comes_into_sight_brings_no_flow_of_before() -> None:
    market = Options(687.0)
    market.snap(T)
    market.rows = np.concatenate([market.rows, market.rows])
    market.rows["strike"][1] = 688.0
    market.trade(688.0, "call", 100, premium=900.0)
    market.snap(T + S)
    assert market.flow["calls_above_premium"].sum() == 0.0
    market.trade(688.0, "call", 1, premium=9.0)
    market.snap(T + 2 * S)
    assert market.flow["calls_above_premium"].sum() == 9.0


def test_spans_older_than_two_hours_are_forgotten() -> None:
    market = Options(687.0)
    market.snap(T)
    for hours in (0.1, 1.0, 2.2):
        market.trade(687.0, "call", 1, premium=1.0)
        market.snap(T + round(hours * HOUR))
    assert len(market.flow) == 2
    assert FLOW_SPANS * FLOW_SPAN_NS == 2 * HOUR


def blind_of(market: Options) -> list[tuple[float, float]]:
    return [((a - T) / S, (b - T) / S) for a, b in market.chart.blind.tolist()]


def test_a_blind_tape_is_a_blind_time() -> None:
    market = Options()
    for at, state in enumerate((Trust.GREEN, Trust.BLIND, Trust.BLIND, Trust.DEGRADED, Trust.BLIND, Trust.GREEN)):
        market.snap(T + at * S, tape=state)
    assert blind_of(market) == [(1.0, 2.0), (4.0, 4.0)]


def test_where_there_is_a_feed_of_the_equity_its_trades_are_what_is_drawn() -> None:
    market = Options()
    for at, state in enumerate((Trust.GREEN, Trust.BLIND, Trust.BLIND)):
        market.snap(T + at * S, tape=Trust.BLIND, equity=state)
    assert blind_of(market) == [(1.0, 2.0)]


def test_a_hole_that_the_engine_passed_over_is_a_blind_time() -> None:
    engine = tape_engine()
    feed(engine, trades([(T, 5000.0, 1), (T + 2 * HOUR, 5001.0, 1), (T + 2 * HOUR + 1, 5001.0, 1)]))
    (hole,) = ChartMemory().chart(engine.state).blind
    assert (hole["from_ns"], hole["to_ns"]) == (T, T + 2 * HOUR + 1)


def test_minutes_and_profile_are_those_of_the_engine() -> None:
    engine = tape_engine()
    feed(
        engine,
        trades([(T, 5000.0, 1), (T + 30 * S, 5000.0, 2), (T + 61 * S, 5001.0, 4)]),
        WatermarkFrame(T + MINUTE + 2 * S),
    )
    chart = ChartMemory().chart(engine.state)
    assert [(row["t_ns"], row["close"], row["volume"]) for row in chart.bars] == [
        (T, 5000.0, 3),
        (T + MINUTE, 5001.0, 4),
    ]
    assert chart.profile["volume"].tolist() == [3.0, 0.0, 0.0, 0.0, 4.0]


def test_nothing_of_a_chart_can_be_written_to() -> None:
    market = Options(687.0)
    for name in ("bars", "profile", "flow", "blind"):
        assert not getattr(market.chart, name).flags.writeable, name


def test_a_restored_memory_goes_on_as_the_one_it_was_taken_of() -> None:
    market, other = Options(686.0, 688.0), Options(686.0, 688.0)
    market.snap(T)
    market.trade(688.0, "call", 10, premium=50.0)
    market.snap(T + S, tape=Trust.BLIND)
    other.memory.restore(market.memory.snapshot())
    other.rows = market.rows.copy()
    for each in (market, other):
        each.trade(686.0, "put", 3, premium=7.0, delta_flow=-1.0)
        each.snap(T + 2 * S, tape=Trust.BLIND)
    assert same(market.chart, other.chart)
    assert blind_of(other) == [(1.0, 2.0)]
    assert other.flow["puts_below_premium"].sum() == 7.0
