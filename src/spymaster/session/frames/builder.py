"""From the engine's memory and its latest snap to a ``Frame``: copies only, made at the screen's pace."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.market.frames import ConfigFrame
from spymaster.market.frames import Frame as JournalFrame
from spymaster.market.kinds import NO_TICK, PRICE_SCALE
from spymaster.market.levels import LevelKind, level_id
from spymaster.market.option_rows import STRIKE_ROW
from spymaster.market.params import PARAMS
from spymaster.market.rows import LEVEL_ROW, SNAP, TOTALS
from spymaster.models.break_model import BreakModel, BreakScorer
from spymaster.models.live_scorer import LevelAsker, Questions
from spymaster.physics.engine import Engine, SnapBlock
from spymaster.physics.memory.counters import Counter
from spymaster.physics.views import read_ladder
from spymaster.session.frames.alert_book import AlertBook
from spymaster.session.frames.chart_memory import ChartMemory, ChartState
from spymaster.session.frames.health_store import HealthState, HealthStore
from spymaster.session.frames.heat_store import HeatState, HeatStore
from spymaster.session.frames.level_store import LevelState, LevelStore
from spymaster.session.frames.option_flow import OptionFlow
from spymaster.session.frames.picture_parts import book_of, chances_of, day_prices, orders_of, trust_of
from spymaster.session.frames.settlements import Settlements, SettlementState
from spymaster.signals.chart.bars import Chart
from spymaster.signals.encode import SignalEncoder
from spymaster.signals.feed_words import FeedWords
from spymaster.signals.frame import (
    LADDER_ROW,
    AlertView,
    Frame,
    Header,
    LevelHistory,
    LevelView,
    Phase,
    ReplayStatus,
)
from spymaster.signals.header_parts import SessionHealth
from spymaster.signals.run_state import RunState
from spymaster.signals.said.model_chances import ModelChances

LADDER_ROWS: Final = 320
_HEAT_IN_FRAME_S: Final = 8
_CHART_EVERY_S: Final = 1.0


class BuilderState(msgspec.Struct, frozen=True):
    """Everything a FrameBuilder remembers and the engine does not. ``alerts``: the oldest first."""

    heat: HeatState
    levels_seen: LevelState
    alerts: tuple[AlertView, ...]
    snap: bytes
    levels: bytes
    strikes: bytes
    option_flow: bytes
    chart: ChartState
    first_mid: float
    feed_words: dict[str, dict[int, str]]
    records_before: int = 0
    prices: bytes = b""
    health: HealthState = HealthState()
    settlements: SettlementState = ()
    questions: bytes = b""


class FrameBuilder:
    """Follows an engine snap by snap and makes frames of it. ``now_s``: a monotonic clock; ``model``: one that may be
    shown; ``asker``: follows the levels for models with several heads, None where none speaks.

    ``chart`` and ``level_history`` may be called from any thread.
    """

    def __init__(
        self,
        engine: Engine,
        config: ConfigFrame,
        heat: HeatStore,
        now_s: Callable[[], float] = time.monotonic,
        model: BreakModel | None = None,
        asker: LevelAsker | None = None,
    ) -> None:
        self._engine = engine
        self._config = config
        self._heat = heat
        self._now_s = now_s
        self._chart = Chart()
        self._chart_memory = ChartMemory()
        self._charted_s = -math.inf
        self._user_ids = tuple(level.id for level in config.user_levels)
        self._levels_seen = LevelStore(self._user_ids)
        self._alerts = AlertBook(SignalEncoder("spy" if config.profile == "spy" else "es", self._user_ids))
        self._params = np.frombuffer(config.params, PARAMS).copy()
        self._snap: NDArray[Any] = np.zeros(1, SNAP)
        self._levels: NDArray[Any] = np.zeros(0, LEVEL_ROW)
        self._strikes: NDArray[Any] = np.zeros(0, STRIKE_ROW)
        self._option_flow = OptionFlow()
        self._feed_words = FeedWords()
        self._health = HealthStore()
        self._settlements = Settlements()
        self._scorer = BreakScorer(model)
        self._asker = asker
        self._chances: ModelChances | None = None
        self._is_unscored = False
        self._views: dict[tuple[int, float, int], LevelView] = {}
        self._first_mid = math.nan
        self._records_before = 0

    def begin_anew(self, config: ConfigFrame) -> None:
        """The contract changes: called before the engine is given its CONFIG.

        Alerts and the heatmap stay, as things that were seen. What is remembered of levels, of option flow and of the
        first price was of another contract and goes.
        """
        self._records_before = self.records
        self._config = config
        self._params = np.frombuffer(config.params, PARAMS).copy()
        self._levels_seen = LevelStore(self._user_ids)
        self._option_flow = OptionFlow()
        self._chart_memory = ChartMemory()
        self._settlements = Settlements()
        self._scorer.memory.forget()
        if self._asker is not None:
            self._asker.forget()
        self._chances, self._is_unscored = None, False
        self._first_mid = math.nan

    def on_frame(self, frame: JournalFrame) -> None:
        """A frame that the engine is about to be given: what a feed says of itself is shown in its own words, and of
        statistics the settlement is for the screen alone."""
        self._feed_words.take(frame)
        self._settlements.take(frame, self._config.instrument)

    def on_block(self, block: SnapBlock) -> None:
        """Follow a block of at most one snap: it enters the heatmap and the levels' history and becomes the frame's.

        The book beside a snap is the engine's own as of that snap, which a block of several would have gone past.
        Raises ValueError for such a block.
        """
        if len(block.snaps) > 1:
            raise ValueError(f"a block of {len(block.snaps)} snaps: frames need an engine with snaps_per_block=1")
        if len(block.snaps):
            self._snap = block.snaps.copy()
            self._levels = block.rows[0, : int(self._snap["levels"][0])].copy()
            self._strikes = block.strikes[0, : int(self._snap["options"]["strikes"][0])].copy()
            t_ns = int(self._snap["t_ns"][0])
            self._heat.add_snap(self._engine.state, t_ns, self._levels)
            self._levels_seen.add_snap(t_ns, self._levels)
            self._option_flow.add_snap(t_ns, self._snap["options"][0])
            self._chart_memory.add_snap(self._snap[0], self._strikes)
            self._health.add_snap(self._snap[0], self.records, self._feed_words)
            self._scorer.remember(t_ns, float(self._snap["microprice"][0]))
            self._chances, self._is_unscored = None, True
            if self._asker is not None:
                self._asker.on_block(block)
            if math.isnan(self._first_mid):
                self._first_mid = float(self._snap["es_mid"][0])
        self._alerts.on_block(block)
        self._alerts.follow(self._engine.state["levels"]["at"][0])

    def snapshot(self) -> BuilderState:
        """Everything, for ``restore``."""
        alerts = tuple(reversed(self._alerts.latest()))
        return BuilderState(
            heat=self._heat.snapshot(),
            levels_seen=self._levels_seen.snapshot(),
            alerts=alerts,
            snap=self._snap.tobytes(),
            levels=self._levels.tobytes(),
            strikes=self._strikes.tobytes(),
            option_flow=self._option_flow.snapshot(),
            chart=self._chart_memory.snapshot(),
            first_mid=self._first_mid,
            feed_words=self._feed_words.snapshot(),
            records_before=self._records_before,
            prices=self._scorer.memory.snapshot(),
            health=self._health.snapshot(),
            settlements=self._settlements.snapshot(),
            questions=self._asker.snapshot() if self._asker is not None else b"",
        )

    def restore(self, snapshot: BuilderState) -> None:
        """Go on from what another builder of the same CONFIG remembered. Raises ValueError for anything else."""
        self._heat.restore(snapshot.heat)
        self._levels_seen.restore(snapshot.levels_seen)
        self._alerts.restore(snapshot.alerts)
        self._snap = np.frombuffer(snapshot.snap, SNAP).copy()
        self._levels = np.frombuffer(snapshot.levels, LEVEL_ROW).copy()
        self._strikes = np.frombuffer(snapshot.strikes, STRIKE_ROW).copy()
        self._option_flow.restore(snapshot.option_flow)
        self._chart_memory.restore(snapshot.chart)
        self._first_mid = snapshot.first_mid
        self._feed_words.restore(snapshot.feed_words)
        self._records_before = snapshot.records_before
        self._scorer.memory.restore(snapshot.prices)
        self._health.restore(snapshot.health)
        self._settlements.restore(snapshot.settlements)
        if self._asker is not None:
            self._asker.restore(snapshot.questions)
        self._chances, self._is_unscored = None, False

    @property
    def feed_words(self) -> FeedWords:
        """What feeds say of themselves, as of the latest frame."""
        return self._feed_words

    @property
    def questions(self) -> Questions | None:
        """What models are to be asked as of the latest snap, None where none speaks."""
        return self._asker.questions if self._asker is not None else None

    @property
    def raised(self) -> tuple[AlertView, ...]:
        """Alerts raised at the latest snaps."""
        return self._alerts.raised

    @property
    def touches_begun(self) -> tuple[float, ...]:
        """Keys (``level_key``) of the levels whose touch began at the latest snap."""
        return self._levels_seen.begun

    def level_key(self, level_id: str) -> float:
        """What stands for a level in ``touches_begun``; NaN where the name means nothing."""
        return self._levels_seen.key_of(level_id)

    def chart(self) -> Chart:
        """What the chart is drawn from, as of about a second ago."""
        return self._chart

    def level_history(self, level_id: str, seconds: int) -> LevelHistory:
        """What is remembered of a level."""
        return self._levels_seen.history(level_id, seconds)

    @property
    def records(self) -> int:
        """Records taken so far, those of contracts before this one included."""
        return self._records_before + int(self._engine.state["counters"][0, Counter.RECORDS])

    def build(self, number: int, run: RunState, replay: ReplayStatus | None = None) -> Frame:
        """The frame of the latest snap, numbered by the caller."""
        snap = self._snap[0]
        state = self._engine.state
        t_ns = int(snap["t_ns"])
        levels = self._levels
        levels.flags.writeable = self._strikes.flags.writeable = False
        self._keep_chart(state, run.phase)
        return Frame(
            number=number,
            t_ns=t_ns,
            header=self._header(snap, state, run),
            book=book_of(state),
            ladder=self._ladder(state, t_ns),
            levels=levels,
            level_views=self._level_views(levels),
            trust=trust_of(snap, state, self._feed_words),
            alerts=self._alerts.latest(),
            orders=orders_of(state),
            heat=self._heat.columns(_HEAT_IN_FRAME_S),
            options=self._options(),
            strikes=self._strikes,
            option_flow=self._option_flow.rows(),
            replay=replay,
            chances=self._said(),
            viewport=run.models.viewport,
        )

    def _said(self) -> ModelChances | None:
        """What the model says of the levels published last, worked out once somebody looks."""
        model = self._scorer.model
        if self._is_unscored and model is not None:
            numbers = self._levels.view(np.float64).reshape(len(self._levels), LEVEL_ROW.itemsize // 8)
            self._chances = chances_of(model, self._scorer.chances(numbers))
        self._is_unscored = False
        return self._chances

    def _options(self) -> NDArray[Any]:
        """The options' summary, no row without options."""
        summary: NDArray[Any] = self._snap["options"]
        found = summary[summary["contracts"] > 0].copy()
        found.flags.writeable = False
        return found

    def _keep_chart(self, state: NDArray[Any], phase: Phase) -> None:
        """Bars change slowly: once a second is enough, except where the replay stands still from now on."""
        now_s = self._now_s()
        if phase is not Phase.PLAYING or now_s - self._charted_s >= _CHART_EVERY_S:
            self._charted_s = now_s
            self._chart = self._chart_memory.chart(state)

    def _header(self, snap: Any, state: NDArray[Any], run: RunState) -> Header:
        book = state["book"][0]
        clock = state["clock"][0]
        totals = dict(zip(TOTALS, snap["totals"].tolist(), strict=True))
        moved = totals["added"] + totals["pulled"] + totals["filled"]
        return Header(
            profile=self._config.profile,
            symbol=self._config.instrument.symbol,
            mode=run.mode,
            phase=run.phase,
            simulated=run.simulated,
            speed=run.speed,
            t_ns=int(snap["t_ns"]),
            as_of_ns=int(clock["as_of_ns"]),
            first_ns=run.first_ns,
            last_ns=run.last_ns,
            session_date=int(snap["session_date"]),
            minutes_since_open=float(snap["minutes_since_open"]),
            in_window=bool(snap["in_window"]),
            spot=float(snap["spot"]),
            es_mid=float(snap["es_mid"]),
            es_last=float(snap["es_last"]),
            es_bid_tick=int(book["bid"]) if book["has_bbo"] else NO_TICK,
            es_ask_tick=int(book["ask"]) if book["has_bbo"] else NO_TICK,
            es_last_tick=int(book["last_tick"]) if book["has_last"] else NO_TICK,
            es_change=float(snap["es_mid"]) - self._first_mid,
            ratio=float(state["market"][0]["ratio"]),
            velocity=float(snap["velocity"]),
            sigma_1m=float(snap["sigma_1m"]),
            tick_size=self._config.instrument.tick_e9 / PRICE_SCALE,
            records=self.records,
            records_per_s=run.pace.records_per_s,
            snap_us=run.pace.snap_us,
            residual_share=totals["residual"] / moved if moved else 0.0,
            hidden_share=totals["hidden"] / totals["filled"] if totals["filled"] else 0.0,
            atr=float(snap["atr"]),
            cvd=int(snap["cvd"]),
            day=day_prices(state, self._chart.bars, self._settlements.before(int(snap["session_date"]))),
            message=run.message,
            progress=run.progress,
            recording=run.recording,
            greeks=run.greeks,
            health=self._health_of(run),
        )

    def _health_of(self, run: RunState) -> SessionHealth:
        known = self._health.health(self._engine.state["counters"][0].tolist())
        pace = run.pace
        return msgspec.structs.replace(
            known,
            latency=pace.latency,
            worst_us=pace.worst_us,
            signal_hash=run.signal_hash,
            scoring=run.models.health,
        )

    def _ladder(self, state: NDArray[Any], t_ns: int) -> NDArray[Any]:
        book = state["book"][0]
        middle = int(book["bid"]) if book["has_bbo"] else int(book["last_tick"])
        rows = np.zeros(LADDER_ROWS, LADDER_ROW)
        read_ladder(state, self._params, t_ns, middle - LADDER_ROWS // 2, rows)
        rows.flags.writeable = False
        return rows

    def _level_views(self, levels: NDArray[Any]) -> tuple[LevelView, ...]:
        """Names, each made once: few levels are new from one frame to the next."""
        keys = list(zip(*(levels[name].tolist() for name in ("kind", "price", "user_index")), strict=True))
        views = {key: self._views.get(key) or self._view(*key) for key in keys}
        self._views = views
        return tuple(views[key] for key in keys)

    def _view(self, number: int, price: float, user_index: int) -> LevelView:
        kind = LevelKind(int(number))
        name = level_id(int(kind), float(price), int(user_index), self._user_ids)
        own = name.removeprefix("USER_")
        # a level named by nothing but its price needs no label: the price stands beside it
        label = ("" if own[:1].isdigit() else own) if kind is LevelKind.USER else kind.name
        return LevelView(name, kind.name, label)
