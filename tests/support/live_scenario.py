"""One simulated session in which everything happens, lived on loopback vendors and recorded as the program does it.

Jitter and bursts, a reconnect with a hole that is filled, records said to be skipped, a break of the options, an alert
and a quiet minute. What is asked of it holds on a machine of any speed: limits are long, and nothing waits for a time.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.config.loader import load_config
from spymaster.config.profiles import Profile
from spymaster.feeds.databento_live.feed import DatabentoFeed
from spymaster.feeds.databento_live.hole import only
from spymaster.feeds.databento_live.lines_of_day import FuturesLine, OptionDay
from spymaster.feeds.databento_live.plan import Address
from spymaster.feeds.live.market_hours import ListedOptionHours, MarketHours, ShareHours
from spymaster.feeds.live.source import LiveFeeds
from spymaster.feeds.live.supervision import Backoff, Limits
from spymaster.feeds.massive_live.day import MassiveDay
from spymaster.feeds.massive_live.plan import MassiveAddress
from spymaster.lake.run_manifest import RunInfo
from spymaster.loopback.databento.gateway import DEMO_KEY, DatabentoGateway
from spymaster.loopback.databento.reel import HeldReel, received_ns, reels_of
from spymaster.loopback.massive.reel import MassiveReel, massive_reel
from spymaster.loopback.massive.server import DEMO_KEY as MASSIVE_KEY
from spymaster.loopback.massive.server import MassiveServer
from spymaster.loopback.massive.troubles import MassiveAct, MassiveTrouble
from spymaster.loopback.pace import PlayedClock
from spymaster.loopback.troubles import Act, Trouble
from spymaster.market.batches import Batch
from spymaster.market.frames import ConfigFrame, UserLevel
from spymaster.market.instruments import EQUITY_CALENDAR, FUTURES_CALENDAR
from spymaster.market.kinds import NS_PER_S
from spymaster.market.sessions import session_at, sessions_between
from spymaster.session.live.config import live_config
from spymaster.session.live.session import LiveSession
from spymaster.session.record.recording import JOURNAL_FOLDER, RunRecording, plain_config
from spymaster.session.replay.index import ReplayIndex
from spymaster.session.sources.forms import manifests_of
from spymaster.session.sources.replay_source import ReplayPlan
from spymaster.signals.frame import Mode, Phase
from spymaster.signals.run_state import RunState

RECORDINGS = Path(__file__).parents[2] / "recordings"
LIMITS = msgspec.structs.replace(Limits().scaled(20.0), backoff_first_s=0.05)
"""No silence counts but that of hundreds of seconds of this machine: what breaks is what the script breaks."""
_PATIENCE_S = 300.0
_SNAPS_TO_LOAD = 500
_AFTER_S = 10.0


@dataclass(frozen=True)
class Scenario:
    """What is played. ``quiet``: seconds of the session in which nothing comes; ``breaks_at``: the record at which the
    first connection is lost; ``skips_at``: that of the second at which records are said to be skipped."""

    profile: str
    recording: str
    speed: float
    seconds: float
    quiet: tuple[float, float]
    breaks_at: int
    skips_at: int
    options_break_at: int = 0


ES = Scenario("es", "first-look", 25.0, 185.0, (108.0, 172.0), 3000, 3000)
SPY = Scenario("spy", "gamma-squeeze", 25.0, 295.0, (218.0, 280.0), 5000, 4000, 6000)


@dataclass(frozen=True)
class LivedScenario:
    """A session that was lived and recorded. ``vendor``: what Databento had; ``server``: Massive's, with what it sent.

    ``out``: its folder, journal and lake.
    """

    scenario: Scenario
    out: Path
    signal_hash: str
    alerts: int
    vendor: HeldReel
    config: ConfigFrame
    server: MassiveServer | None

    @property
    def journal(self) -> Path:
        """The folder of the journal."""
        return self.out / JOURNAL_FOLDER


def live(scenario: Scenario, out: Path) -> LivedScenario:
    """Live it once and record it."""
    source = RECORDINGS / scenario.recording
    profile = load_config().profile(scenario.profile)
    levels = tuple(level for manifest in manifests_of(source) for level in manifest.user_levels)
    _load_engine(source, profile, levels)
    vendor = _held(source, scenario)
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(
            DatabentoGateway([vendor], speed=scenario.speed, script=_script(scenario), slow_after_s=_PATIENCE_S)
        )
        server = stack.enter_context(_massive(source, scenario, gateway)) if profile.underlying_symbol else None
        parts = _Parts(gateway, server, scenario, vendor.first_ns)
        session = _session(parts, profile, levels, out)
        session.start()
        assert session.ended.wait(_PATIENCE_S), session.message
        session.stop()
    assert not session.failure, session.failure
    assert session.recording is not None
    assert session.totals is not None
    assert session.recording.finish(_PATIENCE_S, lambda _health: None).complete
    hashed, tally = session.totals.hash.hexdigest(), session.totals.tally
    (config,) = parts.configs
    return LivedScenario(scenario, out, hashed, tally.alerts, vendor, config, server)


def _load_engine(source: Path, profile: Profile, levels: tuple[UserLevel, ...]) -> None:
    """Have everything loaded that takes its time: in played time that would be minutes of a market already begun."""
    for client in ("databento.live.protocol", "polygon.websocket"):
        importlib.import_module(client)
    index = ReplayIndex(ReplayPlan((source,), profile, user_levels=levels), None)
    run = index.run(None)
    with contextlib.closing(run.blocks()) as blocks:
        for block in itertools.islice(blocks, _SNAPS_TO_LOAD):
            run.on_block(block)
    run.builder.build(1, RunState(Mode.LIVE, Phase.PLAYING, True, 1.0, 0, 0))
    index.close()


class _Parts:
    """Feeds of the session and what it ends by."""

    def __init__(
        self, gateway: DatabentoGateway, server: MassiveServer | None, scenario: Scenario, first_ns: int
    ) -> None:
        self.clock = PlayedClock(gateway.pace)
        sessions = sessions_between(FUTURES_CALENDAR, first_ns, first_ns)
        today = session_at(sessions, first_ns)
        date, close_ns = int(today["session_date"]), int(today["rth_close_ns"])
        day = OptionDay(date, close_ns) if server is None else None
        self.future = FuturesLine("ES", self.clock, MarketHours(sessions), day)
        backoff = Backoff(LIMITS, lambda: 0.0)
        address = Address(DEMO_KEY, gateway.host, gateway.port)
        self.depth = DatabentoFeed(self.future.plan(), address, self.clock, LIMITS, backoff)
        self.massive: MassiveDay | None = None
        self.configs: list[ConfigFrame] = []
        self.quiet_s = 0.25 / scenario.speed
        self.end_ns = first_ns + round((scenario.seconds + _AFTER_S) * NS_PER_S)
        if server is not None:
            of_share = sessions_between(EQUITY_CALENDAR, first_ns, first_ns)
            self.massive = MassiveDay(
                MassiveAddress(MASSIVE_KEY, server.socket_host, server.rest_host, is_secure=False),
                self.clock,
                underlying="SPY",
                expires=date,
                close_ns=close_ns,
                share_hours=ShareHours(of_share),
                option_hours=ListedOptionHours(of_share, "SPY"),
                limits=LIMITS,
                period_s=60 / scenario.speed,
            )

    def skew_ns(self) -> int:
        """How far watermarks stay behind."""
        return max(self.depth.lag_ns or 0, 0 if self.massive is None else self.massive.skew_ns())

    def is_over(self) -> bool:
        """Whether the session's time has passed and nothing is missing that can be had."""
        return self.clock.wall_ns() > self.end_ns and not self.depth.is_filling and not self.depth.problem


def _session(parts: _Parts, profile: Profile, levels: tuple[UserLevel, ...], out: Path) -> LiveSession:
    massive, future = parts.massive, parts.future

    def configure() -> ConfigFrame | None:
        if future.instrument is None or (massive is not None and not massive.is_settled):
            return None
        contracts = future.contracts if massive is None else massive.contracts
        share = None if massive is None else massive.share
        now_ns = parts.clock.wall_ns()
        config = live_config(profile, future.instrument, now_ns, contracts=contracts, equity=share, user_levels=levels)
        parts.configs.append(config)
        return config

    def begin(config: ConfigFrame) -> RunRecording:
        run = RunInfo(
            id="20260317T000000Z-000001",
            mode="live",
            profile=profile.name,
            symbol=config.instrument.symbol,
            underlying=profile.underlying_symbol or "ES",
            started_ns=parts.clock.wall_ns(),
            code_version="test",
            config=plain_config(load_config()),
            simulated=True,
        )
        return RunRecording(out, run, clock_ns=parts.clock.wall_ns())

    feeds = [parts.depth, *(massive.feeds if massive is not None else ())]
    source = LiveFeeds(feeds, configure, parts.clock, skew_ns=parts.skew_ns, quiet_s=parts.quiet_s)
    return LiveSession(source, begin, profile=profile, simulated=True, draws=True, is_over=parts.is_over)


def _held(source: Path, scenario: Scenario) -> HeldReel:
    """What Databento plays: the recording's first minutes, one of them quiet."""
    (files,) = (reel for reel in reels_of([source]) if reel.dataset == "GLBX.MDP3")
    plays = _plays(scenario, files.first_ns)
    held = []
    for batch in files.batches():
        times = received_ns(batch)
        keep = plays(times)
        if keep.any():
            part = only(batch, keep)
            held.append(Batch({kind: rows.copy() for kind, rows in part.arrays.items()}, part.order.copy()))
    return HeldReel(files.dataset, files.symbols, held)


def _plays(scenario: Scenario, first_ns: int) -> Callable[[NDArray[np.int64]], NDArray[np.bool_]]:
    """Whether something of a time (ns UTC) is played."""

    def plays(times_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        since_s = (times_ns - first_ns) / NS_PER_S
        return (since_s < scenario.seconds) & ~((since_s >= scenario.quiet[0]) & (since_s < scenario.quiet[1]))

    return plays


def _script(scenario: Scenario) -> list[Trouble]:
    """Jitter and bursts on both connections; the first is lost, and on the second records are said to be skipped."""
    dice = random.Random(14)
    jitter = [
        Trouble(Act.STALL, after, connection=connection, seconds=dice.choice((0.002, 0.01, 0.03, 0.08)))
        for connection, last in ((0, scenario.breaks_at), (1, 4 * scenario.skips_at))
        for after in range(200, last, 400)
    ]
    lost = Trouble(Act.REFUSE, scenario.breaks_at, connection=0, seconds=0.05)
    return [*jitter, lost, Trouble(Act.SKIP, scenario.skips_at, connection=1)]


def _massive(source: Path, scenario: Scenario, gateway: DatabentoGateway) -> MassiveServer:
    """The share and its options in the gateway's time: bursts on both, and the options' first connection is closed."""
    reel = massive_reel([source])
    first_ns = gateway.reels["GLBX.MDP3"].first_ns
    plays = _plays(scenario, first_ns)
    clusters = {}
    for name, events in reel.clusters.items():
        kept = plays(np.array([one.due_ns for one in events], np.int64))
        clusters[name] = [one for one, is_kept in zip(events, kept.tolist(), strict=True) if is_kept]
    script = [
        *(MassiveTrouble(MassiveAct.SILENCE, after, seconds=0.04, connection=None) for after in range(300, 3000, 600)),
        MassiveTrouble(MassiveAct.CLOSE, scenario.options_break_at, code=1001, cluster="options"),
    ]
    played = MassiveReel(clusters, reel.underlying, reel.open_interest)
    return MassiveServer(played, pace=gateway.pace, script=script, keeps_frames=True)
