"""A source of frames that needs no engine: a market that walks by a fixed pattern, played like a replay."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from spymaster.market.levels import LevelKind
from spymaster.market.rows import LEVEL_ROW, ORDER_ROW, BarrierState, Signal
from spymaster.signals.chart.bars import CHART_BAR, Chart
from spymaster.signals.frame import (
    HEAT_TICKS,
    LADDER_ROW,
    LEVEL_MARK,
    LEVEL_SECOND,
    TRADE_DOT,
    UNSEEN,
    AlertView,
    Command,
    Frame,
    Header,
    HeatColumns,
    InputTrust,
    LevelHistory,
    LevelView,
    Mode,
    Phase,
    ReplayStatus,
    TouchView,
)
from spymaster.signals.run_state import empty_book

SECOND: Final = 1_000_000_000
OPEN_NS: Final = 1_795_185_000 * SECOND
"""2026-11-20 09:30 in New York."""

TICK: Final = 0.25
RATIO: Final = 10.0
BASE: Final = 27_485
KINDS: Final = (
    (LevelKind.STRIKE, "STRIKE_687", -6),
    (LevelKind.VWAP, "VWAP", 9),
    (LevelKind.PM_HIGH, "PM_HIGH", 15),
    (LevelKind.SMA_200, "SMA_200", -10),
    (LevelKind.USER, "open", 4),
    (LevelKind.OR_LOW, "OR_LOW", -16),
    (LevelKind.STRIKE, "STRIKE_688", 40),
    (LevelKind.CALL_WALL, "CALL_WALL", 60),
)


def last_tick(second: int) -> int:
    """Where the walk stands at a second."""
    return BASE + round(5 * math.sin(second / 7.0) + 4 * math.sin(second / 23.0))


def size_at(tick: int, step: int) -> int:
    """Contracts resting at a price, changing from step to step."""
    return 40 + (tick * 7919 + step * 104_729 * (tick % 3 == 0)) % 460


def heat_columns(second: int, count: int) -> HeatColumns:
    """The columns of the last ``count`` seconds."""
    first = max(second - count + 1, 0)
    seconds = range(first, second + 1)
    base = BASE - HEAT_TICKS // 2
    depth = np.full((len(seconds), HEAT_TICKS), UNSEEN, np.int32)
    for n, at in enumerate(seconds):
        middle = last_tick(at) - base
        for index in range(middle - 10, middle + 12):
            depth[n, index] = size_at(base + index, at // 5)
    last = np.array([last_tick(at) for at in seconds], np.int64)
    dots = [(at, last_tick(at), 30, 0) for at in seconds if at % 7 == 0]
    marks = [(at, BASE - 6, int(BarrierState.VACUUM), 0.8) for at in seconds if at % 40 > 20]
    return HeatColumns(
        revision=second,
        first=first,
        t_ns=np.array([OPEN_NS + (at + 1) * SECOND for at in seconds], np.int64),
        base=np.full(len(seconds), base, np.int64),
        depth=depth,
        last=last,
        bid=last - 1,
        ask=last,
        gap_ns=np.zeros(len(seconds), np.int64),
        trades=np.array(dots, TRADE_DOT),
        marks=np.array(marks, LEVEL_MARK),
    )


def ladder(last: int, step: int) -> np.ndarray[Any, Any]:
    """Rows of the ladder, the ten visible prices of each side seen, the others remembered."""
    rows = np.zeros(80, LADDER_ROW)
    rows["tick"] = np.arange(last - 40, last + 40)
    for row in rows:
        tick = int(row["tick"])
        bid, ask = tick < last, tick >= last
        seen = last - 10 <= tick < last + 10
        row["bid"], row["ask"] = size_at(tick, step) * bid, size_at(tick, step) * ask
        row["bid_seen"], row["ask_seen"] = int(bid and seen), int(ask and seen)
        row["bid_age_ns"] = row["ask_age_ns"] = 0 if seen else -1
        row["bid_change"] = ((tick * 31 + step * 17) % 400 - 200) * bid
        row["ask_change"] = ((tick * 37 + step * 13) % 400 - 200) * ask
        row["buys"], row["sells"] = tick % 90, tick % 70
    return rows


def levels(last: int, step: int) -> tuple[np.ndarray[Any, Any], tuple[LevelView, ...]]:
    """The published levels, nearest first."""
    order = sorted(KINDS, key=lambda entry: abs(BASE + entry[2] - last))
    rows = np.zeros(len(order), LEVEL_ROW)
    for n, (kind, _, offset) in enumerate(order):
        tick = BASE + offset
        score = float(20 + (n * 17 + step) % 70)
        row = rows[n]
        row["kind"], row["user_index"], row["tick"], row["price"] = kind, -1, tick, tick * TICK / RATIO
        row["direction"] = 1 if tick > last else -1
        row["distance"] = abs(tick - last) * TICK / RATIO
        row["x"], row["in_band"], row["in_window"] = row["distance"], 1, 1
        row["score"] = row["score_raw"] = score
        row["signal"] = Signal.BREAK if score > 80 else Signal.REJECT if score < 22 else Signal.NEUTRAL
        row["confidence"], row["confidence_label"] = 0.7, n % 3
        row["attribution_barrier"], row["attribution_fuel"], row["attribution_tape"] = 12.0, -5.0, 6.0
        row["barrier_state"], row["barrier_confidence"] = n % 6, 0.7
        row["p_vacuum"], row["visible_fraction"] = 0.5, 1.0
        row["spot"], row["ratio"] = last * TICK / RATIO, RATIO
        row["sweep_age_s"] = row["time_to_clear_s"] = np.nan
    return rows, tuple(LevelView(name, kind.name, name) for kind, name, _ in order)


@dataclass
class ScriptedSource:
    """A replay of the walk. Time runs with the wall clock while playing, or by ``advance`` in tests.

    ``steps_per_s``: frames published per second of event time. ``compiling_s``: seconds it pretends to compile first.
    """

    mode: Mode = Mode.REPLAY
    wall: bool = False
    compiling_s: float = 0.0
    steps_per_s: int = 4
    speed: float = 1.0
    phase: Phase = Phase.PLAYING
    start_s: float = 300.0
    asked: list[Command] = field(default_factory=list)
    values: list[tuple[float, str]] = field(default_factory=list)
    status: ReplayStatus | None = None

    def __post_init__(self) -> None:
        self._event_s = self.start_s
        self._wall_s = time.monotonic()
        self._began = self._wall_s
        self._commands = 0
        self._cached: tuple[tuple[int, int, str], Frame] | None = None

    def advance(self, seconds: float) -> None:
        """Let event time pass."""
        self._event_s += seconds

    def latest(self) -> Frame | None:
        """The newest frame."""
        self._run()
        step = int(self._event_s * self.steps_per_s)
        key = (step, self._commands, self._shown_phase())
        if self._cached is None or self._cached[0] != key:
            self._cached = (key, self._frame(step))
        return self._cached[1]

    def heat(self, seconds: int) -> HeatColumns:
        """The newest columns."""
        return heat_columns(int(self._event_s), seconds)

    def chart(self) -> Chart:
        """A bar for every minute since the open."""
        rows = np.zeros(int(self._event_s) // 60 + 1, CHART_BAR)
        for n, row in enumerate(rows):
            ticks = [last_tick(at) for at in range(n * 60, min((n + 1) * 60, int(self._event_s) + 1), 4)]
            prices = [tick * TICK / RATIO for tick in ticks]
            row["t_ns"] = OPEN_NS + n * 60 * SECOND
            row["open"], row["high"], row["low"], row["close"] = prices[0], max(prices), min(prices), prices[-1]
            row["volume"], row["vwap"], row["sma_200"], row["sma_400"] = 4000 + n, prices[0], np.nan, np.nan
        return Chart(rows)

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """A level that was judged all the time, and touched once a minute."""
        second = int(self._event_s)
        numbers = np.arange(max(second - seconds + 1, 0), second + 1)
        rows = np.zeros(len(numbers), LEVEL_SECOND)
        rows["t_ns"] = OPEN_NS + (numbers + 1) * SECOND
        rows["score"], rows["state"] = 20 + numbers % 70, numbers // 20 % 6
        rows["x"], rows["depth"], rows["added"], rows["pulled"] = 0.1, 300 + numbers % 90, numbers % 7, numbers % 5
        touches = tuple(
            TouchView(OPEN_NS + at * SECOND, OPEN_NS + (at + 9) * SECOND, -1, 0.05, "", float("nan"))
            for at in range(0, max(second - 9, 0), 60)
        )
        return LevelHistory(level_id, rows, touches)

    def send(self, command: Command, value: float = 0.0, subject: str = "") -> None:
        """Do what was asked, and remember it."""
        self._run()
        self.asked.append(command)
        self.values.append((value, subject))
        self._commands += 1
        step_s = {Command.STEP_SECOND: 1.0, Command.STEP_SNAP: 0.25, Command.STEP_RECORD: 0.01}.get(command, 0.0)
        self._event_s += step_s
        if command is Command.PLAY:
            self.phase = Phase.PLAYING
        elif command is Command.PAUSE or step_s:
            self.phase = Phase.PAUSED
        elif command in (Command.FASTER, Command.SLOWER):
            self.speed *= 2.0 if command is Command.FASTER else 0.5
        elif command is Command.RESTART:
            self._event_s = self.start_s

    def _run(self) -> None:
        now = time.monotonic()
        if self.wall and self.phase is Phase.PLAYING and self._shown_phase() is Phase.PLAYING:
            self._event_s += (now - self._wall_s) * self.speed
        self._wall_s = now

    def _shown_phase(self) -> Phase:
        compiling = time.monotonic() - self._began < self.compiling_s
        return Phase.COMPILING if compiling else self.phase

    def _frame(self, step: int) -> Frame:
        second = step // self.steps_per_s
        last = last_tick(second)
        t_ns = OPEN_NS + step * SECOND // self.steps_per_s
        rows, views = levels(last, step)
        book = empty_book()
        for depth in range(10):
            book[0, depth] = (last - 1 - depth, size_at(last - 1 - depth, step))
            book[1, depth] = (last + depth, size_at(last + depth, step))
        orders = np.zeros(4, ORDER_ROW)
        for n in range(4):
            orders[n] = (t_ns - (4 - n) * SECOND, 1 - 2 * (n % 2), 20 + 30 * n, 3, 1, last, last, last)
        number = step * 1000 + self._commands * 2 + int(self._shown_phase() is Phase.COMPILING)
        return Frame(
            number=number,
            t_ns=t_ns,
            header=self._header(t_ns, last),
            book=book,
            ladder=ladder(last, step),
            levels=rows,
            level_views=views,
            trust=(
                InputTrust("depth", "GREEN", "", 12_000_000),
                InputTrust("tape", "GREEN", "", 12_000_000),
                InputTrust("options", "ABSENT", "not configured", None),
                InputTrust("equity", "DEGRADED", "late", 9 * SECOND),
            ),
            alerts=self._alerts(t_ns),
            orders=orders,
            heat=heat_columns(second, 3),
            replay=self.status,
        )

    def _alerts(self, t_ns: int) -> tuple[AlertView, ...]:
        def alert(n: int, resolved: bool) -> AlertView:
            at = t_ns // SECOND // 30 * 30 * SECOND - n * 40 * SECOND
            signal, score = ("BREAK", 84.0) if n % 2 == 0 else ("REJECT", 17.0)
            return AlertView(
                f"alert-{at // SECOND}", at, at + 20 * SECOND if resolved else None, "STRIKE_687", 687.0, signal, -1,
                score, score, "HIGH", "pulled 612, filled 40", True,
            )  # fmt: skip

        return tuple(alert(n, n > 0) for n in range(5))

    def _header(self, t_ns: int, last: int) -> Header:
        price = last * TICK
        return Header(
            profile="spy", symbol="ESZ6", mode=self.mode, phase=self._shown_phase(),
            simulated=self.mode is Mode.SIMULATED, speed=self.speed, t_ns=t_ns, as_of_ns=t_ns - 1_000_000,
            first_ns=OPEN_NS, last_ns=OPEN_NS + 3600 * SECOND, session_date=20_261_120,
            minutes_since_open=(t_ns - OPEN_NS) / 60e9, in_window=True, spot=price / RATIO, es_mid=price - TICK / 2,
            es_last=price, es_bid_tick=last - 1, es_ask_tick=last, es_last_tick=last, es_change=-0.5, ratio=RATIO,
            velocity=0.1, sigma_1m=1.2, tick_size=TICK, records=123_456, records_per_s=2000.0, snap_us=2.1,
            residual_share=0.002, hidden_share=0.01, atr=2.1, cvd=-412, message="", progress=0.4,
        )  # fmt: skip
